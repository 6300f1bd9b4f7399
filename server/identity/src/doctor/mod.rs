//! The token doctor's hands: it knows this portal's keys and clusters, and can fetch somebody's own
//! token. What it finds is judged by `domain::doctor`.
//!
//! What is pasted may be a live token, and somebody else's: it is looked at and let go, neither stored
//! nor logged, and nothing that is found holds it.

pub mod store;

use domain::{
    cluster::{Cluster, TokenKind},
    doctor::{self, Diagnosis, Given, Keyed, Report, Secret, Told},
};
use jsonwebtoken::{Algorithm, DecodingKey, crypto, jwk::Jwk};
use secrecy::ExposeSecret;
use thiserror::Error;

use crate::{
    Portal,
    cluster::{self, Refusal},
    issuer,
    session::Viewer,
};

/// The longest name of a key that is looked up, in bytes.
const MAX_KID: usize = 200;

/// Why nothing could be looked at.
#[derive(Debug, Error)]
pub enum DoctorError {
    #[error(transparent)]
    Cluster(#[from] Refusal),
    #[error("no token could be issued")]
    Issue(#[from] issuer::Refusal),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// Says what this cluster's API server makes of what somebody pasted, or what it means.
///
/// # Errors
/// [`DoctorError`].
pub async fn look(portal: &Portal, cluster: &str, text: &str) -> Result<Diagnosis, DoctorError> {
    Ok(match doctor::given(text) {
        Given::Nothing => Diagnosis::Nothing,
        Given::TooLong => Diagnosis::TooLong,
        Given::Secret(secret) => Diagnosis::Secret(secret),
        Given::Token { token, wrapped } => {
            let cluster = found(portal, cluster).await?;
            Diagnosis::Token(report(portal, &cluster, &token, wrapped).await?)
        }
        Given::Words => {
            let mut conn = portal.pool.acquire().await?;
            let clusters = cluster::store::list(&mut conn).await?;
            let prefixes: Vec<_> = clusters
                .iter()
                .map(|cluster| cluster.username_prefix.as_str())
                .collect();
            let explained = doctor::message::explain(text, &prefixes);
            explained.map_or(Diagnosis::Unknown, Diagnosis::Words)
        }
    })
}

/// Fetches the viewer's own token, as it is handed out to them, and looks at that.
///
/// # Errors
/// [`DoctorError`].
pub async fn look_at_own(
    portal: &Portal,
    viewer: &Viewer,
    cluster: &str,
    address: &str,
) -> Result<Diagnosis, DoctorError> {
    let cluster = found(portal, cluster).await?;
    let issued = issuer::by_user(portal, viewer.user_id, Some(&cluster.name), address).await?;
    Ok(match cluster.tokens {
        TokenKind::IdToken => {
            let token = issued.token.expose_secret();
            Diagnosis::Token(report(portal, &cluster, token, false).await?)
        }
        TokenKind::Opaque => Diagnosis::Secret(Secret::ClusterToken),
    })
}

async fn found(portal: &Portal, name: &str) -> Result<Cluster, DoctorError> {
    let mut conn = portal.pool.acquire().await?;
    Ok(cluster::get(&mut conn, name).await?)
}

async fn report(
    portal: &Portal,
    cluster: &Cluster,
    token: &str,
    wrapped: bool,
) -> Result<Report, DoctorError> {
    let keyed = keyed(portal, token).await?;
    let told = Told {
        issuer: &portal.issuer.url,
        cluster,
    };
    let now = portal.clock.now();
    Ok(doctor::examine(token, wrapped, told, keyed, now))
}

/// What is known of the key that a token names, and whether it signed it.
async fn keyed(portal: &Portal, token: &str) -> Result<Keyed, sqlx::Error> {
    let Some(header) = doctor::header(token) else {
        return Ok(Keyed::Unnamed);
    };
    let Some(kid) = header.kid else {
        return Ok(Keyed::Unnamed);
    };
    // Ours are short and plain, and the database takes no text that has NUL in it.
    if kid.len() > MAX_KID || !kid.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Keyed::Unknown);
    }
    let mut conn = portal.pool.acquire().await?;
    let Some(key) = store::public_key(&mut conn, &kid).await? else {
        return Ok(Keyed::Unknown);
    };
    Ok(Keyed::Known {
        state: key.life.state(portal.clock.now()),
        right: is_of(token, &key.public, key.algorithm),
    })
}

/// Whether this key signed a token, in its own algorithm whatever the token says.
fn is_of(token: &str, key: &Jwk, algorithm: Algorithm) -> bool {
    let Some((message, signature)) = doctor::signed(token) else {
        return false;
    };
    let Ok(key) = DecodingKey::from_jwk(key) else {
        return false;
    };
    crypto::verify(&signature, message.as_bytes(), &key, algorithm).unwrap_or(false)
}
