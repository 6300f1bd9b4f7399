//! Signing keys are replaced by themselves, once per period, whichever replica comes first.
//!
//! No replica leads. Each looks whether a key is due; those that find one due take turns by the lock
//! of the signing keys and look once more, so that the first makes the key and the others find it.

use domain::signing_key::Life;
use sqlx::PgConnection;
use time::OffsetDateTime;

use super::{
    Issuer,
    keys::{self, KeyError},
};

/// Whether the next key is due, as far as these keys tell.
pub fn is_due(issuer: &Issuer, keys: impl IntoIterator<Item = Life>, now: OffsetDateTime) -> bool {
    issuer
        .schedule()
        .and_then(|schedule| schedule.next(keys, now))
        .is_some_and(|at| at <= now)
}

/// Publishes the next key where it is due; its `kid`. None where it is not, be it because another
/// replica was quicker. In the caller's transaction.
///
/// # Errors
/// [`KeyError`].
pub async fn rotate(
    conn: &mut PgConnection,
    issuer: &Issuer,
    now: OffsetDateTime,
) -> Result<Option<String>, KeyError> {
    keys::lock(conn).await?;
    let keys = keys::list(conn).await?;
    if !is_due(issuer, keys.into_iter().map(|key| key.life), now) {
        return Ok(None);
    }
    let (sealer, algorithm) = (&issuer.sealer, issuer.algorithm);
    let made = keys::rotate(conn, sealer, algorithm, issuer.overlap, now).await;
    made.map(Some)
}
