//! The roster: everybody whom the portal knows, as those who run it look them up.

use time::OffsetDateTime;
use uuid::Uuid;

use crate::{key::KeyView, login::LoginView, membership::Why, portal_role::PortalRole};

/// Somebody in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub username: String,
    pub display_name: String,
    pub email: Option<String>,
    pub portal_roles: Vec<PortalRole>,
    pub disabled: bool,
    /// How many live logins they have.
    pub logins: i64,
    /// How many retrieval keys that are neither revoked nor past their end.
    pub keys: i64,
}

/// Somebody, with all that they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// `uid` in tokens.
    pub id: Uuid,
    pub username: String,
    pub display_name: String,
    pub email: Option<String>,
    pub portal_roles: Vec<PortalRole>,
    pub created_at: OffsetDateTime,
    pub disabled_at: Option<OffsetDateTime>,
    /// When they were last disabled or signed out everywhere.
    pub shut_out_at: Option<OffsetDateTime>,
    pub identities: Vec<IdentityView>,
    pub logins: Vec<LoginView>,
    pub keys: Vec<KeyView>,
    pub memberships: Vec<MembershipView>,
}

/// An account of somebody in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityView {
    pub directory: String,
    pub subject: String,
    pub last_login_at: Option<OffsetDateTime>,
}

/// A membership in force or to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembershipView {
    pub group: String,
    /// None for a global group.
    pub cluster: Option<String>,
    pub why: Why,
    /// Who granted it, or which directory maps it.
    pub from: String,
    pub since: OffsetDateTime,
    pub until: Option<OffsetDateTime>,
}

/// The cluster that goes on taking the tokens of somebody who is shut out the longest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delay {
    pub cluster: String,
    /// At the most.
    pub seconds: u32,
}
