//! The connection to Postgres: pool, schema, and whether it answers.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use thiserror::Error;

/// A request waits no longer for a connection: better a prompt 503 than a queue.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(2);

#[derive(Debug, Error)]
pub enum DatabaseError {
    #[error("the database URL cannot be read")]
    Url(#[source] sqlx::Error),
    #[error("the database cannot be reached")]
    Connect(#[source] sqlx::Error),
    #[error("the schema cannot be applied")]
    Migrate(#[source] sqlx::migrate::MigrateError),
}

/// Reads a database URL.
///
/// # Errors
/// [`DatabaseError::Url`].
pub fn options(url: &SecretString) -> Result<PgConnectOptions, DatabaseError> {
    url.expose_secret().parse().map_err(DatabaseError::Url)
}

/// Opens a pool. No statement, lock or idle transaction outlives its time-out on the server.
///
/// # Errors
/// [`DatabaseError::Url`] or [`DatabaseError::Connect`].
pub async fn connect(url: &SecretString, max_connections: u32) -> Result<PgPool, DatabaseError> {
    let options = options(url)?.application_name("shorepass").options([
        ("statement_timeout", "5000"),
        ("lock_timeout", "2000"),
        ("idle_in_transaction_session_timeout", "10000"),
        ("timezone", "UTC"),
        // Statements are prepared once and ask for one row: planning them anew costs more than
        // running them.
        ("plan_cache_mode", "force_generic_plan"),
    ]);
    PgPoolOptions::new()
        .max_connections(max_connections)
        .min_connections(1)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .connect_with(options)
        .await
        .map_err(DatabaseError::Connect)
}

/// Brings the schema up to date. An advisory lock makes processes that start together wait for
/// one another, and each migration is applied once.
///
/// # Errors
/// [`DatabaseError::Migrate`]: a migration failed, or the database is newer than this program.
pub async fn migrate(url: &SecretString) -> Result<(), DatabaseError> {
    // A connection of its own: migrations may take longer than the pool lets a statement run.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .connect_with(options(url)?)
        .await
        .map_err(DatabaseError::Connect)?;
    let done = crate::MIGRATOR
        .run(&pool)
        .await
        .map_err(DatabaseError::Migrate);
    pool.close().await;
    done
}

/// Whether the database answers and has the schema that this program was built for.
///
/// # Errors
/// What the database said.
pub async fn is_ready(pool: &PgPool) -> Result<bool, sqlx::Error> {
    let newest = crate::MIGRATOR
        .iter()
        .map(|migration| migration.version)
        .max()
        .unwrap_or_default();
    // Not checked at compile time: the table is sqlx's own, and none of our migrations makes it.
    let applied: Option<i64> =
        sqlx::query_scalar("SELECT max(version) FROM _sqlx_migrations WHERE success")
            .fetch_one(pool)
            .await?;
    Ok(applied.is_some_and(|version| version >= newest))
}
