//! Who knocks, as far as a request tells: where from, with which browser, with which cookies.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use http::{HeaderMap, header, request::Parts};
use identity::session::log_in::Place;

use crate::{edge::address::ClientAddress, state::AppState};

/// Somebody who has not logged in yet.
pub(crate) struct Visitor {
    address: String,
    network: String,
    pub(crate) headers: HeaderMap,
}

impl Visitor {
    /// The place of an attempt that this visitor makes, with the cookie that matters for it.
    pub(crate) fn place<'a>(&'a self, cookie: Option<&'a str>) -> Place<'a> {
        let browser = self.headers.get(header::USER_AGENT);
        Place {
            address: &self.address,
            network: &self.network,
            browser: browser
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default(),
            cookie,
        }
    }

    /// Whether a browser goes from page to page, rather than a script (Fetch Metadata §2.2).
    pub(crate) fn navigates(&self) -> bool {
        self.headers
            .get("sec-fetch-mode")
            .is_some_and(|mode| mode == "navigate")
    }
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let address = ClientAddress::from_request_parts(parts, state).await?;
        Ok(Self {
            address: address.to_string(),
            network: address.bucket(),
            headers: parts.headers.clone(),
        })
    }
}
