//! The credential of a cluster: what its API server shows the portal's webhooks, so that they answer
//! nobody else, and each cluster about its own people only.
//!
//! It is made when it is first printed, and sealed, so that the same can be printed again. A new one
//! ends the one before at once: until the API server has it, the authorization webhook is as good as
//! switched off there, and no opaque token is taken.

use secrecy::SecretString;
use sqlx::PgConnection;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Refusal, store};
use crate::{
    operator::Operator,
    seal::{SealError, Sealer},
    secret::{ClusterCredential, NoRandomness, Opaque},
};

/// What sealed credentials are bound to, beside their cluster.
const PURPOSE: &str = "cluster credential";

/// Why there is no credential.
#[derive(Debug, Error)]
pub enum CredentialError {
    #[error(transparent)]
    Cluster(#[from] Refusal),
    #[error("the stored secret cannot be opened; a new one can be made")]
    Seal(#[from] SealError),
    #[error("no secret could be made")]
    Randomness(#[from] NoRandomness),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// Whether the secret that there is will do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// The one that there is, or the first.
    Present,
    /// Another one; the one before ends.
    New,
}

/// The secret of a cluster, for its operator.
///
/// # Errors
/// [`CredentialError`].
pub async fn reveal(
    conn: &mut PgConnection,
    sealer: &Sealer,
    _: &Operator,
    cluster: &str,
    which: Which,
    now: OffsetDateTime,
) -> Result<SecretString, CredentialError> {
    // Locked, so that two who print at once print the same.
    let (id, _) = store::lock(conn, cluster)
        .await?
        .ok_or_else(|| Refusal::Unknown(cluster.to_owned()))?;
    let stored = match which {
        Which::Present => store::credential(conn, id).await?,
        Which::New => None,
    };
    match stored {
        Some(sealed) => open(sealer, id, &sealed),
        None => make(conn, sealer, id, now).await,
    }
}

fn open(sealer: &Sealer, cluster: Uuid, sealed: &[u8]) -> Result<SecretString, CredentialError> {
    let plain = sealer.open(PURPOSE, &cluster.to_string(), sealed)?;
    let text = String::from_utf8(plain).map_err(|_| SealError::Broken)?;
    Ok(text.into())
}

async fn make(
    conn: &mut PgConnection,
    sealer: &Sealer,
    cluster: Uuid,
    now: OffsetDateTime,
) -> Result<SecretString, CredentialError> {
    let secret = Opaque::<ClusterCredential>::generate()?;
    let sealed = sealer.seal(PURPOSE, &cluster.to_string(), secret.expose().as_bytes())?;
    store::put_credential(conn, cluster, &secret.hash(), &sealed, now).await?;
    Ok(secret.secret().clone())
}
