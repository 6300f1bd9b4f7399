//! Bodies: a form is a form, and what is none changes nothing.

use sqlx::PgPool;

use super::{FORM, FORMS, JSON, OAUTH, assert_refused, is_in, request};
use crate::support::Portal;

/// Bodies that are no form, and what says so.
fn no_forms() -> Vec<(&'static str, &'static str, String)> {
    let fields = "id=1&name=laptop&username=alice&password=shorepass";
    vec![
        (
            "JSON",
            "content-type: application/json\r\n",
            r#"{"id":1}"#.to_owned(),
        ),
        ("text", "content-type: text/plain\r\n", fields.to_owned()),
        ("no type", "", fields.to_owned()),
        ("an empty type", "content-type:\r\n", fields.to_owned()),
        (
            "two types",
            "content-type: application/x-www-form-urlencoded\r\ncontent-type: text/plain\r\n",
            fields.to_owned(),
        ),
        (
            "the type twice",
            "content-type: application/x-www-form-urlencoded\r\n\
             content-type: application/x-www-form-urlencoded\r\n",
            fields.to_owned(),
        ),
        (
            "another character set",
            "content-type: application/x-www-form-urlencoded; charset=utf-16\r\n",
            fields.to_owned(),
        ),
        (
            "parts",
            "content-type: multipart/form-data; boundary=x\r\n",
            "--x\r\ncontent-disposition: form-data; name=\"id\"\r\n\r\n1\r\n--x--\r\n".to_owned(),
        ),
        ("10 000 fields", FORM, "a=1&".repeat(10_000)),
        ("a bad percent sign", FORM, format!("{fields}&a=%zz")),
        ("NUL in a value", FORM, format!("{fields}&a=%00")),
        ("NUL in a name", FORM, format!("{fields}&a%00=1")),
        ("overlong UTF-8", FORM, format!("{fields}&a=%c0%af")),
        (
            "half of a surrogate pair",
            FORM,
            format!("{fields}&a=%ed%a0%80"),
        ),
        (
            "a coding",
            "content-type: application/x-www-form-urlencoded\r\ncontent-encoding: gzip\r\n",
            fields.to_owned(),
        ),
        (
            "a coding that is none",
            "content-type: application/x-www-form-urlencoded\r\ncontent-encoding: identity\r\n",
            fields.to_owned(),
        ),
        ("10 MiB", FORM, "a".repeat(10 << 20)),
    ]
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_no_form_changes_nothing(pool: PgPool) {
    let portal = Portal::start(pool).await;
    // An administrator: nobody else gets as far as the forms for them.
    let cookie = portal.log_in("carol").await;
    for (name, kind, body) in no_forms() {
        for path in FORMS.into_iter().chain(OAUTH) {
            let case = format!("{name} to {path}");
            let headers = format!("cookie: {cookie}\r\n{kind}");
            let bytes = request(&portal, "POST", path, &headers, &body);
            let status = assert_refused(&portal, &case, bytes).await.status;
            let expected = match name {
                "10 MiB" => status == 413,
                "a coding" | "a coding that is none" => status == 415,
                _ => matches!(status, 400 | 415),
            };
            assert!(expected, "{case}: {status}");
        }
    }
    assert!(
        is_in(&portal, &cookie).await,
        "one of them logged carol out"
    );
    let keys: i64 =
        sqlx::query_scalar("SELECT count(*) FROM retrieval_keys WHERE name <> 'make run'")
            .fetch_one(&portal.pool)
            .await
            .unwrap();
    assert_eq!(keys, 0, "one of them made a key");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_too_much_or_in_a_coding_is_refused_to_islands_too(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let json = format!("cookie: {cookie}\r\nx-shorepass: 1\r\ncontent-type: application/json\r\n");
    for path in JSON {
        for (name, more, body, status) in [
            ("10 MiB", "", " ".repeat(10 << 20), 413),
            ("a coding", "content-encoding: br\r\n", "{}".to_owned(), 415),
        ] {
            let case = format!("{name} to {path}");
            let bytes = request(&portal, "POST", path, &format!("{json}{more}"), &body);
            assert_eq!(
                assert_refused(&portal, &case, bytes).await.status,
                status,
                "{case}"
            );
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_body_that_breaks_off_is_no_shorter_body(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let host = portal.host();
    for path in FORMS.into_iter().chain(OAUTH) {
        let bytes = format!(
            "POST {path} HTTP/1.1\r\nhost: {host}\r\norigin: {}\r\ncookie: {cookie}\r\n{FORM}\
             transfer-encoding: chunked\r\n\r\n4\r\nid=1\r\n-1\r\n",
            portal.url
        );
        let case = format!("a broken chunk to {path}");
        assert_eq!(
            assert_refused(&portal, &case, bytes).await.status,
            400,
            "{case}"
        );
    }
    assert!(is_in(&portal, &cookie).await, "half a request was obeyed");
}
