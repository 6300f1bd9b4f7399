//! `shorepass cluster add|set|list|namespace|config`.

mod check;
mod config;

use std::{
    fs,
    path::{Path, PathBuf},
};

use clap::{Args, Subcommand, ValueEnum};
use domain::{
    cluster::{Cluster, TokenKind},
    cutoff,
};
use identity::{
    clock::Clock,
    cluster::{self, Changes},
    operator::Operator,
    seal::Sealer,
};
use sqlx::PgConnection;

use super::{Failure, clock, pool};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Connect a cluster.
    Add {
        /// Lower-case letters, digits and hyphens; it stands in names of files and contexts.
        name: String,
        #[command(flatten)]
        record: Box<Record>,
    },
    /// Change a cluster's record. Tell its API server, too: `shorepass cluster config`.
    Set {
        name: String,
        #[command(flatten)]
        record: Box<Record>,
    },
    /// Look whether a cluster and the portal agree, line by line.
    Check { name: String },
    /// Show the clusters and their namespaces.
    List,
    /// Print what an operator pastes so that the API server takes our tokens.
    Config(config::Asked),
    /// Namespaces in which roles can be held.
    #[command(subcommand)]
    Namespace(Namespace),
}

#[derive(Debug, Subcommand)]
pub(super) enum Namespace {
    /// Add namespaces, each with a group for every role.
    Add {
        cluster: String,
        #[arg(required = true)]
        namespace: Vec<String>,
    },
}

