//! Errors as OAuth words them.

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use identity::oauth::{Refusal, Spent, device::NoToken};
use serde_json::json;

use crate::{edge::log::Chain, state::AppState};

/// An error of RFC 6749 §5.2, RFC 7009 §2.2.1 and RFC 8628 §3.5.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OAuthError {
    status: StatusCode,
    word: &'static str,
    description: String,
    /// The client tried HTTP Basic (RFC 6749 §5.2 wants to hear of it).
    basic: bool,
}

impl OAuthError {
    pub(super) fn new(word: &'static str, description: impl Into<String>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            word,
            description: description.into(),
            basic: false,
        }
    }

    pub(super) fn invalid_request(description: impl Into<String>) -> Self {
        Self::new("invalid_request", description)
    }

    pub(super) fn invalid_client(basic: bool) -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            basic,
            ..Self::new(
                "invalid_client",
                "This client is not known here, or did not prove itself.",
            )
        }
    }

    /// RFC 6750 §3.1.
    pub(super) fn invalid_token() -> Self {
        Self {
            status: StatusCode::UNAUTHORIZED,
            ..Self::new(
                "invalid_token",
                "This is no access token that is good here.",
            )
        }
    }

    pub(super) fn slow_down() -> Self {
        Self {
            status: StatusCode::TOO_MANY_REQUESTS,
            ..Self::new("slow_down", "Too many tries. Wait a little.")
        }
    }

    pub(super) fn unavailable() -> Self {
        Self {
            status: StatusCode::SERVICE_UNAVAILABLE,
            ..Self::new(
                "temporarily_unavailable",
                "The portal cannot do this at this moment. Try again.",
            )
        }
    }

    /// What a refusal is in the protocol. Where a person can do something, it says where.
    pub(super) fn of(state: &AppState, refusal: &Refusal, basic: bool) -> Self {
        let url = &state.portal.issuer.url;
        match refusal {
            Refusal::Client => Self::invalid_client(basic),
            Refusal::Unauthorized => {
                Self::new("unauthorized_client", "This client may not use this grant.")
            }
            Refusal::Scope => Self::new("invalid_scope", "More was asked for than was granted."),
            Refusal::Grant(spent @ (Spent::LoggedOut | Spent::Replayed | Spent::Revoked)) => {
                Self::new("invalid_grant", format!("{spent}: log in again at {url}"))
            }
            Refusal::Device(no_token) => {
                let word = match no_token {
                    NoToken::Pending => "authorization_pending",
                    NoToken::TooSoon => "slow_down",
                    NoToken::Denied => "access_denied",
                    NoToken::Expired => "expired_token",
                };
                Self::new(word, no_token.to_string())
            }
            Refusal::TooMany => Self::slow_down(),
            Refusal::Grant(spent) => Self::new("invalid_grant", spent.to_string()),
            Refusal::Unavailable(failure) => {
                tracing::error!(error = %Chain(failure), "no token could be issued for a client");
                Self::unavailable()
            }
        }
    }

    pub(super) fn word(&self) -> &'static str {
        self.word
    }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        // RFC 6749 §5.2: nothing outside %x20-21 / %x23-5B / %x5D-7E.
        let description: String = self
            .description
            .chars()
            .map(|c| {
                if matches!(c, ' '..='!' | '#'..='[' | ']'..='~') {
                    c
                } else {
                    '?'
                }
            })
            .collect();
        let body = json!({ "error": self.word, "error_description": description });
        let kind = [(header::CONTENT_TYPE, "application/json")];
        let mut response = (self.status, kind, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
        if self.basic {
            let challenge = HeaderValue::from_static("Basic realm=\"Shorepass\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if self.status == StatusCode::TOO_MANY_REQUESTS
            || self.status == StatusCode::SERVICE_UNAVAILABLE
        {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}
