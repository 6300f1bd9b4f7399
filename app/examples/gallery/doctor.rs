//! The states of the token doctor.

use app::{DoctorPage, Outcome, Page};
use domain::{
    cluster::Cluster,
    doctor::{Diagnosis, Explained, Keyed, Secret, Told, examine, message::explain},
    signing_key::State,
};
use serde_json::{Value, json};

use crate::fixtures::now;

const ISSUER: &str = "https://pass.harbour.example";

pub(crate) fn all() -> Vec<(&'static str, Page)> {
    let at = |seconds: i64| now().unix_timestamp() + seconds;
    let forbidden = "pods is forbidden: User \"shorepass:alice\" cannot list resource \"pods\" in API group \"\" in the namespace \"payments\"";
    let one: &[&str] = &["demo"];
    let some: &[&str] = &["demo", "harbour-east", "harbour-west"];
    vec![
        ("doctor", page(one, None)),
        ("doctor-clusters", page(some, None)),
        ("doctor-no-cluster", page(&[], None)),
        ("doctor-own", page(one, Some((true, token(&json!({}), 0))))),
        (
            "doctor-live",
            page(one, Some((false, token(&json!({}), 0)))),
        ),
        (
            "doctor-expired",
            page(
                some,
                Some((
                    false,
                    token(&json!({"exp": at(-4000), "iat": at(-4300)}), 0),
                )),
            ),
        ),
        (
            "doctor-all-wrong",
            page(
                one,
                Some((
                    false,
                    token(
                        &json!({"iss": "https://id.harbour.example/realms/a-realm-with-a-rather-long-name/", "aud": ["another"], "exp": at(-1), "groups": 7, "email_verified": "true"}),
                        9000,
                    ),
                )),
            ),
        ),
        (
            "doctor-forbidden",
            page(
                one,
                Some((false, words(explain(forbidden, &["shorepass:"])))),
            ),
        ),
        (
            "doctor-words",
            page(some, Some((false, words(explain("Unauthorized", &[]))))),
        ),
        (
            "doctor-key",
            page(one, Some((false, Diagnosis::Secret(Secret::RetrievalKey)))),
        ),
        (
            "doctor-unknown",
            page(one, Some((false, Diagnosis::Unknown))),
        ),
        (
            "doctor-nothing",
            page(one, Some((false, Diagnosis::Nothing))),
        ),
    ]
}

fn words(explained: Option<Explained>) -> Diagnosis {
    explained.map_or(Diagnosis::Unknown, Diagnosis::Words)
}

fn page(clusters: &[&str], found: Option<(bool, Diagnosis)>) -> Page {
    let clusters: Vec<String> = clusters.iter().map(|name| (*name).to_owned()).collect();
    Page::Doctor(DoctorPage {
        cluster: clusters.first().cloned().unwrap_or_default(),
        clusters,
        outcome: found.map(|(own, diagnosis)| Outcome { own, diagnosis }),
    })
}

/// What is found where these claims stand in place of good ones, and so many bytes on top.
fn token(other: &Value, padding: usize) -> Diagnosis {
    let at = |seconds: i64| now().unix_timestamp() + seconds;
    let mut claims = json!({
        "iss": ISSUER, "sub": "alice", "aud": ["kubernetes"], "iat": at(-48), "nbf": at(-168),
        "exp": at(252), "groups": ["new-namespace-viewer", "users"], "email_verified": true,
        "padding": "x".repeat(padding),
    });
    for (name, value) in other.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    let cluster = Cluster::new("demo", "https://127.0.0.1:6443", "kubernetes");
    let told = Told {
        issuer: ISSUER,
        cluster: &cluster,
    };
    let keyed = Keyed::Known {
        state: State::Active,
        right: padding == 0,
    };
    let token = format!("eyJhbGciOiJSUzI1NiJ9.{}.c2ln", base64(&claims.to_string()));
    Diagnosis::Token(examine(&token, false, told, keyed, now()))
}

fn base64(text: &str) -> String {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    BASE64_URL_SAFE_NO_PAD.encode(text)
}
