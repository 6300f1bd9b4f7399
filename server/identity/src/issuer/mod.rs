//! The issuer: the one place where `id_token`s are made, and logout tokens ([`logout`]).
//!
//! 1. Somebody asks by a retrieval key ([`by_key`]) or from a page ([`by_user`]).
//! 2. One query reads what a token would say now: user, live login, cluster, groups, and the token
//!    that is current (`standing`).
//! 3. Where the current token still says just that, it is handed out again, whichever replica answers.
//! 4. Otherwise [`mint`] makes, signs and records a new one; for clusters that ask about each token it is
//!    an opaque one. Of several that race, one wins, and the others hand out the winner's.

pub mod hint;
mod holder;
pub mod keys;
pub(crate) mod logout;
pub(crate) mod mint;
mod opaque;
pub mod ring;
pub mod rotation;
mod signer;
pub mod store;

use domain::{
    lifetime::least_left,
    name::NameError,
    signing_key::{Overlap, Schedule},
};
use jsonwebtoken::Algorithm;
use secrecy::SecretString;
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub use self::holder::{Holder, holder};
use self::{ring::KeyRing, store::Standing};
use crate::{
    Portal,
    seal::{SealError, Sealer},
    secret::{Hash, NoRandomness, Opaque, RetrievalKey},
};

/// What sealed tokens are bound to, beside their row.
const PURPOSE: &str = "current token";
/// How often somebody who loses the race for a new token looks again.
const ROUNDS: usize = 5;
/// Headers of more than 8 KiB fail in proxies, so a token may not come near.
const MAX_TOKEN: usize = 7 * 1024;

/// The issuer's settings and keys.
#[derive(Debug)]
pub struct Issuer {
    /// `iss`: the portal's URL without a slash at the end, the same byte for byte everywhere.
    pub url: String,
    pub sealer: Sealer,
    pub ring: KeyRing,
    /// For how long the JWKS may be cached.
    pub jwks_max_age: Duration,
    /// How a new key takes over from the one before.
    pub overlap: Overlap,
    /// What new keys are for.
    pub algorithm: Algorithm,
    /// From one key to the next; none where only an operator rotates.
    pub rotate_every: Option<Duration>,
}

impl Issuer {
    /// When keys are replaced by themselves, if they are.
    pub fn schedule(&self) -> Option<Schedule> {
        let overlap = self.overlap;
        self.rotate_every.map(|every| Schedule { every, overlap })
    }
}

