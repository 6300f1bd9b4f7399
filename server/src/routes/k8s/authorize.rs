//! `/k8s/authorize`: the authorization webhook (`SubjectAccessReview`, authorization.k8s.io; k/k
//! `staging/src/k8s.io/apiserver/plugin/pkg/authorizer/webhook/webhook.go`).
//!
//! 1. The API server shows the credential of its cluster.
//! 2. Of the review only the user and the id of their token are read. Whatever else a request is made
//!    of was chosen by its sender, and must not keep us from an answer: without one, the API server
//!    goes on as if we had nothing against it.
//! 3. Users who are disabled and logins that have ended are denied; about everything else there is no
//!    opinion, and the cluster's own rules decide.

use std::{collections::BTreeMap, time::Duration};

use axum::{Extension, body::Bytes, extract::State, response::Response};
use domain::review::{CREDENTIAL_ID, jti};
use http::HeaderMap;
use identity::review::{self, Opinion, Requester};
use serde::Deserialize;
use serde_json::json;

use super::{Version, Word, check_type, credential, reviewed, timely};
use crate::{edge::limits::CutShort, state::AppState};

const GROUP: &str = "authorization.k8s.io";
const KIND: &str = "SubjectAccessReview";

/// The API server waits for a second (`domain::cutoff`), and the answer has a way to go.
const PATIENCE: Duration = Duration::from_millis(800);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Review {
    api_version: String,
    kind: String,
    spec: Spec,
}

#[derive(Deserialize)]
struct Spec {
    #[serde(default)]
    user: String,
    #[serde(default)]
    extra: Option<BTreeMap<String, Option<Vec<String>>>>,
}

/// What was asked, as far as it matters.
struct Asked {
    version: Version,
    user: String,
    jti: Option<uuid::Uuid>,
}

/// What the caller is told.
enum Told {
    Opinion(Opinion),
    /// The request is too long to be looked at.
    TooLong,
}

pub(super) async fn answer(
    State(state): State<AppState>,
    cut: Option<Extension<CutShort>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Word> {
    let credential = credential(&headers)?;
    let asked = check_type(&headers).and_then(|()| match cut {
        Some(_) => Ok(None),
        None => read(&body).map(Some).ok_or(Word::BadRequest),
    });
    // Whoever is a stranger hears that and nothing else, whatever was asked.
    let requester = match &asked {
        Ok(Some(asked)) => Requester {
            user: Some(&asked.user),
            jti: asked.jti,
        },
        Ok(None) | Err(_) => Requester::default(),
    };
    let opinion = review::authorize(&state.portal, &credential, requester);
    let opinion = timely(PATIENCE, opinion).await?;
    let (version, told) = match asked? {
        Some(asked) => (asked.version, Told::Opinion(opinion)),
        None => (beginning(&body).ok_or(Word::BadRequest)?, Told::TooLong),
    };
    Ok(tell(&state, version, &told))
}

fn read(body: &[u8]) -> Option<Asked> {
    let review: Review = serde_json::from_slice(body).ok()?;
    let version = Version::parse(&review.api_version, GROUP).filter(|_| review.kind == KIND)?;
    let extra = review.spec.extra.unwrap_or_default();
    let ids = extra.get(CREDENTIAL_ID).cloned().flatten();
    Some(Asked {
        version,
        user: review.spec.user,
        jti: ids.unwrap_or_default().iter().find_map(|id| jti(id)),
    })
}

/// The version of a review of which there is only the beginning. API servers write the kind and the
/// version first.
fn beginning(body: &[u8]) -> Option<Version> {
    let head = body.get(..200)?;
    let head = String::from_utf8_lossy(head);
    let (_, rest) = head.split_once(r#""apiVersion":""#)?;
    Version::parse(rest.split('"').next()?, GROUP)
}

fn tell(state: &AppState, version: Version, told: &Told) -> Response {
    let portal = &state.portal.issuer.url;
    let (outcome, reason) = match told {
        Told::Opinion(Opinion::None) => ("none", None),
        Told::Opinion(Opinion::Disabled) => (
            "denied",
            Some(format!("this account is disabled at {portal}")),
        ),
        Told::Opinion(Opinion::Ended) => (
            "denied",
            Some(format!(
                "the login behind this token has ended: log in again at {portal}"
            )),
        ),
        // Where nothing is said, the request would pass us by: a long list in a selector is enough.
        Told::TooLong => (
            "denied",
            Some(format!("the request is too long for {portal} to look at")),
        ),
    };
    metrics::counter!("shorepass_authorizations_total", "opinion" => outcome).increment(1);
    let status = match reason {
        Some(reason) => json!({ "allowed": false, "denied": true, "reason": reason }),
        None => json!({ "allowed": false }),
    };
    reviewed(GROUP, version, KIND, &status)
}
