//! Opaque tokens, for clusters that ask about each token (`review`). They say nothing and are stored as
//! hashes; otherwise they are made of the same, and live as long, as an `id_token` would.

use domain::review::Bearer;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{
    IssueError,
    mint::{Fresh, validity},
    store,
};
use crate::secret::{ClusterToken, Opaque};

/// Makes a token of what the standing says. None without a login.
pub(super) fn make(
    standing: &store::Standing,
    now: OffsetDateTime,
) -> Result<Option<Fresh>, IssueError> {
    let (Some(login), Some(cluster)) = (&standing.login, &standing.cluster) else {
        return Ok(None);
    };
    cluster.record.check()?;
    let jti = Uuid::new_v4();
    // Who cannot be named to the API server gets no token, as with an `id_token`.
    let bearer = Bearer {
        uid: standing.subject.uid,
        username: standing.subject.username.clone(),
        groups: standing.group_names()?,
        jti,
        sid: login.id,
    };
    bearer.seen_by(&cluster.record)?;
    let token = Opaque::<ClusterToken>::generate()?;
    Ok(Some(Fresh {
        token: token.expose().to_owned(),
        jti,
        kid: None,
        opaque: Some(token.hash()),
        validity: validity(login, cluster, standing.groups_until, now),
    }))
}
