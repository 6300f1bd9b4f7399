//! `shorepass cluster check`: the self-check of the cluster's page.

use domain::check::Verdict;
use identity::{clock::SystemClock, cluster::check, operator::Operator};
use std::sync::Arc;

use super::{Failure, pool};
use crate::{config::Config, state};

/// Fails where a line is not in order.
pub(super) async fn run(config: &Config, name: &str) -> Result<(), Failure> {
    let pool = pool(config).await?;
    let portal = state::portal(config, pool, Arc::new(SystemClock)).await?;
    let operator = Operator::at_the_command_line();
    let authority = config.authority()?;
    let findings = check::all(&portal, &operator, name, authority.as_ref()).await?;
    let mut in_order = true;
    for finding in findings {
        let title = finding.line.title();
        match finding.verdict {
            Verdict::Good(seen) => println!("ok    {title}\n      {seen}"),
            Verdict::Bad { problem, cure } => {
                in_order = false;
                println!("BAD   {title}\n      {problem}\n      {cure}");
            }
            Verdict::Open => {
                in_order = false;
                println!("-     {title}");
            }
        }
    }
    if in_order {
        println!("\nThe cluster and the portal agree.");
        Ok(())
    } else {
        Err("something is not in order".into())
    }
}
