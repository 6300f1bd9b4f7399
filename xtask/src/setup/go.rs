//! Go, which compiles the API server of the tests, and kubelogin. No package of ours brings it:
//! distributions carry versions that are too old.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, anyhow};

use super::find;
use crate::child;

/// The version that Kubernetes' modules ask for.
const OLDEST: (u32, u32) = (1, 26);
/// Where Go's own archive says to unpack it; not on everybody's PATH.
const USUAL: &str = "/usr/local/go/bin/go";

/// The program, fit to compile the module in `folder`. A Go that may fetch a newer one of itself
/// does so here. Where there is none, `otherwise` is what can be done instead.
pub(crate) fn go(folder: &Path, otherwise: &str) -> Result<PathBuf> {
    let (major, minor) = OLDEST;
    let wanted =
        || format!("Go {major}.{minor} or newer is needed: see https://go.dev/dl, or {otherwise}");
    let usual = || Some(PathBuf::from(USUAL)).filter(|path| path.is_file());
    let program = find("go")
        .or_else(usual)
        .ok_or_else(|| anyhow!("go is not on PATH"))
        .with_context(wanted)?;
    let mut ask = Command::new(&program);
    ask.args(["env", "GOVERSION"]).current_dir(folder);
    let version = child::quiet(&mut ask).with_context(wanted)?;
    if numbers(&version).is_none_or(|version| version < OLDEST) {
        return Err(anyhow!("this is {}", version.trim())).with_context(wanted);
    }
    Ok(program)
}

/// `go1.26.8`, `go1.27rc1`
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut parts = version
        .trim()
        .strip_prefix("go")?
        .split(|letter: char| !letter.is_ascii_digit());
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::numbers;

    #[test]
    fn version_is_compared_by_its_first_two_numbers() {
        assert_eq!(numbers("go1.26.8\n"), Some((1, 26)));
        assert_eq!(numbers("go1.27rc1"), Some((1, 27)));
        assert!(numbers("go1.9.7") < Some((1, 26)));
        assert_eq!(numbers("devel"), None);
    }
}
