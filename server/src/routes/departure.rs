//! Where a browser goes on to after a form.
//!
//! Chromium holds a page's `form-action` against every redirect that follows one of its forms, and to
//! whom others redirect in turn is not ours to know. So a browser gets a page that goes on by itself,
//! and the policy stays closed; scripts, which say nothing of navigation, are redirected.

use app::{DeparturePage, Here, Page};
use axum::response::Response;
use domain::login::safe_return;
use http::{HeaderValue, StatusCode, header};

use crate::{render::Renderer, viewer::see_other, visitor::Visitor};

/// On to an address, of which people say `title`.
pub(super) async fn depart(
    renderer: &Renderer,
    visitor: &Visitor,
    title: &str,
    url: &str,
) -> Response {
    if !visitor.navigates() {
        return see_other(url);
    }
    let page = DeparturePage {
        title: title.to_owned(),
        url: url.to_owned(),
    };
    let mut response = renderer
        .page(StatusCode::OK, None, Here::Elsewhere, Page::Departure(page))
        .await;
    if let Ok(value) = HeaderValue::try_from(format!("0; url={url}")) {
        response.headers_mut().insert(header::REFRESH, value);
    }
    response
}

/// On to where somebody wanted to go before they logged in: a page of ours, or a client's request,
/// which leads to the client.
pub(super) async fn go_on(renderer: &Renderer, visitor: &Visitor, return_to: &str) -> Response {
    let path = safe_return(return_to);
    if path.starts_with("/oauth2/") {
        depart(renderer, visitor, "where you came from", path).await
    } else {
        see_other(path)
    }
}
