//! `shorepass config check`.

use clap::Subcommand;

use super::Failure;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say what is wrong with the configuration, or that nothing is.
    Check,
}

pub(super) fn run(config: &Config, command: &Command) -> Result<(), Failure> {
    let Command::Check = command;
    let problems = config.problems();
    if problems.is_empty() {
        println!(
            "The configuration is in order. The issuer is {}.",
            config.issuer()
        );
        return Ok(());
    }
    for problem in &problems {
        println!("{problem}");
    }
    Err("the configuration has problems".into())
}
