//! JSON: what the islands may ask is small and flat, and everything else is refused.

use sqlx::PgPool;

use super::{JSON, assert_refused, is_in, request};
use crate::support::Portal;

fn bodies() -> Vec<(&'static str, String)> {
    let nested = |open: &str, close: &str| open.repeat(10_000) + "1" + &close.repeat(10_000);
    let within = |value: &str| format!(r#"{{"cluster":{value}}}"#);
    vec![
        ("nothing", String::new()),
        ("no JSON", "cluster=demo".to_owned()),
        ("half of it", r#"{"cluster":"de"#.to_owned()),
        ("two", "{}{}".to_owned()),
        ("null", "null".to_owned()),
        ("a text", "\"demo\"".to_owned()),
        ("a number", within("1")),
        ("an object for a text", within("{}")),
        ("10 000 lists", nested("[", "]")),
        ("10 000 objects", nested(r#"{"a":"#, "}")),
        ("10 000 lists without an end", "[".repeat(10_000)),
        ("10 000 lists for a text", within(&nested("[", "]"))),
        (
            "10 000 lists in a field that nobody knows",
            format!(r#"{{"a":{}}}"#, nested("[", "]")),
        ),
        ("1e400", "1e400".to_owned()),
        ("1e400 for a text", within("1e400")),
        (
            "1e400 in a field that nobody knows",
            r#"{"a":1e400}"#.to_owned(),
        ),
        ("NaN", within("NaN")),
        ("Infinity", within("-Infinity")),
        (
            "a field twice",
            r#"{"cluster":"demo","cluster":"other"}"#.to_owned(),
        ),
        ("a field in other case", r#"{"Cluster":"demo"}"#.to_owned()),
        ("NUL", within(r#""\u0000""#)),
        ("NUL behind a name", within(r#""demo\u0000""#)),
        ("half of a surrogate pair", within(r#""\ud800""#)),
        ("a line end in a text", within("\"a\nb\"")),
        ("a comment", "{}//".to_owned()),
        ("a byte order mark", "\u{feff}{}".to_owned()),
        (
            "another's rights",
            r#"{"cluster":"demo","user":"bob","groups":["payments-admin"]}"#.to_owned(),
        ),
        (
            "the prototype",
            r#"{"__proto__":{"cluster":"demo"}}"#.to_owned(),
        ),
        ("no such cluster", within(r#""' OR 1=1 --""#)),
        (
            "a long name",
            within(&format!("\"{}\"", "a".repeat(60_000))),
        ),
    ]
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_an_island_would_never_ask_is_refused(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let headers =
        format!("cookie: {cookie}\r\nx-shorepass: 1\r\ncontent-type: application/json\r\n");
    for path in JSON {
        for (name, body) in bodies() {
            let case = format!("{name} to {path}");
            let bytes = request(&portal, "POST", path, &headers, &body);
            let answer = assert_refused(&portal, &case, bytes).await;
            assert!(
                matches!(answer.status, 400 | 403),
                "{case}: {}",
                answer.head
            );
            assert_eq!(
                answer.header("content-type"),
                Some("application/json"),
                "{case}"
            );
        }
    }
    assert!(is_in(&portal, &cookie).await);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_form_of_another_site_cannot_pass_for_an_island(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let own = "x-shorepass: 1\r\n";
    let json = "content-type: application/json\r\n";
    for path in JSON {
        for (name, headers) in [
            ("text", format!("{own}content-type: text/plain\r\n")),
            ("a form", format!("{own}{}", super::FORM)),
            ("no type", own.to_owned()),
            (
                "two types",
                format!("{own}{json}content-type: text/plain\r\n"),
            ),
            ("the type twice", format!("{own}{json}{json}")),
            (
                "a type that begins alike",
                format!("{own}content-type: application/jsonp\r\n"),
            ),
            (
                "another character set",
                format!("{own}content-type: application/json; charset=utf-16\r\n"),
            ),
            ("without the header of the islands", json.to_owned()),
        ] {
            let case = format!("{name} to {path}");
            let headers = format!("cookie: {cookie}\r\n{headers}");
            let bytes = request(&portal, "POST", path, &headers, "{}");
            assert_eq!(
                assert_refused(&portal, &case, bytes).await.status,
                415,
                "{case}"
            );
        }
    }
}
