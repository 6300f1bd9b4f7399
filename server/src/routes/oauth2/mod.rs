//! `/oauth2/…`: what programs and the browsers that they send talk to.
//!
//! [`authorize`] is the one place where a browser's cookie counts; everything else goes by what the
//! request brings along, so that no other site can make a browser do anything here. Errors have the
//! protocol's form ([`error`]); what must not be redirected is a page.

mod authorize;
mod credentials;
mod error;
mod request;
mod token;

use axum::{
    Router,
    routing::{get, post},
};

use crate::state::AppState;

/// People in browsers, whom a client sent.
pub(super) fn browsers() -> Router<AppState> {
    Router::new().route("/oauth2/consent", post(authorize::answer))
}

/// Programs, and browsers on their way from a client's own site.
pub(super) fn programs() -> Router<AppState> {
    Router::new()
        .route(
            "/oauth2/authorize",
            get(authorize::ask).post(authorize::ask_by_form),
        )
        .route("/oauth2/token", token::methods())
}
