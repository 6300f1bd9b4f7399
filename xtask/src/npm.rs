//! Node packages of a folder, as its lock file says.

use std::{fs, path::Path, process::Command};

use anyhow::Result;

use crate::{child, fingerprint::Fingerprint, step::step};

/// Installs them unless they are what the lock file says already. Install scripts do not run.
pub(crate) fn install(folder: &Path) -> Result<()> {
    let mut fingerprint = Fingerprint::new();
    fingerprint.add_path(&folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules/.installed");
    if fs::read_to_string(&stamp).is_ok_and(|installed| installed == fingerprint.hex()) {
        return Ok(());
    }
    let name = folder
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    step(&format!("fetch the node packages of {name}"), || {
        child::run(
            Command::new("npm")
                .args([
                    "ci",
                    "--ignore-scripts",
                    "--no-audit",
                    "--no-fund",
                    "--loglevel=error",
                    "--no-update-notifier",
                ])
                .env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
                .current_dir(folder),
        )?;
        Ok(fs::write(stamp, fingerprint.hex())?)
    })
}
