//! The way out: to hosts that somebody named, which are not ours. Bounded in time and size, without
//! redirects, and only to addresses that the configuration allows.
//!
//! It knows no protocol: who asks what is the business of `connector` and of `oauth`.

mod address;
mod rules;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use http::{Request, StatusCode};
use reqwest::{Client, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::CertificateDer};
use thiserror::Error;
use url::Url;

use self::rules::{Looker, Rules};

/// The most that is read of an answer, in bytes.
const MOST: usize = 1024 * 1024;

/// Why nothing was asked, or nothing came back. Neither names what was sent.
#[derive(Debug, Error)]
pub enum HttpError {
    #[error("`{0}` is not a host of this provider; if it is, name it in `hosts`")]
    Host(String),
    #[error("`{0}` is not https; for a trial, name the host in `allow_http`")]
    Plain(String),
    #[error("`{0}` has no public address; if that is meant, name it in `allow_private`")]
    Private(String),
    #[error("the address cannot be read")]
    Address,
    #[error("more than {MOST} bytes came back")]
    TooLong,
    #[error("the connection failed")]
    Failed(#[source] reqwest::Error),
    #[error("status {0} came back")]
    Status(StatusCode),
    #[error("what came back is no JSON object")]
    NoObject,
}

/// Why there is no client.
#[derive(Debug, Error)]
pub enum SetupError {
    #[error("TLS cannot be set up")]
    Tls(#[from] rustls::Error),
    #[error("the HTTP client cannot be made")]
    Client(#[from] reqwest::Error),
}

/// What an operator says of the way out. Hosts are named without a port.
#[derive(Clone, Debug)]
pub struct Way {
    /// The only hosts; all, where none are named.
    pub hosts: Option<BTreeSet<String>>,
    /// Where http is good enough, and with it every address: for trials.
    pub allow_http: BTreeSet<String>,
    /// What may have addresses that are not public.
    pub allow_private: BTreeSet<String>,
    /// Trusted beside those whom this machine trusts.
    pub roots: Vec<CertificateDer<'static>>,
    /// How long one answer may take, from the wish to connect to the last byte.
    pub timeout: Duration,
}

/// Sends requests on a way.
#[derive(Clone, Debug)]
pub struct Outgoing {
    client: Client,
    rules: Arc<Rules>,
}

impl Outgoing {
    /// # Errors
    /// [`SetupError`].
    pub fn new(way: Way) -> Result<Self, SetupError> {
        let (roots, timeout) = (way.roots.clone(), way.timeout);
        let rules = Arc::new(Rules::of(way));
        let client = Client::builder()
            .use_preconfigured_tls(tls(roots)?)
            .redirect(Policy::none())
            // A proxy would look names up for us, behind our back.
            .no_proxy()
            .referer(false)
            .timeout(timeout)
            .dns_resolver(Arc::new(Looker(Arc::clone(&rules))))
            .build()?;
        Ok(Self { client, rules })
    }

    /// The answer to a request, whatever its status.
    ///
    /// # Errors
    /// [`HttpError`].
    pub async fn send(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<http::Response<Vec<u8>>, HttpError> {
        let (head, body) = request.into_parts();
        let url = Url::parse(&head.uri.to_string()).map_err(|_| HttpError::Address)?;
        self.rules.check(&url)?;
        let sent = self
            .client
            .request(head.method, url)
            .headers(head.headers)
            .body(body)
            .send()
            .await;
        let response = sent.map_err(failed)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut answer = http::Response::new(read(response).await?);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
    }

    /// Whether an address may be asked, or a browser be sent there.
    ///
    /// # Errors
    /// [`HttpError`].
    pub fn check(&self, url: &Url) -> Result<(), HttpError> {
        self.rules.check(url)
    }
}

fn tls(more: Vec<CertificateDer<'static>>) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    let machine = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(machine.certs);
    roots.add_parsable_certificates(more);
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

async fn read(mut response: reqwest::Response) -> Result<Vec<u8>, HttpError> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        if body.len() + chunk.len() > MOST {
            return Err(HttpError::TooLong);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The library's errors quote the address; ours stay in the log for longer than a code lives.
fn failed(error: reqwest::Error) -> HttpError {
    HttpError::Failed(error.without_url())
}
