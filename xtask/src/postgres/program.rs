//! Postgres's programs: which of the installed versions is used.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::child;

const OLDEST: u32 = 14;

pub(crate) struct Program {
    folder: PathBuf,
    major: u32,
}

impl Program {
    /// The newest one, or the one of exactly this major version.
    pub(crate) fn find(major: Option<u32>) -> Option<Self> {
        folders()
            .into_iter()
            .filter(|folder| folder.join("initdb").exists() && folder.join("psql").exists())
            .filter_map(|folder| {
                Some(Self {
                    major: version(&folder)?,
                    folder,
                })
            })
            .filter(|program| major.map_or(program.major >= OLDEST, |major| program.major == major))
            .max_by_key(|program| program.major)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }
}

/// Debian keeps each version in a folder of its own, others put one on PATH.
fn folders() -> Vec<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let path = env::var_os("PATH").unwrap_or_default();
    versions
        .map(|version| version.path().join("bin"))
        .chain(env::split_paths(&path))
        .collect()
}

fn version(folder: &Path) -> Option<u32> {
    let program = folder.join("pg_ctl");
    let said = child::quiet(Command::new(program).arg("--version")).ok()?;
    major(&said)
}

/// `pg_ctl (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
fn major(said: &str) -> Option<u32> {
    let number = said.split_once("(PostgreSQL) ")?.1;
    number
        .split(|letter: char| !letter.is_ascii_digit())
        .next()?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::major;

    #[test]
    fn major_version_is_the_first_number() {
        assert_eq!(
            major("pg_ctl (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)\n"),
            Some(15)
        );
        assert_eq!(major("pg_ctl (PostgreSQL) 19beta1\n"), Some(19));
        assert_eq!(major("something else"), None);
    }
}
