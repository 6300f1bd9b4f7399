//! Families as their owner sees them on the page of their sessions: what clients hold for them, what was
//! revoked because it may have been stolen, and an end to either's chances.

pub mod store;

use domain::holding::{HoldingView, IncidentView};
use sqlx::PgConnection;
use time::Duration;
use uuid::Uuid;

use super::family::{self, EndReason};
use crate::{Portal, session::Viewer};

/// For how long an incident is shown.
const SHOWN: Duration = Duration::days(1);

/// What clients hold for this viewer now, by login, the oldest first.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn list(
    conn: &mut PgConnection,
    portal: &Portal,
    viewer: &Viewer,
) -> Result<Vec<HoldingView>, sqlx::Error> {
    store::list(conn, viewer.user_id, portal.clock.now()).await
}

/// What was revoked of late because somebody may have stolen it, the newest first.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn incidents(
    conn: &mut PgConnection,
    portal: &Portal,
    viewer: &Viewer,
) -> Result<Vec<IncidentView>, sqlx::Error> {
    store::incidents(conn, viewer.user_id, portal.clock.now() - SHOWN).await
}

/// Ends what a client holds for this viewer; false where it holds nothing of theirs by that id.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn end(portal: &Portal, viewer: &Viewer, id: Uuid) -> Result<bool, sqlx::Error> {
    let mut conn = portal.pool.acquire().await?;
    if !store::is_of(&mut conn, viewer.user_id, id).await? {
        return Ok(false);
    }
    let ended = family::store::end(&mut conn, id, EndReason::Ended, portal.clock.now()).await?;
    if ended {
        let user = &viewer.person.username;
        tracing::info!(%user, family = %id, "a client's tokens were revoked by their owner");
    }
    Ok(ended)
}
