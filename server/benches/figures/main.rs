//! What requests cost, beside bare handlers that do the same work with the same libraries.
//!
//! `make bench` runs it: the release build on a Postgres that writes as in production. The portal,
//! the bare handlers and the client are three processes on one machine, so compare CPU and ratios.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a measurement that cannot go on has failed"
)]

mod bare;
mod chain;
mod client;
mod portal;
mod process;

use std::time::Duration;

use chain::Chains;
use client::{Figure, Load, Tally};
use portal::Portal;
use process::Process;

const RUNS: usize = 5;
/// Requests of one run, and connections that send them.
const REQUESTS: usize = 8_000;
const MINTED: usize = 2_000;
const CONNECTIONS: usize = 32;

fn main() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let mut arguments = std::env::args().skip(1);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    match arguments.next().as_deref() {
        Some("bare") => runtime.block_on(bare::serve(&arguments.next().unwrap())),
        _ => runtime.block_on(measure()),
    }
}

async fn measure() {
    let portal = Portal::start().await;
    let jwks = portal.read("/oauth2/jwks").await;
    let discovery = portal.read("/.well-known/openid-configuration").await;
    let bare = Process::bare(&portal.database, &jwks, &discovery).await;
    let memory_at_rest = portal.process.memory();
    println!(
        "\n{:<34}{:>11}{:>11}{:>9}{:>12}{:>12}",
        "figure (median of 5)", "ours 1/s", "bare 1/s", "ratio", "our ms CPU", "bare ms CPU"
    );

    let key = portal.keys[0].clone();
    let current = Load::same("/k8stoken", Some(&key), REQUESTS);
    compare(
        "/k8stoken, current token",
        &portal.process,
        &bare,
        &[current],
        "/select",
        REQUESTS,
    )
    .await;

    // Each key has an owner of its own, so each request mints.
    let minting: Vec<_> = portal.keys[1..]
        .chunks(MINTED)
        .map(Load::each_key)
        .collect();
    compare(
        "/k8stoken, minting each time",
        &portal.process,
        &bare,
        &minting,
        "/mint",
        MINTED,
    )
    .await;

    for (name, path) in [
        ("JWKS", "/oauth2/jwks"),
        ("discovery", "/.well-known/openid-configuration"),
    ] {
        let load = Load::same(path, None, REQUESTS);
        compare(
            name,
            &portal.process,
            &bare,
            &[load],
            &format!("/same{path}"),
            REQUESTS,
        )
        .await;
    }

    clients(&portal, &bare).await;

    let cookie = portal.log_in().await;
    let page = client::paced(
        portal.process.port,
        "/",
        &cookie,
        50,
        Duration::from_secs(20),
    )
    .await;
    println!(
        "\ntoken page at 50 requests/s for 20 s: p50 {:.1} ms, p99 {:.1} ms",
        page.percentile(50),
        page.percentile(99)
    );
    println!(
        "memory: {memory_at_rest} MB at rest, {} MB after that load",
        portal.process.memory()
    );
}

/// Grants to OAuth clients, beside the bare handler that mints. One of a code takes two requests, and
/// counts as one.
async fn clients(portal: &Portal, bare: &Process) {
    let ours = &portal.process;
    let mint = Load::same("/mint", None, MINTED);
    let coming = Chains::coming(ours.port, &portal.cookies);
    let tokens = Chains::tokens(ours.port, &portal.cookies).await;
    let refreshing = Chains::refreshing(ours.port, "/oauth2/token", tokens);
    for (name, chains) in [("code of a live login", &coming), ("refresh", &refreshing)] {
        let mut figures = [Vec::new(), Vec::new()];
        for _ in 0..=RUNS {
            figures[0].push(chains.run(Tally::of(ours), MINTED).await);
            figures[1].push(client::run(bare, &mint, CONNECTIONS).await);
        }
        print(name, &figures);
    }
    let (peer, tokens) = Process::peer(CONNECTIONS).await;
    let theirs = Chains::refreshing(peer.port, "/token", tokens);
    let mut figures = [Vec::new(), Vec::new()];
    for _ in 0..=RUNS {
        figures[0].push(refreshing.run(Tally::of(ours), MINTED).await);
        figures[1].push(theirs.run(Tally::of(&peer), MINTED).await);
    }
    print("refresh, beside oidc-provider", &figures);
    for (name, chains) in [("code of a live login", &coming), ("refresh", &refreshing)] {
        let most = chains.run(Tally::of(ours), MINTED).await.per_second;
        let half = pace(most / 2.0);
        let paced = chains.paced(half, Duration::from_secs(10)).await;
        println!(
            "{name} at {half}/s, half of the most: p50 {:.1} ms, p99 {:.1} ms",
            paced.percentile(50),
            paced.percentile(99)
        );
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate of some hundreds"
)]
fn pace(per_second: f64) -> u32 {
    per_second.max(1.0) as u32
}

/// Five runs of each, in turn; prints the medians.
async fn compare(
    name: &str,
    ours: &Process,
    bare: &Process,
    loads: &[Load],
    path: &str,
    requests: usize,
) {
    let mut figures = [Vec::new(), Vec::new()];
    for run in 0..=RUNS {
        let load = &loads[run.min(loads.len() - 1)];
        let runs = [
            (ours, load.clone()),
            (bare, Load::same(path, None, requests)),
        ];
        for (column, (process, load)) in runs.into_iter().enumerate() {
            figures[column].push(client::run(process, &load, CONNECTIONS).await);
        }
    }
    print(name, &figures);
}

/// The median of all runs but the first, which warms up.
fn median(figures: &[Figure], of: fn(&Figure) -> f64) -> f64 {
    let mut all: Vec<f64> = figures[1..].iter().map(of).collect();
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}

fn print(name: &str, [ours, bare]: &[Vec<Figure>; 2]) {
    let (rate, bare_rate) = (
        median(ours, |f| f.per_second),
        median(bare, |f| f.per_second),
    );
    let (cpu, bare_cpu) = (median(ours, |f| f.cpu_ms), median(bare, |f| f.cpu_ms));
    println!(
        "{name:<34}{rate:>11.0}{bare_rate:>11.0}{:>9.2}{cpu:>12.3}{bare_cpu:>12.3}",
        rate / bare_rate
    );
}
