//! What people typed comes back as text, wherever it comes back.

use sqlx::PgPool;
use time::Duration;

use super::is_in;
use crate::support::Portal;

/// What would do something if it were taken for markup.
const MARKUP: [&str; 6] = [
    "<script>alert(1)</script>",
    "</textarea><script>alert(1)</script>",
    "</script><img src=x onerror=1>",
    "\"autofocus onfocus=alert(1) x=\"",
    "'><svg/onload=alert(1)>",
    "--><svg/onload=alert(1)>",
];
/// How that would begin; our own pages have none of it.
const TAGS: [&str; 3] = ["<script>alert", "<svg/", "<img src=x"];
/// What templates, formats and loggers would expand.
const TEMPLATES: [&str; 6] = [
    "{{7*7}}",
    "${7*7}",
    "${jndi:ldap://evil}",
    "%n%s%x",
    "#{7*7}",
    "javascript:alert(1)",
];

/// Markup is text in texts, and stays within its quotes in attributes.
fn assert_inert(case: &str, page: &str) {
    for tag in TAGS {
        assert!(!page.contains(tag), "{case}: {tag} is markup");
    }
    let tags = page.split('<').filter_map(|tag| tag.split('>').next());
    for tag in tags {
        let runs = [
            "\"autofocus onfocus",
            "href=\"javascript:",
            "src=\"javascript:",
            "action=\"javascript:",
        ];
        assert!(!runs.iter().any(|it| tag.contains(it)), "{case}: <{tag}>");
    }
}

fn assert_text(case: &str, typed: &str, page: &str) {
    assert_inert(&format!("{case} {typed}"), page);
    if TEMPLATES.iter().any(|template| typed.contains(template)) {
        let stayed = page.contains(typed);
        assert!(stayed, "{case}: {typed} did not stay as it is");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_login_form_repeats_what_was_typed_as_text(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for typed in MARKUP.into_iter().chain(TEMPLATES) {
        let wrong = portal.log_in_as(typed, "wrong").send().await.unwrap();
        assert_eq!(wrong.status(), 401, "{typed}");
        assert_text("the user name", typed, &wrong.text().await.unwrap());
        let path = format!("/{}", typed.replace(' ', "+"));
        let form = portal.get("/login").query(&[("return_to", path.as_str())]);
        let page = form.send().await.unwrap().text().await.unwrap();
        assert!(page.contains("name=\"return_to\""));
        assert_text("the way back", &path, &page);
        portal.advance(Duration::seconds(10));
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_name_of_a_key_is_text_on_every_page(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let names = MARKUP.into_iter().chain(TEMPLATES);
    for name in names.clone() {
        let made = portal
            .post("/keys", &[("name", name)])
            .header("cookie", &cookie);
        let made = made.send().await.unwrap();
        assert_eq!(made.status(), 200, "{name}");
        assert_text("the new key", name, &made.text().await.unwrap());
    }
    for path in ["/", "/sessions"] {
        let page = portal
            .get(path)
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap();
        let policy = page.headers()["content-security-policy"].to_str().unwrap();
        assert!(!policy.contains("unsafe-inline"), "{policy}");
        let page = page.text().await.unwrap();
        for name in names.clone() {
            assert_text(path, name, &page);
        }
    }
    assert!(is_in(&portal, &cookie).await);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_a_browser_calls_itself_is_text(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for typed in MARKUP {
        let login = portal
            .log_in_as("alice", "shorepass")
            .header("user-agent", typed);
        let cookie = crate::support::cookie(&login.send().await.unwrap());
        let page = portal
            .get("/sessions")
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap();
        let page = page.text().await.unwrap();
        assert_inert(typed, &page);
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_a_program_says_is_text_on_the_pages_about_it(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for typed in MARKUP.into_iter().chain(TEMPLATES) {
        for (path, name, status) in [
            ("/oauth2/authorize", "client_id", 400),
            ("/oauth2/logout", "client_id", 400),
            ("/oauth2/logout", "state", 200),
        ] {
            let response = portal
                .get(path)
                .query(&[(name, typed)])
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), status, "{path} {typed}");
            assert_inert(
                &format!("{path} {name} {typed}"),
                &response.text().await.unwrap(),
            );
        }
        for path in ["/oauth2/token", "/oauth2/revoke", "/oauth2/introspect"] {
            let fields = [
                ("client_id", typed),
                ("token", typed),
                ("grant_type", typed),
            ];
            let response = portal.post(path, &fields).send().await.unwrap();
            assert_eq!(response.status(), 401, "{path} {typed}");
            assert_eq!(response.headers()["content-type"], "application/json");
            assert!(
                !response.text().await.unwrap().contains(typed),
                "{path} {typed}"
            );
            portal.advance(Duration::seconds(10));
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_error_repeats_nothing_of_what_was_sent(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    for request in [
        portal.get("/canary?canary=canary"),
        portal.get("/?cluster=canary"),
        portal.get("/k8stoken?refresh_token=canary&cluster=canary"),
        portal.get("/k8stoken?format=canary"),
        portal.get("/login?canary=%zz"),
        portal.get("/login").header("host", "canary.example"),
        portal.post("/sessions/end", &[("id", "canary")]),
        portal.post("/keys/revoke", &[("id", "canary"), ("back", "//canary")]),
        portal.post(
            "/keys",
            &[("name", "x"), ("cluster", "canary"), ("days", "canary")],
        ),
        portal.get("/oauth2/authorize?client_id=kubernetes&redirect_uri=https://canary"),
        portal.get("/oauth2/logout?client_id=canary&post_logout_redirect_uri=//canary"),
        portal.get("/oauth2/userinfo?access_token=canary"),
        portal.get("/oauth2/userinfo").bearer_auth("canary"),
        portal.post(
            "/oauth2/token",
            &[("client_id", "canary"), ("grant_type", "canary")],
        ),
        portal.post(
            "/oauth2/token",
            &[("client_id", "kubernetes"), ("grant_type", "canary")],
        ),
        portal.post(
            "/oauth2/revoke",
            &[("client_id", "canary"), ("token", "canary")],
        ),
        portal.post(
            "/oauth2/introspect",
            &[("client_id", "canary"), ("token", "canary")],
        ),
        portal.post(
            "/oauth2/logout/confirm",
            &[("post_logout_redirect_uri", "//canary")],
        ),
        portal.post("/sessions/end-client", &[("id", "canary")]),
        portal.post("/login", &[("canary", "1"), ("return_to", "//canary")]),
        portal.post("/login", &[("username", "a"), ("username", "canary")]),
    ] {
        let response = request.header("cookie", &cookie).send().await.unwrap();
        let url = response.url().clone();
        assert!(response.status().is_client_error(), "{url}");
        assert!(!response.text().await.unwrap().contains("canary"), "{url}");
    }
}
