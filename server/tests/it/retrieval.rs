//! `/k8stoken`: every form, every format, every error.

use identity::{directory::shut_out, operator::Operator};
use server::edge::limits::Limits;
use sqlx::PgPool;
use time::Duration;

use crate::support::{Portal, claims};

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_key_comes_in_any_of_three_forms_and_gets_the_same_token(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let key = portal.key.clone();
    let header = portal.token(&key).await;
    let url = format!("{}/k8stoken", portal.url);
    for request in [
        portal.get(&format!("/k8stoken?refresh_token={key}")),
        portal
            .client
            .post(&url)
            .form(&[("refresh_token", key.as_str())]),
        portal.client.post(&url).bearer_auth(&key),
        portal
            .get("/k8stoken")
            .header("authorization", format!("bEaReR {key}")),
        portal
            .get("/k8stoken?cluster=demo&unknown=1")
            .bearer_auth(&key)
            .header("range", "bytes=0-3"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/plain");
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["referrer-policy"], "no-referrer");
        assert_eq!(response.text().await.unwrap(), header);
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_exec_credential_expires_thirty_seconds_before_its_token(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for request in [
        portal.get("/k8stoken?format=exec").bearer_auth(&portal.key),
        portal
            .fetch(&portal.key)
            .header("accept", "application/json"),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.headers()["content-type"], "application/json");
        let credential: serde_json::Value = response.json().await.unwrap();
        assert_eq!(credential["apiVersion"], "client.authentication.k8s.io/v1");
        assert_eq!(credential["kind"], "ExecCredential");
        let token = claims(credential["status"]["token"].as_str().unwrap());
        assert_eq!(token["exp"], 1_800_000_300);
        assert_eq!(
            credential["status"]["expirationTimestamp"],
            "2027-01-15T08:04:30Z"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn every_bad_request_gets_its_word(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let key = portal.key.as_str();
    let url = format!("{}/k8stoken", portal.url);
    let post = || portal.client.post(&url);
    let cases = [
        ("no key", portal.get("/k8stoken"), 401, "key_missing"),
        (
            "an empty key",
            portal.get("/k8stoken?refresh_token="),
            401,
            "key_missing",
        ),
        (
            "an empty bearer",
            portal.get("/k8stoken").header("authorization", "Bearer "),
            401,
            "key_missing",
        ),
        (
            "another scheme",
            portal
                .get("/k8stoken")
                .header("authorization", "Basic YTpi"),
            401,
            "key_missing",
        ),
        ("garbage", portal.fetch("garbage"), 401, "key_unknown"),
        (
            "a truncated key",
            portal.fetch(&key[..key.len() - 1]),
            401,
            "key_unknown",
        ),
        (
            "an extended key",
            portal.fetch(&format!("{key}A")),
            401,
            "key_unknown",
        ),
        (
            "a key of nobody",
            portal.fetch(&format!("k8r_{}", "A".repeat(43))),
            401,
            "key_unknown",
        ),
        (
            "key twice",
            portal
                .get(&format!("/k8stoken?refresh_token={key}"))
                .bearer_auth(key),
            400,
            "bad_request",
        ),
        (
            "parameter twice",
            portal
                .get("/k8stoken?cluster=demo&cluster=demo")
                .bearer_auth(key),
            400,
            "bad_request",
        ),
        (
            "unknown format",
            portal.get("/k8stoken?format=yaml").bearer_auth(key),
            400,
            "bad_request",
        ),
        (
            "bad percent",
            portal.get("/k8stoken?refresh_token=%zz"),
            400,
            "bad_request",
        ),
        (
            "overlong",
            portal.get("/k8stoken?refresh_token=%c0%af"),
            400,
            "bad_request",
        ),
        (
            "NUL",
            portal.get("/k8stoken?cluster=%00").bearer_auth(key),
            400,
            "bad_request",
        ),
        (
            "JSON",
            post().json(&serde_json::json!({"refresh_token": key})),
            400,
            "bad_request",
        ),
        (
            "navigation",
            portal.fetch(key).header("sec-fetch-mode", "navigate"),
            400,
            "bad_request",
        ),
        (
            "cross-site",
            portal.fetch(key).header("sec-fetch-site", "cross-site"),
            400,
            "bad_request",
        ),
        (
            "an image",
            portal.fetch(key).header("sec-fetch-dest", "image"),
            400,
            "bad_request",
        ),
        (
            "unknown cluster",
            portal.get("/k8stoken?cluster=nope").bearer_auth(key),
            403,
            "cluster_refused",
        ),
    ];
    for (name, request, status, word) in cases {
        assert_eq!(
            portal.refusal(request).await,
            (status, word.to_owned()),
            "{name}"
        );
    }
    for method in ["HEAD", "PUT", "DELETE", "OPTIONS", "PATCH"] {
        let response = portal
            .client
            .request(method.parse().unwrap(), &url)
            .bearer_auth(key)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 405, "{method}");
        assert_eq!(response.headers()["allow"], "GET, POST");
        assert!(
            response
                .headers()
                .get("access-control-allow-origin")
                .is_none()
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_query_form_can_be_switched_off(pool: PgPool) {
    let portal = Portal::with(pool, "", Limits::default()).await;
    let mut config = crate::support::config(&portal.url, "");
    config.query_keys = false;
    let identity = server::state::portal(&config, portal.pool.clone(), portal.clock.clone())
        .await
        .unwrap();
    let state = server::AppState::new(&config, identity, Limits::default(), None);
    let request = http::Request::get(format!("/k8stoken?refresh_token={}", portal.key))
        .header("host", portal.host())
        .body(axum::body::Body::empty())
        .unwrap();
    let response = tower::ServiceExt::oneshot(server::routes::router(state), request)
        .await
        .unwrap();
    assert_eq!(response.status(), 400);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_key_sleeps_while_its_owner_has_no_live_login_and_wakes_with_the_next(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "").await;
    portal.token(&key).await;
    portal
        .post("/logout", &[])
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(
        portal.refusal(portal.fetch(&key)).await,
        (401, "login_required".into())
    );
    assert_eq!(
        portal.refusal(portal.fetch(&portal.key)).await,
        (401, "login_required".into()),
        "the demo's key sleeps too"
    );
    portal.log_in("alice").await;
    portal.token(&key).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_key_ends_when_it_expires_or_is_revoked(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let (first, second) = (
        portal.make_key(&cookie, "").await,
        portal.make_key(&cookie, "").await,
    );
    portal
        .sql("UPDATE retrieval_keys SET revoked_at = created_at WHERE name = 'make run'")
        .await;
    assert_eq!(
        portal.refusal(portal.fetch(&portal.key)).await,
        (401, "key_revoked".into())
    );
    for key in [&first, &second] {
        portal.token(key).await;
    }
    portal.advance(Duration::days(2));
    portal.log_in("alice").await;
    assert_eq!(
        portal.refusal(portal.fetch(&first)).await,
        (401, "key_expired".into())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_disabled_user_gets_nothing_from_the_next_request_on(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "").await;
    portal.token(&key).await;
    let mut conn = portal.pool.acquire().await.unwrap();
    shut_out::disable(
        &mut conn,
        &Operator::at_the_command_line(),
        "alice",
        portal.now(),
    )
    .await
    .unwrap();
    assert_eq!(
        portal.refusal(portal.fetch(&key)).await,
        (401, "login_required".into())
    );
    assert_eq!(
        portal
            .get("/")
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap()
            .status(),
        303
    );
    shut_out::enable(&mut conn, &Operator::at_the_command_line(), "alice")
        .await
        .unwrap();
    portal.log_in("alice").await;
    assert_eq!(
        portal.refusal(portal.fetch(&key)).await,
        (401, "key_revoked".into()),
        "a key came back to life"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn several_clusters_have_to_be_named_and_a_bound_key_stays_with_its_own(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let any = portal.make_key(&cookie, "").await;
    portal
        .sql(
            "INSERT INTO clusters (id, name, api_url, audience, created_at)
             VALUES (gen_random_uuid(), 'other', 'https://127.0.0.1:7443', 'other', now())",
        )
        .await;
    assert_eq!(
        portal.refusal(portal.fetch(&any)).await,
        (400, "cluster_required".into())
    );
    let other = portal
        .get("/k8stoken?cluster=other")
        .bearer_auth(&any)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert_eq!(claims(&other)["aud"], serde_json::json!(["other"]));
    assert_eq!(
        claims(&other)["groups"],
        serde_json::json!(["users"]),
        "groups of another cluster leaked"
    );
    let bound = portal.make_key(&cookie, "other").await;
    assert_eq!(
        claims(&portal.token(&bound).await)["aud"],
        serde_json::json!(["other"])
    );
    let crossed = portal.get("/k8stoken?cluster=demo").bearer_auth(&bound);
    assert_eq!(
        portal.refusal(crossed).await,
        (403, "cluster_refused".into())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_key_may_be_bound_to_the_login_that_made_it(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "").await;
    portal
        .sql("UPDATE retrieval_keys SET login_id = (SELECT id FROM logins WHERE cookie_hash IS NOT NULL) WHERE name = 'laptop'")
        .await;
    portal.log_in("alice").await;
    portal.token(&key).await;
    portal
        .post("/logout", &[])
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(
        portal.refusal(portal.fetch(&key)).await,
        (401, "login_required".into())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn guessing_keys_is_slowed_down(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut slowed = None;
    for _ in 0..400 {
        let response = portal.fetch("k8r_guess").send().await.unwrap();
        if response.status() == 429 {
            slowed = Some(response);
            break;
        }
    }
    let response = slowed.expect("nothing slows guessing down");
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(response.text().await.unwrap(), "slow_down");
    portal.token(&portal.key).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_last_use_is_written_at_most_once_a_minute(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let last_use = async || {
        sqlx::query_scalar::<_, time::OffsetDateTime>(
            "SELECT last_used_at FROM retrieval_keys WHERE name = 'make run'",
        )
        .fetch_one(&portal.pool)
        .await
        .unwrap()
    };
    portal.token(&portal.key).await;
    let first = last_use().await;
    portal.advance(Duration::seconds(59));
    portal.token(&portal.key).await;
    assert_eq!(last_use().await, first);
    portal.advance(Duration::seconds(1));
    portal.token(&portal.key).await;
    assert_eq!(last_use().await, first + Duration::minutes(1));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_the_edge_refuses_is_one_word_too(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let post = || portal.client.post(format!("{}/k8stoken", portal.url));
    let zipped = post().header("content-encoding", "gzip").body("x");
    let large = post().body(vec![b'a'; 100_000]);
    for (request, status) in [(zipped, 415), (large, 413)] {
        let (got, word) = portal.refusal(request).await;
        assert_eq!(got, status);
        assert!(
            word.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
            "{word:?}"
        );
    }
}
