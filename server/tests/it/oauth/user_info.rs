//! `/oauth2/userinfo`.

use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{code_for, kubelogin, log_in, portal, redeem, refresh, text, tokens};
use crate::support::Portal;

const PATH: &str = "/oauth2/userinfo";

fn ask(portal: &Portal, token: &str) -> RequestBuilder {
    portal.get(PATH).bearer_auth(token)
}

fn by_form(portal: &Portal, token: &str) -> RequestBuilder {
    let url = format!("{}{PATH}", portal.url);
    portal.client.post(url).form(&[("access_token", token)])
}

async fn said(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    response.json().await.unwrap()
}

fn challenge(response: &Response) -> &str {
    response.headers()["www-authenticate"].to_str().unwrap()
}

#[track_caller]
fn assert_refused(response: &Response, status: u16, word: &str) {
    assert_eq!(response.status(), status);
    let expected = format!("Bearer realm=\"Shorepass\", error=\"{word}\"");
    assert_eq!(challenge(response), expected);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_client_is_told_what_its_scopes_allow(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    for (scope, expected) in [
        ("openid", json!({ "sub": "alice" })),
        (
            "openid profile email groups",
            json!({
                "sub": "alice", "name": "Alice Almeida", "preferred_username": "alice",
                "email": "alice@example.org", "email_verified": false,
                "groups": ["new-namespace-viewer", "users"],
            }),
        ),
    ] {
        let code = code_for(&portal, &alice, &kubelogin(&[("scope", scope)])).await;
        let tokens = tokens(redeem(&portal, &code)).await;
        let token = text(&tokens, "access_token");
        let mut told = said(ask(&portal, token)).await;
        assert_eq!(told, said(by_form(&portal, token)).await);
        if scope != "openid" {
            // What the demo calls her is the demo's business.
            for name in ["name", "email", "email_verified"] {
                assert!(!told[name].is_null(), "{name}");
                told[name] = expected[name].clone();
            }
        }
        assert_eq!(told, expected);
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn groups_are_read_afresh(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let code = code_for(&portal, &alice, &kubelogin(&[("scope", "openid groups")])).await;
    let tokens = tokens(redeem(&portal, &code)).await;
    portal
        .sql("UPDATE memberships SET ended_at = now() WHERE group_id = (SELECT id FROM groups WHERE name = 'new-namespace-viewer')")
        .await;
    let told = said(ask(&portal, text(&tokens, "access_token"))).await;
    assert_eq!(told["groups"], json!(["users"]));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_token_counts_in_one_place_and_never_in_an_address(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, tokens) = log_in(&portal, "alice").await;
    let token = text(&tokens, "access_token");
    let in_query = [("access_token", token)];
    for request in [
        portal.get(PATH).query(&in_query),
        ask(&portal, token).query(&in_query),
        by_form(&portal, token).bearer_auth(token),
        by_form(&portal, token).query(&in_query),
        ask(&portal, token).header("authorization", format!("Bearer {token}")),
        portal.post(PATH, &[("access_token", token), ("access_token", token)]),
        portal
            .client
            .post(format!("{}{PATH}", portal.url))
            .json(&json!({ "access_token": token })),
    ] {
        let response = request.send().await.unwrap();
        assert_refused(&response, 400, "invalid_request");
    }
    // What is no form is not read.
    let response = portal.get(PATH).body(format!("access_token={token}"));
    let response = response.send().await.unwrap();
    assert_eq!(
        (response.status().as_u16(), challenge(&response)),
        (401, "Bearer realm=\"Shorepass\"")
    );
    for scheme in ["bearer", "BEARER"] {
        let header = format!("{scheme}  {token}");
        said(portal.get(PATH).header("authorization", header)).await;
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whoever_shows_nothing_is_told_how(pool: PgPool) {
    let portal = portal(pool).await;
    for request in [
        portal.get(PATH),
        portal.get(PATH).header("authorization", "Bearer "),
        portal
            .get(PATH)
            .header("authorization", "Basic a3ViZXJuZXRlczo="),
        portal.post(PATH, &[]),
        portal.post(PATH, &[("access_token", "")]),
        portal.post(PATH, &[("Access_Token", "x")]),
    ] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 401);
        assert_eq!(challenge(&response), "Bearer realm=\"Shorepass\"");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_access_token_ends_with_its_time_its_login_and_its_owner(pool: PgPool) {
    let portal = portal(pool).await;
    let (cookie, first) = log_in(&portal, "alice").await;
    let first = text(&first, "access_token").to_owned();
    said(ask(&portal, &first)).await;
    portal.advance(Duration::seconds(299));
    said(ask(&portal, &first)).await;
    portal.advance(Duration::seconds(1));
    let late = ask(&portal, &first).send().await.unwrap();
    assert_refused(&late, 401, "invalid_token");

    let (_, bobs) = log_in(&portal, "bob").await;
    let (_, of_family) = log_in(&portal, "carol").await;
    let (_, hers) = log_in(&portal, "alice").await;
    portal
        .post("/sessions/end-all", &[])
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    portal
        .sql("UPDATE users SET disabled_at = now() WHERE username = 'bob'")
        .await;
    portal
        .sql("UPDATE families SET ended_at = now(), end_reason = 'ended' WHERE user_id = (SELECT id FROM users WHERE username = 'carol')")
        .await;
    for tokens in [hers, bobs, of_family] {
        let response = ask(&portal, text(&tokens, "access_token"))
            .send()
            .await
            .unwrap();
        assert_refused(&response, 401, "invalid_token");
    }
}

/// The one before is good until its time, so that whoever refreshes does not stumble.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn of_a_family_the_last_two_access_tokens_are_good(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, first) = log_in(&portal, "alice").await;
    let second = tokens(refresh(&portal, text(&first, "refresh_token"))).await;
    for tokens in [&first, &second] {
        said(ask(&portal, text(tokens, "access_token"))).await;
    }
    let third = tokens(refresh(&portal, text(&second, "refresh_token"))).await;
    said(ask(&portal, text(&third, "access_token"))).await;
    let oldest = ask(&portal, text(&first, "access_token"))
        .send()
        .await
        .unwrap();
    assert_refused(&oldest, 401, "invalid_token");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn without_the_database_nothing_is_said(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, tokens) = log_in(&portal, "alice").await;
    portal.sql("ALTER TABLE families RENAME TO elsewhere").await;
    let response = ask(&portal, text(&tokens, "access_token"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
}
