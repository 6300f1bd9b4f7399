//! etcd, the database of the API server of the tests.
//!
//! Debian's package is unpacked and not installed: installed, it would start a service for the
//! whole machine, now and at every boot.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};

use super::{apt, find};
use crate::cache;

const PACKAGE: &str = "etcd-server";

/// One on PATH, else the one of Debian's package.
pub(crate) fn etcd() -> Result<PathBuf> {
    if let Some(path) = find("etcd") {
        return Ok(path);
    }
    let folder = cache::folder()?.join("kubernetes").join(PACKAGE);
    let program = folder.join("usr/bin/etcd");
    if !program.is_file() {
        unpack(&folder).with_context(|| {
            format!(
                "etcd is missing; put it on PATH, or unpack {PACKAGE} into {}",
                folder.display()
            )
        })?;
    }
    Ok(program)
}

/// Beside its destination first, so that half a package never looks like one.
fn unpack(folder: &Path) -> Result<()> {
    let draft = folder.with_extension("draft");
    if draft.exists() {
        fs::remove_dir_all(&draft)?;
    }
    fs::create_dir_all(&draft)?;
    apt::unpack(PACKAGE, &draft)?;
    Ok(fs::rename(&draft, folder)?)
}
