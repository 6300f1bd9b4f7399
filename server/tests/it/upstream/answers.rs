//! Providers that answer badly, or not at all.

use std::{sync::Arc, time::Instant};

use serde_json::json;
use sqlx::PgPool;
use time::Duration;

use super::{World, assert_said};
use crate::provider::{Reply, Script};

type Change = fn(&mut serde_json::Value);

fn replies() -> Vec<(&'static str, Reply)> {
    let json = "application/json";
    vec![
        ("500", Reply::Status(500)),
        ("404", Reply::Status(404)),
        ("204", Reply::Status(204)),
        ("a redirect", Reply::Redirect("http://127.0.0.1:1/".into())),
        ("HTML", Reply::Text("text/html", "<h1>Hello</h1>".into())),
        ("nothing", Reply::Text(json, String::new())),
        ("no object", Reply::Text(json, "[]".into())),
        ("no JSON", Reply::Text(json, "{".into())),
        ("deep JSON", Reply::Text(json, "[".repeat(100_000))),
        (
            "10 MB",
            Reply::Text(json, format!("{{\"a\":\"{}\"}}", "a".repeat(10_000_000))),
        ),
        ("silence", Reply::Hang),
    ]
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_token_endpoint_that_misbehaves_logs_nobody_in(pool: PgPool) {
    let world = World::start(pool).await;
    for (case, reply) in replies() {
        let start = Instant::now();
        world
            .assert_refused(case, |script| script.at_token = Some(reply))
            .await;
        assert!(
            start.elapsed().as_secs() < 4,
            "{case} took {:?}",
            start.elapsed()
        );
    }
    let wrong = |change: Change| move |script: &mut Script| script.tokens = Some(Arc::new(change));
    let cases: [(&str, Change); 6] = [
        ("no ID token", |tokens| {
            tokens.as_object_mut().unwrap().remove("id_token");
        }),
        ("an ID token that is null", |tokens| {
            tokens["id_token"] = json!(null);
        }),
        ("an ID token that is a number", |tokens| {
            tokens["id_token"] = json!(7);
        }),
        ("no access token", |tokens| {
            tokens.as_object_mut().unwrap().remove("access_token");
        }),
        ("no type", |tokens| {
            tokens.as_object_mut().unwrap().remove("token_type");
        }),
        ("a lifetime in words", |tokens| {
            tokens["expires_in"] = json!("soon");
        }),
    ];
    for (case, change) in cases {
        assert_eq!(
            world.assert_refused(case, wrong(change)).await,
            403,
            "{case}"
        );
    }
    let twice = Reply::Text(
        "application/json",
        r#"{"access_token":"a","access_token":"b","token_type":"Bearer"}"#.into(),
    );
    assert_eq!(
        world
            .assert_refused("two access tokens", |script| script.at_token = Some(twice))
            .await,
        403
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn user_information_that_misbehaves_logs_nobody_in(pool: PgPool) {
    let world = World::start(pool).await;
    for (case, reply) in replies() {
        world
            .assert_refused(case, |script| {
                script.thin = true;
                script.at_user_info = Some(reply);
            })
            .await;
    }
    for subject in [json!("sub-of-carol"), json!(null), json!(7)] {
        let case = format!("user information about {subject}");
        let status = world.assert_refused(&case, |script| {
            script.thin = true;
            script.user_info = Some(Arc::new(move |claims| claims["sub"] = subject.clone()));
        });
        assert_eq!(status.await, 403, "{case}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_provider_that_is_down_stops_neither_us_nor_the_others(pool: PgPool) {
    let world = World::start(pool).await;
    for endpoint in ["description", "keys"] {
        for (case, reply) in replies() {
            if endpoint == "keys" {
                world.corp.script().at_keys = Some(reply);
            } else {
                world.corp.script().at_description = Some(reply);
            }
            world.portal.advance(Duration::seconds(6));
            let response = world.ask("corp", "").await;
            assert_eq!(response.status(), 503, "{endpoint}: {case}");
            assert!(response.headers().contains_key("retry-after"));
            assert_said(case, response).await;
            let hits = world.corp.hits().len();
            assert_eq!(world.ask("corp", "").await.status(), 503);
            assert_eq!(world.corp.hits().len(), hits, "asked again at once");
        }
        world.corp.script().at_keys = None;
        world.corp.script().at_description = None;
    }
    assert_eq!(
        world.log_in_at("partners", &world.partners).await.status(),
        303
    );
    world.portal.log_in("alice").await;
    world.portal.advance(Duration::seconds(6));
    assert_eq!(world.log_in().await.status(), 303, "it is back");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_description_of_somebody_else_is_refused(pool: PgPool) {
    let world = World::start(pool).await;
    for (name, value) in [
        ("issuer", json!("https://evil.example")),
        ("issuer", json!(format!("{}/", world.corp.0.url))),
        ("issuer", json!(null)),
        ("token_endpoint", json!(null)),
        ("token_endpoint", json!("nowhere")),
        ("jwks_uri", json!("https://evil.example/keys")),
        ("jwks_uri", json!("http://localhost:1/keys")),
        ("jwks_uri", json!("file:///etc/passwd")),
        ("authorization_endpoint", json!("javascript:alert(1)")),
        (
            "authorization_endpoint",
            json!("https://evil.example/authorize"),
        ),
    ] {
        let case = format!("{name} = {value}");
        world.corp.script().description = Some(Arc::new(move |description| {
            description[name] = value.clone();
        }));
        world.portal.advance(Duration::seconds(6));
        let response = world.ask("corp", "").await;
        assert_eq!(response.status(), 503, "{case}");
        assert_said(&case, response).await;
    }
    for name in ["token_endpoint", "userinfo_endpoint"] {
        world.corp.script().description = Some(Arc::new(move |description| {
            description[name] = json!("https://evil.example/x");
        }));
        world.corp.script().thin = true;
        world.portal.advance(Duration::minutes(11));
        assert_eq!(world.log_in().await.status(), 503, "{name}");
    }
    world.corp.script().description = None;
    world.portal.advance(Duration::minutes(11));
    assert_eq!(world.log_in().await.status(), 303);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn many_who_come_at_once_make_one_request(pool: PgPool) {
    let world = World::start(pool).await;
    let many: Vec<_> = (0..20).map(|_| world.ask("corp", "")).collect();
    for response in futures_util::future::join_all(many).await {
        assert_eq!(response.status(), 303);
    }
    assert_eq!(world.corp.hits(), ["description", "keys"]);
}
