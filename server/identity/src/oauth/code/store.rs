//! The SQL of authorization codes.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::Row;
use crate::secret::{Code, Hash};

pub async fn insert(
    conn: &mut PgConnection,
    code: &Hash<Code>,
    row: &Row,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO codes (code_hash, client_id, cluster_id, user_id, login_id, redirect_uri, scope, nonce, challenge,
                            expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        code.as_bytes(), row.client_id, row.cluster_id, row.user_id, row.login_id, row.redirect_uri, row.scope,
        row.nonce, row.challenge, row.expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn find(conn: &mut PgConnection, code: &Hash<Code>) -> Result<Option<Row>, sqlx::Error> {
    sqlx::query_as!(
        Row,
        "SELECT client_id, cluster_id, user_id, login_id, redirect_uri, scope, nonce, challenge, expires_at, used_at,
                family_id
         FROM codes WHERE code_hash = $1",
        code.as_bytes()
    )
    .fetch_optional(conn)
    .await
}

/// Makes a code useless.
pub async fn spoil(
    conn: &mut PgConnection,
    code: &Hash<Code>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    take(conn, code, now).await.map(drop)
}

/// Uses a code up; false where somebody else did.
pub async fn take(
    conn: &mut PgConnection,
    code: &Hash<Code>,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query!(
        "UPDATE codes SET used_at = $2 WHERE code_hash = $1 AND used_at IS NULL",
        code.as_bytes(),
        now
    )
    .execute(conn)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Notes what was made of a code.
pub async fn lead_to(
    conn: &mut PgConnection,
    code: &Hash<Code>,
    family: Uuid,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE codes SET family_id = $2 WHERE code_hash = $1",
        code.as_bytes(),
        family
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets codes that nobody can use; for a day they still tell who used one twice.
pub async fn forget(conn: &mut PgConnection, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM codes WHERE expires_at < $1",
        now - Duration::days(1)
    )
    .execute(conn)
    .await?;
    Ok(())
}
