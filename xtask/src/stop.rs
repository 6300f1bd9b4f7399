//! The wish to stop: Ctrl-C, SIGTERM, or the terminal going away.
//! Whoever waits for something looks here; nothing is done inside the signal handler.

use std::{
    fmt,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

static WISH: OnceLock<Arc<AtomicBool>> = OnceLock::new();

/// How long a waiting loop sleeps between two looks.
pub(crate) const PAUSE: Duration = Duration::from_millis(20);

/// The error of work that ends because xtask was asked to stop.
#[derive(Debug)]
pub(crate) struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("stopped")
    }
}

impl std::error::Error for Stopped {}

/// From here on the three signals no longer end the process by themselves.
pub(crate) fn listen() -> Result<()> {
    let wish = WISH.get_or_init(Arc::default);
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register(signal, Arc::clone(wish))
            .context("signals cannot be listened to")?;
    }
    Ok(())
}

pub(crate) fn wished() -> bool {
    WISH.get().is_some_and(|wish| wish.load(Ordering::Relaxed))
}

/// Fails once a stop is wished, so that a sequence of steps ends between two of them.
pub(crate) fn check() -> Result<()> {
    if wished() {
        return Err(Stopped.into());
    }
    Ok(())
}
