//! `/keys`: retrieval keys are made, to set up a computer or for other uses, and revoked.

use app::{Here, Page, SetupPage};
use axum::{extract::State, response::Response};
use domain::key::KeyView;
use http::StatusCode;
use identity::{
    cluster::{self, kubeconfig},
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
        log::Chain,
    },
    render::Renderer,
    state::AppState,
    viewer::{PageViewer, see_other},
};

pub(super) async fn go_to_list() -> Response {
    see_other("/sessions")
}

/// The form that a key is asked for with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Asking {
    /// *Set up this computer* on the token page.
    Setup,
    /// The list of keys on the token page.
    Token,
    /// The list of keys on the sessions page.
    Sessions,
}

fn typed(fields: &Fields) -> Result<(NewKey<'_>, Asking), FormError> {
    let days = fields.one("days")?.filter(|days| !days.is_empty());
    // What is no number is out of every bound.
    let days = days.map(|days| days.parse().unwrap_or(0));
    let cluster = fields.one("cluster")?.filter(|name| !name.is_empty());
    let new = NewKey {
        name: fields.one("name")?.unwrap_or_default(),
        cluster,
        days,
    };
    let asking = match (fields.one("for")?, fields.one("back")?) {
        (Some("setup"), _) => Asking::Setup,
        (_, Some("/sessions")) => Asking::Sessions,
        _ => Asking::Token,
    };
    Ok((new, asking))
}

pub(super) async fn create(
    State(state): State<AppState>,
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
    address: ClientAddress,
    Form(fields): Form,
) -> Response {
    let person = Some(viewer.person.clone());
    let (new, asking) = match typed(&fields) {
        Ok(typed) => typed,
        Err(error) => return token::bad(&renderer, person, &error).await,
    };
    match retrieval::create(&state.portal, &viewer, new).await {
        Ok((secret, key)) => {
            let reached = reached(&state, &viewer, &key).await;
            let page = SetupPage {
                secret: secret.expose().to_owned(),
                key,
                base_url: state.portal.issuer.url.clone(),
                context: kubeconfig::first_context(&reached),
                clusters: reached.into_iter().map(|each| each.cluster).collect(),
                this_computer: asking == Asking::Setup,
            };
            renderer
                .page(StatusCode::OK, person, Here::Elsewhere, Page::Setup(page))
                .await
        }
        Err(error @ (RetrievalError::Database(_) | RetrievalError::Randomness(_))) => {
            renderer.failure(person, &error).await
        }
        Err(error) => {
            let again = Again {
                problem: error.to_string(),
                name: new.name,
                asking,
            };
            again.answer(&state, &renderer, &viewer, address).await
        }
    }
}

/// What the key opens. The key is made, so where this cannot be read the page shows the key alone.
async fn reached(state: &AppState, viewer: &Viewer, key: &KeyView) -> Vec<kubeconfig::Reached> {
    let portal = &state.portal;
    let read = async {
        let mut conn = portal.pool.acquire().await?;
        cluster::store::reached(&mut conn, viewer.user_id, None, portal.clock.now()).await
    };
    let mut reached = read.await.unwrap_or_else(|error| {
        tracing::error!(error = %Chain(&error), "the clusters of a new key could not be read");
        Vec::new()
    });
    reached.retain(|each| {
        key.cluster
            .as_ref()
            .is_none_or(|only| *only == each.cluster)
    });
    reached
}

/// The page that the form stands on, with what is wrong with it.
struct Again<'a> {
    problem: String,
    /// The name that was typed.
    name: &'a str,
    asking: Asking,
}

impl Again<'_> {
    async fn answer(
        self,
        state: &AppState,
        renderer: &Renderer,
        viewer: &Viewer,
        address: ClientAddress,
    ) -> Response {
        let person = Some(viewer.person.clone());
        let status = StatusCode::BAD_REQUEST;
        if self.asking == Asking::Sessions {
            return match sessions::load(state, viewer, Some(self.problem)).await {
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
                match self.asking {
                    Asking::Setup => {
                        self.name.clone_into(&mut page.setup.name);
                        page.setup.problem = Some(self.problem);
                    }
                    Asking::Token | Asking::Sessions => page.key_problem = Some(self.problem),
                }
                renderer
                    .page(status, person, Here::Token, Page::Token(Box::new(page)))
                    .await
            }
            Err(Refusal::LoginRequired) => crate::viewer::to_login("/", None),
            Err(error) => renderer.failure(person, &error).await,
        }
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
