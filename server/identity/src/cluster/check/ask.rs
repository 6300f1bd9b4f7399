//! Asks over HTTPS: bounded in time and size, without redirects, trusting one authority or those that
//! this machine trusts.

use std::{error::Error as _, sync::Arc, time::Duration};

use http::StatusCode;
use reqwest::{Client, RequestBuilder, Response, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use thiserror::Error;

use crate::certificate::Certificates;

/// The most that is read of an answer, in bytes.
const MOST: usize = 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(5);

/// Why there is no client.
#[derive(Debug, Error)]
pub enum SetupError {
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    #[error("the HTTP client cannot be made")]
    Client(#[from] reqwest::Error),
}

/// Why there is no answer, in words for operators.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub(super) enum Silence {
    #[error("the certificate is not trusted: {0}")]
    Certificate(String),
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Late,
    #[error("no connection: {0}")]
    Unreached(String),
    #[error("the answer is longer than {MOST} bytes")]
    TooLong,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// The `Date` header (RFC 9110 §6.6.1).
    pub(super) date: Option<String>,
    /// Where the answer sends on to, which nobody follows.
    pub(super) location: Option<String>,
    /// Null where it is no JSON.
    pub(super) body: Value,
}

#[derive(Debug)]
pub(super) struct Ask(Client);

impl Ask {
    /// Trusts this authority alone, or without one those that this machine trusts.
    pub(super) fn trusting(authority: Option<&Certificates>) -> Result<Self, SetupError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(match authority {
            Some(authority) => authority.all().iter().map(|one| one.der.clone()).collect(),
            None => rustls_native_certs::load_native_certs().certs,
        });
        let tls = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let client = Client::builder()
            .use_preconfigured_tls(tls)
            .redirect(Policy::none())
            .referer(false)
            .timeout(PATIENCE)
            .build()?;
        Ok(Self(client))
    }

    /// What is at an address.
    pub(super) async fn json(&self, url: &str) -> Result<Answer, Silence> {
        answer(self.0.get(url)).await
    }

    /// By whom the API server takes this token to be (kubernetes/api authentication/v1/types.go,
    /// `SelfSubjectReview`).
    pub(super) async fn review(
        &self,
        api_url: &str,
        token: &SecretString,
    ) -> Result<Answer, Silence> {
        let base = api_url.trim_end_matches('/');
        let url = format!("{base}/apis/authentication.k8s.io/v1/selfsubjectreviews");
        let review = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "SelfSubjectReview",
        });
        let request = self.0.post(url).bearer_auth(token.expose_secret());
        let request = request.header("content-type", "application/json");
        answer(request.body(review.to_string())).await
    }
}

async fn answer(request: RequestBuilder) -> Result<Answer, Silence> {
    let response = request.send().await.map_err(|error| silence(&error))?;
    let header = |name: &str| {
        let value = response.headers().get(name)?.to_str().ok()?;
        Some(value.to_owned())
    };
    let (status, date, location) = (response.status(), header("date"), header("location"));
    let body = serde_json::from_slice(&read(response).await?).unwrap_or(Value::Null);
    Ok(Answer {
        status,
        date,
        location,
        body,
    })
}

async fn read(mut response: Response) -> Result<Vec<u8>, Silence> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| silence(&error))? {
        if body.len() + chunk.len() > MOST {
            return Err(Silence::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The innermost cause says what happened; those around it that something happened.
fn silence(error: &reqwest::Error) -> Silence {
    if error.is_timeout() {
        return Silence::Late;
    }
    let mut cause = error.source();
    let mut words = error.to_string();
    while let Some(inner) = cause {
        if let Some(rustls::Error::InvalidCertificate(problem)) = tls(inner) {
            return Silence::Certificate(problem.to_string());
        }
        words = inner.to_string();
        cause = inner.source();
    }
    Silence::Unreached(words)
}

/// The TLS library's error, which arrives wrapped in errors of the operating system's kind; those do
/// not name as their source what they wrap.
fn tls<'a>(error: &'a (dyn std::error::Error + 'static)) -> Option<&'a rustls::Error> {
    if let Some(error) = error.downcast_ref() {
        return Some(error);
    }
    tls(error.downcast_ref::<std::io::Error>()?.get_ref()?)
}
