//! `shorepass demo`: what `make run` fills its own database with.

use identity::{database, demo};

use super::{Failure, clock};
use crate::{config::Config, state};

pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    // The mark is checked before the schema is touched: a foreign database stays as it is.
    let pool = database::connect(&config.database.url, 2).await?;
    demo::check_mark(&mut *pool.acquire().await?).await?;
    pool.close().await;

    let portal = state::connect(config, clock()).await?;
    let key = demo::seed(&portal).await?;
    println!("Accounts (password `{}`):", demo::PASSWORD);
    for (name, _, role) in demo::ACCOUNTS {
        println!("  {name:<6} {role}");
    }
    println!("\nThe current token of alice, with a fresh key of hers:");
    println!(
        "  curl -sS -H 'Authorization: Bearer {}' {}/k8stoken",
        key.expose(),
        portal.issuer.url
    );
    Ok(())
}
