//! What API servers ask about requests: whether the person behind one was shut out, or the login
//! behind it has ended.
//!
//! Each cluster asks with a credential of its own (`cluster::credential`) and hears only of tokens that
//! were issued for it. An answer is one query, for an API server waits for it with every request.

pub mod store;

use domain::{
    cutoff::{RESULT_CACHE, TOKEN_WEBHOOK_TTL},
    name::{NameError, is_reserved},
    review::UserInfo,
};
use thiserror::Error;
use time::Duration;
use uuid::Uuid;

use crate::{
    Portal,
    secret::{ClusterCredential, ClusterToken, Opaque},
};

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum ReviewError {
    #[error("no cluster has this credential")]
    Stranger,
    #[error("a name in the answer is reserved")]
    Name(#[from] NameError),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// For how long an API server goes by what it was told of a token. A group that ends within is left
/// out, so that nobody has it for longer than they hold it.
const BELIEVED: Duration = Duration::seconds((TOKEN_WEBHOOK_TTL + RESULT_CACHE) as i64);

/// Who makes a request, as the API server names them.
#[derive(Clone, Copy, Debug, Default)]
pub struct Requester<'a> {
    /// With the cluster's prefix; none where nobody is named.
    pub user: Option<&'a str>,
    /// The token that the request came with, where the API server knows.
    pub jti: Option<Uuid>,
}

/// What the portal thinks of a request. It never allows one: that is for the cluster's own rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opinion {
    None,
    /// The user was disabled.
    Disabled,
    /// The login that the token stands on was ended, before its time.
    Ended,
}

/// The portal's opinion of a request to the cluster with this credential.
///
/// # Errors
/// [`ReviewError`].
pub async fn authorize(
    portal: &Portal,
    credential: &Opaque<ClusterCredential>,
    requester: Requester<'_>,
) -> Result<Opinion, ReviewError> {
    let requester = ours(requester);
    let found = store::requester(&portal.pool, &credential.hash(), requester).await?;
    let found = found.ok_or(ReviewError::Stranger)?;
    Ok(match found {
        store::Found { disabled: true, .. } => Opinion::Disabled,
        store::Found { ended: true, .. } => Opinion::Ended,
        store::Found { .. } => Opinion::None,
    })
}

/// Whose an opaque token is, to the cluster with this credential; none where it is nobody's there,
/// or no longer. The groups are those of this moment. `token` is none where what was presented cannot
/// be an opaque token.
///
/// # Errors
/// [`ReviewError`].
pub async fn token(
    portal: &Portal,
    credential: &Opaque<ClusterCredential>,
    token: Option<&Opaque<ClusterToken>>,
) -> Result<Option<UserInfo>, ReviewError> {
    let now = portal.clock.now();
    let (credential, token) = (credential.hash(), token.map(Opaque::hash));
    let found = store::bearer(&portal.pool, &credential, token.as_ref(), now, BELIEVED).await?;
    let (cluster, bearer) = found.ok_or(ReviewError::Stranger)?;
    let Some(bearer) = bearer else {
        return Ok(None);
    };
    Ok(Some(bearer.seen_by(&cluster)?))
}

/// Leaves out what cannot be ours: names of Kubernetes' own, whatever token they come with (service
/// accounts have tokens with ids, too), and names that no column can hold.
fn ours(requester: Requester<'_>) -> Requester<'_> {
    match requester.user {
        Some(user) if is_reserved(user) => Requester::default(),
        Some(user) if user.contains('\0') => Requester {
            user: None,
            ..requester
        },
        Some(_) | None => requester,
    }
}
