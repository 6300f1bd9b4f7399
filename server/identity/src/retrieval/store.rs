//! The SQL of retrieval keys.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use domain::key::KeyView;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::secret::{Hash, RetrievalKey};

/// The last use is written at most this often.
pub const USE_INTERVAL: Duration = Duration::minutes(1);

/// A key as it is stored.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    pub id: Uuid,
    pub user: Uuid,
    pub name: &'a str,
    pub cluster: Option<Uuid>,
    pub login: Option<Uuid>,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

pub async fn cluster(conn: &mut PgConnection, name: &str) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM clusters WHERE name = $1", name)
        .fetch_optional(conn)
        .await
}

pub async fn count(
    conn: &mut PgConnection,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT count(*) AS \"count!\" FROM retrieval_keys WHERE user_id = $1 AND revoked_at IS NULL AND expires_at > $2",
        user, now
    )
    .fetch_one(conn)
    .await
}

pub async fn create(
    conn: &mut PgConnection,
    row: &Row<'_>,
    secret: &Hash<RetrievalKey>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO retrieval_keys (id, user_id, name, secret_hash, cluster_id, login_id, created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.id, row.user, row.name, secret.as_bytes(), row.cluster, row.login, row.created_at, row.expires_at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The keys of a user that work or sleep, newest first.
pub async fn list(
    conn: &mut PgConnection,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<Vec<KeyView>, sqlx::Error> {
    sqlx::query_as!(
        KeyView,
        "SELECT k.id, k.name, c.name AS \"cluster?\", k.created_at, k.expires_at, k.last_used_at, k.last_used_from
         FROM retrieval_keys k LEFT JOIN clusters c ON c.id = k.cluster_id
         WHERE k.user_id = $1 AND k.revoked_at IS NULL AND k.expires_at > $2
         ORDER BY k.created_at DESC, k.id",
        user, now
    )
    .fetch_all(conn)
    .await
}

/// Revokes a key of this user; false where they have no such key.
pub async fn revoke(
    conn: &mut PgConnection,
    user: Uuid,
    id: Uuid,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let done = sqlx::query!(
        "UPDATE retrieval_keys SET revoked_at = $3 WHERE id = $2 AND user_id = $1 AND revoked_at IS NULL",
        user, id, now
    )
    .execute(conn)
    .await?;
    Ok(done.rows_affected() == 1)
}

pub async fn revoke_all(
    conn: &mut PgConnection,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE retrieval_keys SET revoked_at = $2 WHERE user_id = $1 AND revoked_at IS NULL",
        user,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Writes down a use, at most once a minute.
pub async fn used(
    conn: &mut PgConnection,
    id: Uuid,
    address: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE retrieval_keys SET last_used_at = $2, last_used_from = $3
         WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $4)",
        id,
        now,
        address,
        now - USE_INTERVAL
    )
    .execute(conn)
    .await?;
    Ok(())
}
