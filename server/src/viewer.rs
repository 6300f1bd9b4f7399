//! Who is calling, by the browser's cookie.

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use domain::login::safe_return;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use identity::session::{self, NotRecognised, Use, Viewer};

use crate::{render::Renderer, state::AppState};

/// The values of every cookie of a name. What a neighbour's cookies hold does not matter.
fn named<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a str> {
    let values = headers.get_all(header::COOKIE).iter();
    let pairs = values
        .flat_map(|value| value.as_bytes().split(|byte| *byte == b';'))
        .filter_map(|pair| std::str::from_utf8(pair).ok()?.trim().split_once('='));
    pairs.filter_map(move |(given, value)| (given == name).then_some(value))
}

/// The values of every cookie of a login.
pub(crate) fn cookies<'a>(
    state: &AppState,
    headers: &'a HeaderMap,
) -> impl Iterator<Item = &'a str> {
    named(headers, state.cookie)
}

/// The value of the cookie of a login.
pub(crate) fn cookie<'a>(state: &AppState, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie_named(headers, state.cookie)
}

/// A cookie's value. Two cookies of one name are none: somebody planted one of them.
pub(crate) fn cookie_named<'a>(headers: &'a HeaderMap, wanted: &str) -> Option<&'a str> {
    let mut ours = named(headers, wanted);
    match (ours.next(), ours.next()) {
        (Some(value), None) => Some(value),
        _ => None,
    }
}

/// Recognises the caller.
pub(crate) async fn recognise(
    state: &AppState,
    headers: &HeaderMap,
    usage: Use,
) -> Result<Viewer, NotRecognised> {
    let cookie = cookie(state, headers).ok_or(NotRecognised::Unknown)?;
    session::recognise(&state.portal, cookie, usage).await
}

/// The person who uses a page. Whoever has no live login is sent to log in, and comes back.
pub(crate) struct PageViewer(pub(crate) Viewer);

impl FromRequestParts<AppState> for PageViewer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        let error = match recognise(state, &parts.headers, Use::Person).await {
            Ok(viewer) => return Ok(Self(viewer)),
            Err(error) => error,
        };
        let after = match &error {
            NotRecognised::Database(cause) => {
                let renderer = Renderer::from_request_parts(parts, state)
                    .await
                    .map_err(IntoResponse::into_response)?;
                return Err(renderer.failure(None, cause).await);
            }
            NotRecognised::Idle => Some("idle"),
            NotRecognised::Unknown => None,
        };
        let path = if parts.method == Method::GET {
            parts.uri.path_and_query().map_or("/", |path| path.as_str())
        } else {
            "/"
        };
        Err(to_login(path, after))
    }
}

/// Sends the browser to log in and then back to `path`, where that is a place to go back to.
pub(crate) fn to_login(path: &str, after: Option<&str>) -> Response {
    let path = safe_return(path);
    let mut query = form_urlencoded::Serializer::new(String::new());
    if path != "/" {
        query.append_pair("return_to", path);
    }
    if let Some(after) = after {
        query.append_pair("after", after);
    }
    let query = query.finish();
    see_other(&if query.is_empty() {
        "/login".to_owned()
    } else {
        format!("/login?{query}")
    })
}

/// 303: never a redirect that would send a form again.
pub(crate) fn see_other(path: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    let location = HeaderValue::from_str(path).unwrap_or_else(|_| HeaderValue::from_static("/"));
    response.headers_mut().insert(header::LOCATION, location);
    response
}

/// The `Set-Cookie` that gives a browser the cookie of its login, or with no value takes it away.
pub(crate) fn set_cookie(state: &AppState, value: Option<&str>, seconds: i64) -> HeaderValue {
    set_cookie_named(state, state.cookie, value, seconds)
}

/// The same for any cookie of ours.
pub(crate) fn set_cookie_named(
    state: &AppState,
    name: &str,
    value: Option<&str>,
    seconds: i64,
) -> HeaderValue {
    let secure = if state.https { "; Secure" } else { "" };
    let (value, age) = value.map_or(("", 0), |value| (value, seconds));
    let text = format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={age}{secure}");
    HeaderValue::from_str(&text).unwrap_or_else(|_| HeaderValue::from_static(""))
}
