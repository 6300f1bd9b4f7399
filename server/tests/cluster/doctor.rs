//! The token doctor says beforehand what the API server will say in its log.

use std::time::{Duration as Span, Instant};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use time::Duration;

use crate::{kubectl::Ended, support::claims, world::World};

/// What `shorepass doctor` says of a token.
fn asked(world: &World, token: &str) -> Ended {
    let path = world.folder().join("pasted");
    std::fs::write(&path, format!("{token}\n")).unwrap();
    let ended = world.shorepass(&[
        "doctor",
        "--cluster",
        "demo",
        "--token-file",
        path.to_str().unwrap(),
    ]);
    std::fs::remove_file(path).unwrap();
    assert!(!ended.stdout.contains(token), "the token is repeated");
    ended
}

/// Shows a token to both: the API server has to refuse it, and to say in its log what the doctor says
/// it does.
async fn assert_foretold(world: &World, case: &str, token: &str) {
    let ended = asked(world, token);
    let doctor = &ended.stdout;
    assert_ne!(ended.code, Some(0), "{case}: {doctor}");
    let refuses = "The API server of demo refuses the token";
    assert!(doctor.contains(refuses), "{case}: {doctor}");
    let log = doctor
        .lines()
        .find_map(|line| line.trim().strip_prefix("its log says: "));
    let log = log.unwrap_or_else(|| panic!("{case}: {doctor}"));
    // As klog quotes it.
    let log = log.replace('"', "\\\"");
    let wanted: Vec<&str> = match log.as_str() {
        "invalid bearer token" => vec!["err=\"invalid bearer token\""],
        log => std::iter::once("err=\"[invalid bearer token, ")
            .chain(log.split('…'))
            .collect(),
    };
    let before = world.api.said().len();
    assert!(!world.api.accepts(token).await, "{case}: it is accepted");
    let deadline = Instant::now() + Span::from_secs(5);
    loop {
        let said = world.api.said();
        let new = &said[before..];
        if new.lines().any(|line| has_in_order(line, &wanted)) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "{case}: {wanted:?} is not in\n{new}"
        );
        tokio::time::sleep(Span::from_millis(50)).await;
    }
}

fn has_in_order(line: &str, wanted: &[&str]) -> bool {
    let mut rest = line;
    wanted.iter().all(|words| match rest.split_once(words) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

fn encoded(value: &Value) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(value.to_string())
}

pub(crate) async fn what_it_says_is_what_stands_in_the_api_servers_log(world: &World) {
    let token = world.fresh_token("alice").await;
    let ended = asked(world, &token);
    let good = ended.ok();
    let takes = "The API server of demo takes the token";
    assert!(good.contains(takes), "{good}");
    let name = format!("It takes its bearer for {}alice in ", world.kind.prefix());
    assert!(good.contains(&name), "{good}");
    assert!(world.api.accepts(&token).await);
    // Letters that differ in bits that are not used are the same to Go.
    let (start, last) = token.split_at(token.len() - 1);
    let twin = match last {
        "A" => "B",
        "Q" => "R",
        "g" => "h",
        "w" => "x",
        other => panic!("a signature of 256 bytes does not end in {other}"),
    };
    let twin = format!("{start}{twin}");
    assert!(asked(world, &twin).ok().contains(takes));
    assert!(world.api.accepts(&twin).await);

    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        panic!("a token has three parts")
    };
    let read = BASE64_URL_SAFE_NO_PAD.decode(header).unwrap();
    let read: Value = serde_json::from_slice(&read).unwrap();
    let with = |name: &str, value: Value| {
        let mut other = read.clone();
        other[name] = value;
        format!("{}.{payload}.{signature}", encoded(&other))
    };
    let saying = |name: &str, value: Value| {
        let mut other = claims(&token);
        other[name] = value;
        format!("{header}.{}.{signature}", encoded(&other))
    };
    for (case, token) in [
        ("tampered", saying("groups", json!(["system:masters"]))),
        ("cut", token[..token.len() - 6].to_owned()),
        ("an unknown key", with("kid", json!("nobodys"))),
        ("no algorithm", with("alg", json!("none"))),
        ("a shared secret", with("alg", json!("HS256"))),
        (
            "another issuer",
            saying("iss", json!("https://elsewhere.example")),
        ),
        (
            "a slash too many",
            saying("iss", json!(format!("{}/", world.portal.url))),
        ),
        (
            "no signature that can be read",
            format!("{header}.{payload}.!"),
        ),
        (
            "no JSON",
            format!(
                "{header}.{}.{signature}",
                BASE64_URL_SAFE_NO_PAD.encode("[7")
            ),
        ),
        ("two parts", format!("{header}.{payload}")),
    ] {
        assert_foretold(world, case, &token).await;
    }

    let cookie = world.portal.log_in("alice").await;
    let other = world.portal.make_key(&cookie, "other").await;
    assert_foretold(
        world,
        "another cluster's",
        &world.portal.token(&other).await,
    )
    .await;

    let past = Duration::minutes(20);
    world.age_keys().await;
    let key = world.portal.make_key(&cookie, "demo").await;
    world.forget_current().await;
    world.portal.advance(-past);
    let old = world.portal.token(&key).await;
    world.portal.advance(past);
    world.forget_current().await;
    assert_foretold(world, "expired", &old).await;
}

pub(crate) async fn the_rules_of_the_configuration_are_told_in_their_own_words(world: &World) {
    let live = |seconds: &str| {
        let set = ["cluster", "set", "demo", "--token-lifetime", seconds];
        world.shorepass(&set).ok();
    };
    live("900");
    let token = world.fresh_token("alice").await;
    // What the API server was told.
    live("300");
    world.forget_current().await;
    assert_foretold(world, "it lives too long", &token).await;
}
