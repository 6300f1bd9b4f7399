//! `shorepass user add|password|disable|enable`.

use std::{io::IsTerminal, path::PathBuf};

use clap::{Args, Subcommand};
use identity::{
    clock::Clock,
    connector::local,
    directory::{self, shut_out},
    operator::Operator,
    roster,
};
use secrecy::SecretString;

use super::{Failure, clock, pool};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Make an account of the directory `local`.
    Add {
        name: String,
        /// The person's full name.
        #[arg(long)]
        display_name: Option<String>,
        #[arg(long)]
        email: Option<String>,
        #[command(flatten)]
        password: Password,
    },
    /// Give an account of the directory `local` another password; its logins and keys end.
    Password {
        name: String,
        #[command(flatten)]
        password: Password,
    },
    /// Shut a user out, or a local account before its first login: logins and keys end at once, and what API servers let them do as soon as `cluster list` says.
    Disable { username: String },
    /// Let a user log in again.
    Enable { username: String },
}

#[derive(Debug, Args)]
pub(super) struct Password {
    /// A file that holds the password; otherwise it is asked for, or read from standard input.
    #[arg(long)]
    password_file: Option<PathBuf>,
}

impl Password {
    fn read(&self) -> Result<SecretString, Failure> {
        let text = match &self.password_file {
            Some(path) => std::fs::read_to_string(path)?,
            None if std::io::stdin().is_terminal() => {
                let first = rpassword::prompt_password("Password: ")?;
                if rpassword::prompt_password("Again: ")? != first {
                    return Err("the two passwords differ".into());
                }
                first
            }
            None => std::io::read_to_string(std::io::stdin())?,
        };
        Ok(text.trim_end_matches(['\r', '\n']).into())
    }
}

pub(super) async fn run(config: &Config, command: &Command) -> Result<(), Failure> {
    let now = clock().now();
    let operator = Operator::at_the_command_line();
    let pool = pool(config).await?;
    let mut tx = pool.begin().await?;
    let done = match command {
        Command::Add {
            name,
            display_name,
            email,
            password,
        } => {
            let display_name = display_name.as_deref().unwrap_or(name);
            local::add(
                &mut tx,
                name,
                display_name,
                email.as_deref(),
                &password.read()?,
                now,
            )
            .await?;
            format!("{name} can log in.")
        }
        Command::Password { name, password } => {
            local::set_password(&mut tx, name, &password.read()?, now).await?;
            directory::sign_out_everywhere(&mut tx, local::NAME, name, now).await?;
            format!(
                "{name} has another password, and every login and key made with the old one has ended."
            )
        }
        Command::Disable { username } => {
            shut_out::disable(&mut tx, &operator, username, now).await?;
            match roster::delay(&mut tx).await? {
                Some(delay) => format!(
                    "{username} is shut out. The last cluster to refuse a token that is out already is {}, after {} seconds at most.",
                    delay.cluster, delay.seconds
                ),
                None => format!("{username} is shut out."),
            }
        }
        Command::Enable { username } => {
            shut_out::enable(&mut tx, &operator, username).await?;
            format!("{username} can log in again.")
        }
    };
    tx.commit().await?;
    println!("{done}");
    Ok(())
}
