//! Refresh tokens at `/oauth2/token`: rotation, races, reuse.

use std::collections::BTreeSet;

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::RequestBuilder;
use sqlx::PgPool;
use time::Duration;

use super::{SECRET, log_in, portal, refresh, refusal, text, to_token, tokens};
use crate::support::{Portal, claims};

fn at(url: &str, portal: &Portal, token: &str) -> RequestBuilder {
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", "kubernetes"),
        ("refresh_token", token),
    ];
    let host = portal.host();
    portal
        .client
        .post(format!("{url}/oauth2/token"))
        .header("host", host)
        .form(&fields)
}

async fn is_over(portal: &Portal, token: &str) -> bool {
    refusal(refresh(portal, token)).await == (400, "invalid_grant".into())
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_refresh_token_is_replaced_and_its_tokens_say_what_holds_now(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, first) = log_in(&portal, "alice").await;
    portal.advance(Duration::minutes(4));
    portal
        .sql("UPDATE memberships SET ended_at = now() WHERE group_id = (SELECT id FROM groups WHERE name = 'new-namespace-viewer')")
        .await;
    let second = tokens(refresh(&portal, text(&first, "refresh_token"))).await;
    let (before, after) = (
        claims(text(&first, "id_token")),
        claims(text(&second, "id_token")),
    );
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    assert_ne!(first["access_token"], second["access_token"]);
    for name in ["iss", "sub", "aud", "auth_time", "sid", "uid"] {
        assert_eq!(before[name], after[name], "{name}");
    }
    assert_ne!(before["jti"], after["jti"]);
    assert_eq!(after["iat"], portal.now().unix_timestamp());
    assert!(after.get("nonce").is_none());
    assert_eq!(after["groups"], serde_json::json!(["users"]));
}

/// client-go's auth-provider: HTTP Basic with an empty password first, then the body.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn kubectl_may_ask_in_its_own_two_ways(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, first) = log_in(&portal, "alice").await;
    let fields = |token| [("grant_type", "refresh_token"), ("refresh_token", token)];
    let basic = format!("Basic {}", BASE64_STANDARD.encode("kubernetes:"));
    let request = to_token(&portal, &fields(text(&first, "refresh_token")));
    let second = tokens(request.header("authorization", basic)).await;
    // The answer was lost on the way: it tries again, in the other way.
    let again = tokens(refresh(&portal, text(&first, "refresh_token"))).await;
    assert_eq!(again, second);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_token_before_gets_the_same_answer_for_half_a_minute(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, first) = log_in(&portal, "alice").await;
    let first = text(&first, "refresh_token");
    let second = tokens(refresh(&portal, first)).await;
    portal.advance(Duration::seconds(29));
    assert_eq!(tokens(refresh(&portal, first)).await, second);
    portal.advance(Duration::seconds(1));
    assert!(is_over(&portal, first).await);
    assert!(
        is_over(&portal, text(&second, "refresh_token")).await,
        "the family lives on"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_token_before_the_one_before_ends_the_family(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, first) = log_in(&portal, "alice").await;
    let second = tokens(refresh(&portal, text(&first, "refresh_token"))).await;
    let third = tokens(refresh(&portal, text(&second, "refresh_token"))).await;
    assert!(is_over(&portal, text(&first, "refresh_token")).await);
    for tokens in [&second, &third] {
        assert!(is_over(&portal, text(tokens, "refresh_token")).await);
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn families_of_one_person_do_not_know_each_other(pool: PgPool) {
    let portal = portal(pool).await;
    let (alice, one) = log_in(&portal, "alice").await;
    let code = super::code_for(&portal, &alice, &super::kubelogin(&[])).await;
    let other = tokens(super::redeem(&portal, &code)).await;
    tokens(refresh(&portal, text(&one, "refresh_token"))).await;
    portal.advance(Duration::minutes(1));
    assert!(is_over(&portal, text(&one, "refresh_token")).await);
    tokens(refresh(&portal, text(&other, "refresh_token"))).await;
}

/// A hundred kubectls with one token, at two replicas.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_hundred_at_once_get_one_successor(pool: PgPool) {
    let portal = portal(pool).await;
    let replica = portal.replica().await;
    let (_, first) = log_in(&portal, "alice").await;
    for _ in 0..3 {
        let (_, first) = log_in(&portal, "alice").await;
        let tries = (0..100).map(|n| {
            let url = if n % 2 == 0 { &portal.url } else { &replica };
            tokens(at(url, &portal, text(&first, "refresh_token")))
        });
        let answers = futures_util::future::join_all(tries).await;
        let distinct: BTreeSet<_> = answers
            .iter()
            .map(|body| text(body, "refresh_token"))
            .collect();
        assert_eq!(distinct.len(), 1);
        tokens(refresh(
            &portal,
            answers[0]["refresh_token"].as_str().unwrap(),
        ))
        .await;
    }
    tokens(refresh(&portal, text(&first, "refresh_token"))).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_successor_is_known_to_a_replica_that_started_since(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, first) = log_in(&portal, "alice").await;
    let second = tokens(refresh(&portal, text(&first, "refresh_token"))).await;
    let replica = portal.replica().await;
    let again = tokens(at(&replica, &portal, text(&first, "refresh_token"))).await;
    assert_eq!(again, second);
    // And so is what was revoked.
    portal.advance(Duration::minutes(1));
    assert!(is_over(&portal, text(&first, "refresh_token")).await);
    let replica = portal.replica().await;
    let answer = refusal(at(&replica, &portal, text(&second, "refresh_token"))).await;
    assert_eq!(answer, (400, "invalid_grant".into()));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn it_ends_with_the_login_its_limit_and_the_user(pool: PgPool) {
    let portal = portal(pool).await;
    let (alice, first) = log_in(&portal, "alice").await;
    portal
        .post("/logout", &[])
        .header("cookie", &alice)
        .send()
        .await
        .unwrap();
    let response = refresh(&portal, text(&first, "refresh_token"))
        .send()
        .await
        .unwrap();
    let body: serde_json::Value = response.json().await.unwrap();
    assert_eq!(body["error"], "invalid_grant");
    let description = text(&body, "error_description");
    assert!(
        description.contains(&format!("log in again at {}", portal.url)),
        "{description}"
    );

    let (_, bob) = log_in(&portal, "bob").await;
    portal
        .sql("UPDATE users SET disabled_at = now() WHERE username = 'bob'")
        .await;
    assert!(is_over(&portal, text(&bob, "refresh_token")).await);

    // Used all day long, it ends with the login all the same.
    let (_, mut carol) = log_in(&portal, "carol").await;
    for _ in 0..9 {
        portal.advance(Duration::hours(1));
        carol = tokens(refresh(&portal, text(&carol, "refresh_token"))).await;
    }
    portal.advance(Duration::hours(1));
    assert!(is_over(&portal, text(&carol, "refresh_token")).await);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn another_client_gets_nothing_and_ends_the_family(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, first) = log_in(&portal, "alice").await;
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&first, "refresh_token")),
    ];
    let theirs = to_token(&portal, &fields).basic_auth("dashboard", Some(SECRET));
    assert_eq!(refusal(theirs).await, (400, "invalid_grant".into()));
    assert!(is_over(&portal, text(&first, "refresh_token")).await);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_no_refresh_token_changes_nothing(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, first) = log_in(&portal, "alice").await;
    let good = text(&first, "refresh_token").to_owned();
    let access = text(&first, "access_token");
    let short = good[..good.len() - 4].to_owned();
    let mut family = good.clone();
    family.replace_range(20..21, if &good[20..21] == "A" { "B" } else { "A" });
    for token in [
        portal.key.as_str(),
        access,
        "x",
        &short,
        &family,
        text(&first, "id_token"),
    ] {
        assert!(is_over(&portal, token).await, "{token}");
    }
    tokens(refresh(&portal, &good)).await;
}

