//! `/k8stoken`: the current `id_token` for a retrieval key, for curl and for kubectl through it.
//!
//! 1. Browsers are turned away: the key has no business in a history or on another site's page.
//! 2. The key comes in one of three forms: `Authorization: Bearer`, form field, query parameter.
//! 3. The issuer hands out the current token, or says why there is none. A kubeconfig, which is
//!    another answer to the same key, is made in [`kubeconfig`].
//!
//! An error's body is one word that a shell can take for a token, so that kubectl sends it and is
//! refused; an empty one would make it act with whatever other credentials it finds.

mod kubeconfig;

use std::{num::NonZeroU32, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
    routing::{MethodRouter, get},
};
use domain::lifetime::EXEC_MARGIN;
use governor::{
    Quota, RateLimiter, middleware::NoOpMiddleware, nanos::Nanos, state::keyed::DashMapStateStore,
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use identity::{
    clock::Clock,
    issuer::{self, Issued, Refusal},
    secret::{Opaque, RetrievalKey},
};
use secrecy::ExposeSecret;
use serde_json::json;
use time::format_description::well_known::Rfc3339;

use crate::{
    edge::{
        address::ClientAddress,
        form::{self, Fields, Typed},
        log::Chain,
    },
    state::AppState,
};

/// Unknown keys that one network may try at once, and per second after that. Per replica.
const TRIES_AT_ONCE: NonZeroU32 = NonZeroU32::new(300).unwrap();
const TRIES_PER_SECOND: NonZeroU32 = NonZeroU32::new(30).unwrap();

/// How long an answer may take where the database hangs: kubectl waits for it.
const PATIENCE: Duration = Duration::from_secs(3);

/// The portal's clock, as the limiter reads it: nanoseconds since 1970.
#[derive(Clone)]
struct Ticks(Arc<dyn Clock>);

impl governor::clock::Clock for Ticks {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let now = self.0.now().unix_timestamp_nanos();
        Nanos::new(u64::try_from(now).unwrap_or_default())
    }
}

type Limiter = RateLimiter<String, DashMapStateStore<String>, Ticks, NoOpMiddleware<Nanos>>;

/// Counts the unknown keys that a network tries.
#[derive(Clone)]
pub struct Brute(Arc<Limiter>);

impl Brute {
    /// A count that begins at nothing.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let quota = Quota::per_second(TRIES_PER_SECOND).allow_burst(TRIES_AT_ONCE);
        Self(Arc::new(Limiter::dashmap_with_clock(quota, Ticks(clock))))
    }

    pub(super) fn is_too_much(&self, address: ClientAddress) -> bool {
        if self.0.len() > 10_000 {
            self.0.retain_recent();
        }
        self.0.check_key(&address.bucket()).is_err()
    }
}

/// Why there is no token, as the contract words it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    BadRequest,
    ClusterRequired,
    KeyMissing,
    KeyUnknown,
    KeyExpired,
    KeyRevoked,
    LoginRequired,
    ClusterRefused,
    SlowDown,
    Unavailable,
}

impl Word {
    fn parts(self) -> (StatusCode, &'static str) {
        match self {
            Self::BadRequest => (StatusCode::BAD_REQUEST, "bad_request"),
            Self::ClusterRequired => (StatusCode::BAD_REQUEST, "cluster_required"),
            Self::KeyMissing => (StatusCode::UNAUTHORIZED, "key_missing"),
            Self::KeyUnknown => (StatusCode::UNAUTHORIZED, "key_unknown"),
            Self::KeyExpired => (StatusCode::UNAUTHORIZED, "key_expired"),
            Self::KeyRevoked => (StatusCode::UNAUTHORIZED, "key_revoked"),
            Self::LoginRequired => (StatusCode::UNAUTHORIZED, "login_required"),
            Self::ClusterRefused => (StatusCode::FORBIDDEN, "cluster_refused"),
            Self::SlowDown => (StatusCode::TOO_MANY_REQUESTS, "slow_down"),
            Self::Unavailable => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
        }
    }
}

