//! Asks for one half of a cluster's self-check.

use serde::Serialize;

use super::ask;
use crate::{error::AppError, found::Found};

/// Longer than the slowest half: each of its questions may take five seconds.
const PATIENCE_MS: u32 = 20_000;

/// Which half: what the API server fetches from the portal, or what it makes of our tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Half {
    Portal,
    Server,
}

#[derive(Serialize)]
struct CheckRequest<'a> {
    cluster: &'a str,
    half: Half,
}

pub(crate) async fn half(cluster: &str, half: Half) -> Result<Vec<Found>, AppError> {
    let request = CheckRequest { cluster, half };
    ask::post("/api/check", ask::Asker::Person, &request, PATIENCE_MS).await
}
