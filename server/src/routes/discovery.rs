//! Discovery (`OpenID` Connect Discovery §4) and JWKS (RFC 7517): served from memory, so that API
//! servers go on accepting tokens while the database is down. Only what works is advertised.

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{authorization::Scope, client::GrantType};
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;

use crate::{edge::headers::RESOURCE_POLICY, state::AppState};

/// What is advertised (`OpenID` Connect Discovery §3).
#[derive(Serialize)]
struct Configuration<'a> {
    issuer: &'a str,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    response_types_supported: [&'a str; 1],
    response_modes_supported: [&'a str; 1],
    grant_types_supported: Vec<&'a str>,
    code_challenge_methods_supported: [&'a str; 1],
    token_endpoint_auth_methods_supported: [&'a str; 3],
    scopes_supported: Vec<&'a str>,
    prompt_values_supported: [&'a str; 4],
    authorization_response_iss_parameter_supported: bool,
    request_parameter_supported: bool,
    request_uri_parameter_supported: bool,
    claims_parameter_supported: bool,
    subject_types_supported: [&'a str; 1],
    id_token_signing_alg_values_supported: Vec<&'a str>,
    claims_supported: [&'a str; 18],
}

pub(super) async fn configuration(State(state): State<AppState>) -> Response {
    let issuer = &state.portal.issuer;
    let at = |path: &str| format!("{}/oauth2/{path}", issuer.url);
    let document = Configuration {
        issuer: &issuer.url,
        authorization_endpoint: at("authorize"),
        token_endpoint: at("token"),
        jwks_uri: at("jwks"),
        response_types_supported: ["code"],
        response_modes_supported: ["query"],
        grant_types_supported: [GrantType::AuthorizationCode, GrantType::RefreshToken]
            .map(GrantType::parameter)
            .to_vec(),
        code_challenge_methods_supported: ["S256"],
        token_endpoint_auth_methods_supported: [
            "client_secret_basic",
            "client_secret_post",
            "none",
        ],
        scopes_supported: Scope::ALL.map(Scope::as_str).to_vec(),
        prompt_values_supported: ["none", "login", "consent", "select_account"],
        authorization_response_iss_parameter_supported: true,
        request_parameter_supported: false,
        request_uri_parameter_supported: false,
        claims_parameter_supported: false,
        subject_types_supported: ["public"],
        id_token_signing_alg_values_supported: issuer.ring.algorithms(state.portal.clock.now()),
        claims_supported: [
            "iss",
            "sub",
            "aud",
            "azp",
            "exp",
            "iat",
            "nbf",
            "jti",
            "uid",
            "auth_time",
            "nonce",
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
