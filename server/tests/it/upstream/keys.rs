//! Keys that come and go.

use sqlx::PgPool;
use time::Duration;

use super::World;
use crate::provider::{Reply, Script, key};

fn asked(world: &World, endpoint: &str) -> usize {
    world
        .corp
        .hits()
        .iter()
        .filter(|hit| **hit == endpoint)
        .count()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_provider_that_changes_its_keys_disturbs_nobody(pool: PgPool) {
    let world = World::start(pool).await;
    assert_eq!(world.log_in().await.status(), 303);
    for (key, kid) in [(key::second(), "second"), (key::first(), "first")] {
        world.portal.advance(Duration::seconds(11));
        world.corp.change(|script| {
            script.published = vec![key.public()];
            script.key = key;
        });
        assert_eq!(world.log_in().await.status(), 303, "with the {kid} key");
    }
    assert_eq!(asked(&world, "keys"), 3, "once for each change");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_key_that_changes_under_the_same_id_is_noticed(pool: PgPool) {
    let world = World::start(pool).await;
    assert_eq!(world.log_in().await.status(), 303);
    world.corp.change(|script| {
        let mut public = key::second().public();
        public["kid"] = "first".into();
        script.published = vec![public];
        script.key = key::second();
        script.header = Some(std::sync::Arc::new(|header| header["kid"] = "first".into()));
    });
    assert_eq!(world.log_in().await.status(), 303);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn unknown_keys_make_us_ask_now_and_then_only(pool: PgPool) {
    let world = World::start(pool).await;
    assert_eq!(world.log_in().await.status(), 303);
    let before = asked(&world, "keys");
    world.corp.script().key = key::second();
    for kid in ["second", "../../etc/passwd", "' OR 1=1 --", "", "\u{0}"] {
        let kid = kid.to_owned();
        world.corp.script().header = Some(std::sync::Arc::new(move |header| {
            header["kid"] = kid.clone().into();
        }));
        assert_eq!(world.log_in().await.status(), 403);
    }
    assert_eq!(asked(&world, "keys"), before + 1);
    world.portal.advance(Duration::seconds(10));
    assert_eq!(world.log_in().await.status(), 403);
    assert_eq!(asked(&world, "keys"), before + 2);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn weak_or_ambiguous_keys_verify_nothing(pool: PgPool) {
    let world = World::start(pool).await;
    let first = key::first().public();
    let weak = |name: &str, value: serde_json::Value| {
        let mut key = first.clone();
        key[name] = value;
        vec![key]
    };
    let short = key::encode(vec![0xff; 128]);
    let other = {
        let mut key = key::second().public();
        key["kid"] = "first".into();
        key
    };
    for (case, keys) in [
        ("none", Vec::new()),
        ("1024 bits", weak("n", short.into())),
        ("an exponent of one", weak("e", "AQ".into())),
        ("for encryption", weak("use", "enc".into())),
        ("for another algorithm", weak("alg", "RS512".into())),
        (
            "symmetric",
            vec![serde_json::json!({ "kty": "oct", "kid": "first", "k": "c2VjcmV0" })],
        ),
        (
            "an unknown curve",
            vec![
                serde_json::json!({ "kty": "EC", "kid": "first", "crv": "P-999", "x": "AA", "y": "AA" }),
            ],
        ),
        ("two of one id", vec![other, first.clone()]),
        (
            "nonsense",
            vec![
                serde_json::json!(7),
                serde_json::json!(null),
                serde_json::json!({}),
            ],
        ),
    ] {
        // So that they are looked at from the beginning.
        world.portal.advance(Duration::minutes(11));
        let status = world
            .assert_refused(case, |script: &mut Script| script.published = keys)
            .await;
        assert_eq!(status, 403, "{case}");
        world.portal.advance(Duration::minutes(11));
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn keys_that_cannot_be_had_are_a_problem_of_the_moment(pool: PgPool) {
    let world = World::start(pool).await;
    assert_eq!(world.log_in().await.status(), 303);
    // What is known is good enough.
    world.portal.advance(Duration::minutes(11));
    world.corp.script().at_keys = Some(Reply::Status(500));
    world.corp.script().at_description = Some(Reply::Status(500));
    assert_eq!(world.log_in().await.status(), 303);
    // But not for a key that is not known.
    world.corp.script().key = key::second();
    assert_eq!(world.log_in().await.status(), 503);
    world.corp.script().key = key::first();
    assert_eq!(world.log_in().await.status(), 303);
}
