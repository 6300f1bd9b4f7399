//! The pass: what the token page shows. It never holds the token itself.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::{membership::HeldGroup, user::Person};

/// The current token's outside: everything about it but its signature.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pass {
    pub person: Person,
    /// The cluster that it is for.
    pub cluster: String,
    /// The user and groups as the API server will name them, prefixes included.
    pub seen_as: SeenAs,
    /// The groups of the token with their provenance.
    pub groups: Vec<HeldGroup>,
    /// The decoded payload, as indented JSON; nothing where the token is opaque.
    pub claims: String,
    /// Bytes of the compact serialization.
    pub size: usize,
    #[serde(with = "time::serde::timestamp")]
    pub issued_at: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    pub expires_at: OffsetDateTime,
    /// The server's clock when this was made, so that a wrong clock of the browser does not matter.
    #[serde(with = "time::serde::timestamp")]
    pub now: OffsetDateTime,
}

/// A person as the API server sees them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeenAs {
    pub user: String,
    pub groups: Vec<String>,
}

/// The answer of `POST /api/token`: the token, and the pass that belongs to it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrentToken {
    pub token: String,
    pub pass: Pass,
}

impl std::fmt::Debug for CurrentToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CurrentToken")
            .field("pass", &self.pass)
            .finish_non_exhaustive()
    }
}

/// Asks for a cluster's pass or token, with nothing beside it: what nobody reads may be as deep and
/// as odd as its sender likes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassRequest {
    /// The cluster, or none where there is just one.
    pub cluster: Option<String>,
}
