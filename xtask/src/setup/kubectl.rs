//! kubectl, as our tests call it. Debian's own is older than the plug-ins that they try.

use std::{env, path::PathBuf};

use anyhow::{Result, bail};

use super::find;

/// `KUBECTL`, else the one in `KUBEBUILDER_ASSETS`, else one on PATH.
pub(crate) fn kubectl() -> Result<PathBuf> {
    let named = |variable| env::var_os(variable).filter(|path| !path.is_empty());
    if let Some(path) = named("KUBECTL").map(PathBuf::from) {
        if !path.is_file() {
            bail!("KUBECTL names {}, which is no file", path.display());
        }
        return Ok(path);
    }
    let assets = named("KUBEBUILDER_ASSETS").map(|folder| PathBuf::from(folder).join("kubectl"));
    let found = assets
        .filter(|path| path.is_file())
        .or_else(|| find("kubectl"));
    if let Some(path) = found {
        return Ok(path);
    }
    bail!("kubectl 1.22 or newer is missing: install it, or name its path in KUBECTL")
}
