//! Logout tokens: the one other JWT that the issuer signs (`OpenID` Connect Back-Channel Logout 1.0 §2.4).
//!
//! An API server looks at issuer, audience, time and signature, and at no `typ`. So a logout token is
//! for the client alone, never for its cluster's audience, and names nobody: without `sub` there is no
//! user for an API server to take it for.

use domain::logout::LogoutClaims;
use time::OffsetDateTime;
use uuid::Uuid;

use super::IssueError;
use crate::Portal;

/// Signs that a login has ended, for one client: the only function that signs a logout token.
pub(crate) fn sign(
    portal: &Portal,
    client: &str,
    login: Uuid,
    now: OffsetDateTime,
) -> Result<String, IssueError> {
    let key = portal.issuer.ring.active(now).ok_or(IssueError::NoKey)?;
    let claims = LogoutClaims::of(&portal.issuer.url, client, login, Uuid::new_v4(), now);
    Ok(key.sign_logout(&claims)?)
}
