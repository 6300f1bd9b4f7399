//! Asks for a cluster's pass, or for its token.

use serde::Serialize;

use super::ask::{self, Asker};
use crate::{
    error::AppError,
    face::{Face, Issued},
};

const PATIENCE_MS: u32 = 15_000;

/// `domain::pass::PassRequest` as it goes over the wire; `domain` stays out of the browser.
#[derive(Serialize)]
struct PassRequest<'a> {
    cluster: &'a str,
}

/// Everything about the current token but the token; a new one is made when too little is left.
pub(crate) async fn pass(cluster: &str) -> Result<Face, AppError> {
    let request = PassRequest { cluster };
    ask::post("/api/pass", Asker::Page, &request, PATIENCE_MS).await
}

/// The current token.
pub(crate) async fn token(asker: Asker, cluster: &str) -> Result<Issued, AppError> {
    ask::post("/api/token", asker, &PassRequest { cluster }, PATIENCE_MS).await
}
