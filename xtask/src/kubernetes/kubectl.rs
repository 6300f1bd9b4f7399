//! kubectl, as our tests call it. Debian's own is older than the plug-ins that they try, and what
//! vendors put on PATH under its name may make requests of its own.

use std::path::PathBuf;

use anyhow::{Result, anyhow};

use super::{Build, KUBERNETES, chosen, named};
use crate::{repo::Repo, setup};

/// `KUBECTL`, else the one in `KUBEBUILDER_ASSETS`, else the one that was compiled for the tests
/// on an API server, else one on PATH. Compiles nothing.
pub(crate) fn kubectl(repo: &Repo) -> Result<PathBuf> {
    if let Some(path) = chosen("KUBECTL")? {
        return Ok(path);
    }
    named("KUBEBUILDER_ASSETS")
        .map(|folder| folder.join("kubectl"))
        .filter(|path| path.is_file())
        .or_else(|| Some(Build::finished(repo, &KUBERNETES)?.join("kubectl")))
        .or_else(|| setup::find("kubectl"))
        .ok_or_else(|| {
            anyhow!("kubectl 1.22 or newer is missing: install it, or name its path in KUBECTL")
        })
}
