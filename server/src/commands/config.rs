//! `shorepass config check`.

use clap::Subcommand;

use identity::clock::Clock;

use super::{Failure, clock};
use crate::{config::Config, edge::tls};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Say what is wrong with the configuration, or that nothing is.
    Check,
}

pub(super) fn run(config: &Config, command: &Command) -> Result<(), Failure> {
    let Command::Check = command;
    let mut problems = config.problems();
    if let (Some(files), Some(host)) = (&config.tls, config.issuer_url().host_str()) {
        problems.extend(tls::problems(files, host, clock().now()));
    }
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
