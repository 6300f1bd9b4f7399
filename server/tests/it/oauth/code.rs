//! Codes at `/oauth2/token`.

use base64::{Engine, prelude::BASE64_STANDARD};
use sqlx::PgPool;
use time::Duration;

use super::{
    CALLBACK, SECRET, VERIFIER, asking, code_for, kubelogin, log_in, portal, redeem, refresh,
    refusal, text, to_token, tokens,
};
use crate::support::claims;

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_code_gets_tokens_that_say_what_the_client_needs(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let code = code_for(&portal, &alice, &kubelogin(&[("scope", "openid email")])).await;
    let response = redeem(&portal, &code).send().await.unwrap();
    assert_eq!(response.status(), 200);
    for (name, value) in [
        ("cache-control", "no-store"),
        ("pragma", "no-cache"),
        ("content-type", "application/json"),
    ] {
        assert_eq!(response.headers()[name], value);
    }
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["token_type"], "Bearer");
    assert_eq!(body["expires_in"], 300);
    assert_eq!(body["scope"], "openid email");
    assert!(text(&body, "access_token").starts_with("access_"));
    assert!(text(&body, "refresh_token").starts_with("refresh_"));
    let token = claims(text(&body, "id_token"));
    assert_eq!(token["aud"], serde_json::json!(["kubernetes"]));
    assert_eq!(token["nonce"], "n-1");
    assert_eq!(
        token["groups"],
        serde_json::json!(["new-namespace-viewer", "users"])
    );
    assert!(token.get("azp").is_none());
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_registered_client_stands_beside_the_audience(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    for by_header in [true, false] {
        let code = code_for(&portal, &alice, &asking("dashboard", CALLBACK, &[])).await;
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
        ];
        let body = if by_header {
            tokens(to_token(&portal, &fields).basic_auth("dashboard", Some(SECRET))).await
        } else {
            let proof = [("client_id", "dashboard"), ("client_secret", SECRET)];
            tokens(to_token(&portal, &[&fields[..], &proof].concat())).await
        };
        let token = claims(text(&body, "id_token"));
        assert_eq!(token["aud"], serde_json::json!(["kubernetes", "dashboard"]));
        assert_eq!(token["azp"], "dashboard");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_code_is_good_once_and_what_came_of_it_ends_with_its_second_use(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let code = code_for(&portal, &alice, &kubelogin(&[])).await;
    let first = tokens(redeem(&portal, &code)).await;
    let next = tokens(refresh(&portal, text(&first, "refresh_token"))).await;
    portal.advance(Duration::seconds(30));
    assert_eq!(
        refusal(redeem(&portal, &code)).await,
        (400, "invalid_grant".into())
    );
    let after = refusal(refresh(&portal, text(&next, "refresh_token"))).await;
    assert_eq!(after, (400, "invalid_grant".into()));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn of_fifty_that_redeem_a_code_at_once_one_gets_tokens(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let code = code_for(&portal, &alice, &kubelogin(&[])).await;
    let tries = (0..50).map(|_| redeem(&portal, &code).send());
    let answers = futures_util::future::join_all(tries).await;
    let won = answers
        .into_iter()
        .filter(|answer| answer.as_ref().unwrap().status() == 200);
    assert_eq!(won.count(), 1);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_minute_is_all_that_a_code_has(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    for (seconds, status) in [(59, 200), (60, 400)] {
        let code = code_for(&portal, &alice, &kubelogin(&[])).await;
        portal.advance(Duration::seconds(seconds));
        let response = redeem(&portal, &code).send().await.unwrap();
        assert_eq!(response.status(), status, "after {seconds} s");
    }
}

/// Each is wrong in one thing. The code is spoiled by it, so that nobody learns by trying.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whoever_does_not_hold_all_that_belongs_to_a_code_gets_nothing_for_it(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let challenge = super::challenge(VERIFIER);
    let other = "x".repeat(43);
    for (name, value) in [
        ("redirect_uri", "http://localhost:8000/"),
        ("redirect_uri", "http://localhost:8001"),
        ("redirect_uri", "http://127.0.0.1:8000"),
        ("redirect_uri", "http://localhost:%38000"),
        ("redirect_uri", ""),
        ("code_verifier", ""),
        ("code_verifier", challenge.as_str()),
        ("code_verifier", other.as_str()),
        ("code_verifier", "short"),
    ] {
        let code = code_for(&portal, &alice, &kubelogin(&[])).await;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("client_id", "kubernetes"),
            ("code", code.as_str()),
            ("redirect_uri", "http://localhost:8000"),
            ("code_verifier", VERIFIER),
        ];
        fields.retain(|(given, _)| *given != name);
        fields.push((name, value));
        let answer = refusal(to_token(&portal, &fields)).await;
        assert_eq!(answer, (400, "invalid_grant".into()), "{name}={value}");
        assert_eq!(
            refusal(redeem(&portal, &code)).await.0,
            400,
            "{name}={value}"
        );
    }
    // Another client.
    let code = code_for(&portal, &alice, &kubelogin(&[])).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "http://localhost:8000"),
        ("code_verifier", VERIFIER),
    ];
    let theirs = to_token(&portal, &fields).basic_auth("dashboard", Some(SECRET));
    assert_eq!(refusal(theirs).await, (400, "invalid_grant".into()));
    assert_eq!(
        refusal(redeem(&portal, &code)).await,
        (400, "invalid_grant".into())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_verifier_without_a_challenge_is_refused(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let bare = [("code_challenge", ""), ("code_challenge_method", "")];
    for (verifier, status) in [(None, 200), (Some(VERIFIER), 400)] {
        let code = code_for(
            &portal,
            &alice,
            &asking("old", "https://old.example/b", &bare),
        )
        .await;
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", "https://old.example/b"),
        ];
        fields.extend(verifier.map(|verifier| ("code_verifier", verifier)));
        let request =
            to_token(&portal, &fields).basic_auth("old", Some("another-secret-of-thirty-two-char"));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), status, "{verifier:?}");
        if status == 200 {
            let body: serde_json::Value = response.json().await.unwrap();
            assert!(body.get("refresh_token").is_none(), "it may have none");
        }
    }
}

