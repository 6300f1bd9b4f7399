//! What every operation needs: the database, the clock, the settings, the issuer.

use std::sync::Arc;

use domain::lifetime::Lifetimes;
use sqlx::PgPool;

use crate::{
    clock::Clock, connector::Directory, issuer::Issuer, outgoing::Outgoing,
    session::throttle::Throttle,
};

#[derive(Debug)]
pub struct Portal {
    pub pool: PgPool,
    pub clock: Arc<dyn Clock>,
    pub lifetimes: Lifetimes,
    pub throttle: Throttle,
    /// Whether a new retrieval key works only while the login that made it lives.
    pub bind_keys_to_login: bool,
    pub directories: Vec<Directory>,
    pub issuer: Issuer,
    /// Takes notices of logouts to clients.
    pub courier: Outgoing,
}

impl Portal {
    /// The directory of that name.
    pub fn directory(&self, name: &str) -> Option<&Directory> {
        self.directories
            .iter()
            .find(|directory| directory.name == name)
    }
}
