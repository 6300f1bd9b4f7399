//! The SQL of what people agree to.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// A login, and what its owner agreed to.
#[derive(Debug)]
pub struct Present {
    pub authenticated_at: OffsetDateTime,
    pub agreed_at: Option<OffsetDateTime>,
    pub scope: Option<String>,
}

pub async fn present(
    conn: &mut PgConnection,
    login: Uuid,
    client: &str,
) -> Result<Option<Present>, sqlx::Error> {
    sqlx::query_as!(
        Present,
        r#"SELECT l.authenticated_at, c.granted_at AS "agreed_at?", c.scope AS "scope?"
           FROM logins l LEFT JOIN consents c ON c.user_id = l.user_id AND c.client_id = $2
           WHERE l.id = $1"#,
        login,
        client
    )
    .fetch_optional(conn)
    .await
}

/// Notes what somebody agrees to. It adds to nothing: they saw all that is asked for.
pub async fn agree(
    conn: &mut PgConnection,
    user: Uuid,
    client: &str,
    scope: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO consents (user_id, client_id, scope, granted_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (user_id, client_id) DO UPDATE SET scope = excluded.scope, granted_at = excluded.granted_at",
        user,
        client,
        scope,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
