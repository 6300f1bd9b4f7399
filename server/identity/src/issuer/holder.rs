//! Whom a retrieval key stands for, where what they ask for is not a token.

use uuid::Uuid;

use super::{IssueError, Refusal, check_bound, check_key, note_use, store};
use crate::{
    Portal,
    secret::{Opaque, RetrievalKey},
};

/// The owner of a key that works now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Holder {
    pub user: Uuid,
    /// The one cluster that was asked for or that the key is bound to; none for all.
    pub cluster: Option<Uuid>,
}

/// The owner of a key, under the same conditions as for a token: the key works, its owner has a
/// live login, and the cluster, where one is named, is known and the key's.
///
/// # Errors
/// [`Refusal`], but not that a cluster has to be named.
pub async fn holder(
    portal: &Portal,
    key: &Opaque<RetrievalKey>,
    cluster: Option<&str>,
    address: &str,
) -> Result<Holder, Refusal> {
    let now = portal.clock.now();
    let found = store::by_key(&portal.pool, &key.hash(), cluster, now)
        .await
        .map_err(IssueError::from)?;
    let (key, standing) = found.ok_or(Refusal::KeyUnknown)?;
    check_key(&key, &standing, now)?;
    if standing.login.is_none() {
        return Err(Refusal::LoginRequired);
    }
    let named = match (cluster, &standing.cluster) {
        (None, _) => None,
        (Some(_), None) => return Err(Refusal::ClusterRefused),
        (Some(_), Some(record)) => {
            check_bound(&key, record)?;
            Some(record.id)
        }
    };
    note_use(portal, &key, address, now).await?;
    Ok(Holder {
        user: standing.subject.uid,
        cluster: named.or(key.cluster_id),
    })
}
