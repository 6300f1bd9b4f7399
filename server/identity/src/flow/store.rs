//! The SQL of logins that are under way at a provider.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::secret::{FlowCookie, FlowState, Hash};

/// A login as it begins.
#[derive(Debug)]
pub struct Row<'a> {
    pub state: &'a Hash<FlowState>,
    pub browser: &'a Hash<FlowCookie>,
    pub directory: &'a str,
    pub sealed: &'a [u8],
    pub return_to: &'a str,
    pub at: OffsetDateTime,
}

pub async fn open(conn: &mut PgConnection, row: &Row<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO login_flows (state_hash, browser_hash, directory, sealed, return_to, created_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        row.state.as_bytes(), row.browser.as_bytes(), row.directory, row.sealed, row.return_to, row.at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Makes room for one more of this browser's, where it has `most` or more: the oldest go.
pub async fn make_room(
    conn: &mut PgConnection,
    browser: &Hash<FlowCookie>,
    most: i64,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM login_flows WHERE state_hash IN (
             SELECT state_hash FROM login_flows WHERE browser_hash = $1
             ORDER BY created_at DESC, state_hash OFFSET $2)",
        browser.as_bytes(),
        most - 1
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// How many this browser has under way that began after `since`.
pub async fn count(
    conn: &mut PgConnection,
    browser: &Hash<FlowCookie>,
    since: OffsetDateTime,
) -> Result<i64, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT count(*) AS \"count!\" FROM login_flows WHERE browser_hash = $1 AND created_at > $2",
        browser.as_bytes(),
        since
    )
    .fetch_one(conn)
    .await
}

/// A login that was under way. It is taken once.
#[derive(Debug)]
pub struct Taken {
    pub sealed: Vec<u8>,
    pub return_to: String,
    pub at: OffsetDateTime,
}

pub async fn take(
    conn: &mut PgConnection,
    state: &Hash<FlowState>,
    browser: &Hash<FlowCookie>,
    directory: &str,
) -> Result<Option<Taken>, sqlx::Error> {
    sqlx::query_as!(
        Taken,
        "DELETE FROM login_flows WHERE state_hash = $1 AND browser_hash = $2 AND directory = $3
         RETURNING sealed, return_to, created_at AS at",
        state.as_bytes(),
        browser.as_bytes(),
        directory
    )
    .fetch_optional(conn)
    .await
}

/// Whether there is one, whosesoever.
pub async fn exists(
    conn: &mut PgConnection,
    state: &Hash<FlowState>,
    directory: &str,
    since: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT EXISTS (SELECT FROM login_flows WHERE state_hash = $1 AND directory = $2 AND created_at > $3) AS \"exists!\"",
        state.as_bytes(),
        directory,
        since
    )
    .fetch_one(conn)
    .await
}

pub async fn forget(conn: &mut PgConnection, until: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM login_flows WHERE created_at <= $1", until)
        .execute(conn)
        .await?;
    Ok(())
}
