//! What every clone of this user shares: programs that were built or fetched once.

use std::{env, path::PathBuf};

use anyhow::{Context as _, Result};

/// The folder for it; not made yet, perhaps.
pub(crate) fn folder() -> Result<PathBuf> {
    let cache = match env::var_os("XDG_CACHE_HOME").filter(|path| !path.is_empty()) {
        Some(cache) => PathBuf::from(cache),
        None => PathBuf::from(env::var_os("HOME").context("HOME is not set")?).join(".cache"),
    };
    Ok(cache.join("shorepass"))
}