/// Why there is no token.
#[derive(Debug, Error)]
pub enum Refusal {
    #[error("no such key")]
    KeyUnknown,
    #[error("the key has expired")]
    KeyExpired,
    #[error("the key was revoked")]
    KeyRevoked,
    #[error("its owner has no live login")]
    LoginRequired,
    #[error("there are several clusters, and none was named")]
    ClusterRequired,
    #[error("the cluster is not known, or not the key's")]
    ClusterRefused,
    #[error("no token can be issued at this moment")]
    Unavailable(#[from] IssueError),
}

/// Why issuing failed.
#[derive(Debug, Error)]
pub enum IssueError {
    #[error("no signing key is active")]
    NoKey,
    #[error("a name in the token is reserved")]
    Name(#[from] NameError),
    #[error("the token would have {0} bytes, more than fit through proxies")]
    TooLarge(usize),
    #[error("the cluster's record cannot be used")]
    Cluster(#[from] domain::cluster::ClusterError),
    #[error("people of this cluster show opaque tokens, and no id_token is made for it")]
    Opaque,
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error("signing failed")]
    Sign(#[from] jsonwebtoken::errors::Error),
    #[error("sealing failed")]
    Seal(#[from] SealError),
    #[error("others kept replacing the token")]
    Contended,
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// A token that is handed out.
#[derive(Debug)]
pub struct Issued {
    pub token: SecretString,
    pub cluster: domain::cluster::Cluster,
    /// In order, without the cluster's prefix.
    pub groups: Vec<String>,
    pub issued_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

/// Who asks.
enum Seeker<'a> {
    Key(&'a Hash<RetrievalKey>),
    User(Uuid),
}

/// The current token for a retrieval key.
///
/// # Errors
/// [`Refusal`].
pub async fn by_key(
    portal: &Portal,
    key: &Opaque<RetrievalKey>,
    cluster: Option<&str>,
    address: &str,
) -> Result<Issued, Refusal> {
    current(portal, &Seeker::Key(&key.hash()), cluster, address).await
}

/// The current token of a user who is looking at a page.
///
/// # Errors
/// [`Refusal`], but none of those about keys.
pub async fn by_user(
    portal: &Portal,
    user: Uuid,
    cluster: Option<&str>,
    address: &str,
) -> Result<Issued, Refusal> {
    current(portal, &Seeker::User(user), cluster, address).await
}

async fn current(
    portal: &Portal,
    seeker: &Seeker<'_>,
    cluster: Option<&str>,
    address: &str,
) -> Result<Issued, Refusal> {
    for _ in 0..ROUNDS {
        let now = portal.clock.now();
        let (standing, key) = match seeker {
            Seeker::Key(hash) => {
                let found = store::by_key(&portal.pool, hash, cluster, now)
                    .await
                    .map_err(IssueError::from)?;
                let (key, standing) = found.ok_or(Refusal::KeyUnknown)?;
                check_key(&key, &standing, now)?;
                (standing, Some(key))
            }
            Seeker::User(user) => {
                let found = store::by_user(&portal.pool, *user, cluster, now)
                    .await
                    .map_err(IssueError::from)?;
                (found.ok_or(Refusal::LoginRequired)?, None)
            }
        };
        if standing.disabled || standing.login.is_none() {
            return Err(Refusal::LoginRequired);
        }
        let Some(record) = &standing.cluster else {
            return Err(if cluster.is_none() {
                Refusal::ClusterRequired
            } else {
                Refusal::ClusterRefused
            });
        };
        if let Some(key) = &key {
            check_bound(key, record)?;
        }
        if let Some(issued) = reuse(portal, &standing, now) {
            if let Some(key) = &key {
                note_use(portal, key, address, now).await?;
            }
            return Ok(issued);
        }
        let asked = mint::Asked {
            key: key.as_ref().map(|key| key.id),
            address,
            used_at: key.filter(|key| is_use_due(key, now)).map(|_| now),
        };
        if let Some(issued) = mint::mint(portal, &standing, asked, now).await? {
            return Ok(issued);
        }
    }
    Err(IssueError::Contended.into())
}

fn check_key(key: &store::Key, standing: &Standing, now: OffsetDateTime) -> Result<(), Refusal> {
    if standing.disabled {
        Err(Refusal::LoginRequired)
    } else if key.revoked_at.is_some() {
        Err(Refusal::KeyRevoked)
    } else if key.expires_at <= now {
        Err(Refusal::KeyExpired)
    } else {
        Ok(())
    }
}

fn check_bound(key: &store::Key, cluster: &store::ClusterRow) -> Result<(), Refusal> {
    if key.cluster_id.is_none_or(|bound| bound == cluster.id) {
        Ok(())
    } else {
        Err(Refusal::ClusterRefused)
    }
}

/// Whether it is time to write down again that a key is used.
fn is_use_due(key: &store::Key, now: OffsetDateTime) -> bool {
    key.last_used_at
        .is_none_or(|last| last + crate::retrieval::store::USE_INTERVAL <= now)
}

async fn note_use(
    portal: &Portal,
    key: &store::Key,
    address: &str,
    now: OffsetDateTime,
) -> Result<(), IssueError> {
    if is_use_due(key, now) {
        let mut conn = portal.pool.acquire().await?;
        crate::retrieval::store::used(&mut conn, key.id, address, now).await?;
    }
    Ok(())
}

/// What a sealed token belongs to: its row, and the issuer that it names.
fn place(issuer: &Issuer, login: Uuid, cluster: Uuid, jti: Uuid) -> String {
    format!("{} {login} {cluster} {jti}", issuer.url)
}

/// The current token, if it says what a new one would say, and for long enough.
fn reuse(portal: &Portal, standing: &Standing, now: OffsetDateTime) -> Option<Issued> {
    let (current, cluster, login) = (
        standing.current.as_ref()?,
        standing.cluster.as_ref()?,
        standing.login.as_ref()?,
    );
    let may_last = standing
        .groups_until
        .map_or(login.expires_at, |until| until.min(login.expires_at));
    let says_the_same = current.groups == standing.groups
        && current.revision == cluster.revision
        && current.expires_at <= may_last;
    let lifetime = Duration::seconds(cluster.record.token_lifetime.into());
    let lasts = current.expires_at >= now + least_left(lifetime);
    let verifiable = current
        .kid
        .as_ref()
        .is_none_or(|kid| portal.issuer.ring.is_published(kid, now));
    if !says_the_same || !lasts || !verifiable {
        return None;
    }
    let token = portal
        .issuer
        .sealer
        .open(
            PURPOSE,
            &place(&portal.issuer, login.id, cluster.id, current.jti),
            &current.sealed,
        )
        .ok()?;
    Some(Issued {
        token: String::from_utf8(token).ok()?.into(),
        cluster: cluster.record.clone(),
        groups: current.groups.clone(),
        issued_at: current.issued_at,
        expires_at: current.expires_at,
    })
}
