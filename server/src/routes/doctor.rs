//! `/doctor`: the token doctor. What is pasted is looked at and let go: it is in no answer and in no
//! log.

use app::{DoctorPage, Here, Outcome, Page};
use axum::{extract::State, response::Response};
use domain::doctor::Diagnosis;
use http::StatusCode;
use identity::{
    cluster::{self, Refusal as ClusterRefusal},
    doctor::{self, DoctorError},
    issuer::Refusal,
    session::Viewer,
};

use crate::{
    edge::{
        address::ClientAddress,
        form::{Form, Query},
    },
    render::Renderer,
    state::AppState,
    viewer::{PageViewer, to_login},
};

pub(super) async fn show_page(
    State(state): State<AppState>,
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
    Query(fields): Query,
) -> Response {
    let cluster = match fields.one("cluster") {
        Ok(cluster) => cluster.unwrap_or_default(),
        Err(error) => return super::token::bad(&renderer, Some(viewer.person), &error).await,
    };
    page(&state, &renderer, viewer, cluster, None).await
}

pub(super) async fn look(
    State(state): State<AppState>,
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
    address: ClientAddress,
    Form(fields): Form,
) -> Response {
    let given = (
        fields.one("what"),
        fields.one("text"),
        fields.one("cluster"),
    );
    let (what, text, cluster) = match given {
        (Ok(what), Ok(text), Ok(cluster)) => (what, text, cluster.unwrap_or_default()),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => {
            return super::token::bad(&renderer, Some(viewer.person), &error).await;
        }
    };
    let own = what == Some("own");
    let portal = &state.portal;
    let found = if own {
        doctor::look_at_own(portal, &viewer, cluster, &address.to_string()).await
    } else {
        doctor::look(portal, cluster, text.unwrap_or_default()).await
    };
    let diagnosis = match found {
        Ok(diagnosis) => diagnosis,
        Err(error) => return refuse(&renderer, viewer, error).await,
    };
    page(&state, &renderer, viewer, cluster, Some((own, diagnosis))).await
}

async fn refuse(renderer: &Renderer, viewer: Viewer, error: DoctorError) -> Response {
    match error {
        DoctorError::Cluster(ClusterRefusal::Unknown(_))
        | DoctorError::Issue(Refusal::ClusterRefused) => {
            let what = "There is no cluster of that name here.";
            let (person, status) = (Some(viewer.person), StatusCode::NOT_FOUND);
            renderer
                .problem(person, status, "No such cluster", what)
                .await
        }
        DoctorError::Issue(Refusal::LoginRequired) => to_login("/doctor", None),
        error => renderer.failure(Some(viewer.person), &error).await,
    }
}

async fn page(
    state: &AppState,
    renderer: &Renderer,
    viewer: Viewer,
    cluster: &str,
    found: Option<(bool, Diagnosis)>,
) -> Response {
    let names = async {
        let mut conn = state.portal.pool.acquire().await?;
        cluster::store::names(&mut conn).await
    };
    let clusters = match names.await {
        Ok(clusters) => clusters,
        Err(error) => return renderer.failure(Some(viewer.person), &error).await,
    };
    let chosen = clusters.iter().find(|name| *name == cluster);
    let page = DoctorPage {
        cluster: chosen.or(clusters.first()).cloned().unwrap_or_default(),
        clusters,
        outcome: found.map(|(own, diagnosis)| Outcome { own, diagnosis }),
    };
    let person = Some(viewer.person);
    renderer
        .page(StatusCode::OK, person, Here::Elsewhere, Page::Doctor(page))
        .await
}
