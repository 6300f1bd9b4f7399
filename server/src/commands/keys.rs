//! `shorepass keys list|rotate|revoke`.

use clap::Subcommand;
use domain::{
    revocation,
    signing_key::{Overlap, State},
};
use identity::{
    clock::Clock,
    cluster::{self, config::authentication_path},
    issuer::keys,
    seal::Sealer,
};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

use super::{Failure, clock, pool};
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Show the signing keys and what becomes of them when.
    List,
    /// Publish a new key that takes over once every API server knows it.
    Rotate {
        /// Let it sign at once: API servers refuse its tokens until they have fetched it.
        #[arg(long)]
        now: bool,
    },
    /// Take a key out of the JWKS at once, because it may be known to others.
    Revoke {
        /// As `list` shows it. It may begin with a hyphen.
        #[arg(allow_hyphen_values = true)]
        kid: String,
    },
}

pub(super) async fn run(config: &Config, command: &Command) -> Result<(), Failure> {
    let now = clock().now();
    let signing = &config.signing;
    let max_age = signing.max_age();
    let sealer = Sealer::new(
        &signing.key_encryption_key,
        &signing.previous_key_encryption_keys,
    )?;
    let pool = pool(config).await?;
    let mut tx = pool.begin().await?;
    match command {
        Command::List => {}
        Command::Rotate { now: at_once } => {
            let overlap = if *at_once {
                Overlap::immediate(max_age)
            } else {
                signing.overlap()
            };
            let kid =
                keys::rotate(&mut tx, &sealer, signing.algorithm.into(), overlap, now).await?;
            println!("{kid} signs from {}.\n", text(now + overlap.lead));
        }
        Command::Revoke { kid } => {
            let successor =
                keys::revoke(&mut tx, &sealer, signing.algorithm.into(), kid, now).await?;
            println!("{kid} is revoked, and no replica publishes it after 5 seconds.");
            if let Some(successor) = successor {
                println!("{successor} signs from now on.");
            }
            tracing::info!(by = "the command line", kid, "revoked a signing key");
            println!(
                "\nAPI servers go on trusting it until each has fetched the keys again, and some refuse tokens of a new\n\
                 key for as long. At {} they are ready for that. Then:\n",
                text(now + revocation::wait(max_age))
            );
            println!("{}\n", revocation::PRESENT);
            for cluster in cluster::store::list(&mut tx).await? {
                println!("{}\n", revocation::present(&config.issuer(), &cluster));
            }
            let reload = revocation::reload(&authentication_path());
            println!("{}\n\n{reload}\n", revocation::RELOAD_INSTEAD);
        }
    }
    for key in keys::list(&mut tx).await? {
        let state = match key.life.state(now) {
            State::Pending => format!("pending, signs from {}", text(key.life.active_from)),
            State::Active => format!("active since {}", text(key.life.active_from)),
            State::Retired => "retired".to_owned(),
            State::Removed if key.revoked_at.is_some() => "revoked".to_owned(),
            State::Removed => "removed".to_owned(),
        };
        let end = key.life.removed_at.map_or(String::new(), |at| {
            format!(", published until {}", text(at))
        });
        println!("{}  {}  {state}{end}", key.kid, key.algorithm);
    }
    tx.commit().await?;
    Ok(())
}

fn text(at: OffsetDateTime) -> String {
    at.replace_nanosecond(0)
        .unwrap_or(at)
        .format(&Rfc3339)
        .unwrap_or_default()
}
