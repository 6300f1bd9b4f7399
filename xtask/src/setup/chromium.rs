//! The browser that the end-to-end tests drive.

use std::{env, fs, path::PathBuf};

use anyhow::{Result, anyhow, bail};

use super::{apt, find};

const NAMES: [&str; 3] = ["chromium", "google-chrome-stable", "google-chrome"];

/// CHROMIUM, else one on PATH, else Debian's. Ubuntu's package is a snap, which cannot be driven.
pub(crate) fn chromium() -> Result<PathBuf> {
    if let Some(named) = env::var_os("CHROMIUM").filter(|path| !path.is_empty()) {
        let path = PathBuf::from(named);
        if !path.is_file() {
            bail!("CHROMIUM names {}, which is no file", path.display());
        }
        return Ok(path);
    }
    let installed = || NAMES.iter().find_map(|name| find(name));
    if let Some(path) = installed() {
        return Ok(path);
    }
    if !is_debian() {
        bail!("Chromium is missing: install it and name its path in CHROMIUM");
    }
    apt::install(&["chromium", "fonts-liberation"])?;
    installed().ok_or_else(|| anyhow!("Chromium is missing even after its package was installed"))
}

fn is_debian() -> bool {
    fs::read_to_string("/etc/os-release")
        .is_ok_and(|release| release.lines().any(|line| line.trim() == "ID=debian"))
}
