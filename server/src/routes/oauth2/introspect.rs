//! `/oauth2/introspect`: what holds of a token now, for the confidential client that it was issued to
//! (RFC 7662).

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use http::{HeaderMap, header};
use identity::oauth::introspection::{Active, introspect};
use serde_json::{Value, json};

use super::{credentials::About, error::OAuthError, promptly, token::only_post};
use crate::{edge::address::ClientAddress, state::AppState};

pub(super) fn methods() -> MethodRouter<AppState> {
    post(answer).fallback(only_post)
}

async fn answer(
    State(state): State<AppState>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let said = async {
        let about = About::read(&state, address, &headers, &body).await?;
        let found = introspect(&state.portal, &about.registered, &about.token).await;
        let found = found.map_err(|refusal| OAuthError::of(&state, &refusal, about.basic))?;
        let (issuer, client) = (&state.portal.issuer.url, &about.registered.client.id);
        Ok(found.map_or_else(
            || json!({ "active": false }),
            |active| of(&active, issuer, client),
        ))
    };
    match promptly(said).await {
        Ok(body) => {
            let kind = [(header::CONTENT_TYPE, "application/json")];
            (kind, body.to_string()).into_response()
        }
        Err(error) => error.into_response(),
    }
}

/// RFC 7662 §2.2.
fn of(active: &Active, issuer: &str, client: &str) -> Value {
    let mut body = json!({
        "active": true,
        "iss": issuer,
        "client_id": client,
        "sub": active.username,
        "username": active.username,
        "scope": active.scope,
        "exp": active.expires_at.unix_timestamp(),
    });
    // How it is used (RFC 6749 §7.1), which a refresh token is not.
    if active.access {
        body["token_type"] = "Bearer".into();
    }
    body
}
