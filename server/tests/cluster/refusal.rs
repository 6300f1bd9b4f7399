//! Tokens that are good in every respect but one.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use identity::{
    issuer,
    secret::{Opaque, RetrievalKey},
};
use secrecy::ExposeSecret;
use server::{config::Config, state};
use time::Duration;

use crate::{support::claims, world::World};

const GET_PODS: &[&str] = &["get", "pods", "-n", "new-namespace"];

pub(crate) async fn an_expired_token_is_refused(world: &World) {
    let past = Duration::minutes(20);
    world.age_keys().await;
    let cookie = world.portal.log_in("alice").await;
    let key = world.portal.make_key(&cookie, "demo").await;
    world.forget_current().await;
    world.portal.advance(-past);
    let token = world.portal.token(&key).await;
    world.portal.advance(past);
    world.forget_current().await;
    world.with(&token, GET_PODS).unauthorized();
    world
        .api
        .says("oidc: verify token: oidc: token is expired")
        .await;
}

pub(crate) async fn a_token_for_another_cluster_is_refused(world: &World) {
    let cookie = world.portal.log_in("alice").await;
    let key = world.portal.make_key(&cookie, "other").await;
    let token = world.portal.token(&key).await;
    assert_eq!(
        claims(&token)["aud"],
        serde_json::json!(["another-audience"])
    );
    world.with(&token, GET_PODS).unauthorized();
    world.api.says(r#"got [\"another-audience\"]"#).await;
}

pub(crate) async fn a_token_of_another_issuer_is_refused(world: &World) {
    let portal = &world.portal;
    let written = std::fs::read_to_string(world.folder().join("shorepass.toml")).unwrap();
    let elsewhere = written.replace(&portal.url, "https://elsewhere.example");
    assert_ne!(written, elsewhere);
    let path = world.folder().join("elsewhere.toml");
    std::fs::write(&path, elsewhere).unwrap();
    let config = Config::load(Some(&path)).unwrap();
    // The same keys, users and groups: only the issuer's name differs.
    let other = state::portal(&config, portal.pool.clone(), portal.clock.clone());
    let other = other.await.unwrap();
    portal.log_in("alice").await;
    let key = Opaque::<RetrievalKey>::parse(&portal.key).unwrap();
    world.forget_current().await;
    let issued = issuer::by_key(&other, &key, Some("demo"), "127.0.0.1").await;
    world.forget_current().await;
    let token = issued.unwrap().token;
    let token = token.expose_secret();
    assert_eq!(claims(token)["iss"], "https://elsewhere.example");
    world.with(token, GET_PODS).unauthorized();
}

pub(crate) async fn a_token_that_was_changed_is_refused(world: &World) {
    let token = world.token("alice").await;
    world.with(&token, GET_PODS).ok();
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("a token has three parts")
    };
    let mut more = claims(&token);
    more["groups"] = serde_json::json!(["payments-admin", "system:masters"]);
    let more = BASE64_URL_SAFE_NO_PAD.encode(more.to_string());
    let none = BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"none","typ":"JWT"}"#);
    let half = &signature[..signature.len() / 2];
    for changed in [
        format!("{header}.{more}.{signature}"),
        format!("{none}.{more}."),
        format!("{none}.{more}.{signature}"),
        format!("{header}.{payload}.{half}"),
        format!("{header}.{payload}."),
        format!("{header}.{payload}"),
    ] {
        world.with(&changed, GET_PODS).unauthorized();
        assert!(!world.api.accepts(&changed).await, "{changed}");
    }
    world.with(&token, GET_PODS).ok();
}

pub(crate) async fn a_token_that_lives_too_long_is_refused(world: &World) {
    let live = |seconds: &str| {
        let set = ["cluster", "set", "demo", "--token-lifetime", seconds];
        world.shorepass(&set).ok();
    };
    // The API server was told of five minutes.
    live("900");
    let token = world.fresh_token("alice").await;
    live("300");
    world.forget_current().await;
    let claims = claims(&token);
    assert_eq!(
        claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(),
        900
    );
    world.with(&token, GET_PODS).unauthorized();
    world
        .api
        .says("oidc: error evaluating claim validation")
        .await;
}
