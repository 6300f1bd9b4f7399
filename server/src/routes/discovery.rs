//! Discovery (`OpenID` Connect Discovery §4) and JWKS (RFC 7517): served from memory, so that API
//! servers go on accepting tokens while the database is down. Only what works is advertised.

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::{edge::headers::RESOURCE_POLICY, state::AppState};

/// What is advertised (`OpenID` Connect Discovery §3).
#[derive(Serialize)]
struct Configuration<'a> {
    issuer: &'a str,
    jwks_uri: &'a str,
    response_types_supported: [&'a str; 0],
    subject_types_supported: [&'a str; 1],
    id_token_signing_alg_values_supported: Vec<&'a str>,
    claims_supported: [&'a str; 16],
}

pub(super) async fn configuration(State(state): State<AppState>) -> Response {
    let issuer = &state.portal.issuer;
    let document = Configuration {
        issuer: &issuer.url,
        jwks_uri: &format!("{}/oauth2/jwks", issuer.url),
        response_types_supported: [],
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: issuer.ring.algorithms(state.portal.clock.now()),
        claims_supported: [
            "iss",
            "sub",
            "aud",
            "exp",
            "iat",
            "nbf",
            "jti",
            "uid",
            "auth_time",
            "amr",
            "sid",
            "preferred_username",
            "name",
            "email",
            "email_verified",
            "groups",
        ],
    };
    match serde_json::to_vec(&document) {
        Ok(body) => public(&state, body.into()),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

pub(super) async fn jwks(State(state): State<AppState>) -> Response {
    let body = state.portal.issuer.ring.jwks(state.portal.clock.now());
    public(&state, Bytes::from_owner(body))
}

/// For everybody, from anywhere, and cached no longer than the issuer allows.
fn public(state: &AppState, body: Bytes) -> Response {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (header::CACHE_CONTROL, state.keys_kept_for.clone()),
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
        (RESOURCE_POLICY, HeaderValue::from_static("cross-origin")),
    ];
    (headers, body).into_response()
}