impl IntoResponse for Word {
    fn into_response(self) -> Response {
        let (status, word) = self.parts();
        let mut response = (status, word).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response
                .headers_mut()
                .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(self, Self::SlowDown | Self::Unavailable) {
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, HeaderValue::from_static("2"));
        }
        response
    }
}

/// GET and POST; everything else, HEAD included, is 405.
pub(super) fn methods() -> MethodRouter<AppState> {
    get(retrieve)
        .post(retrieve)
        .head(other_method)
        .fallback(other_method)
}

async fn other_method() -> Response {
    let allow = [(header::ALLOW, HeaderValue::from_static("GET, POST"))];
    (StatusCode::METHOD_NOT_ALLOWED, allow, "method_not_allowed").into_response()
}

async fn retrieve(
    State(state): State<AppState>,
    address: ClientAddress,
    method: Method,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Response {
    let answer = answer(&state, address, &method, &headers, query.as_deref(), &body);
    let mut response = match tokio::time::timeout(PATIENCE, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(word)) => word.into_response(),
        Err(_) => {
            tracing::error!("no token could be issued in time");
            Word::Unavailable.into_response()
        }
    };
    response
        .headers_mut()
        .insert(header::VARY, HeaderValue::from_static("*"));
    response
}

async fn answer(
    state: &AppState,
    address: ClientAddress,
    method: &Method,
    headers: &HeaderMap,
    query: Option<&str>,
    body: &[u8],
) -> Result<Response, Word> {
    refuse_browsers(headers)?;
    let query =
        Fields::parse(query.unwrap_or_default().as_bytes()).map_err(|_| Word::BadRequest)?;
    let form = in_form(method, headers, body)?;
    let answer = match Asked::read(state, headers, &query, &form) {
        Ok(asked) => for_key(state, address, &asked).await,
        Err(word) => Err(word),
    };
    match answer {
        Err(Word::KeyUnknown) if state.brute.is_too_much(address) => Err(Word::SlowDown),
        answer => answer,
    }
}

async fn for_key(
    state: &AppState,
    address: ClientAddress,
    asked: &Asked,
) -> Result<Response, Word> {
    let key = Opaque::<RetrievalKey>::parse(&asked.key).ok_or(Word::KeyUnknown)?;
    let cluster = asked.cluster.as_deref();
    let write = match &asked.format {
        Format::Token => token,
        Format::ExecCredential => exec_credential,
        Format::Kubeconfig(user) => {
            return kubeconfig::answer(state, &key, cluster, user, address).await;
        }
    };
    let issued = issuer::by_key(&state.portal, &key, cluster, &address.to_string()).await;
    Ok(write(&issued.map_err(word)?))
}

fn word(refusal: Refusal) -> Word {
    match refusal {
        Refusal::KeyUnknown => Word::KeyUnknown,
        Refusal::KeyExpired => Word::KeyExpired,
        Refusal::KeyRevoked => Word::KeyRevoked,
        Refusal::LoginRequired => Word::LoginRequired,
        Refusal::ClusterRequired => Word::ClusterRequired,
        Refusal::ClusterRefused => Word::ClusterRefused,
        Refusal::Unavailable(error) => {
            tracing::error!(
                error = %Chain(&error),
                "no token could be issued for a key"
            );
            Word::Unavailable
        }
    }
}

/// Fetch Metadata: what a browser sends for a page that somebody opens, or for another site's page.
fn refuse_browsers(headers: &HeaderMap) -> Result<(), Word> {
    let says = |name: &str, allowed: &[&str]| {
        headers.get_all(name).iter().all(|value| {
            allowed
                .iter()
                .any(|allowed| value.as_bytes() == allowed.as_bytes())
        })
    };
    let fetched = says("sec-fetch-site", &["same-origin"])
        && says("sec-fetch-mode", &["cors", "same-origin", "no-cors"])
        && says("sec-fetch-dest", &["empty"]);
    if fetched {
        Ok(())
    } else {
        Err(Word::BadRequest)
    }
}

