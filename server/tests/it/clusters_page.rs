//! `/admin/clusters`: who sees it, what it changes, and what the self-check says there.

use sqlx::PgPool;

use crate::support::Portal;

const PAGES: [&str; 2] = ["/admin/clusters", "/admin/clusters/demo"];
const FORMS: [&str; 5] = [
    "/admin/clusters",
    "/admin/clusters/demo",
    "/admin/clusters/demo/namespaces",
    "/admin/clusters/demo/check",
    "/admin/clusters/demo/webhook",
];

/// What the whole table of clusters and namespaces says.
async fn stored(portal: &Portal) -> Vec<String> {
    sqlx::query_scalar(
        "SELECT c.name || ' ' || c.audience || ' ' || c.username_prefix || ' ' || c.token_lifetime || ' '
                || coalesce(string_agg(n.name, ',' ORDER BY n.name), '')
         FROM clusters c LEFT JOIN namespaces n ON n.cluster_id = c.id GROUP BY c.id ORDER BY c.name",
    )
    .fetch_all(&portal.pool)
    .await
    .unwrap()
}

async fn post(portal: &Portal, cookie: &str, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let request = portal.post(path, fields).header("cookie", cookie);
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

async fn check(portal: &Portal, cookie: &str, body: &str) -> (u16, String) {
    let request = portal.client.post(format!("{}/api/check", portal.url));
    let request = request
        .header("origin", &portal.url)
        .header("cookie", cookie)
        .header("content-type", "application/json")
        .header("x-shorepass", "person")
        .body(body.to_owned());
    portal.refusal(request).await
}

const PORTAL_HALF: &str = r#"{"cluster":"demo","half":"portal"}"#;

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn to_everybody_but_administrators_these_pages_are_not_there(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let before = stored(&portal).await;
    let add = [("name", "x"), ("api_url", "https://x.example")];
    for name in ["alice", "bob", "dave", "erin"] {
        let cookie = portal.log_in(name).await;
        for path in PAGES {
            let response = portal.get(path).header("cookie", &cookie).send().await;
            assert_eq!(response.unwrap().status(), 404, "{name} {path}");
        }
        for path in FORMS {
            let (status, _) = post(&portal, &cookie, path, &add).await;
            assert_eq!(status, 404, "{name} {path}");
        }
        assert_eq!(check(&portal, &cookie, PORTAL_HALF).await.0, 403, "{name}");
        let start = portal
            .get("/sessions")
            .header("cookie", &cookie)
            .send()
            .await;
        let start = start.unwrap().text().await.unwrap();
        assert!(
            !start.contains("/admin/clusters"),
            "{name} is shown the way there"
        );
    }
    assert_eq!(stored(&portal).await, before);
    let carol = portal.log_in("carol").await;
    for path in PAGES {
        let response = portal.get(path).header("cookie", &carol).send().await;
        assert_eq!(response.unwrap().status(), 200, "{path}");
    }
    let start = portal
        .get("/sessions")
        .header("cookie", &carol)
        .send()
        .await;
    assert!(
        start
            .unwrap()
            .text()
            .await
            .unwrap()
            .contains("/admin/clusters")
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_administrator_connects_a_cluster_changes_it_and_adds_namespaces(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let carol = portal.log_in("carol").await;
    let record = [
        ("name", "east"),
        ("api_url", "https://east.example:6443"),
        ("audience", ""),
        ("username_prefix", ""),
        ("groups_prefix", "east:"),
        ("groups_claim", ""),
        ("group_template", ""),
        ("token_lifetime", "120"),
    ];
    let (status, _) = post(&portal, &carol, "/admin/clusters", &record).await;
    assert_eq!(status, 303);
    let namespace = [("namespace", "payments")];
    let path = "/admin/clusters/east/namespaces";
    assert_eq!(post(&portal, &carol, path, &namespace).await.0, 303);
    assert!(
        stored(&portal)
            .await
            .contains(&"east east  120 payments".to_owned())
    );

    let mut changed = record;
    changed[2] = ("audience", "k8s-east");
    changed[7] = ("token_lifetime", "600");
    let path = "/admin/clusters/east";
    assert_eq!(post(&portal, &carol, path, &changed).await.0, 303);
    assert!(
        stored(&portal)
            .await
            .contains(&"east k8s-east  600 payments".to_owned())
    );
    let page = portal.get(path).header("cookie", &carol).send().await;
    let page = page.unwrap().text().await.unwrap();
    for text in [
        "k8s-east",
        "payments-viewer",
        "AuthenticationConfiguration",
        "--oidc-client-id",
    ] {
        assert!(page.contains(text), "{text} is not on the page");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_wrong_with_a_record_is_said_and_nothing_is_changed(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let carol = portal.log_in("carol").await;
    let before = stored(&portal).await;
    let good = [
        ("name", "east"),
        ("api_url", "https://east.example"),
        ("audience", "east"),
    ];
    for (field, value, words) in [
        ("name", "demo", "already"),
        ("name", "East", "lower-case"),
        ("api_url", "http://east.example", "https"),
        ("api_url", "https://u@east.example", "user"),
        ("audience", "kubernetes", "audience"),
        ("username_prefix", "System:", "prefix"),
        ("groups_claim", "sub", "claim"),
        ("token_lifetime", "901", "60 to 900"),
        ("token_lifetime", "soon", "60 to 900"),
        ("group_template", "{role}", "template"),
        ("ca_certificate", "<script>alert(1)</script>", "certificate"),
        (
            "ca_certificate",
            "-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----",
            "certificate",
        ),
    ] {
        let fields = good.into_iter().filter(|(name, _)| *name != field);
        let fields: Vec<_> = fields.chain([(field, value)]).collect();
        let (status, page) = post(&portal, &carol, "/admin/clusters", &fields).await;
        assert_eq!(status, 400, "{field}={value}");
        let problem = page.split("role=\"alert\"").nth(1).unwrap_or_default();
        let problem = problem.split("</p>").next().unwrap().to_lowercase();
        assert!(problem.contains(words), "{field}={value}: {problem}");
        assert!(!page.contains("<script>alert"), "{field}");
    }
    for (namespace, words) in [
        ("Kube", "lower-case"),
        ("", "lower-case"),
        ("a/../b", "lower-case"),
    ] {
        let fields = [("namespace", namespace)];
        let path = "/admin/clusters/demo/namespaces";
        let (status, page) = post(&portal, &carol, path, &fields).await;
        assert_eq!(status, 400, "{namespace}");
        assert!(page.contains(words), "{namespace}");
    }
    for path in [
        "/admin/clusters/none",
        "/admin/clusters/none/check",
        "/admin/clusters/none/namespaces",
    ] {
        let (status, _) = post(
            &portal,
            &carol,
            path,
            &[("namespace", "a"), ("api_url", "https://a.example")],
        )
        .await;
        assert_eq!(status, 404, "{path}");
    }
    assert_eq!(stored(&portal).await, before);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_self_check_says_what_is_wrong_and_how_it_is_mended(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let carol = portal.log_in("carol").await;
    let (status, page) = post(&portal, &carol, "/admin/clusters/demo/check", &[]).await;
    assert_eq!(status, 200);
    // The portal of the tests speaks http, and nothing listens where the demo's API server would be.
    assert!(
        page.contains("API servers take https alone") && page.contains("shorepass pki"),
        "{page}"
    );
    assert!(
        page.contains("https://127.0.0.1:6443: no connection"),
        "{page}"
    );

    let (status, answer) = check(&portal, &carol, PORTAL_HALF).await;
    assert_eq!(status, 200);
    let found: serde_json::Value = serde_json::from_str(&answer).unwrap();
    assert_eq!(found.as_array().unwrap().len(), 2, "{answer}");
    for (body, status) in [
        (r#"{"cluster":"none","half":"portal"}"#, 403),
        (r#"{"cluster":"demo","half":"whole"}"#, 400),
        (r#"{"cluster":"demo"}"#, 400),
    ] {
        assert_eq!(check(&portal, &carol, body).await.0, status, "{body}");
    }
    let issued: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM issued_tokens WHERE username = 'shorepass-self-check' AND groups = '{shorepass-self-check}'",
    )
    .fetch_one(&portal.pool)
    .await
    .unwrap();
    assert_eq!(issued, 1, "what was shown to the API server is on record");
    let live: i64 = sqlx::query_scalar(
        "SELECT count(*) FROM logins WHERE address = 'self-check' AND ended_at IS NULL",
    )
    .fetch_one(&portal.pool)
    .await
    .unwrap();
    assert_eq!(live, 0, "nobody's login goes on");
}
