//! The life of signing keys: made, rotated, revoked, sealed again.
//!
//! What happens is written down as instants (`domain::signing_key`); nothing has to run at those
//! instants. Changes take turns by an advisory lock.

use aws_lc_rs::{
    encoding::{AsDer, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RsaKeyPair},
};
use domain::signing_key::{Life, Overlap, State};
use jsonwebtoken::{
    Algorithm, DecodingKey,
    jwk::{Jwk, KeyAlgorithm, PublicKeyUse, ThumbprintHash},
};
use sqlx::PgConnection;
use thiserror::Error;
use time::OffsetDateTime;

use super::ring::SigningKey;
use crate::seal::{SealError, Sealer};

const PURPOSE: &str = "signing key";

#[derive(Debug, Error)]
pub enum KeyError {
    #[error("signing key {kid} cannot be opened: is this the right key-encryption key?")]
    Seal { kid: String, source: SealError },
    #[error("signing key {0} cannot be read")]
    Malformed(String, #[source] jsonwebtoken::errors::Error),
    #[error("signing key {0} is of an algorithm that this program does not know")]
    Algorithm(String),
    #[error("a key could not be made")]
    Generate,
    #[error("a key could not be sealed")]
    Sealing(#[source] SealError),
    #[error("signing key {kid} is pending already and signs from {active_from}")]
    Pending {
        kid: String,
        active_from: OffsetDateTime,
    },
    #[error("there is no published signing key {0}")]
    Unknown(String),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// The algorithm's name, for those that API servers accept and we offer.
pub fn word(algorithm: Algorithm) -> Option<&'static str> {
    match algorithm {
        Algorithm::RS256 => Some("RS256"),
        Algorithm::ES256 => Some("ES256"),
        _ => None,
    }
}

/// Reads the algorithm's name.
pub fn algorithm(word: &str) -> Option<Algorithm> {
    match word {
        "RS256" => Some(Algorithm::RS256),
        "ES256" => Some(Algorithm::ES256),
        _ => None,
    }
}

/// A key as `shorepass keys list` shows it.
#[derive(Clone, Debug)]
pub struct KeyRow {
    pub kid: String,
    pub algorithm: String,
    pub created_at: OffsetDateTime,
    pub life: Life,
    /// When an operator took it out of the JWKS before its time.
    pub revoked_at: Option<OffsetDateTime>,
}

/// Changes of the keys wait for each other here, until the transaction ends.
pub(super) async fn lock(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('signing keys', 0)) AS \"locked: ()\""
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

/// All keys, the newest last.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn list(conn: &mut PgConnection) -> Result<Vec<KeyRow>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT kid, algorithm, created_at, active_from, retired_at, removed_at, revoked_at
         FROM signing_keys ORDER BY active_from, kid"
    )
    .fetch_all(conn)
    .await?;
    let row = rows.into_iter().map(|row| KeyRow {
        kid: row.kid,
        algorithm: row.algorithm,
        created_at: row.created_at,
        life: Life {
            active_from: row.active_from,
            retired_at: row.retired_at,
            removed_at: row.removed_at,
        },
        revoked_at: row.revoked_at,
    });
    Ok(row.collect())
}

/// Opens the published keys for the ring.
///
/// # Errors
/// [`KeyError::Seal`] where the key-encryption key is not the right one.
pub async fn load(
    conn: &mut PgConnection,
    sealer: &Sealer,
    now: OffsetDateTime,
) -> Result<Vec<SigningKey>, KeyError> {
    let rows = sqlx::query!(
        "SELECT kid, algorithm, public_jwk, sealed AS \"sealed!\", active_from, retired_at, removed_at FROM signing_keys
         WHERE sealed IS NOT NULL AND (removed_at IS NULL OR removed_at > $1) ORDER BY active_from, kid",
        now
    )
    .fetch_all(conn)
    .await?;
    let mut keys = Vec::with_capacity(rows.len());
    for row in rows {
        let algorithm =
            algorithm(&row.algorithm).ok_or_else(|| KeyError::Algorithm(row.kid.clone()))?;
        let pkcs8 = sealer
            .open(PURPOSE, &row.kid, &row.sealed)
            .map_err(|source| KeyError::Seal {
                kid: row.kid.clone(),
                source,
            })?;
        let public: Jwk = serde_json::from_value(row.public_jwk)
            .map_err(|error| KeyError::Malformed(row.kid.clone(), error.into()))?;
        let life = Life {
            active_from: row.active_from,
            retired_at: row.retired_at,
            removed_at: row.removed_at,
        };
        let key = SigningKey::new(row.kid.clone(), algorithm, life, public, &pkcs8)
            .map_err(|error| KeyError::Malformed(row.kid, error))?;
        keys.push(key);
    }
    Ok(keys)
}

