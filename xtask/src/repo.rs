//! Where things are: the clone, what cargo builds, and what this clone keeps for itself.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, anyhow};

use crate::child;

pub(crate) struct Repo {
    root: PathBuf,
}

impl Repo {
    /// The clone that cargo runs xtask for, else the one around the current directory.
    pub(crate) fn find() -> Result<Self> {
        let start = match env::var_os("CARGO_MANIFEST_DIR") {
            Some(path) => PathBuf::from(path),
            None => env::current_dir().context("there is no current directory")?,
        };
        let root = start
            .ancestors()
            .find(|path| path.join("xtask/Cargo.toml").is_file())
            .ok_or_else(|| anyhow!("{} is not in a clone of this project", start.display()))?;
        let root = fs::canonicalize(root).context("the clone cannot be read")?;
        Ok(Self { root })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// What runs leave behind in this clone; git ignores it.
    pub(crate) fn dev(&self) -> Result<PathBuf> {
        let dev = self.root.join(".dev");
        fs::create_dir_all(&dev).with_context(|| format!("{} cannot be made", dev.display()))?;
        Ok(dev)
    }

    /// The browser part. In the clone even where cargo builds elsewhere: the server embeds it.
    pub(crate) fn site(&self) -> PathBuf {
        self.root.join("target/site")
    }

    pub(crate) fn cargo(&self) -> Command {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.current_dir(&self.root);
        cargo
    }

    /// A file that cargo built, named below its target directory.
    pub(crate) fn built(&self, relative: &str) -> Result<PathBuf> {
        let mut metadata = self.cargo();
        metadata.args(["metadata", "--no-deps", "--format-version", "1"]);
        let metadata: serde_json::Value = serde_json::from_str(&child::output(&mut metadata)?)?;
        let target = metadata["target_directory"]
            .as_str()
            .ok_or_else(|| anyhow!("cargo does not say where it builds"))?;
        Ok(Path::new(target).join(relative))
    }
}
