//! The shells that people paste our commands into, and what the commands call.

use anyhow::Result;

use super::{apt, find};

/// Each has Debian's package of the same name.
const PROGRAMS: [&str; 6] = ["bash", "busybox", "curl", "dash", "fish", "zsh"];

pub(crate) fn shells() -> Result<()> {
    let missing: Vec<_> = PROGRAMS
        .into_iter()
        .filter(|program| find(program).is_none())
        .collect();
    if missing.is_empty() {
        Ok(())
    } else {
        apt::install(&missing)
    }
}
