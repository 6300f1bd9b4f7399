//! The command line behind the Makefile. Each subcommand has a file of its own name;
//! the other files are the nouns that they share.

mod bench;
mod browser;
mod cache;
mod check;
mod child;
mod clean;
mod cluster;
mod e2e;
mod fingerprint;
mod kubernetes;
mod lock;
mod npm;
mod portal;
mod postgres;
mod prepare;
mod private;
mod repo;
mod run;
mod setup;
mod soak;
mod step;
mod stop;
mod summary;
mod test;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::{repo::Repo, step::say, stop::Stopped};

/// What `make` does, one command each.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve the portal with demo data on <http://localhost:8080>; PORT changes the port
    Run,
    /// Run every test
    Test,
    /// Drive the portal with a browser
    E2e {
        /// Passed on to `playwright test`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        playwright: Vec<String>,
    },
    /// Try tokens on a real API server
    Cluster {
        /// Passed on to the tests: a word of their names
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        tests: Vec<String>,
    },
    /// Rotate the signing keys of three replicas twenty times
    Soak,
    /// Formatting, lints, licences
    Check,
    /// Measure the portal
    Bench,
    /// Describe the SQL queries again, for builds without a database
    Prepare {
        /// Change nothing, fail where the committed descriptions are out of date
        #[arg(long)]
        check: bool,
    },
    /// Build the browser part into target/site
    Assets,
    /// Remove the databases and everything else under .dev
    Clean,
}

fn main() -> ExitCode {
    let command = Arguments::parse().command;
    let serves = matches!(command, Command::Run);
    match perform(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.is::<Stopped>() && serves => ExitCode::SUCCESS,
        Err(error) if error.is::<Stopped>() => ExitCode::from(130),
        Err(error) => {
            say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn perform(command: Command) -> Result<()> {
    stop::listen()?;
    let repo = Repo::find()?;
    match command {
        Command::Run => run::run(&repo),
        Command::Test => test::run(&repo),
        Command::E2e { playwright } => e2e::run(&repo, &playwright),
        Command::Cluster { tests } => cluster::run(&repo, &tests),
        Command::Soak => soak::run(&repo),
        Command::Check => check::run(&repo),
        Command::Bench => bench::run(&repo),
        Command::Prepare { check } => prepare::run(&repo, check),
        Command::Assets => browser::build(&repo),
        Command::Clean => clean::run(&repo),
    }
}
