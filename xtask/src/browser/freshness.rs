//! Whether `target/site` is what the sources of now would give.

use std::{fs, path::PathBuf, process::Command};

use anyhow::Result;

use crate::{child, fingerprint::Fingerprint, repo::Repo};

const INPUTS: [&str; 9] = [
    "Cargo.toml",
    "Cargo.lock",
    ".cargo/config.toml",
    "app",
    "frontend",
    "style",
    "xtask/Cargo.toml",
    "xtask/src/browser",
    "rust-toolchain.toml",
];

pub(super) fn is_fresh(repo: &Repo) -> Result<bool> {
    let remembered = fs::read_to_string(file(repo)).unwrap_or_default();
    Ok(remembered == state(repo)?)
}

pub(super) fn remember(repo: &Repo) -> Result<()> {
    Ok(fs::write(file(repo), state(repo)?)?)
}

fn file(repo: &Repo) -> PathBuf {
    repo.site().with_extension("fingerprint")
}

/// Sources, compiler and results, as one number. Damaged results are as stale as old ones.
fn state(repo: &Repo) -> Result<String> {
    let mut fingerprint = Fingerprint::new();
    fingerprint.add(child::output(Command::new("rustc").arg("--version"))?.as_bytes());
    fingerprint.add(std::env::var("RUSTFLAGS").unwrap_or_default().as_bytes());
    for input in INPUTS {
        fingerprint.add_path(&repo.path(input))?;
    }
    fingerprint.add_path(&repo.site())?;
    Ok(fingerprint.hex())
}
