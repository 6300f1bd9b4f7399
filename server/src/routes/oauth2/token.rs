//! `/oauth2/token`: tokens for a code, for a refresh token (RFC 6749 §3.2), and for a device that was
//! allowed (RFC 8628 §3.4).
//!
//! A client proves itself before anything is used up, so that one that tries in several ways, as
//! golang.org/x/oauth2 does, loses nothing.

use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
    routing::{MethodRouter, post},
};
use domain::client::GrantType;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::oauth::{Granted, Refusal, Spent, code, device, family};
use secrecy::ExposeSecret;
use serde_json::json;

use super::{
    credentials::{Shown, fields, one},
    error::OAuthError,
    promptly,
};
use crate::{edge::address::ClientAddress, state::AppState};

pub(super) fn methods() -> MethodRouter<AppState> {
    post(grant).fallback(only_post)
}

/// What is answered to other methods (RFC 9110 §15.5.6).
pub(super) async fn only_post() -> Response {
    let allow = [(header::ALLOW, HeaderValue::from_static("POST"))];
    (StatusCode::METHOD_NOT_ALLOWED, allow).into_response()
}

async fn grant(
    State(state): State<AppState>,
    address: ClientAddress,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    match promptly(granted(&state, address, &headers, &body)).await {
        Ok(granted) => tokens(&granted),
        Err(error) => error.into_response(),
    }
}

async fn granted(
    state: &AppState,
    address: ClientAddress,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Granted, OAuthError> {
    let fields = fields(headers, body)?;
    let shown = Shown::read(headers, &fields)?;
    let asked = one(&fields, "grant_type")?
        .ok_or_else(|| OAuthError::invalid_request("grant_type is missing."))?;
    let required = |name: &'static str| {
        one(&fields, name)?
            .ok_or_else(|| OAuthError::invalid_request(format!("{name} is missing.")))
    };
    let (registered, proof) = shown.authenticate(state, address).await?;
    let (portal, from) = (&state.portal, address.to_string());
    let granted = match GrantType::ALL
        .into_iter()
        .find(|grant| grant.parameter() == asked)
    {
        Some(GrantType::AuthorizationCode) => {
            let given = code::Shown {
                code: required("code")?,
                redirect_uri: one(&fields, "redirect_uri")?,
                verifier: one(&fields, "code_verifier")?,
            };
            code::redeem(portal, &registered, &proof, given, &from).await
        }
        Some(GrantType::RefreshToken) => {
            let given = family::Shown {
                refresh_token: required("refresh_token")?,
                scope: one(&fields, "scope")?,
            };
            family::refresh(portal, &registered, &proof, given, &from).await
        }
        Some(GrantType::DeviceCode) => {
            let device_code = required("device_code")?;
            device::poll(portal, &registered, &proof, device_code, &from).await
        }
        None => {
            return Err(OAuthError::new(
                "unsupported_grant_type",
                "This grant is not known here.",
            ));
        }
    };
    match granted {
        // Somebody guesses.
        Err(Refusal::Grant(Spent::Unknown)) if state.brute.is_too_much(address) => {
            Err(OAuthError::slow_down())
        }
        granted => granted.map_err(|refusal| OAuthError::of(state, &refusal, shown.basic)),
    }
}

fn tokens(granted: &Granted) -> Response {
    let mut body = json!({
        "access_token": granted.access_token.expose_secret(),
        "token_type": "Bearer",
        "expires_in": granted.expires_in,
        "id_token": granted.id_token.expose_secret(),
        "scope": granted.scope,
    });
    if let Some(token) = &granted.refresh_token {
        body["refresh_token"] = token.expose_secret().into();
    }
    let kind = [(header::CONTENT_TYPE, "application/json")];
    let mut response = (kind, body.to_string()).into_response();
    response
        .headers_mut()
        .insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
    response
}
