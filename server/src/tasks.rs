//! What happens by itself: the ring of signing keys is read again, the next key is published when it
//! is due, clients are told of logouts, and what has ended is forgotten. Nothing else that is decided
//! depends on when these run.

use std::time::Duration;

use domain::signing_key::RELOAD;
use identity::{
    flow,
    issuer::{self, keys, rotation},
    oauth::{
        backchannel::{self, Told},
        code, device,
    },
    session::throttle,
};
use tokio::time::timeout;

use crate::{edge::log::Chain, state::AppState};

/// A database that takes longer is asked again.
const PATIENCE: Duration = Duration::from_secs(5);
/// After this many reloads, what has ended is forgotten.
const TIDY: u32 = 120;

/// How often we look for clients that are to be told of a logout.
const NOTICES: Duration = Duration::from_secs(1);

/// Runs until its task is ended.
pub async fn run(state: AppState) {
    tokio::join!(keep(&state), notify(&state));
}

/// Tells clients of logouts, one batch after the other.
async fn notify(state: &AppState) {
    loop {
        match backchannel::deliver(&state.portal).await {
            Ok(told) => {
                told.iter().for_each(note);
                if told.len() < backchannel::AT_ONCE {
                    tokio::time::sleep(NOTICES).await;
                }
            }
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "no client can be told of a logout just now");
                tokio::time::sleep(RELOAD.unsigned_abs()).await;
            }
        }
    }
}

/// Counts a notice, and says what became of it where that is not what it should be.
fn note(told: &Told) {
    let Told {
        client,
        login,
        outcome,
        last,
    } = told;
    let word = match outcome {
        Ok(()) => "delivered",
        Err(error) => {
            tracing::warn!(
                client, %login, again = !last, error = %Chain(error),
                "a client could not be told that a login ended"
            );
            if *last { "given_up" } else { "failed" }
        }
    };
    metrics::counter!("shorepass_logout_notices_total", "outcome" => word).increment(1);
}

async fn keep(state: &AppState) {
    let mut round: u32 = 0;
    loop {
        // A key is published for much longer before it signs.
        tokio::time::sleep(RELOAD.unsigned_abs()).await;
        round = round.wrapping_add(1);
        if let Err(error) = timely(reload(state)).await {
            tracing::warn!(
                error = %Chain(&*error),
                "the signing keys could not be read again; going on with those in memory"
            );
        }
        if let Err(error) = timely(rotate(state)).await {
            tracing::warn!(
                error = %Chain(&*error),
                "the next signing key could not be published; the one in use goes on"
            );
        }
        if round.is_multiple_of(TIDY)
            && let Err(error) = timely(tidy(state)).await
        {
            tracing::warn!(
                error = %Chain(&*error),
                "what has ended could not be forgotten"
            );
        }
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

async fn timely(work: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    timeout(PATIENCE, work).await?
}

/// Reads the signing keys into the ring.
///
/// # Errors
/// What the database or the keys said; the ring is then as it was.
pub async fn reload(state: &AppState) -> Result<(), Failure> {
    let portal = &state.portal;
    let mut conn = portal.pool.acquire().await?;
    portal
        .issuer
        .ring
        .replace(keys::load(&mut conn, &portal.issuer.sealer, portal.clock.now()).await?);
    Ok(())
}

/// Publishes the next signing key, where it is due and no other replica was quicker.
///
/// # Errors
/// What the database or the keys said; nothing is changed then.
pub async fn rotate(state: &AppState) -> Result<(), Failure> {
    let portal = &state.portal;
    let (issuer, now) = (&portal.issuer, portal.clock.now());
    if !rotation::is_due(issuer, issuer.ring.lives(), now) {
        return Ok(());
    }
    let mut tx = portal.pool.begin().await?;
    let made = rotation::rotate(&mut tx, issuer, now).await?;
    tx.commit().await?;
    if let Some(kid) = made {
        let signs_from = now + issuer.overlap.lead;
        tracing::info!(kid, %signs_from, "published the next signing key");
    }
    reload(state).await
}

/// Forgets what has ended.
///
/// # Errors
/// What the database said.
pub async fn tidy(state: &AppState) -> Result<(), Failure> {
    let mut conn = state.portal.pool.acquire().await?;
    let now = state.portal.clock.now();
    keys::erase(&mut conn, now).await?;
    throttle::forget_drained(&mut conn, now).await?;
    issuer::store::forget_ended(&mut conn, now).await?;
    code::store::forget(&mut conn, now).await?;
    backchannel::store::forget_old(&mut conn, now).await?;
    device::store::forget(&mut conn, now).await?;
    flow::store::forget(&mut conn, now - flow::LIFETIME).await?;
    Ok(())
}
