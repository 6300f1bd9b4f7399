//! Who gets the pages under `/admin`: administrators, and to look at people and signing keys auditors,
//! who change nothing. To everybody else these pages are not there.

use axum::{extract::FromRequestParts, response::Response};
use http::{StatusCode, request::Parts};
use identity::{operator::Operator, session::Viewer};

use crate::{render::Renderer, state::AppState, viewer::PageViewer};

/// An administrator or auditor who reads a page.
pub(super) struct Overseer {
    pub(super) viewer: Viewer,
    /// None for those who only look.
    pub(super) operator: Option<Operator>,
}

impl FromRequestParts<AppState> for Overseer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let PageViewer(viewer) = PageViewer::from_request_parts(parts, state).await?;
        if viewer.person.may_oversee() {
            let operator = Operator::of(&viewer).ok();
            return Ok(Self { viewer, operator });
        }
        Err(hidden(state, viewer).await)
    }
}

/// An administrator who uses a page.
pub(super) struct Administrator {
    pub(super) viewer: Viewer,
    pub(super) operator: Operator,
}

impl FromRequestParts<AppState> for Administrator {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let PageViewer(viewer) = PageViewer::from_request_parts(parts, state).await?;
        match Operator::of(&viewer) {
            Ok(operator) => Ok(Self { viewer, operator }),
            Err(_) => Err(hidden(state, viewer).await),
        }
    }
}

async fn hidden(state: &AppState, viewer: Viewer) -> Response {
    let renderer = Renderer {
        state: state.clone(),
    };
    let what = "There is no such page here. Your token is at the start.";
    renderer
        .problem(
            Some(viewer.person),
            StatusCode::NOT_FOUND,
            "Not found",
            what,
        )
        .await
}
