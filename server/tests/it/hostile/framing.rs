//! Where a request ends. Whoever is unclear about it is answered at most once: what follows on the
//! connection may be somebody else's.

use sqlx::PgPool;

use super::{FORM, assert_harmless, assert_refused, bearer, send};
use crate::support::Portal;

/// A request without an end that all would agree on, and behind it one that would be obeyed.
fn pairs(portal: &Portal) -> Vec<(&'static str, String)> {
    let (host, bearer) = (portal.host(), bearer(portal));
    let second = format!("GET /k8stoken HTTP/1.1\r\nhost: {host}\r\n{bearer}\r\n");
    [
        (
            "two lengths",
            "content-length: 0\r\ncontent-length: 5",
            "hello",
        ),
        ("a list of lengths", "content-length: 0, 5", ""),
        ("a signed length", "content-length: +0", ""),
        ("a negative length", "content-length: -1", ""),
        (
            "a length beyond all bounds",
            "content-length: 18446744073709551616",
            "",
        ),
        ("a hexadecimal length", "content-length: 0x0", ""),
        ("space before the colon", "content-length : 0", ""),
        ("a folded line", "x: y\r\n content-length: 5", ""),
        ("a name without a colon", "content-length", ""),
        ("NUL in a value", "x: \0", ""),
        ("a bare CR in a value", "x: a\rb", ""),
        ("a bad chunk size", "transfer-encoding: chunked", "zz\r\n"),
        (
            "a chunk size beyond all bounds",
            "transfer-encoding: chunked",
            "fffffffffffffffff\r\n",
        ),
        (
            "a signed chunk size",
            "transfer-encoding: chunked",
            "+0\r\n\r\n",
        ),
        (
            "a chunk longer than it says",
            "transfer-encoding: chunked",
            "1\r\nab\r\n0\r\n\r\n",
        ),
        (
            "a chunk size that ends with LF",
            "transfer-encoding: chunked",
            "0\n\r\n",
        ),
        (
            "chunked, but not last",
            "transfer-encoding: chunked, identity",
            "0\r\n\r\n",
        ),
        (
            "another coding",
            "transfer-encoding: gzip, chunked",
            "0\r\n\r\n",
        ),
        (
            "an unknown coding",
            "transfer-encoding: xchunked",
            "0\r\n\r\n",
        ),
        (
            "chunked twice",
            "transfer-encoding: chunked\r\ntransfer-encoding: chunked",
            "0\r\n\r\n",
        ),
        (
            "identity and chunked",
            "transfer-encoding: identity\r\ntransfer-encoding: chunked",
            "0\r\n\r\n",
        ),
    ]
    .into_iter()
    .map(|(case, header, body)| {
        let first = format!("POST /k8stoken HTTP/1.1\r\nhost: {host}\r\n{FORM}{header}\r\n\r\n");
        (case, format!("{first}{body}{second}"))
    })
    .collect()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_follows_a_request_without_a_clear_end_is_never_answered(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for (case, bytes) in pairs(&portal) {
        let answer = assert_refused(&portal, case, bytes).await;
        assert_eq!(answer.count, 1, "{case}: a smuggled request was answered");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_request_with_a_length_and_chunks_is_the_last_of_its_connection(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (host, bearer) = (portal.host(), bearer(&portal));
    let second = format!("GET /k8stoken HTTP/1.1\r\nhost: {host}\r\n{bearer}\r\n");
    let chunked = "transfer-encoding: chunked\r\n";
    let length = format!("content-length: {}\r\n", second.len() + 5);
    for both in [format!("{length}{chunked}"), format!("{chunked}{length}")] {
        let first = format!("POST /k8stoken HTTP/1.1\r\nhost: {host}\r\n{FORM}{both}\r\n");
        let answer = send(&portal, &both, format!("{first}0\r\n\r\n{second}")).await;
        assert_eq!(answer.status, 401, "{both}: no key was in it");
        assert_eq!(answer.count, 1, "{both}: a smuggled request was answered");
        assert_harmless(&portal, &both, &answer).await;
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_head_that_is_no_head_is_refused(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (host, bearer) = (portal.host(), bearer(&portal));
    let lines = format!("host: {host}\r\n{bearer}");
    let long = "a".repeat(100_000);
    for (case, line, more) in [
        ("no version", "GET /k8stoken", ""),
        ("another version", "GET /k8stoken HTTP/1.9", ""),
        ("another protocol", "GET /k8stoken ICY/1.1", ""),
        ("three words too many", "GET /k8stoken a b c HTTP/1.1", ""),
        ("a space behind the path", "GET /k8stoken  HTTP/1.1", ""),
        ("a tab behind the path", "GET /k8stoken\t HTTP/1.1", ""),
        ("a path without a slash", "GET k8stoken HTTP/1.1", ""),
        ("NUL in the path", "GET /k8s\0token HTTP/1.1", ""),
        ("a byte that is no text", "GET /k8stoken\u{1} HTTP/1.1", ""),
        ("a method in lower case", "get /k8stoken HTTP/1.1", ""),
        ("a method that is none", "G(T /k8stoken HTTP/1.1", ""),
        ("the start of TLS", "\u{16}\u{3}\u{1}", ""),
        ("a second host", "GET /k8stoken HTTP/1.1", "host: evil\r\n"),
        (
            "another site's address",
            "GET http://evil.example/k8stoken HTTP/1.1",
            "",
        ),
        (
            "user information",
            "GET http://a@evil.example/k8stoken HTTP/1.1",
            "",
        ),
        (
            "1000 headers",
            "GET /k8stoken HTTP/1.1",
            &"x-one-more: 1\r\n".repeat(1000),
        ),
        (
            "a long header",
            "GET /k8stoken HTTP/1.1",
            &format!("x: {long}\r\n"),
        ),
        ("a long path", &format!("GET /{long} HTTP/1.1"), ""),
        (
            "a long query",
            &format!("GET /k8stoken?a={long} HTTP/1.1"),
            "",
        ),
    ] {
        let bytes = format!("{line}\r\n{lines}{more}connection: close\r\n\r\n");
        assert_refused(&portal, case, bytes).await;
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn no_protocol_is_switched_on_the_way(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for upgrade in [
        "upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZQ==\r\n",
        "upgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n",
        "upgrade: TLS/1.2\r\n",
    ] {
        let host = portal.host();
        let bytes = format!(
            "GET /k8stoken HTTP/1.1\r\nhost: {host}\r\nconnection: upgrade, close\r\n{upgrade}\r\n"
        );
        let answer = send(&portal, upgrade, bytes).await;
        assert_eq!(answer.status, 401, "{upgrade}");
        assert_harmless(&portal, upgrade, &answer).await;
    }
}
