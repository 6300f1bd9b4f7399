//! The self-check: whether a cluster's API server and this portal agree, seen from outside of both.
//!
//! 1. The issuer's discovery and keys are fetched over the network, as the API server fetches them,
//!    trusting what the API server is told to trust.
//! 2. A token of nobody's ([`probe`]) is shown to the API server, which says by whom it takes it to
//!    be (`SelfSubjectReview`, authentication.k8s.io/v1).
//! 3. Name and groups are compared with what the record lets us expect ([`judge`]).
//!
//! It changes nothing. What goes wrong is a finding with its cure, never an error, but for our own
//! database.

mod ask;
mod judge;
mod probe;

use domain::{
    check::{Finding, Line},
    cluster::Cluster,
};
use thiserror::Error;

use self::ask::{Ask, SetupError};
use super::Refusal;
use crate::{
    Portal,
    certificate::Certificates,
    issuer::{self, IssueError},
    operator::Operator,
};

/// Why nothing could be looked at.
#[derive(Debug, Error)]
pub enum CheckError {
    #[error(transparent)]
    Cluster(#[from] Refusal),
    #[error("the client for HTTP cannot be made")]
    Setup(#[from] SetupError),
    #[error("no token could be issued for the check")]
    Issue(#[source] issuer::Refusal),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// The half of the check: each can be waited for by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// What the API server fetches from us.
    Portal,
    /// What the API server makes of our tokens.
    Server,
}

/// Looks at one half. `authority` is what the API server is told to trust for the issuer; none where
/// the issuer's certificate is publicly trusted.
///
/// # Errors
/// [`CheckError`].
pub async fn half(
    portal: &Portal,
    _: &Operator,
    cluster: &str,
    authority: Option<&Certificates>,
    half: Half,
) -> Result<Vec<Finding>, CheckError> {
    let mut conn = portal.pool.acquire().await?;
    let cluster = super::get(&mut conn, cluster).await?;
    drop(conn);
    match half {
        Half::Portal => issuer_and_keys(portal, authority).await,
        Half::Server => server(portal, &cluster).await,
    }
}

/// Looks at everything.
///
/// # Errors
/// [`CheckError`].
pub async fn all(
    portal: &Portal,
    operator: &Operator,
    cluster: &str,
    authority: Option<&Certificates>,
) -> Result<Vec<Finding>, CheckError> {
    let mut findings = half(portal, operator, cluster, authority, Half::Portal).await?;
    findings.extend(half(portal, operator, cluster, authority, Half::Server).await?);
    Ok(findings)
}

async fn issuer_and_keys(
    portal: &Portal,
    authority: Option<&Certificates>,
) -> Result<Vec<Finding>, CheckError> {
    let issuer = &portal.issuer.url;
    if !issuer.starts_with("https://") {
        return Ok(vec![judge::plain(issuer), Finding::open(Line::Keys)]);
    }
    let ask = Ask::trusting(authority)?;
    let discovery = ask
        .json(&format!("{issuer}/.well-known/openid-configuration"))
        .await;
    let jwks_uri = match judge::discovery(issuer, &discovery) {
        Ok(jwks_uri) => jwks_uri,
        Err(finding) => return Ok(vec![finding, Finding::open(Line::Keys)]),
    };
    let now = portal.clock.now();
    let active = portal.issuer.ring.active(now);
    let kid = active.as_ref().map(|key| key.kid.as_str());
    let keys = judge::keys(&jwks_uri, &ask.json(&jwks_uri).await, kid);
    Ok(vec![
        Finding::good(Line::Issuer, format!("{issuer} says that it is the issuer")),
        keys,
    ])
}

async fn server(portal: &Portal, cluster: &Cluster) -> Result<Vec<Finding>, CheckError> {
    let authority = match &cluster.ca_certificate {
        Some(pem) => Some(Certificates::parse_public(pem.as_bytes()).map_err(Refusal::from)?),
        None => None,
    };
    let ask = Ask::trusting(authority.as_ref())?;
    let token = probe::token(portal, cluster).await?;
    let before = portal.clock.now();
    let answer = ask.review(&cluster.api_url, &token).await;
    Ok(judge::server(cluster, &answer, before))
}

impl From<issuer::Refusal> for CheckError {
    fn from(refusal: issuer::Refusal) -> Self {
        match refusal {
            issuer::Refusal::Unavailable(IssueError::Database(error)) => Self::Database(error),
            other => Self::Issue(other),
        }
    }
}