/// What happens at start, in the caller's transaction: every published key has to open; those
/// sealed under an earlier key-encryption key are sealed again; the first key is made where none
/// signs; private parts of removed keys are erased.
///
/// # Errors
/// [`KeyError`].
pub async fn establish(
    conn: &mut PgConnection,
    sealer: &Sealer,
    algorithm: Algorithm,
    now: OffsetDateTime,
) -> Result<(), KeyError> {
    lock(conn).await?;
    erase(conn, now).await?;
    for key in open_all(conn, sealer).await? {
        if !sealer.is_current(&key.sealed) {
            let sealed = sealer
                .seal(PURPOSE, &key.kid, &key.pkcs8)
                .map_err(KeyError::Sealing)?;
            sqlx::query!(
                "UPDATE signing_keys SET sealed = $2 WHERE kid = $1",
                key.kid,
                sealed
            )
            .execute(&mut *conn)
            .await?;
            tracing::info!(
                kid = key.kid,
                "sealed a signing key again under the current key-encryption key"
            );
        }
    }
    if !list(conn)
        .await?
        .iter()
        .any(|key| key.life.state(now) == State::Active)
    {
        let kid = create(conn, sealer, algorithm, now, now).await?;
        tracing::info!(kid, "made the first signing key");
    }
    Ok(())
}

/// Erases the private parts of keys that are published no more.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn erase(conn: &mut PgConnection, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE signing_keys SET sealed = NULL WHERE removed_at <= $1 AND sealed IS NOT NULL",
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

struct Opened {
    kid: String,
    sealed: Vec<u8>,
    pkcs8: Vec<u8>,
}

/// Opens every private part, so that nothing is ever sealed beside them under a key that does not
/// open them: no replica could start with both.
async fn open_all(conn: &mut PgConnection, sealer: &Sealer) -> Result<Vec<Opened>, KeyError> {
    let rows = sqlx::query!(
        "SELECT kid, sealed AS \"sealed!\" FROM signing_keys WHERE sealed IS NOT NULL FOR UPDATE"
    )
    .fetch_all(conn)
    .await?;
    let open = |(kid, sealed): (String, Vec<u8>)| match sealer.open(PURPOSE, &kid, &sealed) {
        Ok(pkcs8) => Ok(Opened { kid, sealed, pkcs8 }),
        Err(source) => Err(KeyError::Seal { kid, source }),
    };
    let rows = rows.into_iter().map(|row| (row.kid, row.sealed));
    rows.map(open).collect()
}

/// Makes a key that takes over from the one that signs, with this overlap. Returns its `kid`. Without
/// a lead, a key that is pending takes over now.
///
/// # Errors
/// [`KeyError::Pending`] where a rotation is under way already.
pub async fn rotate(
    conn: &mut PgConnection,
    sealer: &Sealer,
    algorithm: Algorithm,
    overlap: Overlap,
    now: OffsetDateTime,
) -> Result<String, KeyError> {
    lock(conn).await?;
    open_all(conn, sealer).await?;
    let keys = list(conn).await?;
    if let Some(pending) = keys
        .iter()
        .find(|key| key.life.state(now) == State::Pending)
    {
        if overlap.lead.is_positive() {
            return Err(KeyError::Pending {
                kid: pending.kid.clone(),
                active_from: pending.life.active_from,
            });
        }
        sqlx::query!(
            "UPDATE signing_keys SET retired_at = $1, removed_at = $2 WHERE retired_at > $1",
            now,
            now + overlap.tail
        )
        .execute(&mut *conn)
        .await?;
        activate(conn, &pending.kid, now).await?;
        return Ok(pending.kid.clone());
    }
    let active_from = now + overlap.lead;
    sqlx::query!(
        "UPDATE signing_keys SET retired_at = $1, removed_at = $2
         WHERE retired_at IS NULL AND removed_at IS NULL",
        active_from,
        active_from + overlap.tail
    )
    .execute(&mut *conn)
    .await?;
    create(conn, sealer, algorithm, now, active_from).await
}

