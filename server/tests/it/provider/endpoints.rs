//! What the provider answers.

use std::time::Instant;

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Form, Json, Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use base64::{Engine, prelude::*};
use http::{HeaderMap, StatusCode, header};
use serde_json::{Value, json};

use super::{CLIENT, Pending, Provider, Reply, SECRET, Script, Tweak};

/// What stands for a token that nobody uses elsewhere.
const ACCESS: &str = "access-token-canary";

pub(super) fn routes(provider: Provider) -> Router {
    Router::new()
        .route("/.well-known/openid-configuration", get(description))
        .route("/keys", get(keys))
        .route("/token", post(token))
        .route("/me", get(user_info))
        .layer(middleware::from_fn_with_state(provider.clone(), measure))
        .with_state(provider)
}

async fn measure(State(provider): State<Provider>, request: Request, next: Next) -> Response {
    let start = Instant::now();
    let response = next.run(request).await;
    *provider.0.spent.lock().unwrap() += start.elapsed();
    response
}

impl Provider {
    /// Notes that an endpoint is asked, and gives what is to be done.
    fn asked(&self, endpoint: &'static str) -> Script {
        self.0.hits.lock().unwrap().push(endpoint);
        self.script().clone()
    }
}

impl Reply {
    async fn give(self) -> Response {
        match self {
            Self::Status(status) => StatusCode::from_u16(status).unwrap().into_response(),
            Self::Text(kind, text) => ([(header::CONTENT_TYPE, kind)], text).into_response(),
            Self::Redirect(to) => (StatusCode::FOUND, [(header::LOCATION, to)]).into_response(),
            Self::Hang => std::future::pending().await,
        }
    }
}

fn apply(tweak: Option<Tweak>, mut value: Value) -> Value {
    if let Some(tweak) = tweak {
        tweak(&mut value);
    }
    value
}

async fn description(State(provider): State<Provider>) -> Response {
    let script = provider.asked("description");
    if let Some(reply) = script.at_description {
        return reply.give().await;
    }
    let url = &provider.0.url;
    let right = json!({
        "issuer": url,
        "authorization_endpoint": format!("{url}/authorize"),
        "token_endpoint": format!("{url}/token"),
        "userinfo_endpoint": format!("{url}/me"),
        "jwks_uri": format!("{url}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    Json(apply(script.description, right)).into_response()
}

async fn keys(State(provider): State<Provider>) -> Response {
    let script = provider.asked("keys");
    match script.at_keys {
        Some(reply) => reply.give().await,
        None => Json(json!({ "keys": script.published })).into_response(),
    }
}

#[derive(serde::Deserialize)]
struct Redeeming {
    code: String,
    code_verifier: String,
    redirect_uri: String,
}

async fn token(
    State(provider): State<Provider>,
    headers: HeaderMap,
    Form(form): Form<Redeeming>,
) -> Response {
    let script = provider.asked("token");
    if let Some(reply) = script.at_token {
        return reply.give().await;
    }
    let refuse =
        |error: &str| (StatusCode::BAD_REQUEST, Json(json!({ "error": error }))).into_response();
    let basic = BASE64_STANDARD.encode(format!("{CLIENT}:{SECRET}"));
    if headers
        .get(header::AUTHORIZATION)
        .is_none_or(|given| given != &format!("Basic {basic}"))
    {
        return refuse("invalid_client");
    }
    let Some(pending) = provider.0.pending.lock().unwrap().remove(&form.code) else {
        return refuse("invalid_grant");
    };
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, form.code_verifier.as_bytes()));
    if challenge != pending.challenge || form.redirect_uri != pending.callback {
        return refuse("invalid_grant");
    }
    let mut id_token = id_token(&provider, &script, &pending);
    if let Some(change) = &script.token {
        id_token = change(id_token);
    }
    let right = json!({ "access_token": ACCESS, "token_type": "Bearer", "expires_in": 300, "id_token": id_token });
    Json(apply(script.tokens, right)).into_response()
}

fn id_token(provider: &Provider, script: &Script, pending: &Pending) -> String {
    let now = provider.now();
    let mut claims = json!({
        "iss": provider.0.url,
        "aud": CLIENT,
        "iat": now,
        "exp": now + 300,
        "nonce": pending.nonce,
        "sub": script.person["sub"],
    });
    if !script.thin {
        claims
            .as_object_mut()
            .unwrap()
            .extend(script.person.clone());
    }
    let header = json!({ "alg": script.key.algorithm(), "kid": script.key.kid(), "typ": "JWT" });
    let claims = apply(script.claims.clone(), claims);
    let header = apply(script.header.clone(), header);
    script.key.sign(&header, &claims)
}

async fn user_info(State(provider): State<Provider>, headers: HeaderMap) -> Response {
    let script = provider.asked("user_info");
    if let Some(reply) = script.at_user_info {
        return reply.give().await;
    }
    if headers
        .get(header::AUTHORIZATION)
        .is_none_or(|given| given != &format!("Bearer {ACCESS}"))
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    Json(apply(script.user_info, Value::Object(script.person))).into_response()
}
