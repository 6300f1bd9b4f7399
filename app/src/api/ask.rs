//! One question in JSON, and its answer.

use gloo_net::http::Request;
use serde::{Serialize, de::DeserializeOwned};
use web_sys::AbortSignal;

use crate::error::AppError;

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

/// An answer that takes longer than `patience`, in milliseconds, is none.
pub(super) async fn post<T: DeserializeOwned>(
    path: &str,
    asker: Asker,
    question: &impl Serialize,
    patience: u32,
) -> Result<T, AppError> {
    let request = Request::post(path)
        .header("x-shorepass", asker.word())
        .abort_signal(Some(&AbortSignal::timeout_with_u32(patience)))
        .json(question)
        .map_err(|_| AppError::Unavailable)?;
    let response = request.send().await.map_err(|_| AppError::Unavailable)?;
    if response.status() == 200 {
        return response.json().await.map_err(|_| AppError::Unavailable);
    }
    Err(AppError::of(response.status()))
}
