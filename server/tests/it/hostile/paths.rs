//! Paths: an endpoint has one spelling, and no other one gets around the rules of it.

use sqlx::PgPool;

use super::{
    FORMS, JSON, OAUTH, PAGES, REVIEWS, assert_harmless, assert_refused, bearer, request, send,
};
use crate::support::Portal;

/// Spellings that one parser or another takes for `path`.
fn spellings(path: &str) -> Vec<String> {
    let name = &path[1..];
    let mut all = vec![
        format!("/{path}"),
        format!("/.{path}"),
        format!("/x/..{path}"),
        format!("/%2e{path}"),
        format!("/x/%2e%2e{path}"),
        format!("/%2e%2e%2f{name}"),
        format!("/%2f{name}"),
        format!("/%5c{name}"),
        format!("/%c0%af{name}"),
        format!("/%252e%252e%252f{name}"),
        format!("/login/..;{path}"),
        format!("{path}%00"),
        format!("{path}%20"),
        format!("{path}%09"),
        format!("{path}%0a"),
        format!("{path}%0d%0aset-cookie:%20shorepass=planted"),
        format!("{path}%2f"),
        format!("{path}%3frefresh_token=a"),
        format!("{path}."),
        format!("{path}.json"),
        format!("{path};jsessionid=1"),
        format!("{path}/."),
        format!("{path}/.."),
        format!("{path}~"),
    ];
    if path != "/" {
        let (first, rest) = name.split_at(1);
        all.extend([
            format!("{path}/"),
            path.to_uppercase(),
            format!("/%{:02x}{rest}", first.as_bytes()[0]),
        ]);
    }
    all
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn no_other_spelling_of_a_path_reaches_its_endpoint(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let caller = format!("cookie: {cookie}\r\nx-shorepass: 1\r\n{}", bearer(&portal));
    let get = PAGES.map(|path| ("GET", path));
    let post = FORMS.into_iter().chain(OAUTH).chain(JSON).chain(REVIEWS);
    let post = post.map(|path| ("POST", path));
    for (method, path) in get.into_iter().chain(post) {
        for spelling in spellings(path) {
            let case = format!("{method} {spelling}");
            let bytes = request(&portal, method, &spelling, &caller, "");
            let answer = assert_refused(&portal, &case, bytes).await;
            assert!(
                matches!(answer.status, 400 | 404),
                "{case}: {}",
                answer.head
            );
        }
    }
    assert!(
        super::is_in(&portal, &cookie).await,
        "one of them logged alice out"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn there_is_nothing_behind_the_public_port_but_the_endpoints(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let hash = portal.state.assets.hash().to_owned();
    let mut paths: Vec<String> = [
        "/admin",
        "/admin/",
        "/debug/pprof",
        "/debug/pprof/heap",
        "/actuator/env",
        "/server-status",
        "/.env",
        "/.git/config",
        "/shorepass.toml",
        "/etc/passwd",
        "/pkg/",
        "/pkg/../login",
        "/pkg/%2e%2e/login",
        "/k8stoken/metrics",
        "/metrics/",
        "/api",
        "/api/",
        "/oauth2/",
        "/k8s",
        "/k8s/",
        "/k8s/review",
        "/.well-known/",
        "/.well-known/../k8stoken",
    ]
    .map(str::to_owned)
    .into();
    for name in [
        "%2e%2e%2f%2e%2e%2fCargo.toml",
        "..%2fshorepass.css",
        "..%5c..%5cCargo.toml",
        "%c0%ae%c0%ae%c0%afCargo.toml",
        "shorepass.css%00",
        "%00",
        "",
        ".",
    ] {
        paths.push(format!("/pkg/{hash}/{name}"));
    }
    for path in paths {
        let bytes = request(&portal, "GET", &path, &bearer(&portal), "");
        let answer = assert_refused(&portal, &path, bytes).await;
        assert!(
            matches!(answer.status, 400 | 404),
            "{path}: {}",
            answer.head
        );
        assert!(!answer.body.contains("[package]"), "{path}: a file of ours");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn without_a_login_every_page_is_the_way_to_log_in(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let long = "a=1&".repeat(10_000);
    for (path, place) in [
        ("/", "/login"),
        ("/sessions", "/login?return_to=%2Fsessions"),
        (
            "/sessions?//evil.example",
            "/login?return_to=%2Fsessions%3F%2F%2Fevil.example",
        ),
        (
            "/sessions?%0d%0aset-cookie:%20a=b",
            "/login?return_to=%2Fsessions%3F%250d%250aset-cookie%3A%2520a%3Db",
        ),
        (&format!("/sessions?{long}"), "/login"),
    ] {
        let answer = send(&portal, path, request(&portal, "GET", path, "", "")).await;
        assert_eq!(answer.status, 303, "{path}");
        assert_eq!(answer.header("location"), Some(place), "{path}");
        assert_harmless(&portal, path, &answer).await;
    }
    for path in FORMS.into_iter().chain(JSON) {
        if matches!(
            path,
            "/login" | "/logout" | "/k8stoken" | "/oauth2/consent" | "/oauth2/logout/confirm"
        ) {
            continue;
        }
        let json = if JSON.contains(&path) { "{}" } else { "" };
        let headers = if json.is_empty() {
            ""
        } else {
            "content-type: application/json\r\nx-shorepass: 1\r\n"
        };
        let answer = send(&portal, path, request(&portal, "POST", path, headers, json)).await;
        let expected = if json.is_empty() { 303 } else { 401 };
        assert_eq!(answer.status, expected, "{path}");
        assert_harmless(&portal, path, &answer).await;
    }
}
