//! The SQL of what clients hold for a person.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use domain::{
    client::Client,
    holding::{HoldingView, IncidentView, Misuse},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// The families of live logins of a user from which tokens can still come.
pub async fn list(
    conn: &mut PgConnection,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<Vec<HoldingView>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT f.id, f.login_id, k.title AS "title?", c.name AS cluster, f.created_at, f.last_used_at, f.address
           FROM families f
           JOIN logins l ON l.id = f.login_id JOIN clusters c ON c.id = f.cluster_id
           LEFT JOIN clients k ON k.id = f.client_id
           WHERE f.user_id = $1 AND f.ended_at IS NULL AND l.ended_at IS NULL AND l.expires_at > $2
             AND (f.refresh_hash IS NOT NULL OR f.access_expires_at > $2)
           ORDER BY f.created_at, f.id"#,
        user,
        now
    )
    .fetch_all(conn)
    .await?;
    let view = rows.into_iter().map(|row| HoldingView {
        id: row.id,
        login: row.login_id,
        title: row.title.unwrap_or_else(|| Client::title_of(&row.cluster)),
        cluster: row.cluster,
        since: row.created_at,
        last_used_at: row.last_used_at,
        address: row.address,
    });
    Ok(view.collect())
}

/// The families of a user that ended after `since` because somebody did what nobody should.
pub async fn incidents(
    conn: &mut PgConnection,
    user: Uuid,
    since: OffsetDateTime,
) -> Result<Vec<IncidentView>, sqlx::Error> {
    let rows = sqlx::query!(
        r#"SELECT k.title AS "title?", c.name AS cluster, f.ended_at AS "ended_at!", f.end_reason AS "end_reason!"
           FROM families f JOIN clusters c ON c.id = f.cluster_id LEFT JOIN clients k ON k.id = f.client_id
           WHERE f.user_id = $1 AND f.ended_at > $2 AND f.end_reason IN ('reused', 'replayed', 'misused')
           ORDER BY f.ended_at DESC, f.id"#,
        user,
        since
    )
    .fetch_all(conn)
    .await?;
    let view = rows.into_iter().filter_map(|row| {
        Some(IncidentView {
            misuse: match row.end_reason.as_str() {
                "reused" => Misuse::Reused,
                "replayed" => Misuse::Replayed,
                "misused" => Misuse::Misused,
                _ => return None,
            },
            title: row.title.unwrap_or_else(|| Client::title_of(&row.cluster)),
            cluster: row.cluster,
            at: row.ended_at,
        })
    });
    Ok(view.collect())
}

/// Whether a family is this user's.
pub async fn is_of(conn: &mut PgConnection, user: Uuid, id: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM families WHERE id = $1 AND user_id = $2) AS "theirs!""#,
        id,
        user
    )
    .fetch_one(conn)
    .await
}