/// A client that tries in several ways loses nothing before it has proved itself.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_client_proves_itself_before_anything_is_used_up(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let code = code_for(&portal, &alice, &asking("dashboard", CALLBACK, &[])).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    for (id, secret) in [
        ("dashboard", Some("wrong")),
        ("dashboard", Some("")),
        ("nobody", Some(SECRET)),
    ] {
        let response = to_token(&portal, &fields)
            .basic_auth(id, secret)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 401, "{id} {secret:?}");
        let asked = response.headers()["www-authenticate"].to_str().unwrap();
        assert!(asked.starts_with("Basic"), "{asked}");
    }
    for more in [
        &[("client_id", "dashboard")][..],
        &[("client_id", "dashboard"), ("client_secret", "wrong")],
        &[("client_id", "dashboard"), ("client_assertion", "x")],
        &[],
    ] {
        let request = to_token(&portal, &[&fields[..], more].concat());
        assert_eq!(
            refusal(request).await,
            (401, "invalid_client".into()),
            "{more:?}"
        );
    }
    tokens(to_token(&portal, &fields).basic_auth("dashboard", Some(SECRET))).await;
    // A public client has no secret, and an empty one is none (client-go sends one).
    let code = code_for(&portal, &alice, &kubelogin(&[])).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", "http://localhost:8000"),
        ("code_verifier", VERIFIER),
    ];
    let secret = to_token(&portal, &fields).basic_auth("kubernetes", Some("something"));
    assert_eq!(refusal(secret).await, (401, "invalid_client".into()));
    let basic = format!("Basic {}", BASE64_STANDARD.encode("kubernetes:"));
    tokens(to_token(&portal, &fields).header("authorization", basic)).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_no_request_for_tokens_says_why(pool: PgPool) {
    let portal = portal(pool).await;
    let me = ("client_id", "kubernetes");
    for (fields, expected) in [
        (&[me][..], (400, "invalid_request")),
        (&[me, ("grant_type", "")], (400, "invalid_request")),
        (
            &[me, ("grant_type", "password")],
            (400, "unsupported_grant_type"),
        ),
        (
            &[me, ("grant_type", "client_credentials")],
            (400, "unsupported_grant_type"),
        ),
        (
            &[me, ("grant_type", "authorization_code")],
            (400, "invalid_request"),
        ),
        (
            &[me, ("grant_type", "authorization_code"), ("code", "x")],
            (400, "invalid_grant"),
        ),
        (
            &[me, me, ("grant_type", "authorization_code")],
            (400, "invalid_request"),
        ),
        (
            &[
                me,
                ("grant_type", "authorization_code"),
                ("code", "x"),
                ("code", "y"),
            ],
            (400, "invalid_request"),
        ),
        (
            &[
                ("client_id", "old"),
                ("client_secret", "another-secret-of-thirty-two-char"),
                ("grant_type", "refresh_token"),
                ("refresh_token", "x"),
            ],
            (400, "unauthorized_client"),
        ),
    ] {
        let answer = refusal(to_token(&portal, fields)).await;
        assert_eq!(answer, (expected.0, expected.1.to_owned()), "{fields:?}");
    }
    for kind in [
        "text/plain",
        "application/json",
        "multipart/form-data; boundary=x",
    ] {
        let request = portal.client.post(format!("{}/oauth2/token", portal.url));
        let request = request
            .header("content-type", kind)
            .body("grant_type=x&client_id=kubernetes");
        assert_eq!(
            refusal(request).await,
            (400, "invalid_request".into()),
            "{kind}"
        );
    }
    let get = portal
        .get("/oauth2/token?grant_type=refresh_token")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (get.status().as_u16(), &get.headers()["allow"]),
        (405, &"POST".parse().unwrap())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_code_ends_with_the_login_and_the_user_behind_it(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let code = code_for(&portal, &alice, &kubelogin(&[])).await;
    portal
        .post("/logout", &[])
        .header("cookie", &alice)
        .send()
        .await
        .unwrap();
    assert_eq!(
        refusal(redeem(&portal, &code)).await,
        (400, "invalid_grant".into())
    );
    let (bob, _) = log_in(&portal, "bob").await;
    let code = code_for(&portal, &bob, &kubelogin(&[])).await;
    portal
        .sql("UPDATE users SET disabled_at = now() WHERE username = 'bob'")
        .await;
    assert_eq!(
        refusal(redeem(&portal, &code)).await,
        (400, "invalid_grant".into())
    );
}
