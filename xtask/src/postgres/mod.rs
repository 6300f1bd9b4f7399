//! A private Postgres of this clone, on a free port of 127.0.0.1, kept between runs.
//!
//! Owns starting and stopping it. Where its programs, its user and its files are is told by the
//! files beside; what is inside its databases is none of its business.

mod account;
mod database;
mod home;
mod leftover;
mod program;

use std::{fs, net::TcpListener};

use anyhow::{Context as _, Result, anyhow};

pub(crate) use self::{
    database::Database,
    home::{Home, elsewhere, remove},
    program::Program,
};
use crate::{child, step::step, stop};

/// What it is started for decides about its files and its settings.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// The portal of `make run`.
    Demo,
    /// Tests: fast, and nothing in it survives a power cut.
    Tests,
    /// Figures: the files of the tests, written as carefully as in production.
    Figures,
}

impl Purpose {
    fn folder(self) -> &'static str {
        match self {
            Self::Demo => "postgres",
            Self::Tests | Self::Figures => "postgres-test",
        }
    }

    fn busy(self) -> &'static str {
        match self {
            Self::Demo => "`make run` is already running in this clone",
            Self::Tests | Self::Figures => "tests are already running in this clone",
        }
    }

    fn settings(self) -> &'static [&'static str] {
        match self {
            Self::Demo => &[],
            Self::Tests => &[
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "max_connections=300",
            ],
            Self::Figures => &["max_connections=300"],
        }
    }
}

pub(crate) struct Postgres {
    home: Home,
    port: u16,
}

impl Postgres {
    pub(crate) fn start(home: Home) -> Result<Self> {
        step("start Postgres", || {
            leftover::stop(home.data())?;
            home.ensure()?;
            let mut attempts = 0;
            loop {
                let port = free_port()?;
                match launch(&home, port) {
                    Ok(()) => return Ok(Self { home, port }),
                    Err(error) if attempts == 2 => return Err(error),
                    Err(_) => attempts += 1,
                }
                stop::check()?;
            }
        })
    }

    /// A database of it, by name; `postgres` is always there.
    pub(crate) fn database(&self, name: &str) -> Database {
        Database::new(self.home.program(), self.port, self.home.password(), name)
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        leftover::end(self.home.data());
    }
}

fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("127.0.0.1 has no free port")?;
    Ok(listener.local_addr()?.port())
}

/// Only TCP: a socket's path may not be longer than 107 bytes, a clone's path may.
fn launch(home: &Home, port: u16) -> Result<()> {
    let log = home.data().join("server.log");
    let _ = fs::remove_file(&log);
    let mut settings = format!("-p {port} -c listen_addresses=127.0.0.1");
    settings.push_str(" -c unix_socket_directories=''");
    for setting in home.purpose().settings() {
        settings.push_str(" -c ");
        settings.push_str(setting);
    }
    let mut control = home.account().command(home.program().path("pg_ctl"));
    control.args(["start", "--wait", "--silent", "--timeout=60"]);
    control
        .arg("--pgdata")
        .arg(home.data())
        .arg("--log")
        .arg(&log);
    control.args(["--options", &settings]);
    child::quiet(&mut control).map(drop).map_err(|error| {
        let said = fs::read_to_string(&log).unwrap_or_default();
        let tail = said.lines().rev().take(5).collect::<Vec<_>>();
        let tail = tail.into_iter().rev().collect::<Vec<_>>().join("\n");
        anyhow!("Postgres does not start: {error:#}\n{tail}")
    })
}
