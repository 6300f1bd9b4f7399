//! The commands of `shorepass`.

mod admin;
mod cluster;
mod config;
mod demo;
mod doctor;
mod keys;
mod member;
mod migrate;
mod pki;
mod serve;
mod user;

use std::{path::PathBuf, process::ExitCode, sync::Arc};

use clap::{Parser, Subcommand};
use identity::{clock::SystemClock, database};
use sqlx::PgPool;

use crate::edge::log::Chain;
use crate::{
    config::Config,
    edge::log::{self, LogFormat},
};

/// A self-service identity portal for Kubernetes.
///
/// People log in with the account that they have, and get short-lived `id_tokens` that carry
/// their groups. Settings come from one TOML file and from the environment over it
/// (`SHOREPASS_DATABASE__URL` is `url` in `[database]`).
#[derive(Debug, Parser)]
#[command(name = "shorepass", version)]
struct Cli {
    /// The configuration file.
    #[arg(long, env = "SHOREPASS_CONFIG", global = true)]
    config: Option<PathBuf>,
    /// How logs are written, to standard error.
    #[arg(long, value_enum, default_value = "text", global = true)]
    log_format: Format,
    #[command(subcommand)]
    command: Command,
}

#[derive(Clone, Copy, Debug, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Apply the schema and serve until SIGTERM or Ctrl-C.
    Serve,
    /// Apply the schema and end.
    Migrate,
    /// Look at the configuration before it is deployed.
    #[command(subcommand)]
    Config(config::Command),
    /// Appoint administrators and auditors, by directory and subject.
    #[command(subcommand)]
    Admin(admin::Command),
    /// The API servers that tokens are for.
    #[command(subcommand)]
    Cluster(cluster::Command),
    /// Find out why an API server refuses a token, or what an error of kubectl means.
    Doctor(doctor::Asked),
    /// Who holds a role in a namespace.
    #[command(subcommand)]
    Member(member::Command),
    /// Accounts of the directory `local`, and shutting people out.
    #[command(subcommand)]
    User(user::Command),
    /// The keys that sign tokens.
    #[command(subcommand)]
    Keys(keys::Command),
    /// A small certificate authority and a certificate for the portal, for trials.
    #[command(subcommand)]
    Pki(pki::Command),
    /// Write demo data, into the database that `make run` made and no other.
    Demo,
}

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// Reads the command line and does what it says. Errors go to standard error with their causes.
pub fn main() -> ExitCode {
    // Of several providers of cryptography in the tree, this one. Only the first call counts.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let cli = Cli::parse();
    let format = match cli.log_format {
        Format::Text => LogFormat::Text,
        Format::Json => LogFormat::Json,
    };
    if let Err(error) = log::init(format) {
        return fail(&*error);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error),
    };
    match runtime.block_on(run(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&*error),
    }
}

fn fail(error: &(dyn std::error::Error + 'static)) -> ExitCode {
    eprintln!("shorepass: {}", Chain(error));
    ExitCode::FAILURE
}

async fn run(cli: Cli) -> Result<(), Failure> {
    // Before there is a configuration.
    if let Command::Pki(command) = &cli.command {
        return pki::run(command);
    }
    let config = Config::load(cli.config.as_deref())?;
    match cli.command {
        Command::Serve => serve::run(&config).await,
        Command::Migrate => migrate::run(&config).await,
        Command::Config(command) => config::run(&config, &command),
        Command::Admin(command) => admin::run(&config, &command).await,
        Command::Cluster(command) => cluster::run(&config, &command).await,
        Command::Doctor(asked) => doctor::run(&config, &asked).await,
        Command::Member(command) => member::run(&config, &command).await,
        Command::User(command) => user::run(&config, &command).await,
        Command::Keys(command) => keys::run(&config, &command).await,
        Command::Pki(command) => pki::run(&command),
        Command::Demo => demo::run(&config).await,
    }
}

/// A pool for a command that does one thing.
async fn pool(config: &Config) -> Result<PgPool, Failure> {
    database::migrate(&config.database.url).await?;
    Ok(database::connect(&config.database.url, 2).await?)
}

fn clock() -> Arc<SystemClock> {
    Arc::new(SystemClock)
}
