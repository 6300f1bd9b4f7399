//! The audit: what was asked, decided, changed and issued, in a chain that cannot be altered unseen.
//!
//! A record is written in the transaction of its cause: no record, no effect. The database numbers and
//! chains records by itself, one at a time (`migrations/…_audit.sql`).

pub mod store;

use serde_json::Value;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{operator::Operator, session::Viewer};

/// What happened. The words stand in the database and in exports, so none changes its meaning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    RequestSubmitted,
    RequestWithdrawn,
    RequestLapsed,
    /// Somebody's verdict, or the policy's.
    RequestDecided,
    GrantBegun,
    GrantEnded,
    GrantReviewed,
    PolicyChanged,
    PersonAdded,
    PersonRemoved,
    UserDisabled,
    UserEnabled,
    SignedOutEverywhere,
    MembershipOpened,
    MembershipEnded,
    /// A batch of tokens that were issued.
    TokensIssued,
}

impl Kind {
    pub const ALL: [Self; 16] = [
        Self::RequestSubmitted,
        Self::RequestWithdrawn,
        Self::RequestLapsed,
        Self::RequestDecided,
        Self::GrantBegun,
        Self::GrantEnded,
        Self::GrantReviewed,
        Self::PolicyChanged,
        Self::PersonAdded,
        Self::PersonRemoved,
        Self::UserDisabled,
        Self::UserEnabled,
        Self::SignedOutEverywhere,
        Self::MembershipOpened,
        Self::MembershipEnded,
        Self::TokensIssued,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::RequestSubmitted => "request.submitted",
            Self::RequestWithdrawn => "request.withdrawn",
            Self::RequestLapsed => "request.lapsed",
            Self::RequestDecided => "request.decided",
            Self::GrantBegun => "grant.begun",
            Self::GrantEnded => "grant.ended",
            Self::GrantReviewed => "grant.reviewed",
            Self::PolicyChanged => "policy.changed",
            Self::PersonAdded => "person.added",
            Self::PersonRemoved => "person.removed",
            Self::UserDisabled => "user.disabled",
            Self::UserEnabled => "user.enabled",
            Self::SignedOutEverywhere => "user.signed_out",
            Self::MembershipOpened => "membership.opened",
            Self::MembershipEnded => "membership.ended",
            Self::TokensIssued => "tokens.issued",
        }
    }
}

/// Who did it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Actor {
    pub id: Option<Uuid>,
    /// As people read it.
    pub name: String,
}

impl Actor {
    /// The policy of a namespace.
    pub fn policy() -> Self {
        Self {
            id: None,
            name: "the policy".into(),
        }
    }

    /// The passing of time.
    pub fn clock() -> Self {
        Self {
            id: None,
            name: "the clock".into(),
        }
    }
}

impl From<&Viewer> for Actor {
    fn from(viewer: &Viewer) -> Self {
        Self {
            id: Some(viewer.user_id),
            name: viewer.person.username.as_str().to_owned(),
        }
    }
}

impl From<&Operator> for Actor {
    fn from(operator: &Operator) -> Self {
        Self {
            id: None,
            name: operator.name().to_owned(),
        }
    }
}

/// Something that happened. What does not apply is none.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    pub kind: Kind,
    pub actor: &'a Actor,
    /// Whom it is about.
    pub subject: Option<(Uuid, &'a str)>,
    /// Cluster and namespace.
    pub place: Option<(&'a str, &'a str)>,
    pub role: Option<&'a str>,
    pub request: Option<Uuid>,
    pub details: Value,
}

/// Writes a record, in the transaction of what it is about.
///
/// # Errors
/// [`sqlx::Error`]: then nothing of it happened.
pub async fn record(
    conn: &mut PgConnection,
    entry: &Entry<'_>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    store::append(conn, entry, now).await
}
