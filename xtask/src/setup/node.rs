//! Node and npm. No package of ours brings them: distributions carry versions that are too old.

use std::process::Command;

use anyhow::{Context as _, Result, anyhow, bail};

use super::find;
use crate::child;

const OLDEST: u32 = 20;

pub(crate) fn node() -> Result<()> {
    let wanted = "Node 20 or newer, with npm, is needed: see https://nodejs.org/en/download";
    if find("node").is_none() {
        return Err(anyhow!("node is not on PATH")).context(wanted);
    }
    let version = child::output(Command::new("node").arg("--version")).context(wanted)?;
    if major(&version).is_none_or(|major| major < OLDEST) {
        return Err(anyhow!("this is {}", version.trim())).context(wanted);
    }
    if find("npm").is_none() {
        bail!("npm is not on PATH, though node is: install the package npm");
    }
    Ok(())
}

fn major(version: &str) -> Option<u32> {
    version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn version_begins_with_the_major_number() {
        assert_eq!(major("v20.20.2\n"), Some(20));
        assert_eq!(major("nonsense"), None);
    }
}
