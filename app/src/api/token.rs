//! Asks for a cluster's pass, or for its token.

use gloo_net::http::Request;
use serde::{Serialize, de::DeserializeOwned};
use web_sys::AbortSignal;

use crate::{
    error::AppError,
    face::{Face, Issued},
};

/// An answer that takes longer is none.
const PATIENCE_MS: u32 = 15_000;

/// `domain::pass::PassRequest` as it goes over the wire; `domain` stays out of the browser.
#[derive(Serialize)]
struct PassRequest<'a> {
    cluster: &'a str,
}

/// Who asks: what a person does is a use of the page, what it does by itself is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asker {
    Person,
    Page,
}

impl Asker {
    fn word(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Page => "page",
        }
    }
}

/// Everything about the current token but the token; a new one is made when too little is left.
pub(crate) async fn pass(cluster: &str) -> Result<Face, AppError> {
    ask("/api/pass", Asker::Page, cluster).await
}

/// The current token.
pub(crate) async fn token(asker: Asker, cluster: &str) -> Result<Issued, AppError> {
    ask("/api/token", asker, cluster).await
}

async fn ask<T: DeserializeOwned>(path: &str, asker: Asker, cluster: &str) -> Result<T, AppError> {
    let request = Request::post(path)
        .header("x-shorepass", asker.word())
        .abort_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE_MS)))
        .json(&PassRequest { cluster })
        .map_err(|_| AppError::Unavailable)?;
    let response = request.send().await.map_err(|_| AppError::Unavailable)?;
    if response.status() == 200 {
        return response.json().await.map_err(|_| AppError::Unavailable);
    }
    Err(AppError::of(response.status()))
}
