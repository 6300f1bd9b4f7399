//! `/keys`: retrieval keys are made and revoked.

use app::{Here, NewKeyPage, Page};
use axum::{extract::State, response::Response};
use http::StatusCode;
use identity::{
    cluster,
    issuer::Refusal,
    retrieval::{self, NewKey, RetrievalError},
    session::Viewer,
};
use uuid::Uuid;

use super::{sessions, token};
use crate::{
    edge::{
        address::ClientAddress,
        form::{Fields, Form, FormError},
    },
    render::Renderer,
    state::AppState,
    viewer::{PageViewer, see_other},
};

pub(super) async fn go_to_list() -> Response {
    see_other("/sessions")
}

fn typed(fields: &Fields) -> Result<(NewKey<'_>, bool), FormError> {
    let days = fields.one("days")?.filter(|days| !days.is_empty());
    // What is no number is out of every bound.
    let days = days.map(|days| days.parse().unwrap_or(0));
    let cluster = fields.one("cluster")?.filter(|name| !name.is_empty());
    let new = NewKey {
        name: fields.one("name")?.unwrap_or_default(),
        cluster,
        days,
    };
    Ok((new, fields.one("back")? == Some("/sessions")))
}

pub(super) async fn create(
    State(state): State<AppState>,
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
    address: ClientAddress,
    Form(fields): Form,
) -> Response {
    let person = Some(viewer.person.clone());
    let (new, from_sessions) = match typed(&fields) {
        Ok(typed) => typed,
        Err(error) => return token::bad(&renderer, person, &error).await,
    };
    match retrieval::create(&state.portal, &viewer, new).await {
        Ok((secret, key)) => {
            let cluster = match &key.cluster {
                Some(cluster) => Some(cluster.clone()),
                None => first_cluster(&state).await,
            };
            let base_url = state.portal.issuer.url.clone();
            let page = NewKeyPage {
                secret: secret.expose().to_owned(),
                key,
                base_url,
                cluster,
            };
            renderer
                .page(StatusCode::OK, person, Here::Elsewhere, Page::NewKey(page))
                .await
        }
        Err(error @ (RetrievalError::Database(_) | RetrievalError::Randomness(_))) => {
            renderer.failure(person, &error).await
        }
        Err(error) => {
            again(
                &state,
                &renderer,
                &viewer,
                address,
                error.to_string(),
                from_sessions,
            )
            .await
        }
    }
}

async fn first_cluster(state: &AppState) -> Option<String> {
    let mut conn = state.portal.pool.acquire().await.ok()?;
    cluster::store::names(&mut conn)
        .await
        .ok()?
        .into_iter()
        .next()
}

/// The page that the form stands on, with what is wrong with it.
async fn again(
    state: &AppState,
    renderer: &Renderer,
    viewer: &Viewer,
    address: ClientAddress,
    problem: String,
    from_sessions: bool,
) -> Response {
    let person = Some(viewer.person.clone());
    let status = StatusCode::BAD_REQUEST;
    if from_sessions {
        return match sessions::load(state, viewer, Some(problem)).await {
            Ok(page) => {
                renderer
                    .page(status, person, Here::Sessions, Page::Sessions(page))
                    .await
            }
            Err(error) => renderer.failure(person, &error).await,
        };
    }
    match token::load(state, viewer, address, None, false).await {
        Ok(mut page) => {
            page.key_problem = Some(problem);
            renderer
                .page(status, person, Here::Token, Page::Token(Box::new(page)))
                .await
        }
        Err(Refusal::LoginRequired) => crate::viewer::to_login("/", None),
        Err(error) => renderer.failure(person, &error).await,
    }
}

pub(super) async fn revoke(
    State(state): State<AppState>,
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
    Form(fields): Form,
) -> Response {
    let person = Some(viewer.person.clone());
    let (id, back) = match (fields.one("id"), fields.one("back")) {
        (Ok(id), Ok(back)) => (id.and_then(|id| Uuid::try_parse(id).ok()), back),
        (Err(error), _) | (_, Err(error)) => return token::bad(&renderer, person, &error).await,
    };
    let revoked = match id {
        Some(id) => revoke_one(&state, &viewer, id).await,
        None => Ok(false),
    };
    match revoked {
        Ok(true) => see_other(if back == Some("/") { "/" } else { "/sessions" }),
        Ok(false) => {
            let what = "You have no such key, or it is revoked already.";
            renderer
                .problem(person, StatusCode::NOT_FOUND, "No such key", what)
                .await
        }
        Err(error) => renderer.failure(person, &error).await,
    }
}

async fn revoke_one(state: &AppState, viewer: &Viewer, id: Uuid) -> Result<bool, sqlx::Error> {
    let mut conn = state.portal.pool.acquire().await?;
    retrieval::store::revoke(&mut conn, viewer.user_id, id, state.portal.clock.now()).await
}
