//! Access that is taken back, by the clock: seconds until kubectl is refused, beside what the page of
//! the cluster promises for the mode.

use std::{
    net::TcpListener,
    path::PathBuf,
    process::Command,
    time::{Duration, Instant},
};

use domain::cutoff;
use identity::cluster;
use serde_json::Value;

use crate::{
    access::{WHOAMI, whoami},
    kubectl::Ended,
    retrieval::log_out,
    shorepass::Shorepass,
    world::World,
};

const GET_PODS: &[&str] = &["get", "pods", "-n", "new-namespace"];

/// Runs the script that is printed for the webhooks, as the operator does, and returns the flags that
/// it names. The portal's record stays as it was.
pub(crate) fn tell(command: &Shorepass) -> Vec<String> {
    let set = |tokens| {
        let words = ["cluster", "set", "demo", "--tokens", tokens];
        command.run(&words).ok();
    };
    set("opaque");
    let script = command.printed("webhook", &[]);
    set("id-token");
    let output = Command::new("sh").args(["-c", &script]).output().unwrap();
    let said = Ended::of(output).ok();
    assert!(
        said.contains("shorepass cluster set demo --webhook yes"),
        "{said}"
    );
    let flags = said.lines().filter_map(|line| line.strip_prefix("  --"));
    flags.map(|flag| format!("--{flag}")).collect()
}

/// What the portal promises for the record that is in force.
async fn promised(world: &World) -> u32 {
    let mut conn = world.portal.pool.acquire().await.unwrap();
    let record = cluster::get(&mut conn, "demo").await.unwrap();
    cutoff::worst_case(&record, record.webhook)
}

fn set(world: &World, option: &str, value: &str) {
    let words = ["cluster", "set", "demo", option, value];
    world.shorepass(&words).ok();
}

