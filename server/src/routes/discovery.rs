//! Discovery (`OpenID` Connect Discovery §4) and JWKS (RFC 7517): served from memory, so that API
//! servers go on accepting tokens while the database is down. Only what works is advertised.

use std::sync::{PoisonError, RwLock};

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use domain::{authorization::Scope, client::GrantType};
use http::{HeaderValue, header};
use serde_json::{Value, json};

use crate::{edge::headers::RESOURCE_POLICY, state::AppState};

/// How clients prove themselves (`OpenID` Connect Core 1.0 §9).
const CLIENTS: [&str; 3] = ["client_secret_basic", "client_secret_post", "none"];

/// The document, as it was written last, for these algorithms.
#[derive(Debug, Default)]
pub struct Written(RwLock<(Vec<&'static str>, Bytes)>);

pub(super) async fn configuration(State(state): State<AppState>) -> Response {
    let algorithms = state
        .portal
        .issuer
        .ring
        .algorithms(state.portal.clock.now());
    {
        let kept = state
            .discovery
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        if kept.0 == algorithms && !kept.1.is_empty() {
            return public(&state, kept.1.clone());
        }
    }
    let document = Bytes::from(document(&state.portal.issuer.url, &algorithms).to_string());
    *state
        .discovery
        .0
        .write()
        .unwrap_or_else(PoisonError::into_inner) = (algorithms, document.clone());
    public(&state, document)
}

/// What is advertised (`OpenID` Connect Discovery §3, RFC 8414 §2).
fn document(issuer: &str, algorithms: &[&str]) -> Value {
    let at = |path: &str| format!("{issuer}/oauth2/{path}");
    json!({
        "issuer": issuer,
        "authorization_endpoint": at("authorize"),
        "token_endpoint": at("token"),
        "userinfo_endpoint": at("userinfo"),
        "revocation_endpoint": at("revoke"),
        "introspection_endpoint": at("introspect"),
        "end_session_endpoint": at("logout"),
        "device_authorization_endpoint": at("device_authorization"),
        "jwks_uri": at("jwks"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": GrantType::ALL.map(GrantType::parameter),
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": CLIENTS,
        "revocation_endpoint_auth_methods_supported": CLIENTS,
        "introspection_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "scopes_supported": Scope::ALL.map(Scope::as_str),
        "prompt_values_supported": ["none", "login", "consent", "select_account"],
        "authorization_response_iss_parameter_supported": true,
        "backchannel_logout_supported": true,
        "backchannel_logout_session_supported": true,
        "request_parameter_supported": false,
        "request_uri_parameter_supported": false,
        "claims_parameter_supported": false,
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": algorithms,
        "claims_supported": [
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
    })
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