/// Whoever shows the family's mark in a token that is none holds one of its tokens, and tries.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_token_made_of_another_one_ends_the_family(pool: PgPool) {
    let portal = portal(pool).await;
    for of_access in [true, false] {
        let (_, first) = log_in(&portal, "alice").await;
        let good = text(&first, "refresh_token").to_owned();
        let made = if of_access {
            text(&first, "access_token").replacen("access_", "refresh_", 1)
        } else {
            let mut flipped = good.clone();
            flipped.replace_range(60..61, if &good[60..61] == "A" { "B" } else { "A" });
            flipped
        };
        assert!(is_over(&portal, &made).await);
        assert!(is_over(&portal, &good).await, "the family lives on");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_scope_may_shrink_and_never_grow(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, first) = log_in(&portal, "alice").await;
    let good = text(&first, "refresh_token");
    let asking = |scope| {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", "kubernetes"),
            ("refresh_token", good),
            ("scope", scope),
        ];
        to_token(&portal, &fields)
    };
    assert_eq!(
        refusal(asking("openid email")).await,
        (400, "invalid_scope".into())
    );
    tokens(asking("openid")).await;
}

/// What the database holds is of no use to whoever takes it.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn no_token_of_a_family_stands_in_the_database(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, first) = log_in(&portal, "alice").await;
    let second = tokens(refresh(&portal, text(&first, "refresh_token"))).await;
    let rows: Vec<String> =
        sqlx::query_scalar("SELECT f::text FROM families f UNION ALL SELECT c::text FROM codes c")
            .fetch_all(&portal.pool)
            .await
            .unwrap();
    let dump = rows.join("\n");
    for tokens in [&first, &second] {
        for name in ["refresh_token", "access_token", "id_token"] {
            let token = text(tokens, name);
            let hex = token
                .bytes()
                .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
            assert!(!dump.contains(token) && !dump.contains(&hex), "{name}");
        }
    }
}