/// Takes a key out of the JWKS at once and erases its private part. Where it signs, or where
/// nothing else will sign, another key takes over at once; its `kid` is returned.
///
/// API servers go on trusting a removed key until they fetch the JWKS again, which they do when
/// they see a token of a key that they do not know and their cache has run out.
///
/// # Errors
/// [`KeyError::Unknown`].
pub async fn revoke(
    conn: &mut PgConnection,
    sealer: &Sealer,
    algorithm: Algorithm,
    kid: &str,
    now: OffsetDateTime,
) -> Result<Option<String>, KeyError> {
    lock(conn).await?;
    open_all(conn, sealer).await?;
    let revoked = sqlx::query!(
        "UPDATE signing_keys SET removed_at = $2, revoked_at = $2, sealed = NULL
         WHERE kid = $1 AND (removed_at IS NULL OR removed_at > $2)",
        kid,
        now
    )
    .execute(&mut *conn)
    .await?;
    if revoked.rows_affected() == 0 {
        return Err(KeyError::Unknown(kid.to_owned()));
    }
    let keys = list(conn).await?;
    let pending = keys
        .iter()
        .find(|key| key.life.state(now) == State::Pending);
    if let Some(active) = keys.iter().find(|key| key.life.state(now) == State::Active) {
        if pending.is_none() {
            // What was to take over is gone, so the active key goes on.
            sqlx::query!(
                "UPDATE signing_keys SET retired_at = NULL, removed_at = NULL WHERE kid = $1",
                active.kid
            )
            .execute(conn)
            .await?;
        }
        return Ok(None);
    }
    if let Some(pending) = pending {
        activate(conn, &pending.kid, now).await?;
        return Ok(Some(pending.kid.clone()));
    }
    create(conn, sealer, algorithm, now, now).await.map(Some)
}

async fn activate(
    conn: &mut PgConnection,
    kid: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE signing_keys SET active_from = $2 WHERE kid = $1",
        kid,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

async fn create(
    conn: &mut PgConnection,
    sealer: &Sealer,
    algorithm: Algorithm,
    now: OffsetDateTime,
    active_from: OffsetDateTime,
) -> Result<String, KeyError> {
    super::signer::install();
    let (pkcs8, public) = generate(algorithm)?;
    let mut jwk =
        Jwk::from_decoding_key(&public, Some(algorithm)).map_err(|_| KeyError::Generate)?;
    let kid = jwk
        .thumbprint(ThumbprintHash::SHA256)
        .map_err(|_| KeyError::Generate)?;
    jwk.common.key_id = Some(kid.clone());
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    jwk.common.key_algorithm = match algorithm {
        Algorithm::ES256 => Some(KeyAlgorithm::ES256),
        _ => Some(KeyAlgorithm::RS256),
    };
    let sealed = sealer
        .seal(PURPOSE, &kid, &pkcs8)
        .map_err(KeyError::Sealing)?;
    let public = serde_json::to_value(&jwk).map_err(|_| KeyError::Generate)?;
    sqlx::query!(
        "INSERT INTO signing_keys (kid, algorithm, public_jwk, sealed, created_at, active_from) VALUES ($1, $2, $3, $4, $5, $6)",
        kid, word(algorithm), public, sealed, now, active_from
    )
    .execute(conn)
    .await?;
    Ok(kid)
}

/// A new private key in PKCS#8, and its public part.
fn generate(algorithm: Algorithm) -> Result<(Vec<u8>, DecodingKey), KeyError> {
    match algorithm {
        Algorithm::RS256 => {
            let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError::Generate)?;
            let pkcs8: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError::Generate)?;
            Ok((
                pkcs8.as_ref().to_vec(),
                DecodingKey::from_rsa_der(pair.public_key().as_ref()),
            ))
        }
        Algorithm::ES256 => {
            let pkcs8 = EcdsaKeyPair::generate_pkcs8(
                &ECDSA_P256_SHA256_FIXED_SIGNING,
                &SystemRandom::new(),
            )
            .map_err(|_| KeyError::Generate)?;
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref())
                .map_err(|_| KeyError::Generate)?;
            Ok((
                pkcs8.as_ref().to_vec(),
                DecodingKey::from_ec_der(pair.public_key().as_ref()),
            ))
        }
        _ => Err(KeyError::Generate),
    }
}
