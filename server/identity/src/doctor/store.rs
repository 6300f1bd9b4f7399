//! The SQL of the doctor.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use domain::signing_key::Life;
use jsonwebtoken::{Algorithm, jwk::Jwk};
use sqlx::PgConnection;

use crate::issuer::keys;

/// A key that signs, or once did.
#[derive(Debug)]
pub struct PublicKey {
    pub algorithm: Algorithm,
    pub public: Jwk,
    pub life: Life,
}

/// The key of that name, in whatever state; none where there never was one that can be read.
pub async fn public_key(
    conn: &mut PgConnection,
    kid: &str,
) -> Result<Option<PublicKey>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT algorithm, public_jwk, active_from, retired_at, removed_at FROM signing_keys WHERE kid = $1",
        kid
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.and_then(|row| {
        Some(PublicKey {
            algorithm: keys::algorithm(&row.algorithm)?,
            public: serde_json::from_value(row.public_jwk).ok()?,
            life: Life {
                active_from: row.active_from,
                retired_at: row.retired_at,
                removed_at: row.removed_at,
            },
        })
    }))
}
