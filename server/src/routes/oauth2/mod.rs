//! `/oauth2/…`: what programs and the browsers that they send talk to.
//!
//! [`authorize`] and [`logout`] are the places where a browser's cookie counts; everything else goes by
//! what the request brings along, so that no other site can make a browser do anything here. Errors have the
//! protocol's form ([`error`]); what must not be redirected is a page.

mod authorize;
mod credentials;
mod device;
mod error;
mod introspect;
mod logout;
mod request;
mod revoke;
mod token;
mod user_info;

use std::time::Duration;

use axum::{
    Router,
    routing::{get, post},
};

use self::error::OAuthError;
use crate::state::AppState;

/// How long an answer to a program may take where the database hangs.
const PATIENCE: Duration = Duration::from_secs(3);

/// What was to be answered, or that it took too long.
async fn promptly<T>(work: impl Future<Output = Result<T, OAuthError>>) -> Result<T, OAuthError> {
    tokio::time::timeout(PATIENCE, work)
        .await
        .unwrap_or_else(|_| {
            tracing::error!("a program could not be answered in time");
            Err(OAuthError::unavailable())
        })
}

/// People in browsers, whom a client sent.
pub(super) fn browsers() -> Router<AppState> {
    Router::new()
        .route("/oauth2/consent", post(authorize::answer))
        .route("/oauth2/logout/confirm", post(logout::confirm))
}

/// Programs, and browsers on their way from a client's own site.
pub(super) fn programs() -> Router<AppState> {
    Router::new()
        .route(
            "/oauth2/authorize",
            get(authorize::ask).post(authorize::ask_by_form),
        )
        .route("/oauth2/logout", get(logout::ask).post(logout::ask_by_form))
        .route("/oauth2/token", token::methods())
        .route("/oauth2/userinfo", user_info::methods())
        .route("/oauth2/revoke", revoke::methods())
        .route("/oauth2/introspect", introspect::methods())
        .route("/oauth2/device_authorization", device::methods())
}
