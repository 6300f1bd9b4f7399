//! ID tokens that are wrong.

use std::sync::Arc;

use serde_json::{Value, json};
use sqlx::PgPool;

use super::World;
use crate::provider::{
    SECRET, Script, Tweak,
    key::{self, with_secret},
};

/// Of a token that is right.
type Change = fn(String) -> String;

fn claim(name: &'static str, value: Value) -> impl FnOnce(&mut Script) {
    move |script| script.claims = Some(tweak(name, value))
}

fn header(name: &'static str, value: Value) -> impl FnOnce(&mut Script) {
    move |script| script.header = Some(tweak(name, value))
}

/// Null takes it away.
fn tweak(name: &'static str, value: Value) -> Tweak {
    Arc::new(move |object| {
        let object = object.as_object_mut().unwrap();
        object.insert(name.to_owned(), value.clone());
    })
}

fn missing(name: &'static str) -> impl FnOnce(&mut Script) {
    move |script| {
        script.claims = Some(Arc::new(move |claims| {
            claims.as_object_mut().unwrap().remove(name);
        }));
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_token_for_others_of_others_or_at_another_time_is_refused(pool: PgPool) {
    let world = World::start(pool).await;
    let now = world.portal.now().unix_timestamp();
    let later = |seconds: i64| json!(now + seconds);
    // The clock moves by 11 s with each case, hence the generous distances.
    let cases: Vec<(&'static str, Vec<Value>)> = vec![
        (
            "iss",
            vec![
                json!("https://evil.example"),
                json!(format!("{}/", world.corp.0.url)),
                json!(7),
                json!(null),
            ],
        ),
        (
            "aud",
            vec![
                json!("somebody-else"),
                json!([]),
                json!(""),
                json!(null),
                json!(7),
                json!(["shorepass", "somebody-else"]),
                json!(["somebody-else"]),
                json!("Shorepass"),
            ],
        ),
        ("azp", vec![json!("somebody-else"), json!("")]),
        (
            "exp",
            vec![
                later(-100_000),
                json!("9999999999"),
                json!(now + 99_999),
                json!(1e20),
                json!(-1),
                json!(null),
                json!(true),
                json!(0),
            ]
            .into_iter()
            .filter(|value| *value != json!(now + 99_999))
            .collect(),
        ),
        (
            "iat",
            vec![
                later(100_000),
                later(-100_000),
                json!("1"),
                json!(null),
                json!(1.5),
                json!([]),
            ],
        ),
        (
            "nbf",
            vec![later(100_000), json!("0"), json!(0.5), json!(null)],
        ),
        ("auth_time", vec![json!("0"), json!(0.5), json!({})]),
        (
            "nonce",
            vec![json!("another"), json!(""), json!(null), json!(7)],
        ),
        (
            "sub",
            vec![
                json!(""),
                json!(7),
                json!(null),
                json!("s".repeat(256)),
                json!("a\u{0}b"),
                json!("a\nb"),
                json!(["a"]),
            ],
        ),
        (
            "at_hash",
            vec![json!("AAAAAAAAAAAAAAAAAAAAAA"), json!(""), json!(7)],
        ),
    ];
    for (name, values) in cases {
        for value in values {
            let case = format!("{name} = {value}");
            assert_eq!(
                world.assert_refused(&case, claim(name, value)).await,
                403,
                "{case}"
            );
        }
    }
    for name in ["iss", "aud", "exp", "iat", "nonce", "sub"] {
        assert_eq!(
            world.assert_refused(name, missing(name)).await,
            403,
            "without {name}"
        );
    }
    let fraction = world.portal.now().unix_timestamp();
    #[expect(clippy::cast_precision_loss, reason = "that is the point")]
    let fraction = json!(fraction as f64 + 99_999.5);
    assert_eq!(
        world
            .assert_refused("a fraction", claim("exp", fraction))
            .await,
        403
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_clock_may_be_a_minute_off_and_no_more(pool: PgPool) {
    let world = World::start(pool).await;
    let off = |name: &'static str, seconds: i64| {
        move |script: &mut Script| {
            script.claims = Some(Arc::new(move |claims| {
                let now = claims["iat"].as_i64().unwrap();
                claims[name] = json!(now + seconds);
            }));
        }
    };
    for (name, seconds) in [("exp", -59), ("iat", 60), ("nbf", 60), ("iat", -600)] {
        off(name, seconds)(&mut world.corp.script());
        assert_eq!(world.log_in().await.status(), 303, "{name} {seconds}");
    }
    world.corp.script().claims = None;
    for (name, seconds) in [("exp", -60), ("iat", 61), ("nbf", 61), ("iat", -661)] {
        let case = format!("{name} {seconds}");
        assert_eq!(
            world.assert_refused(&case, off(name, seconds)).await,
            403,
            "{case}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_token_that_nobody_signed_as_agreed_is_refused(pool: PgPool) {
    let world = World::start(pool).await;
    let change = |change: Change| move |script: &mut Script| script.token = Some(Arc::new(change));
    let cases: Vec<(&str, Change)> = vec![
        ("unsigned", |token| key::unsigned(&token)),
        ("with the client's secret", |token| {
            with_secret(&token, SECRET.as_bytes())
        }),
        ("with the public key as a secret", |token| {
            let public = key::first().public()["n"].to_string();
            with_secret(&token, public.as_bytes())
        }),
        ("cut off", |token| token[..token.len() - 2].to_owned()),
        ("without signature", |token| {
            format!("{}.", token.rsplit_once('.').unwrap().0)
        }),
        ("two parts", |token| {
            token.rsplit_once('.').unwrap().0.to_owned()
        }),
        ("five parts", |token| format!("{token}.a.b")),
        ("nothing", |_| String::new()),
        ("no token", |_| "not a token".to_owned()),
        ("claims of another", |token| {
            let parts: Vec<&str> = token.split('.').collect();
            let claims = String::from_utf8(
                base64::Engine::decode(&base64::prelude::BASE64_URL_SAFE_NO_PAD, parts[1]).unwrap(),
            )
            .unwrap();
            format!(
                "{}.{}.{}",
                parts[0],
                key::encode(claims.replace("sub-of-alice", "sub-of-carol")),
                parts[2]
            )
        }),
        ("two subjects", |_| {
            key::first().sign_text(
                r#"{"alg":"RS256","kid":"first"}"#,
                r#"{"sub":"a","sub":"b"}"#,
            )
        }),
        ("no object", |_| {
            key::first().sign_text(r#"{"alg":"RS256","kid":"first"}"#, "[]")
        }),
    ];
    for (case, wrong) in cases {
        assert_eq!(
            world.assert_refused(case, change(wrong)).await,
            403,
            "{case}"
        );
    }
    for (name, value) in [
        ("alg", json!("none")),
        ("alg", json!("HS256")),
        ("alg", json!("RS512")),
        ("alg", json!("ES256")),
        ("alg", json!("rs256")),
        ("alg", json!(null)),
        ("crit", json!(["exp"])),
        ("crit", json!([])),
        ("typ", json!("at+jwt")),
        ("typ", json!("logout+jwt")),
        ("cty", json!("JWT")),
    ] {
        let case = format!("{name} = {value}");
        assert_eq!(
            world.assert_refused(&case, header(name, value)).await,
            403,
            "{case}"
        );
    }
    let algorithm = |script: &mut Script| {
        script.key = key::sha_512();
        script.published = vec![key::sha_512().public()];
    };
    assert_eq!(world.assert_refused("RS512", algorithm).await, 403);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn keys_that_a_token_brings_along_are_not_asked(pool: PgPool) {
    let world = World::start(pool).await;
    let brings = |script: &mut Script| {
        script.key = key::second();
        script.header = Some(Arc::new(|header| {
            header["kid"] = "first".into();
            header["jwk"] = key::second().public();
            header["jku"] = "https://evil.example/keys".into();
        }));
    };
    assert_eq!(world.assert_refused("jwk and jku", brings).await, 403);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn elliptic_curves_and_pss_are_fine(pool: PgPool) {
    let world = World::start(pool).await;
    for key in [key::curve(), key::pss()] {
        world.portal.advance(time::Duration::minutes(11));
        world.corp.change(|script| {
            script.published = vec![key.public()];
            script.key = key;
        });
        assert_eq!(world.log_in().await.status(), 303);
    }
}
