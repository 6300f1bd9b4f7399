//! What a client is told of the person for whom its access token stands (`OpenID` Connect Core 1.0 §5.3).

use domain::user_info::UserInfo;

use super::family;
use crate::{Portal, issuer};

/// The claims that the token's scopes allow, as things stand now. None where the token is not good.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn read(portal: &Portal, token: &str) -> Result<Option<UserInfo>, sqlx::Error> {
    let Some(bearer) = family::by_access_token(portal, token).await? else {
        return Ok(None);
    };
    let family = &bearer.family;
    let now = portal.clock.now();
    let standing = issuer::store::by_login(
        &portal.pool,
        family.user_id,
        family.login_id,
        family.cluster_id,
        now,
    )
    .await?;
    let standing = standing.filter(|standing| !standing.disabled);
    Ok(standing.and_then(|standing| {
        let claim = &standing.cluster.as_ref()?.record.groups_claim;
        let (subject, groups) = (&standing.subject, &standing.groups);
        Some(UserInfo::of(subject, &bearer.scopes, claim, groups))
    }))
}
