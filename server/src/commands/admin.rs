//! `shorepass admin grant|revoke`.

use clap::{Args, Subcommand, ValueEnum};
use domain::portal_role::PortalRole;
use identity::{clock::Clock, directory};

use super::{Failure, clock, pool};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Give somebody a portal role; they need not have logged in yet.
    Grant(Whom),
    /// Take it back.
    Revoke(Whom),
}

#[derive(Debug, Args)]
pub(super) struct Whom {
    /// The directory, as it is configured.
    directory: String,
    /// The directory's id for the person; in `local` the account's name.
    subject: String,
    #[arg(long, value_enum, default_value = "administrator")]
    role: Role,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Role {
    Administrator,
    Auditor,
}

impl From<Role> for PortalRole {
    fn from(role: Role) -> Self {
        match role {
            Role::Administrator => Self::Administrator,
            Role::Auditor => Self::Auditor,
        }
    }
}

pub(super) async fn run(config: &Config, command: &Command) -> Result<(), Failure> {
    let (Command::Grant(whom) | Command::Revoke(whom)) = command;
    if !config
        .directory
        .iter()
        .any(|directory| directory.name == whom.directory)
    {
        return Err(format!("the directory `{}` is not configured", whom.directory).into());
    }
    let (role, name) = (
        PortalRole::from(whom.role),
        format!("{} of {}", whom.subject, whom.directory),
    );
    let pool = pool(config).await?;
    let mut conn = pool.acquire().await?;
    match command {
        Command::Grant(whom) => {
            directory::appoint(
                &mut conn,
                &whom.directory,
                &whom.subject,
                role,
                clock().now(),
            )
            .await?;
            println!("{name} is {}.", role.as_str());
        }
        Command::Revoke(whom) => {
            if !directory::dismiss(&mut conn, &whom.directory, &whom.subject, role).await? {
                return Err(format!("{name} is not {}", role.as_str()).into());
            }
            println!("{name} is {} no longer.", role.as_str());
        }
    }
    Ok(())
}
