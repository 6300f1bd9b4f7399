//! Methods: only those of an endpoint do anything, and nothing makes one into another.

use sqlx::PgPool;

use super::{
    FORMS, JSON, OAUTH, PAGES, REVIEWS, assert_harmless, assert_refused, bearer, is_in, request,
    send,
};
use crate::support::Portal;

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn other_methods_are_refused_everywhere(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let headers = format!(
        "cookie: {cookie}\r\n{}x-canary: echoed\r\n",
        bearer(&portal)
    );
    let post = FORMS.into_iter().chain(OAUTH).chain(JSON).chain(REVIEWS);
    for path in PAGES.into_iter().chain(post) {
        for method in [
            "PUT", "PATCH", "DELETE", "TRACE", "OPTIONS", "PROPFIND", "get", "post", "GETT",
        ] {
            let case = format!("{method} {path}");
            let bytes = request(&portal, method, path, &headers, "");
            let answer = assert_refused(&portal, &case, bytes).await;
            assert_eq!(answer.status, 405, "{case}");
            assert!(answer.header("allow").is_some(), "{case}: {}", answer.head);
            assert!(!answer.body.contains("echoed"), "{case}: {}", answer.body);
        }
    }
    assert!(
        is_in(&portal, &cookie).await,
        "one of them logged alice out"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nothing_is_changed_by_reading(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let headers = format!("cookie: {cookie}\r\n");
    let read = PAGES;
    for path in FORMS
        .into_iter()
        .chain(OAUTH)
        .chain(JSON)
        .chain(REVIEWS)
        .filter(|path| !read.contains(path))
    {
        for method in ["GET", "HEAD"] {
            let case = format!("{method} {path}");
            let bytes = request(&portal, method, path, &headers, "");
            assert_eq!(
                assert_refused(&portal, &case, bytes).await.status,
                405,
                "{case}"
            );
        }
    }
    assert!(is_in(&portal, &cookie).await, "a link logged alice out");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn no_header_and_no_field_makes_one_method_into_another(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let overrides = |method: &str| {
        [
            "x-http-method-override",
            "x-http-method",
            "x-method-override",
        ]
        .map(|name| format!("{name}: {method}\r\n"))
        .concat()
    };
    for path in ["/logout", "/sessions/end-all", "/api/token"] {
        let headers = format!(
            "cookie: {cookie}\r\nx-shorepass: 1\r\n{}",
            overrides("POST")
        );
        let path = format!("{path}?_method=POST");
        let bytes = request(&portal, "GET", &path, &headers, "");
        assert_eq!(assert_refused(&portal, &path, bytes).await.status, 405);
    }
    assert!(is_in(&portal, &cookie).await, "GET logged alice out");
    for method in ["HEAD", "DELETE", "CONNECT"] {
        let headers = bearer(&portal) + &overrides(method);
        let path = format!("/k8stoken?_method={method}");
        let answer = send(
            &portal,
            method,
            request(&portal, "GET", &path, &headers, ""),
        )
        .await;
        assert_eq!(answer.status, 200, "{method}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn it_is_no_proxy(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let host = portal.host();
    for target in [
        host.as_str(),
        "evil.example:443",
        "/k8stoken",
        "*",
        "127.0.0.1:22",
    ] {
        let bytes =
            format!("CONNECT {target} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        let case = format!("CONNECT {target}");
        let answer = send(&portal, &case, bytes).await;
        assert!(
            (400..500).contains(&answer.status),
            "{case}: {}",
            answer.head
        );
        assert_harmless(&portal, &case, &answer).await;
    }
    for method in ["OPTIONS", "GET"] {
        let bytes = format!("{method} * HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
        assert_refused(&portal, &format!("{method} *"), bytes).await;
    }
}
