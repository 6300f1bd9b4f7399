//! A portal with demo data: its configuration, the seeding of its database, its process.

mod address;
mod clients;
mod configuration;
mod process;
mod upstream;

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result};

pub(crate) use self::{address::Address, clients::CLIENTS, process::Process, upstream::Upstream};
use crate::{child, postgres::Database};

pub(crate) struct Portal {
    binary: PathBuf,
    configuration: PathBuf,
    address: Address,
}

impl Portal {
    /// Writes its files into a folder; `more` is the end of its configuration.
    pub(crate) fn prepare(
        binary: PathBuf,
        folder: &Path,
        address: Address,
        database: &Database,
        more: &str,
    ) -> Result<Self> {
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
        let configuration = configuration::write(folder, &address, database, more)?;
        Ok(Self {
            binary,
            configuration,
            address,
        })
    }

    pub(crate) fn url(&self) -> String {
        self.address.url()
    }

    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    pub(crate) fn configuration(&self) -> &Path {
        &self.configuration
    }

    /// Seeds the database. Returns what people need to know: accounts, and a line to try.
    pub(crate) fn seed(&self) -> Result<String> {
        let mut demo = Command::new(&self.binary);
        child::output(demo.arg("--config").arg(&self.configuration).arg("demo"))
            .context("the demo data cannot be written")
    }

    /// Starts it and waits until it is ready. Its output goes to a file, or else to the terminal.
    pub(crate) fn serve(&self, log: Option<&Path>) -> Result<Process> {
        // The kernel ends the portal should xtask be killed; setpriv is a part of every Debian.
        let mut serve = Command::new("setpriv");
        serve.arg("--pdeathsig=TERM").arg(&self.binary);
        serve
            .arg("--config")
            .arg(&self.configuration)
            .arg("serve")
            .stdin(Stdio::null());
        if let Some(log) = log {
            let file = fs::File::create(log)
                .with_context(|| format!("{} cannot be written", log.display()))?;
            serve.stdout(file.try_clone()?).stderr(file);
        }
        let mut process = Process::start(serve)?;
        process.ready(&self.address)?;
        Ok(process)
    }
}