/// Asks with kubectl until it is refused, and compares the time with what was promised. What the API
/// server knows when it begins is as fresh as can be.
async fn refused_in_time(
    world: &World,
    mode: &str,
    token: &str,
    take_back: impl AsyncFnOnce(),
) -> Ended {
    let promised = promised(world).await;
    world.with(token, GET_PODS).ok();
    take_back().await;
    let start = Instant::now();
    loop {
        let ended = world.with(token, GET_PODS);
        let after = start.elapsed();
        if ended.code != Some(0) {
            println!(
                "{mode}: refused {:.1} s after it was taken back; promised {promised} s",
                after.as_secs_f64()
            );
            // Its own clock and a start of kubectl come on top.
            let most = Duration::from_secs(u64::from(promised) + 1);
            assert!(after <= most, "{mode}: {after:?}");
            return ended;
        }
        assert!(
            after < Duration::from_secs(u64::from(promised) + 30),
            "{mode}: never refused"
        );
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

pub(crate) async fn without_webhooks_a_login_that_has_ended_is_good_until_its_token_ends(
    world: &World,
) {
    set(world, "--token-lifetime", "60");
    let cookie = world.portal.log_in("alice").await;
    let key = world.portal.make_key(&cookie, "demo").await;
    world.forget_current().await;
    let token = world.portal.token(&key).await;
    let ended = refused_in_time(world, "id_token alone, 60 s", &token, async || {
        log_out(world, &cookie).await;
    })
    .await;
    set(world, "--token-lifetime", "300");
    ended.unauthorized();
}

pub(crate) async fn a_login_that_has_ended_is_denied_by_the_authorization_webhook(world: &World) {
    set(world, "--webhook", "yes");
    let bob = world.token("bob").await;
    let cookie = world.portal.log_in("alice").await;
    let key = world.portal.make_key(&cookie, "demo").await;
    let token = world.portal.token(&key).await;
    let mode = "id_token and authorization webhook, logout";
    let ended = refused_in_time(world, mode, &token, async || log_out(world, &cookie).await).await;
    denied(
        world,
        &ended,
        "alice",
        "the login behind this token has ended",
    );
    // Nobody else is, and alice is not, once she is back.
    world.with(&bob, &["get", "pods", "-n", "payments"]).ok();
    let again = world.fresh_token("alice").await;
    world.with(&again, GET_PODS).ok();
    world.with(&token, GET_PODS).forbidden("shorepass:alice");
    set(world, "--webhook", "no");
}

pub(crate) async fn a_user_who_is_disabled_is_denied_by_the_authorization_webhook(world: &World) {
    set(world, "--webhook", "yes");
    let token = world.fresh_token("alice").await;
    let mode = "id_token and authorization webhook, disabled";
    let ended = refused_in_time(world, mode, &token, async || {
        world.shorepass(&["user", "disable", "alice"]).ok();
    })
    .await;
    world.shorepass(&["user", "enable", "alice"]).ok();
    set(world, "--webhook", "no");
    denied(world, &ended, "alice", "this account is disabled");
}

/// kubectl says who is denied what, why, and where to go.
fn denied(world: &World, ended: &Ended, user: &str, why: &str) {
    let said = &ended.stderr;
    let prefix = world.kind.prefix();
    for words in [
        &format!("is forbidden: User \"{prefix}{user}\" cannot "),
        why,
        &world.portal.url,
    ] {
        assert!(said.contains(words), "{words:?} is not in {said}");
    }
}

/// A long list in a selector makes the API server's question long: that must not keep it from an
/// answer, for without one the request passes.
pub(crate) async fn nobody_escapes_by_a_request_that_is_too_long_to_be_looked_at(world: &World) {
    let token = world.fresh_token("alice").await;
    world.begin().await;
    // The last is about as much as the kernel lets one argument be.
    for count in [1, 100, 10_000, 40_000] {
        let selector = vec!["!a"; count].join(",");
        let start = Instant::now();
        let words = ["get", "pods", "-n", "new-namespace", "-l", &selector];
        let ended = world.with(&token, &words);
        println!(
            "a selector of {} bytes: denied after {:.2} s",
            selector.len(),
            start.elapsed().as_secs_f64()
        );
        assert_ne!(ended.code, Some(0), "{count}");
        denied(world, &ended, "alice", "");
    }
}

pub(crate) async fn an_opaque_token_is_taken_and_denied_by_the_authorization_webhook(
    world: &World,
) {
    set(world, "--tokens", "opaque");
    set(world, "--webhook", "yes");
    let cookie = world.portal.log_in("alice").await;
    let key = world.portal.make_key(&cookie, "demo").await;
    let token = world.portal.token(&key).await;
    assert!(token.starts_with("k8t_"), "{token}");
    let info = whoami(world.with(&token, WHOAMI));
    assert_eq!(info["username"], "shorepass:alice");
    for group in [
        "shorepass:new-namespace-viewer",
        "shorepass:users",
        "system:authenticated",
    ] {
        let groups = info["groups"].as_array().unwrap();
        assert!(groups.iter().any(|held| held == group), "{info}");
    }
    let mode = "opaque token and both webhooks, logout";
    let ended = refused_in_time(world, mode, &token, async || log_out(world, &cookie).await).await;
    set(world, "--webhook", "no");
    set(world, "--tokens", "id-token");
    // Whichever of the two was first.
    if !ended.stderr.contains("You must be logged in to the server") {
        denied(
            world,
            &ended,
            "alice",
            "the login behind this token has ended",
        );
    }
}

pub(crate) async fn an_opaque_token_is_forgotten_by_the_token_webhook_alone(world: &World) {
    let file = world.folder().join("authorization.yaml");
    let good = std::fs::read_to_string(&file).unwrap();
    set(world, "--tokens", "opaque");
    without_webhook(world, &file).await;
    let cookie = world.portal.log_in("alice").await;
    let key = world.portal.make_key(&cookie, "demo").await;
    let token = world.portal.token(&key).await;
    let mode = "opaque token alone, logout";
    let ended = refused_in_time(world, mode, &token, async || log_out(world, &cookie).await).await;
    set(world, "--tokens", "id-token");
    ended.unauthorized();

    // A word that does not belong there is seen, and what was in force before stays so.
    replace(
        &file,
        &good.replacen("  name: \"node\"", "  name: \"node\"\n  mistake: true", 1),
    );
    world
        .api
        .says_within(Duration::from_secs(90), "unknown field")
        .await;
    replace(&file, &good);
    let token = world.fresh_token("alice").await;
    world.begin().await;
    let mut ended = None;
    let refused = async || {
        let again = world.with(&token, GET_PODS);
        let refused = again.code != Some(0);
        ended = Some(again);
        refused
    };
    let after = world.wait("the webhook", refused).await;
    denied(
        world,
        &ended.unwrap(),
        "alice",
        "the login behind this token has ended",
    );
    println!(
        "the webhook is in force {:.1} s after its file",
        after.as_secs_f64()
    );
}

/// Lets the API server go on without the authorization webhook, as after a change of its file.
async fn without_webhook(world: &World, file: &PathBuf) {
    let own = "apiVersion: apiserver.config.k8s.io/v1\nkind: AuthorizationConfiguration\nauthorizers:\n\
               - {type: Node, name: node}\n- {type: RBAC, name: rbac}\n";
    replace(file, own);
    world
        .api
        .says_within(Duration::from_secs(90), "reloaded authz config")
        .await;
}

/// As an editor does it: the file is never half written.
fn replace(file: &PathBuf, text: &str) {
    let draft = file.with_extension("draft");
    std::fs::write(&draft, text).unwrap();
    std::fs::rename(draft, file).unwrap();
}

/// An `id_token` that the API server has refused by itself does not get in by way of the webhook.
pub(crate) async fn the_token_webhook_knows_no_id_token(world: &World) {
    let cookie = world.portal.log_in("alice").await;
    let key = world.portal.make_key(&cookie, "other").await;
    let elsewhere = world.portal.token(&key).await;
    world.with(&elsewhere, GET_PODS).unauthorized();
    // The API server answers reviews as well, by all that it knows, ours included.
    let good = world.fresh_token("alice").await;
    set(world, "--tokens", "opaque");
    let key = world.portal.make_key(&cookie, "demo").await;
    let opaque = world.portal.token(&key).await;
    set(world, "--tokens", "id-token");
    let known = |token: &str| {
        let review = serde_json::json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenReview",
            "spec": {"token": token},
        });
        let words = ["create", "-f", "-", "-o", "json"];
        let said = world.admin_reading(&words, &review.to_string()).ok();
        let review: Value = serde_json::from_str(&said).unwrap();
        review["status"]["authenticated"] == true
    };
    assert!(known(&good), "by itself");
    assert!(!known(&elsewhere));
    assert!(
        !known(&opaque),
        "the cluster takes no opaque tokens any more"
    );
}

