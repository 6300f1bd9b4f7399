//! The way to a provider: to its own hosts and to no other, and in the words of the protocol's library.

use std::pin::Pin;

use http::{Method, StatusCode, header};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::settings::{Reach, Settings};
use crate::outgoing::{HttpError, Outgoing, SetupError, Way};

/// Talks to one provider.
#[derive(Clone, Debug)]
pub(super) struct Http(Outgoing);

impl Http {
    pub(super) fn new(issuer: &Url, settings: &Settings) -> Result<Self, SetupError> {
        let Reach {
            hosts,
            allow_http,
            allow_private,
        } = settings.reach.clone();
        let own = issuer.host_str().unwrap_or_default().to_owned();
        let way = Way {
            hosts: Some(hosts.into_iter().chain([own]).collect()),
            allow_http,
            allow_private,
            roots: settings.roots.clone(),
            timeout: settings.timeout,
        };
        Outgoing::new(way).map(Self)
    }

    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        self.0.send(request).await
    }

    /// The JSON object that a bearer of this token gets (RFC 6750 §2.1).
    pub(super) async fn object(
        &self,
        url: &Url,
        token: &SecretString,
    ) -> Result<serde_json::Map<String, serde_json::Value>, HttpError> {
        let request = http::Request::builder()
            .method(Method::GET)
            .uri(url.as_str())
            .header(header::ACCEPT, "application/json")
            .header(
                header::AUTHORIZATION,
                format!("Bearer {}", token.expose_secret()),
            )
            .body(Vec::new())
            .map_err(|_| HttpError::Address)?;
        let response = self.send(request).await?;
        if response.status() != StatusCode::OK {
            return Err(HttpError::Status(response.status()));
        }
        serde_json::from_slice(response.body()).map_err(|_| HttpError::NoObject)
    }

    /// Whether a browser may be sent there.
    pub(super) fn check(&self, url: &Url) -> Result<(), HttpError> {
        self.0.check(url)
    }
}

/// An answer that is on its way.
pub(super) type Answering<'a> =
    Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'a>>;

/// For the protocol's library.
impl<'c> AsyncHttpClient<'c> for Http {
    type Error = HttpError;
    type Future = Answering<'c>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}
