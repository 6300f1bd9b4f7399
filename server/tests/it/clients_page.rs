//! `/admin/clients`: who may register programs, and what becomes of them.

use sqlx::PgPool;

use crate::{
    oauth::{self, CALLBACK, VERIFIER, asking, code_for, to_token},
    support::Portal,
};

const DASHBOARD: [(&str, &str); 7] = [
    ("id", "cargo"),
    ("title", "Cargo Dashboard"),
    ("cluster", "demo"),
    ("redirect_uris", CALLBACK),
    ("confidential", "yes"),
    ("refresh_token", "yes"),
    ("first_party", "yes"),
];

async fn post(portal: &Portal, cookie: &str, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let request = portal.post(path, fields).header("cookie", cookie);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// The secret on the page.
fn secret(page: &str) -> String {
    let from = page.find("client_").expect("a secret");
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "_-".contains(*c);
    page[from..].chars().take_while(allowed).collect()
}

async fn redeem(portal: &Portal, cookie: &str, secret: &str) -> u16 {
    let code = code_for(portal, cookie, &asking("cargo", CALLBACK, &[])).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let request = to_token(portal, &fields).basic_auth("cargo", Some(secret));
    request.send().await.unwrap().status().as_u16()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_client_gets_a_secret_once_and_works_until_it_is_removed(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (carol, alice) = (portal.log_in("carol").await, portal.log_in("alice").await);
    let (status, page) = post(&portal, &carol, "/admin/clients", &DASHBOARD).await;
    assert_eq!(status, 200);
    let first = secret(&page);
    assert_eq!(redeem(&portal, &alice, &first).await, 200);
    let list = portal.get("/admin/clients").header("cookie", &carol);
    let list = list.send().await.unwrap().text().await.unwrap();
    assert!(list.contains("Cargo Dashboard") && !list.contains(&first));
    // Another secret ends the first.
    let (_, page) = post(&portal, &carol, "/admin/clients/secret", &[("id", "cargo")]).await;
    let second = secret(&page);
    assert_eq!(redeem(&portal, &alice, &first).await, 401);
    assert_eq!(redeem(&portal, &alice, &second).await, 200);
    let removed = post(&portal, &carol, "/admin/clients/remove", &[("id", "cargo")]).await;
    assert_eq!(removed.0, 303);
    let asked = portal
        .get(&asking("cargo", CALLBACK, &[]))
        .header("cookie", &alice);
    assert_eq!(asked.send().await.unwrap().status(), 400);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_wrong_with_a_client_is_said_beside_what_was_typed(pool: PgPool) {
    let portal = oauth::portal(pool).await;
    let carol = portal.log_in("carol").await;
    for (name, value, expected) in [
        ("id", "a b", "an id has"),
        ("id", "kubernetes", "audience of a cluster"),
        ("id", "dashboard", "already"),
        ("title", "", "a title is needed"),
        ("cluster", "nowhere", "no cluster"),
        ("redirect_uris", "http://evil.example/cb", "is no address"),
        ("redirect_uris", "javascript:alert(1)", "is no address"),
    ] {
        let mut fields = DASHBOARD.to_vec();
        fields.retain(|(given, _)| *given != name);
        fields.push((name, value));
        let (status, page) = post(&portal, &carol, "/admin/clients", &fields).await;
        assert_eq!(status, 400, "{name}={value}");
        let page = page.to_lowercase();
        assert!(page.contains(expected), "{name}={value}: {page}");
        assert!(
            page.contains("cargo dashboard") || name == "title",
            "{name}={value}"
        );
    }
    // What the configuration wrote is changed there.
    for path in ["/admin/clients/secret", "/admin/clients/remove"] {
        assert_eq!(
            post(&portal, &carol, path, &[("id", "dashboard")]).await.0,
            404,
            "{path}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn only_administrators_know_of_clients(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for name in ["alice", "bob", "dave", "erin"] {
        let cookie = portal.log_in(name).await;
        let page = portal.get("/admin/clients").header("cookie", &cookie);
        assert_eq!(page.send().await.unwrap().status(), 404, "{name}");
        for path in [
            "/admin/clients",
            "/admin/clients/secret",
            "/admin/clients/remove",
        ] {
            let answer = post(&portal, &cookie, path, &DASHBOARD).await;
            assert_eq!(answer.0, 404, "{name} {path}");
        }
    }
    let count: i64 = sqlx::query_scalar("SELECT count(*) FROM clients")
        .fetch_one(&portal.pool)
        .await
        .unwrap();
    assert_eq!(count, 0);
}
