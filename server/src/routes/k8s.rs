//! `/k8s/…`: what API servers ask, each with the credential of its cluster.
//!
//! The cluster must never wait for the portal or stumble over it. So every answer is prompt; one that
//! cannot be given is 503, and without `Retry-After`: kube-apiserver would ask again and again, and
//! its users would wait (k/k `staging/src/k8s.io/apiserver/pkg/util/webhook/webhook.go`).

mod authorize;
mod tokenreview;

use std::time::Duration;

use axum::{
    Json, Router,
    response::{IntoResponse, Response},
    routing::post,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::{
    review::ReviewError,
    secret::{ClusterCredential, Opaque},
};
use serde_json::Value;

use crate::{
    edge::{
        form::{self, Typed},
        log::Chain,
    },
    state::AppState,
};

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/k8s/authorize", post(authorize::answer))
        .route("/k8s/tokenreview", post(tokenreview::answer))
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Unauthorized,
    BadRequest,
    MediaType,
    Unavailable,
}

impl IntoResponse for Word {
    fn into_response(self) -> Response {
        let (status, word) = match self {
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::MediaType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_request"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        };
        let mut response = (status, word).into_response();
        if self == Self::Unauthorized {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// The credential that the caller shows (RFC 6750 §2.1). Whoever shows none, two, or something else
/// is told nothing more.
fn credential(headers: &HeaderMap) -> Result<Opaque<ClusterCredential>, Word> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return Err(Word::Unauthorized);
    };
    let (scheme, secret) = value
        .to_str()
        .ok()
        .and_then(|value| value.split_once(' '))
        .ok_or(Word::Unauthorized)?;
    Some(secret.trim())
        .filter(|_| scheme.eq_ignore_ascii_case("bearer"))
        .and_then(Opaque::parse)
        .ok_or(Word::Unauthorized)
}

/// What is asked, of the one type that API servers send.
fn check_type(headers: &HeaderMap) -> Result<(), Word> {
    match form::content_type(headers, "application/json") {
        Typed::Expected => Ok(()),
        Typed::No | Typed::Otherwise => Err(Word::MediaType),
    }
}

/// What the portal thinks, in time.
async fn timely<T>(
    patience: Duration,
    answer: impl Future<Output = Result<T, ReviewError>>,
) -> Result<T, Word> {
    match tokio::time::timeout(patience, answer).await {
        Ok(Ok(answer)) => Ok(answer),
        Ok(Err(ReviewError::Stranger)) => Err(Word::Unauthorized),
        Ok(Err(error @ (ReviewError::Database(_) | ReviewError::Name(_)))) => {
            tracing::error!(error = %Chain(&error), "an API server could not be answered");
            Err(Word::Unavailable)
        }
        Err(_) => {
            tracing::error!("an API server could not be answered in time");
            Err(Word::Unavailable)
        }
    }
}

/// The versions of a review; each is answered in its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    V1,
    V1beta1,
}

impl Version {
    const ALL: [Self; 2] = [Self::V1, Self::V1beta1];

    fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V1beta1 => "v1beta1",
        }
    }

    /// Reads `<group>/<version>`.
    fn parse(text: &str, group: &str) -> Option<Self> {
        let version = text.strip_prefix(group)?.strip_prefix('/')?;
        Self::ALL
            .into_iter()
            .find(|known| known.as_str() == version)
    }
}

/// The answer to a review.
fn reviewed(group: &str, version: Version, kind: &str, status: &Value) -> Response {
    Json(serde_json::json!({
        "apiVersion": format!("{group}/{}", version.as_str()),
        "kind": kind,
        "status": status,
    }))
    .into_response()
}