/// What a record says.
#[derive(Debug, Args)]
pub(super) struct Record {
    /// Where kubectl finds the API server.
    #[arg(long, value_name = "URL")]
    api_url: Option<String>,
    /// The audience of tokens for this cluster, and of no other; at first the cluster's name.
    #[arg(long)]
    audience: Option<String>,
    /// The certificate of the authority that signed the API server's, in PEM; an empty text ('')
    /// where everybody trusts it anyway.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// What the API server puts before user names; may be empty. At first `shorepass:`.
    #[arg(long, value_name = "PREFIX")]
    username_prefix: Option<String>,
    /// What the API server puts before group names; may be empty. At first `shorepass:`.
    #[arg(long, value_name = "PREFIX")]
    groups_prefix: Option<String>,
    /// The claim that carries the groups. At first `groups`.
    #[arg(long, value_name = "CLAIM")]
    groups_claim: Option<String>,
    /// How long a token lives, 60 to 900. At first 300.
    #[arg(long, value_name = "SECONDS")]
    token_lifetime: Option<u32>,
    /// How groups of roles are called, in namespaces that are added from now on. At first
    /// `{namespace}-{role}`.
    #[arg(long, value_name = "TEMPLATE")]
    group_template: Option<String>,
    /// What people show its API server: an `id_token`, or an opaque token about which it asks the
    /// portal. At first `id-token`.
    #[arg(long, value_enum, value_name = "KIND")]
    tokens: Option<Tokens>,
    /// Whether its API server was told of the authorization webhook (`cluster config --kind webhook`).
    /// At first no.
    #[arg(long, value_enum, value_name = "ANSWER")]
    webhook: Option<Answer>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Tokens {
    IdToken,
    Opaque,
}

impl From<Tokens> for TokenKind {
    fn from(tokens: Tokens) -> Self {
        match tokens {
            Tokens::IdToken => Self::IdToken,
            Tokens::Opaque => Self::Opaque,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Answer {
    Yes,
    No,
}

impl Record {
    fn changes(&self) -> Result<Changes, Failure> {
        let certificate = match &self.ca {
            None => None,
            Some(path) if path.as_os_str().is_empty() => Some(String::new()),
            Some(path) => Some(read(path)?),
        };
        Ok(Changes {
            api_url: self.api_url.clone(),
            ca_certificate: certificate,
            audience: self.audience.clone(),
            username_prefix: self.username_prefix.clone(),
            groups_prefix: self.groups_prefix.clone(),
            groups_claim: self.groups_claim.clone(),
            token_lifetime: self.token_lifetime,
            group_template: self.group_template.clone(),
            tokens: self.tokens.map(Into::into),
            webhook: self.webhook.map(|answer| answer == Answer::Yes),
        })
    }
}

/// An empty file is none: whoever means that there is no authority says so by an empty name.
fn read(path: &Path) -> Result<String, Failure> {
    let shown = path.display();
    let text = fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    if text.trim().is_empty() {
        return Err(format!(
            "{shown} is empty; leave --ca out where everybody trusts the API server's certificate"
        )
        .into());
    }
    Ok(text)
}

pub(super) async fn run(config: &Config, command: &Command) -> Result<(), Failure> {
    if let Command::Check { name } = command {
        return check::run(config, name).await;
    }
    let operator = Operator::at_the_command_line();
    let pool = pool(config).await?;
    let mut tx = pool.begin().await?;
    let mut printed = String::new();
    match command {
        Command::Add { name, record } => {
            let changes = record.changes()?;
            let Some(api_url) = &record.api_url else {
                return Err("--api-url is missing".into());
            };
            let mut cluster = Cluster::new(name, api_url, name);
            changes.apply(&mut cluster);
            let cluster = cluster::add(&mut tx, &operator, cluster, clock().now()).await?;
            show(&mut tx, &cluster).await?;
            println!("{}", next(name));
        }
        Command::Set { name, record } => {
            let cluster = cluster::set(&mut tx, &operator, name, record.changes()?).await?;
            show(&mut tx, &cluster).await?;
            println!("{}", next(name));
        }
        Command::List => {
            for cluster in cluster::store::list(&mut tx).await? {
                show(&mut tx, &cluster).await?;
            }
        }
        Command::Check { .. } => {}
        Command::Config(asked) => {
            printed = config::run(config, &mut tx, &operator, asked).await?;
        }
        Command::Namespace(Namespace::Add { cluster, namespace }) => {
            for namespace in namespace {
                let added = cluster::add_namespace(&mut tx, &operator, cluster, namespace).await?;
                println!("{}", line(&added));
            }
            println!(
                "\nNext, what these groups may do there:\n  shorepass cluster config {cluster} --kind rbac"
            );
        }
    }
    tx.commit().await?;
    print!("{printed}");
    Ok(())
}

fn sealer(config: &Config) -> Result<Sealer, Failure> {
    let signing = &config.signing;
    Ok(Sealer::new(
        &signing.key_encryption_key,
        &signing.previous_key_encryption_keys,
    )?)
}

fn next(name: &str) -> String {
    format!(
        "\nNext, what its API server has to be told (or flags, kubeadm, kind, k3s):\n  \
         shorepass cluster config {name} --kind authentication-config"
    )
}

async fn show(conn: &mut PgConnection, cluster: &Cluster) -> Result<(), Failure> {
    let ca = match &cluster.ca_certificate {
        Some(_) => "of its own",
        None => "publicly trusted",
    };
    println!("{}  {}", cluster.name, cluster.api_url);
    println!("  authority        {ca}");
    println!("  audience         {}", cluster.audience);
    println!("  username prefix  {:?}", cluster.username_prefix);
    println!("  groups prefix    {:?}", cluster.groups_prefix);
    println!("  groups claim     {}", cluster.groups_claim);
    println!("  tokens live      {} s", cluster.token_lifetime);
    println!("  tokens           {}", cluster.tokens.as_str());
    println!(
        "  webhook          {}",
        if cluster.webhook {
            "in use"
        } else {
            "not in use"
        }
    );
    println!(
        "  cut off within   {} s",
        cutoff::worst_case(cluster, cluster.webhook)
    );
    for namespace in cluster::namespaces(conn, &cluster.name).await? {
        println!("  namespace        {}", line(&namespace));
    }
    Ok(())
}

/// `payments: payments-admin, payments-editor, payments-viewer`
fn line(namespace: &cluster::Namespace) -> String {
    let groups: Vec<_> = namespace
        .groups
        .iter()
        .map(|(_, group)| group.as_str())
        .collect();
    format!("{}: {}", namespace.name, groups.join(", "))
}
