//! Whether the portal lives, whether it can serve, and its counts.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;

use crate::{edge::log::Chain, state::AppState};

/// The process answers. Nothing else is asked.
pub(super) async fn alive() -> &'static str {
    "ok"
}

/// Database, schema and signing key are there. No upstream is asked: its outage must not take
/// the keys of API servers away.
pub(super) async fn ready(State(state): State<AppState>) -> Response {
    let portal = &state.portal;
    if portal.issuer.ring.active(portal.clock.now()).is_none() {
        return (StatusCode::SERVICE_UNAVAILABLE, "no signing key is active").into_response();
    }
    match identity::database::is_ready(&portal.pool).await {
        Ok(true) => "ok".into_response(),
        Ok(false) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the schema is not up to date",
        )
            .into_response(),
        Err(error) => {
            tracing::warn!(error = %Chain(&error), "not ready");
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "the database does not answer",
            )
                .into_response()
        }
    }
}

/// Counts in Prometheus' text format.
pub(super) async fn metrics(State(state): State<AppState>) -> Response {
    match &state.metrics {
        Some(handle) => handle.render().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
