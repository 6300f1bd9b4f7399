//! `/k8s/tokenreview`: the webhook token authenticator (`TokenReview`, authentication.k8s.io; k/k
//! `staging/src/k8s.io/apiserver/plugin/pkg/authenticator/token/webhook/webhook.go`).
//!
//! 1. The API server shows the credential of its cluster, and the token that somebody showed it. It
//!    asks about every token that nobody else there knows, so most are not ours.
//! 2. Only an opaque token of that cluster is good. An `id_token` never is: the API server verifies those
//!    by itself, and one that it has refused must not get in by asking us.
//! 3. What is not good is said without `error`, so that the API server remembers it; trouble is 503, so
//!    that it does not.
//!
//! No audiences are said: the token is the cluster's, and the cluster is the one that asks.

use std::time::Duration;

use axum::{body::Bytes, extract::State, response::Response};
use http::HeaderMap;
use identity::{
    review,
    secret::{ClusterToken, Opaque},
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::{Version, Word, check_type, credential, reviewed, timely};
use crate::state::AppState;

const GROUP: &str = "authentication.k8s.io";
const KIND: &str = "TokenReview";

/// A request waits for the answer, and without one it is refused.
const PATIENCE: Duration = Duration::from_secs(3);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review {
    api_version: String,
    kind: String,
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    token: String,
}

/// What was asked.
struct Asked {
    version: Version,
    token: SecretString,
}

pub(super) async fn answer(
    State(state): State<AppState>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Word> {
    let credential = credential(&headers)?;
    let asked = check_type(&headers).and_then(|()| read(&body).ok_or(Word::BadRequest));
    // Whoever is a stranger hears that and nothing else, whatever was asked.
    let token = asked.as_ref().ok();
    let token = token.and_then(|asked| Opaque::<ClusterToken>::parse(asked.token.expose_secret()));
    let review = review::token(&state.portal, &credential, token.as_ref());
    let user = timely(PATIENCE, review).await?;
    let version = asked?.version;
    let known = if user.is_some() { "yes" } else { "no" };
    metrics::counter!("shorepass_token_reviews_total", "known" => known).increment(1);
    let status = match user {
        Some(user) => json!({ "authenticated": true, "user": user }),
        None => json!({ "authenticated": false }),
    };
    Ok(reviewed(GROUP, version, KIND, &status))
}

fn read(body: &[u8]) -> Option<Asked> {
    let review: Review = serde_json::from_slice(body).ok()?;
    let version = Version::parse(&review.api_version, GROUP).filter(|_| review.kind == KIND)?;
    Some(Asked {
        version,
        token: review.spec.token.into(),
    })
}
