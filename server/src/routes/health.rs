//! Whether the portal lives, whether it can serve, and its counts.

use std::time::Duration;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use sqlx::PgPool;
use tokio::{sync::Mutex, time::Instant};

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
    let problem = state.readiness.problem(&portal.pool).await;
    match problem {
        None => "ok".into_response(),
        Some(problem) => (StatusCode::SERVICE_UNAVAILABLE, problem).into_response(),
    }
}

/// What the database said last. Whoever asks within a second gets the same answer, and those who ask
/// at once wait for one question.
#[derive(Debug, Default)]
pub struct Readiness(Mutex<Option<(Instant, Option<&'static str>)>>);

/// How long an answer is as good as a new one.
const FRESH: Duration = Duration::from_secs(1);

impl Readiness {
    async fn problem(&self, pool: &PgPool) -> Option<&'static str> {
        let mut last = self.0.lock().await;
        if let Some((at, problem)) = *last
            && at.elapsed() < FRESH
        {
            return problem;
        }
        let problem = match identity::database::is_ready(pool).await {
            Ok(true) => None,
            Ok(false) => Some("the schema is not up to date"),
            Err(error) => {
                tracing::warn!(error = %Chain(&error), "not ready");
                Some("the database does not answer")
            }
        };
        *last = Some((Instant::now(), problem));
        problem
    }
}

/// Counts in Prometheus' text format.
pub(super) async fn metrics(State(state): State<AppState>) -> Response {
    match &state.metrics {
        Some(handle) => handle.render().into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}
