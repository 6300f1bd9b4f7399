//! kubectl, as our tests call it. Debian's own is older than the plug-ins that they try, and what
//! vendors put on PATH under its name may make requests of its own.

use std::path::PathBuf;

use anyhow::{Result, anyhow, bail};

use super::{Build, named};
use crate::{repo::Repo, setup};

/// The one that `KUBECTL` names.
pub(super) fn chosen() -> Result<Option<PathBuf>> {
    let path = named("KUBECTL");
    if let Some(path) = path.as_ref().filter(|path| !path.is_file()) {
        bail!("KUBECTL names {}, which is no file", path.display());
    }
    Ok(path)
}

/// `KUBECTL`, else the one in `KUBEBUILDER_ASSETS`, else the one that was compiled for the tests
/// on an API server, else one on PATH. Compiles nothing.
pub(crate) fn kubectl(repo: &Repo) -> Result<PathBuf> {
    if let Some(path) = chosen()? {
        return Ok(path);
    }
    named("KUBEBUILDER_ASSETS")
        .map(|folder| folder.join("kubectl"))
        .filter(|path| path.is_file())
        .or_else(|| Some(Build::finished(repo)?.join("kubectl")))
        .or_else(|| setup::find("kubectl"))
        .ok_or_else(|| {
            anyhow!("kubectl 1.22 or newer is missing: install it, or name its path in KUBECTL")
        })
}
