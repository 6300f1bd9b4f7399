//! What a token says, for how long it is current, and what is recorded of it.

use std::collections::HashSet;

use sqlx::PgPool;
use time::Duration;
use tokio::task::JoinSet;

use crate::support::{Portal, claims};

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_current_token_is_the_same_on_every_replica_however_many_ask_at_once(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let urls = [portal.url.clone(), portal.replica().await];
    for round in 0..10 {
        let mut asking = tokio::task::JoinSet::new();
        for number in 0..20 {
            let request = portal
                .client
                .get(format!("{}/k8stoken", urls[number % 2]))
                .header("host", portal.host());
            let request = request.bearer_auth(&portal.key);
            asking.spawn(async move { request.send().await.unwrap().text().await.unwrap() });
        }
        let tokens: HashSet<_> = asking.join_all().await.into_iter().collect();
        assert_eq!(tokens.len(), 1, "round {round}: {tokens:?}");
        portal.advance(Duration::minutes(5));
    }
    let issued: i64 = sqlx::query_scalar("SELECT count(*) FROM issued_tokens")
        .fetch_one(&portal.pool)
        .await
        .unwrap();
    assert_eq!(issued, 10, "what lost the race was recorded as issued");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_token_with_less_than_a_minute_left_is_not_handed_out(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let first = portal.token(&portal.key).await;
    portal.advance(Duration::seconds(240));
    assert_eq!(
        portal.token(&portal.key).await,
        first,
        "60 seconds are enough"
    );
    portal.advance(Duration::seconds(1));
    let second = claims(&portal.token(&portal.key).await);
    assert_eq!(second["exp"], portal.now().unix_timestamp() + 300);
    assert_ne!(second["jti"], claims(&first)["jti"]);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn no_token_is_handed_out_in_its_last_second_or_beyond_its_login(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "").await;
    for past in [299, 300, 301] {
        let first = claims(&portal.token(&key).await);
        portal.advance(Duration::seconds(past));
        let second = claims(&portal.token(&key).await);
        assert_ne!(first["jti"], second["jti"], "{past} s later");
        assert!(
            second["exp"].as_i64().unwrap() >= portal.now().unix_timestamp() + 60,
            "{past} s later"
        );
    }
    // Ten hours, but for the last seconds.
    let end = 1_800_000_000 + 36_000;
    for left in [61, 60, 59, 1, 0, -1] {
        portal.advance(Duration::seconds(
            end - left - portal.now().unix_timestamp(),
        ));
        let answer = portal.refusal(portal.fetch(&key)).await;
        if left < 60 {
            assert_eq!(
                answer,
                (401, "login_required".into()),
                "{left} s before the end"
            );
        } else {
            assert_eq!(claims(&answer.1)["exp"], end, "{left} s before the end");
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_membership_enters_and_leaves_tokens_by_the_clock_alone(pool: PgPool) {
    let portal = Portal::start(pool).await;
    sqlx::query(
        "INSERT INTO memberships (id, user_id, group_id, valid_from, valid_until, why, source)
         SELECT gen_random_uuid(), u.id, g.id, $1::timestamptz + interval '10 s', $1::timestamptz + interval '130 s', 'grant', 'bob'
         FROM users u, groups g WHERE u.username = 'alice' AND g.name = 'payments-viewer'",
    )
    .bind(portal.now())
    .execute(&portal.pool)
    .await
    .unwrap();
    let groups = async || claims(&portal.token(&portal.key).await)["groups"].clone();
    let without = serde_json::json!(["new-namespace-viewer", "users"]);
    assert_eq!(groups().await, without);
    portal.advance(Duration::seconds(10));
    assert_eq!(
        groups().await,
        serde_json::json!(["new-namespace-viewer", "payments-viewer", "users"])
    );
    let token = claims(&portal.token(&portal.key).await);
    assert_eq!(
        token["exp"],
        portal.now().unix_timestamp() + 120,
        "a token ends with the first of its memberships"
    );
    portal.advance(Duration::seconds(60));
    assert_eq!(
        claims(&portal.token(&portal.key).await)["jti"],
        token["jti"]
    );
    portal.advance(Duration::seconds(1));
    assert_eq!(
        groups().await,
        without,
        "the row is still there, and has to mean nothing"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_group_that_is_taken_away_is_gone_from_the_next_token(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.token(&portal.key).await;
    portal
        .sql("UPDATE memberships SET ended_at = now() WHERE why = 'administrator'")
        .await;
    assert_eq!(
        claims(&portal.token(&portal.key).await)["groups"],
        serde_json::json!(["users"])
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_was_issued_is_recorded_with_the_key_and_the_address(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let response = portal
        .fetch(&portal.key)
        .header("x-forwarded-for", "203.0.113.9")
        .send()
        .await
        .unwrap();
    let token = claims(&response.text().await.unwrap());
    let row: (uuid::Uuid, String, String, Vec<String>, String, bool) = sqlx::query_as(
        "SELECT jti, username, cluster, groups, address, retrieval_key_id IS NOT NULL FROM issued_tokens",
    )
    .fetch_one(&portal.pool)
    .await
    .unwrap();
    assert_eq!(row.0.to_string(), token["jti"].as_str().unwrap());
    assert_eq!(
        (row.1.as_str(), row.2.as_str(), row.4.as_str(), row.5),
        ("alice", "demo", "203.0.113.9", true)
    );
    assert_eq!(row.3, ["new-namespace-viewer", "users"]);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_reserved_name_in_the_store_stops_the_token(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal
        .sql("ALTER DOMAIN token_name DROP CONSTRAINT token_name_check3")
        .await;
    portal
        .sql("UPDATE groups SET name = 'system:masters' WHERE name = 'users'")
        .await;
    assert_eq!(
        portal.refusal(portal.fetch(&portal.key)).await,
        (503, "unavailable".into())
    );
    let issued: i64 = sqlx::query_scalar("SELECT count(*) FROM issued_tokens")
        .fetch_one(&portal.pool)
        .await
        .unwrap();
    assert_eq!(issued, 0);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_shortest_tokens_are_shared_as_well(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.sql("UPDATE clusters SET token_lifetime = 60").await;
    portal.advance(Duration::milliseconds(500));
    let mut callers = JoinSet::new();
    for _ in 0..20 {
        let request = portal.fetch(&portal.key);
        callers.spawn(async move { request.send().await.unwrap().text().await.unwrap() });
    }
    let tokens: HashSet<String> = callers.join_all().await.into_iter().collect();
    assert_eq!(tokens.len(), 1, "{tokens:?}");
    portal.advance(Duration::seconds(29));
    assert!(tokens.contains(&portal.token(&portal.key).await));
    portal.advance(Duration::seconds(2));
    assert!(!tokens.contains(&portal.token(&portal.key).await));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_sealed_token_is_worth_nothing_in_another_row(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (erin, dave) = (portal.log_in("erin").await, portal.log_in("dave").await);
    let keys = [
        portal.make_key(&erin, "").await,
        portal.make_key(&dave, "").await,
    ];
    let tokens = [portal.token(&keys[0]).await, portal.token(&keys[1]).await];
    // Both are in `users` alone, so the rows differ in nothing but the person.
    portal
        .sql(
            "UPDATE current_tokens t SET (jti, kid, groups, issued_at, expires_at, sealed) =
                 (SELECT o.jti, o.kid, o.groups, o.issued_at, o.expires_at, o.sealed FROM current_tokens o
                  JOIN logins l ON l.id = o.login_id JOIN users u ON u.id = l.user_id WHERE u.username = 'dave')
             FROM logins l JOIN users u ON u.id = l.user_id WHERE l.id = t.login_id AND u.username = 'erin'",
        )
        .await;
    let token = portal.token(&keys[0]).await;
    assert_ne!(token, tokens[1]);
    assert_eq!(claims(&token)["sub"], "erin");
}
