//! What the islands of the token page ask for, in JSON. The header `x-shorepass` says who asks: a
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
    issuer::Refusal,
    session::{NotRecognised, Use},
};
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

/// As for forms, there is no NUL in a text: Postgres has none either.
fn read(body: &[u8]) -> Option<PassRequest> {
    let asked: PassRequest = serde_json::from_slice(body).ok()?;
    let odd = asked
        .cluster
        .as_deref()
        .is_some_and(|name| name.contains('\0'));
    (!odd).then_some(asked)
}

async fn answer(
    state: &AppState,
    address: ClientAddress,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<CurrentToken, Response> {
    // No form of another site can send this header or this type without asking first (Fetch, CORS).
    let json = form::content_type(headers, "application/json") == Typed::Expected;
    if !json || !headers.contains_key("x-shorepass") {
        return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_request"));
    }
    let asked = read(body).ok_or_else(|| refuse(StatusCode::BAD_REQUEST, "bad_request"))?;
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
    tracing::error!(error = %Chain(error), "no token could be issued for a page");
    let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}
