//! What an API server would never send, with its credential and without.

use identity::cluster::credential::Which;
use sqlx::PgPool;

use super::{REVIEWS, assert_refused, request};
use crate::{support::Portal, webhooks::secret};

const JSON: &str = "content-type: application/json\r\n";

fn bodies() -> Vec<(&'static str, String)> {
    let with = |spec: &str| {
        format!(
            r#"{{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","spec":{spec}}}"#
        )
    };
    vec![
        ("nothing", String::new()),
        ("no JSON", "user=alice".to_owned()),
        ("half of it", r#"{"kind":"SubjectAcc"#.to_owned()),
        ("two", with("{}") + "{}"),
        ("null", "null".to_owned()),
        ("a list", "[]".to_owned()),
        (
            "no spec",
            r#"{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1"}"#.to_owned(),
        ),
        (
            "no kind",
            r#"{"apiVersion":"authorization.k8s.io/v1","spec":{}}"#.to_owned(),
        ),
        (
            "another kind",
            with("{}").replace("SubjectAccessReview", "TokenReview"),
        ),
        (
            "a group that begins alike",
            with("{}").replace("k8s.io/v1", "k8s.io.evil/v1"),
        ),
        (
            "a number for a token",
            r#"{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","spec":{"token":1}}"#
                .to_owned(),
        ),
        (
            "two tokens",
            r#"{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","spec":{"token":"a","token":"b"}}"#
                .to_owned(),
        ),
        (
            "no token",
            r#"{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","spec":{}}"#.to_owned(),
        ),
        ("a number for a user", with(r#"{"user":1}"#)),
        ("a list for a user", with(r#"{"user":["shorepass:alice"]}"#)),
        (
            "a user twice",
            with(r#"{"user":"a","user":"shorepass:alice"}"#),
        ),
        ("a text for the extra fields", with(r#"{"extra":"JTI=1"}"#)),
        ("a text for an extra field", with(r#"{"extra":{"a":"b"}}"#)),
        ("half of a surrogate pair", with(r#"{"user":"\ud800"}"#)),
        (
            "10 000 lists for a user",
            with(&format!(
                r#"{{"user":{}1{}}}"#,
                "[".repeat(10_000),
                "]".repeat(10_000)
            )),
        ),
        ("10 000 lists without an end", "[".repeat(10_000)),
        ("NaN", with(r#"{"user":NaN}"#)),
        ("a byte order mark", format!("\u{feff}{}", with("{}"))),
    ]
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_an_api_server_would_never_ask_is_refused(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let secret = secret(&portal, "demo", Which::Present).await;
    let own = format!("authorization: Bearer {secret}\r\n");
    let stranger = "authorization: Bearer k8w_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n";
    for path in REVIEWS {
        for (name, body) in bodies() {
            for (who, headers, status) in [
                ("the cluster", own.as_str(), 400),
                ("a stranger", stranger, 401),
                ("nobody", "", 401),
            ] {
                let case = format!("{name} from {who} to {path}");
                let headers = format!("{headers}{JSON}");
                let bytes = request(&portal, "POST", path, &headers, &body);
                let answer = assert_refused(&portal, &case, bytes).await;
                assert_eq!(answer.status, status, "{case}: {}", answer.head);
            }
        }
        for (name, headers) in [
            ("text", "content-type: text/plain\r\n".to_owned()),
            ("a form", super::FORM.to_owned()),
            ("no type", String::new()),
            ("two types", format!("{JSON}content-type: text/plain\r\n")),
            ("a coding", format!("{JSON}content-encoding: gzip\r\n")),
        ] {
            let case = format!("{name} to {path}");
            let headers = format!("{own}{headers}");
            let bytes = request(&portal, "POST", path, &headers, "{}");
            let answer = assert_refused(&portal, &case, bytes).await;
            assert_eq!(answer.status, 415, "{case}: {}", answer.head);
        }
    }
}

/// What is deep, odd or new in the parts that the portal does not read changes nothing.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_a_user_put_into_their_request_keeps_nobody_from_an_answer(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let secret = secret(&portal, "demo", Which::Present).await;
    portal
        .sql("UPDATE users SET disabled_at = now() WHERE username = 'alice'")
        .await;
    for odd in [
        r#""\u0000""#.to_owned(),
        r#""a\nb\ud83d\ude00""#.to_owned(),
        format!("\"{}\"", "a".repeat(60_000)),
        "[".repeat(10_000) + &"]".repeat(10_000),
        "1e400".to_owned(),
    ] {
        let body = format!(
            r#"{{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{odd},
                "spec":{{"nonResourceAttributes":{{"path":{odd}}},"new":{odd},"user":"shorepass:alice"}}}}"#
        );
        let body = if body.len() > 64 << 10 {
            body.replacen(&odd, "1", 2)
        } else {
            body
        };
        let headers = format!("authorization: Bearer {secret}\r\n{JSON}");
        let bytes = request(&portal, "POST", "/k8s/authorize", &headers, &body);
        let answer = super::send(&portal, "odd", bytes).await;
        let odd = &odd[..odd.len().min(40)];
        assert_eq!(answer.status, 200, "{odd}: {}", answer.body);
        assert!(
            answer.body.contains(r#""denied":true"#),
            "{odd}: {}",
            answer.body
        );
    }
}
