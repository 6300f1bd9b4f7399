//! Discovery (`OpenID` Connect Discovery §4) and JWKS (RFC 7517): served from memory, so that API
//! servers go on accepting tokens while the database is down. Only what works is advertised.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, header};
use serde_json::json;

use crate::state::AppState;

pub(super) async fn configuration(State(state): State<AppState>) -> Response {
    let issuer = &state.portal.issuer;
    let algorithms = issuer.ring.algorithms(state.portal.clock.now());
    let document = json!({
        "issuer": issuer.url,
        "jwks_uri": format!("{}/oauth2/jwks", issuer.url),
        "response_types_supported": [],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "claims_supported": [
            "iss", "sub", "aud", "exp", "iat", "nbf", "jti", "uid", "auth_time", "amr", "sid",
            "preferred_username", "name", "email", "email_verified", "groups"
        ],
    });
    public(&state, document.to_string().into_bytes())
}

pub(super) async fn jwks(State(state): State<AppState>) -> Response {
    let body = state.portal.issuer.ring.jwks(state.portal.clock.now());
    public(&state, body.to_vec())
}

/// For everybody, from anywhere, and cached no longer than the issuer allows.
fn public(state: &AppState, body: Vec<u8>) -> Response {
    let max_age = state.portal.issuer.jwks_max_age.whole_seconds();
    let age = HeaderValue::from_str(&format!("public, max-age={max_age}"));
    let headers: [(HeaderName, HeaderValue); 4] = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (
            header::CACHE_CONTROL,
            age.unwrap_or_else(|_| HeaderValue::from_static("no-cache")),
        ),
        (
            header::ACCESS_CONTROL_ALLOW_ORIGIN,
            HeaderValue::from_static("*"),
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            HeaderValue::from_static("cross-origin"),
        ),
    ];
    (headers, body).into_response()
}