fn in_form(method: &Method, headers: &HeaderMap, body: &[u8]) -> Result<Fields, Word> {
    if *method != Method::POST || body.is_empty() {
        return Fields::parse(b"").map_err(|_| Word::BadRequest);
    }
    if form::content_type(headers, form::URLENCODED) != Typed::Expected {
        return Err(Word::BadRequest);
    }
    Fields::parse(body).map_err(|_| Word::BadRequest)
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Format {
    Token,
    ExecCredential,
    Kubeconfig(kubeconfig::User),
}

struct Asked {
    key: String,
    cluster: Option<String>,
    format: Format,
}

impl Asked {
    fn read(
        state: &AppState,
        headers: &HeaderMap,
        query: &Fields,
        form: &Fields,
    ) -> Result<Self, Word> {
        let in_query = one(query, "refresh_token")?;
        if in_query.is_some() && !state.query_keys {
            return Err(Word::BadRequest);
        }
        let mut keys = [bearer(headers)?, one(form, "refresh_token")?, in_query]
            .into_iter()
            .flatten();
        let key = keys.next();
        if keys.next().is_some() {
            return Err(Word::BadRequest);
        }
        let either = |name: &str| match (one(query, name)?, one(form, name)?) {
            (Some(_), Some(_)) => Err(Word::BadRequest),
            (first, second) => Ok(first.or(second)),
        };
        let (user, key_file) = (either("user")?, either("key_file")?);
        let format = match either("format")?.as_deref() {
            Some("kubeconfig") => Format::Kubeconfig(kubeconfig::User::read(
                user.as_deref(),
                key_file.as_deref(),
            )?),
            // They would mean something that they cannot mean here.
            _ if user.is_some() || key_file.is_some() => return Err(Word::BadRequest),
            Some("exec") => Format::ExecCredential,
            Some(_) => return Err(Word::BadRequest),
            None if wants_json(headers) => Format::ExecCredential,
            None => Format::Token,
        };
        let cluster = either("cluster")?;
        Ok(Self {
            key: key.ok_or(Word::KeyMissing)?,
            cluster,
            format,
        })
    }
}

/// A parameter's value; an empty one counts as left out (RFC 6749 §3.1).
fn one(fields: &Fields, name: &str) -> Result<Option<String>, Word> {
    let value = fields.one(name).map_err(|_| Word::BadRequest)?;
    Ok(value.filter(|value| !value.is_empty()).map(str::to_owned))
}

/// The bearer credential (RFC 6750 §2.1); other schemes count as none.
fn bearer(headers: &HeaderMap) -> Result<Option<String>, Word> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Word::BadRequest);
    }
    let value = value.to_str().map_err(|_| Word::KeyUnknown)?.trim();
    let (scheme, credential) = value.split_once(' ').unwrap_or((value, ""));
    let credential = credential.trim();
    Ok(
        (scheme.eq_ignore_ascii_case("bearer") && !credential.is_empty())
            .then(|| credential.to_owned()),
    )
}

fn wants_json(headers: &HeaderMap) -> bool {
    let values = headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|kind| {
        kind.split(';')
            .next()
            .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
    })
}

fn token(issued: &Issued) -> Response {
    let kind = [(header::CONTENT_TYPE, "text/plain")];
    (kind, issued.token.expose_secret().to_owned()).into_response()
}

fn exec_credential(issued: &Issued) -> Response {
    // Earlier than the truth: client-go has no leeway of its own.
    let expires = (issued.expires_at - EXEC_MARGIN)
        .format(&Rfc3339)
        .unwrap_or_default();
    let credential = json!({
        "apiVersion": "client.authentication.k8s.io/v1",
        "kind": "ExecCredential",
        "status": { "token": issued.token.expose_secret(), "expirationTimestamp": expires },
    });
    let kind = [(header::CONTENT_TYPE, "application/json")];
    (kind, credential.to_string()).into_response()
}
