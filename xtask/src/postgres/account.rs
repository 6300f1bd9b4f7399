//! Who Postgres runs as: the caller, or the user `postgres` where the caller is root, because
//! Postgres refuses to run as root.

use std::{
    env,
    ffi::OsStr,
    os::unix::{fs::chown, process::CommandExt as _},
    path::Path,
    process::Command,
};

use anyhow::{Context as _, Result};
use rustix::process::geteuid;

use crate::child;

pub(crate) struct Account {
    switch: Option<(u32, u32)>,
}

impl Account {
    pub(crate) fn find() -> Result<Self> {
        if !geteuid().is_root() {
            return Ok(Self { switch: None });
        }
        let number = |option: &str| -> Result<u32> {
            let number = child::quiet(Command::new("id").args([option, "postgres"]))
                .context("Postgres does not run as root, and there is no user postgres")?;
            Ok(number.trim().parse()?)
        };
        Ok(Self {
            switch: Some((number("-u")?, number("-g")?)),
        })
    }

    /// A program run by that user, away from the caller's terminal, folder and locale.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("LC_ALL", "C")
            .current_dir("/")
            .process_group(0);
        if let Some(path) = env::var_os("PATH") {
            command.env("PATH", path);
        }
        if let Some((user, group)) = self.switch {
            command.uid(user).gid(group);
        }
        command
    }

    /// Gives a file or folder to that user.
    pub(crate) fn give(&self, path: &Path) -> Result<()> {
        if let Some((user, group)) = self.switch {
            chown(path, Some(user), Some(group))
                .with_context(|| format!("{} cannot be given away", path.display()))?;
        }
        Ok(())
    }

    pub(crate) fn can_enter(&self, folder: &Path) -> bool {
        let mut test = self.command("test");
        test.arg("-x")
            .arg(folder)
            .status()
            .is_ok_and(|status| status.success())
    }
}
