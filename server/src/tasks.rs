//! What happens by itself: the ring of signing keys is read again, and drained buckets are
//! forgotten. Nothing that is decided depends on when these run.

use std::time::Duration;

use identity::{issuer::keys, session::throttle};

use crate::{edge::log::Chain, state::AppState};

/// How often the signing keys are read again. A key is published for much longer before it signs.
const RELOAD: Duration = Duration::from_secs(5);
/// After this many reloads, drained buckets are forgotten.
const TIDY: u32 = 120;

/// Runs until its task is ended.
pub async fn run(state: AppState) {
    let mut round: u32 = 0;
    loop {
        tokio::time::sleep(RELOAD).await;
        round = round.wrapping_add(1);
        if let Err(error) = reload(&state).await {
            tracing::warn!(
                error = %Chain(&*error),
                "the signing keys could not be read again; going on with those in memory"
            );
        }
        if round.is_multiple_of(TIDY)
            && let Err(error) = tidy(&state).await
        {
            tracing::warn!(
                error = %Chain(&*error),
                "old counts of login attempts could not be forgotten"
            );
        }
    }
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

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

async fn tidy(state: &AppState) -> Result<(), Failure> {
    let mut conn = state.portal.pool.acquire().await?;
    throttle::forget_drained(&mut conn, state.portal.clock.now()).await?;
    Ok(())
}
