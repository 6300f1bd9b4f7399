//! From a page's data to a response.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use app::{Frame, Here, Page, ProblemPage, shell};
use axum::{
    body::Body,
    http::Request,
    response::{IntoResponse, Response},
};
use domain::user::Person;
use http::{StatusCode, header};
use leptos::{nonce::Nonce as LeptosNonce, prelude::provide_context};
use uuid::Uuid;

use crate::{
    edge::{headers::Nonce, log::Chain},
    state::AppState,
};

/// Renders pages for one request.
#[derive(Clone)]
pub(crate) struct Renderer {
    pub(crate) state: AppState,
}

impl Renderer {
    /// The whole document with this status.
    pub(crate) async fn page(
        &self,
        status: StatusCode,
        person: Option<Person>,
        here: Here,
        page: Page,
    ) -> Response {
        let Ok(nonce) = Nonce::generate() else {
            tracing::error!("no random bytes");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        };
        let frame = Frame {
            person,
            here,
            css: format!("/pkg/{}/shorepass.css", self.state.assets.hash()),
            options: self.state.leptos.clone(),
            now: self.state.portal.clock.now(),
        };
        let text = nonce.0.clone();
        let context = move || provide_context(LeptosNonce::from_value(text.as_str()));
        let once = Arc::new(Mutex::new(Some((frame, page))));
        let view = move || {
            let taken = once.lock().unwrap_or_else(PoisonError::into_inner).take();
            taken.map(|(frame, page)| shell(frame, page))
        };
        let mut response =
            leptos_axum::render_app_async_with_context(context, view)(Request::new(Body::empty()))
                .await;
        *response.status_mut() = status;
        response.extensions_mut().insert(nonce);
        response.headers_mut().insert(
            header::CONTENT_TYPE,
            header::HeaderValue::from_static("text/html; charset=utf-8"),
        );
        response
    }

    /// A page that says what went wrong.
    pub(crate) async fn problem(
        &self,
        person: Option<Person>,
        status: StatusCode,
        title: &str,
        what: &str,
    ) -> Response {
        let page = ProblemPage {
            status: status.as_u16(),
            title: title.into(),
            what: what.into(),
            incident: None,
        };
        self.page(status, person, Here::Elsewhere, Page::Problem(page))
            .await
    }

    /// A page for an error that is ours: its causes go into the log, once, under the incident's id.
    pub(crate) async fn failure(
        &self,
        person: Option<Person>,
        error: &(dyn std::error::Error + Send + Sync + 'static),
    ) -> Response {
        let incident = Uuid::new_v4().to_string();
        tracing::error!(
            incident,
            error = %Chain(error),
            "a page could not be made"
        );
        let status = StatusCode::SERVICE_UNAVAILABLE;
        let page = ProblemPage {
            status: status.as_u16(),
            title: "This does not work just now".into(),
            what: "Nothing was changed, and what you have goes on working. Try again in a minute."
                .into(),
            incident: Some(incident),
        };
        let mut response = self
            .page(status, person, Here::Elsewhere, Page::Problem(page))
            .await;
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, header::HeaderValue::from_static("5"));
        response
    }
}

impl axum::extract::FromRequestParts<AppState> for Renderer {
    type Rejection = Infallible;

    async fn from_request_parts(
        _: &mut http::request::Parts,
        state: &AppState,
    ) -> Result<Self, Infallible> {
        Ok(Self {
            state: state.clone(),
        })
    }
}
