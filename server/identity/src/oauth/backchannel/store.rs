//! The SQL of notices.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{AT_ONCE, WAITS};

/// A client that is to be told of a login.
#[derive(Debug)]
pub struct Notice {
    pub client: String,
    pub login: Uuid,
    pub uri: String,
    /// How often it was tried, this time too.
    pub attempts: i32,
}

/// Takes some notices that are due, from under nobody else's hands, and lets them be due again later.
pub async fn take(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<Vec<Notice>, sqlx::Error> {
    let waits = WAITS.map(Duration::as_seconds_f64);
    sqlx::query_as!(
        Notice,
        r#"WITH due AS (
               SELECT n.client_id, n.login_id, k.backchannel_logout_uri AS uri
               FROM logout_notices n JOIN clients k ON k.id = n.client_id
               WHERE n.due_at <= $1 AND n.attempts < cardinality($2::float8[]) AND k.backchannel_logout_uri IS NOT NULL
               ORDER BY n.due_at LIMIT $3 FOR UPDATE OF n SKIP LOCKED)
           UPDATE logout_notices n
           SET attempts = n.attempts + 1, due_at = $1 + make_interval(secs => ($2::float8[])[n.attempts + 1])
           FROM due WHERE n.client_id = due.client_id AND n.login_id = due.login_id
           RETURNING n.client_id AS client, n.login_id AS login, due.uri AS "uri!", n.attempts"#,
        now,
        &waits,
        i64::try_from(AT_ONCE).unwrap_or(1)
    )
    .fetch_all(conn)
    .await
}

/// Forgets a notice.
pub async fn forget(conn: &mut PgConnection, notice: &Notice) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM logout_notices WHERE client_id = $1 AND login_id = $2",
        notice.client,
        notice.login
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets what nobody will be told any more. Nothing depends on it but the table's size.
pub async fn forget_old(conn: &mut PgConnection, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM logout_notices WHERE created_at < $1",
        now - Duration::days(1)
    )
    .execute(conn)
    .await?;
    Ok(())
}
