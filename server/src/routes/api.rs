//! What the islands of pages ask for, in JSON. The header `x-shorepass` says who asks: a
//! `person`, which is a use of the page, or the page by itself, which is none.

use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::pass::{CurrentToken, PassRequest};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::{
    cluster::{
        self,
        check::{CheckError, Half},
    },
    issuer::Refusal,
    operator::Operator,
    session::{NotRecognised, Use, Viewer},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::json;

use super::token::current;
use crate::{
    edge::{
        address::ClientAddress,
        form::{self, Typed},
        log::Chain,
    },
    state::AppState,
    viewer::recognise,
};

pub(super) async fn pass(
    State(state): State<AppState>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match answer(&state, address, &headers, &body).await {
        Ok(current) => Json(current.pass).into_response(),
        Err(refusal) => refusal,
    }
}

pub(super) async fn token(
    State(state): State<AppState>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match answer(&state, address, &headers, &body).await {
        Ok(current) => Json(current).into_response(),
        Err(refusal) => refusal,
    }
}

/// One half of a cluster's self-check, for administrators.
pub(super) async fn check(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let (asked, viewer) = match asked::<CheckRequest>(&state, &headers, &body).await {
        Ok(asked) => asked,
        Err(refusal) => return refusal,
    };
    let Ok(operator) = Operator::of(&viewer) else {
        return refuse(StatusCode::FORBIDDEN, "forbidden");
    };
    let half = match asked.half {
        HalfWord::Portal => Half::Portal,
        HalfWord::Server => Half::Server,
    };
    match super::clusters::check_half(&state, &operator, &asked.cluster, half).await {
        Ok(found) => Json(found).into_response(),
        Err(CheckError::Cluster(cluster::Refusal::Unknown(_))) => {
            refuse(StatusCode::FORBIDDEN, "cluster_refused")
        }
        Err(error) => unavailable(&error),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CheckRequest {
    cluster: String,
    half: HalfWord,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum HalfWord {
    Portal,
    Server,
}

/// What is asked, and by whom: nobody but an island of our own pages.
async fn asked<T: DeserializeOwned>(
    state: &AppState,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(T, Viewer), Response> {
    // No form of another site can send this header or this type without asking first (Fetch, CORS).
    let json = form::content_type(headers, "application/json") == Typed::Expected;
    if !json || !headers.contains_key("x-shorepass") {
        return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_request"));
    }
    let usage = match headers.get("x-shorepass").map(HeaderValue::as_bytes) {
        Some(b"person") => Use::Person,
        Some(_) | None => Use::Page,
    };
    let viewer = recognise(state, headers, usage)
        .await
        .map_err(|error| match error {
            NotRecognised::Unknown | NotRecognised::Idle => {
                refuse(StatusCode::UNAUTHORIZED, "login_required")
            }
            NotRecognised::Database(error) => unavailable(&error),
        })?;
    let asked = read(body).ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "bad_request"))?;
    Ok((asked, viewer))
}

/// As for forms, there is no NUL in a text: Postgres has none either.
fn read<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let text = std::str::from_utf8(body).ok()?;
    let odd = text.contains('\0') || text.contains("\\u0000");
    (!odd).then(|| serde_json::from_str(text).ok())?
}

async fn answer(
    state: &AppState,
    address: ClientAddress,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<CurrentToken, Response> {
    let (asked, viewer) = asked::<PassRequest>(state, headers, body).await?;
    current(state, &viewer, address, asked.cluster.as_deref())
        .await
        .map_err(|refusal| match refusal {
            Refusal::LoginRequired => refuse(StatusCode::UNAUTHORIZED, "login_required"),
            Refusal::ClusterRequired | Refusal::ClusterRefused => {
                refuse(StatusCode::FORBIDDEN, "cluster_refused")
            }
            Refusal::Unavailable(error) => unavailable(&error),
            Refusal::KeyUnknown | Refusal::KeyExpired | Refusal::KeyRevoked => {
                refuse(StatusCode::FORBIDDEN, "forbidden")
            }
        })
}

fn refuse(status: StatusCode, word: &str) -> Response {
    (status, Json(json!({ "error": word }))).into_response()
}

fn unavailable(error: &(dyn std::error::Error + 'static)) -> Response {
    tracing::error!(error = %Chain(error), "an island could not be answered");
    let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}