pub(crate) async fn while_the_portal_is_away_the_cluster_works_and_denies_nobody(world: &World) {
    let alice = world.fresh_token("alice").await;
    let bob = world.fresh_token("bob").await;
    // Each time with other words, which the API server has not asked about before.
    let work = |phase: &str| {
        for (token, what, namespace) in [
            (&alice, "pods", "new-namespace"),
            (&bob, "configmaps", "payments"),
        ] {
            let label = format!("phase={phase}");
            let start = Instant::now();
            let ended = world.with(token, &["get", what, "-n", namespace, "-l", &label]);
            let took = start.elapsed();
            ended.ok();
            println!("portal {phase}: kubectl took {:.2} s", took.as_secs_f64());
            assert!(took < Duration::from_secs(3), "{phase}: {took:?}");
        }
    };
    work("there");
    world.close().await;
    work("away");
    // A portal that takes connections and says nothing costs a second for each question.
    let mute = TcpListener::bind(("127.0.0.1", world.port)).unwrap();
    work("mute");
    drop(mute);
    // Somebody who is shut out goes on: that is what it means to fail open.
    world.begin().await;
    work("ended");
    world.open();
    let denied_again = async || {
        let ended = world.with(
            &alice,
            &["get", "pods", "-n", "new-namespace", "-l", "phase=back"],
        );
        ended.code != Some(0)
    };
    world.wait("the denial", denied_again).await;
}
