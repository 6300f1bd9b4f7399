//! One database: its URL, and SQL through psql.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Result, bail};

use super::Program;
use crate::child;

/// What the seeding command looks for before it writes demo data.
const MARK: &str = "shorepass demo";

pub(crate) struct Database {
    psql: PathBuf,
    port: u16,
    password: String,
    name: String,
}

impl Database {
    pub(super) fn new(program: &Program, port: u16, password: &str, name: &str) -> Self {
        Self {
            psql: program.path("psql"),
            port,
            password: password.to_owned(),
            name: name.to_owned(),
        }
    }

    pub(crate) fn url(&self) -> String {
        let Self {
            port,
            password,
            name,
            ..
        } = self;
        format!("postgres://shorepass:{password}@127.0.0.1:{port}/{name}")
    }

    fn sibling(&self, name: &str) -> Self {
        Self {
            psql: self.psql.clone(),
            password: self.password.clone(),
            name: name.to_owned(),
            ..*self
        }
    }

    /// Makes another database of the same server, once, and marks it as one for demo data.
    pub(crate) fn demo(&self, name: &str) -> Result<Self> {
        let there = self.ask(&format!(
            "SELECT 1 FROM pg_database WHERE datname = '{name}'"
        ))?;
        if there.trim().is_empty() {
            self.ask(&format!("CREATE DATABASE {name}"))?;
        }
        self.ask(&format!("COMMENT ON DATABASE {name} IS '{MARK}'"))?;
        Ok(self.sibling(name))
    }

    /// Makes another, empty database of the same server.
    pub(crate) fn empty(&self, name: &str) -> Result<Self> {
        self.drop(name)?;
        self.ask(&format!("CREATE DATABASE {name}"))?;
        Ok(self.sibling(name))
    }

    pub(crate) fn drop(&self, name: &str) -> Result<()> {
        self.ask(&format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
            .map(drop)
    }

    fn ask(&self, sql: &str) -> Result<String> {
        child::quiet(
            self.psql()
                .args(["--tuples-only", "--no-align", "--command", sql]),
        )
    }

    /// Runs a file of SQL, all of it or nothing.
    pub(crate) fn apply(&self, file: &Path) -> Result<()> {
        let output = self
            .psql()
            .arg("--single-transaction")
            .arg("--file")
            .arg(file)
            .output()?;
        if !output.status.success() {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(())
    }

    /// Without any setting of the caller's: `PG*` variables, `.psqlrc`.
    fn psql(&self) -> Command {
        let mut psql = Command::new(&self.psql);
        psql.env_clear()
            .env("LC_ALL", "C")
            .env("PGPASSWORD", &self.password);
        psql.env("PGOPTIONS", "-c client_min_messages=warning");
        psql.args([
            "--no-psqlrc",
            "--quiet",
            "--set=ON_ERROR_STOP=1",
            "--no-password",
        ]);
        psql.args([
            "--host=127.0.0.1",
            "--username=shorepass",
            "--port",
            &self.port.to_string(),
        ]);
        psql.args(["--dbname", &self.name]);
        psql
    }
}
