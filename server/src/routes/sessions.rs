//! `/sessions`: logins, what clients hold for them, and keys, ended one by one or all at once.

use app::{Here, Page, SessionsPage};
use axum::{extract::State, response::Response};
use http::StatusCode;
use identity::{
    cluster,
    oauth::holding,
    retrieval,
    session::{self, Viewer},
};
use uuid::Uuid;

use super::{login, token};
use crate::{
    edge::form::Form,
    render::Renderer,
    state::AppState,
    viewer::{PageViewer, see_other},
};

pub(super) async fn show_page(
    State(state): State<AppState>,
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
) -> Response {
    let person = Some(viewer.person.clone());
    match load(&state, &viewer, None).await {
        Ok(page) => {
            renderer
                .page(StatusCode::OK, person, Here::Sessions, Page::Sessions(page))
                .await
        }
        Err(error) => renderer.failure(person, &error).await,
    }
}

/// Loads what the sessions page shows.
pub(super) async fn load(
    state: &AppState,
    viewer: &Viewer,
    key_problem: Option<String>,
) -> Result<SessionsPage, sqlx::Error> {
    let portal = &state.portal;
    let mut conn = portal.pool.acquire().await?;
    Ok(SessionsPage {
        logins: session::list(&mut conn, portal, viewer).await?,
        holdings: holding::list(&mut conn, portal, viewer).await?,
        incidents: holding::incidents(&mut conn, portal, viewer).await?,
        keys: retrieval::store::list(&mut conn, viewer.user_id, portal.clock.now()).await?,
        clusters: cluster::store::names(&mut conn).await?,
        key_days: token::key_days(state),
        key_problem,
    })
}

pub(super) async fn end(
    State(state): State<AppState>,
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
    Form(fields): Form,
) -> Response {
    let person = Some(viewer.person.clone());
    let id = match fields.one("id") {
        Ok(id) => id.and_then(|id| Uuid::try_parse(id).ok()),
        Err(error) => return token::bad(&renderer, person, &error).await,
    };
    let ended = match id {
        Some(id) => session::end(&state.portal, &viewer, id).await,
        None => Ok(false),
    };
    match ended {
        Ok(true) if id == Some(viewer.login_id) => login::logged_out(&state),
        Ok(true) => see_other("/sessions"),
        Ok(false) => {
            let what = "You have no such login, or it has ended already.";
            renderer
                .problem(person, StatusCode::NOT_FOUND, "No such login", what)
                .await
        }
        Err(error) => renderer.failure(person, &error).await,
    }
}

/// Ends what one client holds.
pub(super) async fn end_client(
    State(state): State<AppState>,
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
    Form(fields): Form,
) -> Response {
    let person = Some(viewer.person.clone());
    let id = match fields.one("id") {
        Ok(id) => id.and_then(|id| Uuid::try_parse(id).ok()),
        Err(error) => return token::bad(&renderer, person, &error).await,
    };
    let ended = match id {
        Some(id) => holding::end(&state.portal, &viewer, id).await,
        None => Ok(false),
    };
    match ended {
        Ok(true) => see_other("/sessions"),
        Ok(false) => {
            let what = "No program has such tokens of yours, or they have ended already.";
            renderer
                .problem(person, StatusCode::NOT_FOUND, "No such tokens", what)
                .await
        }
        Err(error) => renderer.failure(person, &error).await,
    }
}

pub(super) async fn end_all(
    State(state): State<AppState>,
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
    _: Form,
) -> Response {
    match session::end_everywhere(&state.portal, &viewer).await {
        Ok(()) => login::logged_out(&state),
        Err(error) => renderer.failure(Some(viewer.person), &error).await,
    }
}
