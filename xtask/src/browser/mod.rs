//! The browser part: what the pages load, ready to be served, in `target/site`.
//!
//! cargo → wasm-bindgen → wasm-opt and esbuild → lightningcss → compressed copies. Built beside
//! its destination and moved there when all of it is good; not built at all when neither inputs
//! nor outputs changed, because wasm-opt and link-time optimisation are slow.

mod compress;
mod freshness;
mod style;
mod wasm;

use std::{fs, path::Path};

use anyhow::{Context as _, Result};

use crate::{lock::Lock, npm, repo::Repo, setup, step::step};

/// Builds it where anything changed since the last time.
pub(crate) fn build(repo: &Repo) -> Result<()> {
    let _lock = Lock::wait(&repo.dev()?.join("browser.lock"))?;
    if freshness::is_fresh(repo)? {
        return Ok(());
    }
    setup::browser()?;
    npm::install(&repo.path("frontend"))?;
    let draft = repo.site().with_extension("draft");
    remove(&draft)?;
    fs::create_dir_all(&draft).with_context(|| format!("{} cannot be made", draft.display()))?;
    wasm::compile(repo)?;
    wasm::bind(repo, &draft)?;
    wasm::shrink(repo, &draft)?;
    step("bundle the style sheets", || style::bundle(repo, &draft))?;
    step("compress the browser part", || compress::all(&draft))?;
    remove(&repo.site())?;
    fs::rename(&draft, repo.site())?;
    freshness::remember(repo)
}

/// The server's code names this folder at compile time, even where it is not needed yet.
pub(crate) fn ensure_folder(repo: &Repo) -> Result<()> {
    fs::create_dir_all(repo.site())
        .with_context(|| format!("{} cannot be made", repo.site().display()))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("{} cannot be removed", folder.display()))?;
    }
    Ok(())
}
