//! The way to a provider: bounded in time and size, without redirects, and only to hosts and
//! addresses that the configuration allows. The address that is checked is the one that is
//! connected to, so that a name which changes its mind in between gains nothing.

use std::{collections::BTreeSet, io, net::SocketAddr, pin::Pin, sync::Arc};

use http::{Method, StatusCode, header};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{
    Client, Response,
    dns::{Addrs, Name, Resolve, Resolving},
    redirect::Policy,
};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs, pki_types::CertificateDer};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;
use url::{Host, Url};

use super::{
    address::is_public,
    settings::{Reach, Settings},
};

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

/// Talks to one provider.
#[derive(Clone, Debug)]
pub(super) struct Http {
    client: Client,
    rules: Arc<Rules>,
}

impl Http {
    pub(super) fn new(issuer: &Url, settings: &Settings) -> Result<Self, SetupError> {
        let Reach {
            hosts,
            allow_http,
            allow_private,
        } = settings.reach.clone();
        let own = issuer.host_str().unwrap_or_default().to_owned();
        let hosts = hosts.into_iter().chain([own]).collect();
        let private = allow_private.union(&allow_http).cloned().collect();
        let rules = Arc::new(Rules {
            hosts,
            plain: allow_http,
            private,
        });
        let client = Client::builder()
            .use_preconfigured_tls(tls(&settings.roots)?)
            .redirect(Policy::none())
            // A proxy would look names up for us, behind our back.
            .no_proxy()
            .referer(false)
            .timeout(settings.timeout)
            .dns_resolver(Arc::new(Looker(Arc::clone(&rules))))
            .build()?;
        Ok(Self { client, rules })
    }

    pub(super) async fn send(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
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
        let mut answer = HttpResponse::new(read(response).await?);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers;
        Ok(answer)
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
        self.rules.check(url)
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

fn tls(more: &[CertificateDer<'static>]) -> Result<ClientConfig, rustls::Error> {
    let mut roots = RootCertStore::empty();
    let machine = rustls_native_certs::load_native_certs();
    roots.add_parsable_certificates(machine.certs);
    roots.add_parsable_certificates(more.iter().cloned());
    let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

async fn read(mut response: Response) -> Result<Vec<u8>, HttpError> {
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

#[derive(Debug)]
struct Rules {
    hosts: BTreeSet<String>,
    plain: BTreeSet<String>,
    private: BTreeSet<String>,
}

impl Rules {
    fn check(&self, url: &Url) -> Result<(), HttpError> {
        let host = url.host_str().ok_or(HttpError::Address)?;
        if !self.hosts.contains(host) {
            return Err(HttpError::Host(host.to_owned()));
        }
        if url.scheme() != "https" && !(url.scheme() == "http" && self.plain.contains(host)) {
            return Err(HttpError::Plain(host.to_owned()));
        }
        // Names are looked up by `Looker`; a literal address never gets there.
        let literal = match url.host() {
            Some(Host::Ipv4(address)) => Some(address.into()),
            Some(Host::Ipv6(address)) => Some(address.into()),
            Some(Host::Domain(_)) | None => None,
        };
        match literal {
            Some(address) if !is_public(address) && !self.private.contains(host) => {
                Err(HttpError::Private(host.to_owned()))
            }
            Some(_) | None => Ok(()),
        }
    }
}

/// Looks names up, and keeps back the addresses that may not be connected to.
struct Looker(Arc<Rules>);

impl Resolve for Looker {
    fn resolve(&self, name: Name) -> Resolving {
        let rules = Arc::clone(&self.0);
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let anywhere = rules.private.contains(name.as_str());
            let allowed: Vec<SocketAddr> =
                found.filter(|at| anywhere || is_public(at.ip())).collect();
            if allowed.is_empty() {
                let error = HttpError::Private(name.as_str().to_owned());
                return Err(io::Error::other(error).into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
