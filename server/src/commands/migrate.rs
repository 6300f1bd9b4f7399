//! `shorepass migrate`.

use identity::database;

use super::Failure;
use crate::config::Config;

pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    database::migrate(&config.database.url).await?;
    println!("The schema is up to date.");
    Ok(())
}
