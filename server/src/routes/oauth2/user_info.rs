//! `/oauth2/userinfo`: who it is for whom an access token stands (`OpenID` Connect Core 1.0 §5.3), by the
//! rules of RFC 6750. A token in the query is refused: it would be in every log on the way (§2.3).

use axum::{
    Json,
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use identity::oauth::user_info;

use super::{
    credentials::{fields, one},
    error::OAuthError,
    promptly,
};
use crate::{
    edge::{
        address::ClientAddress,
        form::{Fields, FormError},
        log::Chain,
    },
    state::AppState,
};

pub(super) fn methods() -> MethodRouter<AppState> {
    get(answer).post(answer).fallback(other_method)
}

async fn other_method() -> Response {
    let allow = [(header::ALLOW, HeaderValue::from_static("GET, POST"))];
    (StatusCode::METHOD_NOT_ALLOWED, allow).into_response()
}

async fn answer(
    State(state): State<AppState>,
    address: ClientAddress,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let said = async {
        let shown = token(&method, &headers, query.as_deref(), &body)?;
        let Some(token) = shown else { return Ok(None) };
        match user_info::read(&state.portal, &token).await {
            Ok(Some(claims)) => Ok(Some(claims)),
            Ok(None) if state.brute.is_too_much(address) => Err(OAuthError::slow_down()),
            Ok(None) => Err(OAuthError::invalid_token()),
            Err(error) => {
                tracing::error!(error = %Chain(&error), "a client could not be told who it acts for");
                Err(OAuthError::unavailable())
            }
        }
    };
    match promptly(said).await {
        Ok(Some(claims)) => Json(claims).into_response(),
        // Nobody tried, so no error is named (RFC 6750 §3.1).
        Ok(None) => challenge(StatusCode::UNAUTHORIZED.into_response(), None),
        Err(error) => {
            let word = error.word();
            challenge(error.into_response(), Some(word))
        }
    }
}

/// RFC 6750 §3: with what to come again.
fn challenge(mut response: Response, error: Option<&str>) -> Response {
    let ours = matches!(
        response.status(),
        StatusCode::UNAUTHORIZED | StatusCode::BAD_REQUEST
    );
    let error = error.map_or_else(String::new, |word| format!(", error=\"{word}\""));
    let value = HeaderValue::try_from(format!("Bearer realm=\"Shorepass\"{error}"));
    if let Some(value) = value.ok().filter(|_| ours) {
        let headers = response.headers_mut();
        headers.insert(header::WWW_AUTHENTICATE, value);
    }
    response
}

/// The one access token that a request brings: in its header, or in its form (RFC 6750 §2).
fn token(
    method: &Method,
    headers: &HeaderMap,
    query: Option<&str>,
    body: &Bytes,
) -> Result<Option<String>, OAuthError> {
    let malformed = |error: FormError| OAuthError::invalid_request(error.to_string());
    let query = Fields::parse(query.unwrap_or_default().as_bytes()).map_err(malformed)?;
    if query.values("access_token").next().is_some() {
        return Err(OAuthError::invalid_request(
            "An access token does not belong in an address.",
        ));
    }
    let form = if *method == Method::POST && !body.is_empty() {
        fields(headers, body)?
    } else {
        Fields::default()
    };
    let (header, field) = (bearer(headers)?, one(&form, "access_token")?);
    match (header, field) {
        (Some(_), Some(_)) => Err(OAuthError::invalid_request(
            "An access token is shown in one way, not in two.",
        )),
        (header, field) => Ok(header.or_else(|| field.map(str::to_owned))),
    }
}

/// RFC 6750 §2.1. Another scheme is no token.
fn bearer(headers: &HeaderMap) -> Result<Option<String>, OAuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(OAuthError::invalid_request("Authorization is given twice."));
    }
    let Ok(value) = value.to_str() else {
        return Err(OAuthError::invalid_request("Authorization is malformed."));
    };
    let (scheme, token) = value.trim().split_once(' ').unwrap_or((value.trim(), ""));
    let token = token.trim();
    let shown = scheme.eq_ignore_ascii_case("bearer") && !token.is_empty();
    Ok(shown.then(|| token.to_owned()))
}
