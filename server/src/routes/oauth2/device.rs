//! `/oauth2/device_authorization`: codes for a program that cannot open a browser (RFC 8628 §3.1).
//! What the person sees of it is `routes/device.rs`; the tokens are fetched at [`super::token`].

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use http::{HeaderMap, header};
use identity::oauth::{
    Refusal,
    device::{self, Begun},
};
use serde_json::json;

use super::{
    PATIENCE,
    credentials::{Shown, fields, one},
    error::OAuthError,
    token::only_post,
};
use crate::{edge::address::ClientAddress, state::AppState};

pub(super) fn methods() -> MethodRouter<AppState> {
    post(authorize).fallback(only_post)
}

async fn authorize(
    State(state): State<AppState>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match tokio::time::timeout(PATIENCE, begun(&state, address, &headers, &body)).await {
        Ok(Ok(begun)) => codes(&state, &begun),
        Ok(Err(error)) => error.into_response(),
        Err(_) => {
            tracing::error!("no device could begin in time");
            OAuthError::unavailable().into_response()
        }
    }
}

async fn begun(
    state: &AppState,
    address: ClientAddress,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Begun, OAuthError> {
    let fields = fields(headers, body)?;
    let shown = Shown::read(headers, &fields)?;
    let scope = one(&fields, "scope")?.unwrap_or_default();
    let (registered, proof) = shown.authenticate(state, address).await?;
    let (from, network) = (address.to_string(), address.bucket());
    device::begin(&state.portal, &registered, &proof, scope, &from, &network)
        .await
        .map_err(|refusal| match refusal {
            Refusal::Scope => OAuthError::new("invalid_scope", "The scope openid is missing."),
            refusal => OAuthError::of(state, &refusal, shown.basic),
        })
}

/// The answer (RFC 8628 §3.2).
fn codes(state: &AppState, begun: &Begun) -> Response {
    let page = format!("{}/device", state.portal.issuer.url);
    let user_code = begun.user_code.shown();
    let body = json!({
        "device_code": begun.device_code.expose(),
        "user_code": user_code,
        "verification_uri": page,
        "verification_uri_complete": format!("{page}?user_code={user_code}"),
        "expires_in": device::LIFETIME.whole_seconds(),
        "interval": device::PACE_SECONDS,
    });
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, body.to_string()).into_response()
}
