//! `/device`: where a person lets a program act for them that cannot open a browser (RFC 8628 §3.3).
//!
//! A link shows who asks, and does nothing: only the form allows or denies, and only from this page. A
//! link on another site does not even show it, but the code, with a button.

use app::{DeviceAsking, DevicePage, DeviceStep, Here, Page};
use axum::response::Response;
use domain::device::UserCode;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::{
    oauth::device::{self, Decision, NotFound, Waiting},
    session::{NotRecognised, Use, Viewer},
};

use crate::{
    edge::form::{Form, Query},
    render::Renderer,
    viewer::{PageViewer, recognise, to_login},
    visitor::Visitor,
};

/// The longest code that is carried along to the login and back, in bytes.
const MAX_CARRIED: usize = 100;

pub(super) async fn show_page(
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
    visitor: Visitor,
    Query(fields): Query,
) -> Response {
    let code = match fields.one("user_code") {
        Ok(code) => code.unwrap_or_default(),
        Err(error) => return super::token::bad(&renderer, Some(viewer.person), &error).await,
    };
    if code.is_empty() || comes_from_elsewhere(&visitor.headers) {
        let step = DeviceStep::Ask {
            code: shown(code),
            problem: None,
        };
        return page(&renderer, viewer, StatusCode::OK, step).await;
    }
    look(&renderer, &visitor, viewer, code).await
}

pub(super) async fn decide(renderer: Renderer, visitor: Visitor, Form(fields): Form) -> Response {
    let (code, decision) = match (fields.one("user_code"), fields.one("decision")) {
        (Ok(code), Ok(decision)) => (code.unwrap_or_default(), decision),
        (Err(error), _) | (_, Err(error)) => {
            return super::token::bad(&renderer, None, &error).await;
        }
    };
    let viewer = match recognise(&renderer.state, &visitor.headers, Use::Person).await {
        Ok(viewer) => viewer,
        Err(NotRecognised::Database(error)) => return renderer.failure(None, &error).await,
        Err(NotRecognised::Idle) => return to_login(&path(code), Some("idle")),
        Err(NotRecognised::Unknown) => return to_login(&path(code), None),
    };
    let decision = match decision {
        Some("allow") => Decision::Allow,
        Some("deny") => Decision::Deny,
        // The form with the code.
        Some(_) | None => return look(&renderer, &visitor, viewer, code).await,
    };
    match device::decide(&renderer.state.portal, &viewer, code, decision).await {
        Ok(waiting) => {
            let title = waiting.registered.client.title;
            let step = match decision {
                Decision::Allow => DeviceStep::Allowed { title },
                Decision::Deny => DeviceStep::Denied { title },
            };
            page(&renderer, viewer, StatusCode::OK, step).await
        }
        Err(error) => again(&renderer, viewer, code, error).await,
    }
}

/// Shows who asks.
async fn look(renderer: &Renderer, visitor: &Visitor, viewer: Viewer, code: &str) -> Response {
    match device::look(&renderer.state.portal, &viewer, code).await {
        Ok(waiting) => {
            let own = visitor.place(None).address;
            let step = confirm(waiting, own, &viewer);
            page(renderer, viewer, StatusCode::OK, step).await
        }
        Err(error) => again(renderer, viewer, code, error).await,
    }
}

fn confirm(waiting: Waiting, own: &str, viewer: &Viewer) -> DeviceStep {
    let client = waiting.registered.client;
    DeviceStep::Confirm(DeviceAsking {
        code: waiting.code.shown(),
        title: client.title,
        cluster: client.cluster,
        same_address: waiting.address == own,
        address: waiting.address,
        since: waiting.since,
        username: viewer.person.username.as_str().to_owned(),
    })
}

/// The form again, with what went wrong.
async fn again(renderer: &Renderer, viewer: Viewer, code: &str, error: NotFound) -> Response {
    let (status, problem, wait) = match error {
        NotFound::Database(error) => return renderer.failure(Some(viewer.person), &error).await,
        NotFound::Unknown => (
            StatusCode::NOT_FOUND,
            "No program waits with this code. Codes are good for ten minutes: if yours is older, begin again where it was shown.".to_owned(),
            None,
        ),
        NotFound::Decided => (
            StatusCode::CONFLICT,
            "This code was used already. If that was not you, begin again where it was shown.".to_owned(),
            None,
        ),
        NotFound::SlowDown(wait) => {
            let seconds = u64::try_from(wait.whole_seconds()).unwrap_or(0) + 1;
            (
                StatusCode::TOO_MANY_REQUESTS,
                format!("Too many wrong codes. Wait {seconds} seconds, and look at the code closely."),
                Some(seconds),
            )
        }
    };
    let step = DeviceStep::Ask {
        code: shown(code),
        problem: Some(problem),
    };
    let mut response = page(renderer, viewer, status, step).await;
    if let Some(seconds) = wait {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

async fn page(
    renderer: &Renderer,
    viewer: Viewer,
    status: StatusCode,
    step: DeviceStep,
) -> Response {
    let person = Some(viewer.person);
    let page = Page::Device(DevicePage { step });
    renderer.page(status, person, Here::Elsewhere, page).await
}

/// A code as it stands in the field again: what can be none is not repeated.
fn shown(code: &str) -> String {
    UserCode::parse(code).map_or_else(String::new, |code| code.shown())
}

/// The page with this code.
fn path(code: &str) -> String {
    let carried = Some(code).filter(|code| !code.is_empty() && code.len() <= MAX_CARRIED);
    carried.map_or_else(
        || "/device".to_owned(),
        |code| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.append_pair("user_code", code);
            format!("/device?{}", query.finish())
        },
    )
}

/// Whether a page of somebody else's led here (Fetch Metadata Request Headers §2.3).
fn comes_from_elsewhere(headers: &HeaderMap) -> bool {
    headers
        .get_all("sec-fetch-site")
        .iter()
        .any(|site| site != "same-origin" && site != "none")
}
