//! `shorepass member add|remove`: who holds a role in a namespace, without a request.

use clap::{Args, Subcommand, ValueEnum};
use domain::role::Role;
use identity::{
    clock::Clock,
    group::{self, Held},
    operator::Operator,
};
use time::Duration;

use super::{Failure, clock, pool};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Give a user a role in a namespace; their next token carries it.
    Add {
        #[command(flatten)]
        what: What,
        /// For how long, 2160 at the most; without it until it is removed.
        #[arg(long)]
        hours: Option<u16>,
    },
    /// Take it away, however they came to it; their next token is without it.
    Remove(What),
}

#[derive(Debug, Args)]
pub(super) struct What {
    username: String,
    #[arg(long)]
    cluster: String,
    #[arg(long)]
    namespace: String,
    #[arg(long, value_enum)]
    role: Word,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Word {
    Admin,
    Editor,
    Viewer,
}

impl From<Word> for Role {
    fn from(word: Word) -> Self {
        match word {
            Word::Admin => Self::Admin,
            Word::Editor => Self::Editor,
            Word::Viewer => Self::Viewer,
        }
    }
}

pub(super) async fn run(config: &Config, command: &Command) -> Result<(), Failure> {
    let operator = Operator::at_the_command_line();
    let (Command::Add { what, .. } | Command::Remove(what)) = command;
    let held = Held {
        cluster: &what.cluster,
        namespace: &what.namespace,
        role: what.role.into(),
    };
    let name = format!(
        "{} is {} of {} in {}",
        what.username,
        held.role.as_str(),
        held.namespace,
        held.cluster
    );
    let pool = pool(config).await?;
    let mut tx = pool.begin().await?;
    let now = clock().now();
    let done = match command {
        Command::Add { what, hours } => {
            let lasting = hours.map(|hours| Duration::hours(hours.into()));
            group::put_in(&mut tx, &operator, &what.username, held, lasting, now).await?;
            match hours {
                Some(hours) => format!("{name} for {hours} h."),
                None => format!("{name}."),
            }
        }
        Command::Remove(what) => {
            group::take_out(&mut tx, &operator, &what.username, held, now).await?;
            format!("{name} no longer. A token that is out already is good until it ends.")
        }
    };
    tx.commit().await?;
    println!("{done}");
    Ok(())
}
