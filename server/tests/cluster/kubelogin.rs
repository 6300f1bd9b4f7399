//! `kubectl oidc-login`, which is int128/kubelogin: a browser opens once, and after that the refresh
//! token in its cache does. It verifies every `id_token` with go-oidc v3.

use crate::{
    access::{WHOAMI, whoami},
    kubectl::{Ended, Home},
    page, program,
    retrieval::{command, log_out},
    world::World,
};

/// What opens instead of a browser, with the cookies of one.
const BROWSER: &str = r#"#!/bin/sh
echo "$1" >> "$HOME/opened"
exec curl -sSL -b "$HOME/cookies" -o "$HOME/page" "$1"
"#;
const GET_PODS: &[&str] = &["get", "pods"];

/// A computer with kubelogin and a browser, not set up yet.
fn computer(world: &World, name: &str) -> Home {
    let home = world.new_home(name);
    home.install("kubectl-oidc_login", &program("KUBELOGIN"));
    home.install_script("xdg-open", BROWSER);
    home
}

/// Lets the person be logged in in that browser.
async fn log_in(world: &World, home: &Home) -> String {
    let cookie = world.portal.log_in("alice").await;
    let (name, value) = cookie.split_once('=').unwrap();
    // curl's format: host, subdomains too, path, https only, end, name, value.
    let jar = format!("localhost\tFALSE\t/\tTRUE\t0\t{name}\t{value}\n");
    home.write("cookies", &jar);
    cookie
}

/// How often the browser opened.
fn opened(home: &Home) -> usize {
    let urls = std::fs::read_to_string(home.path().join("opened"));
    urls.map_or(0, |urls| urls.lines().count())
}

#[track_caller]
fn gets_pods(ended: Ended) {
    assert!(ended.stderr.contains("No resources found"), "{ended:?}");
    ended.ok();
}

/// The lines of the page, with these on top for kubelogin.
fn set_up(world: &World, home: &Home, more: &[&str]) {
    let mut lines = page::blocks("kubelogin", "sh")[0].replace(page::PORTAL, &world.portal.url);
    for word in more {
        lines = lines.replacen(
            "--exec-arg=get-token",
            &format!("--exec-arg=get-token --exec-arg={word}"),
            1,
        );
    }
    home.shell(&lines).ok();
}

/// A port of the system's choice: others may be on the usual one.
const ANY_PORT: &[&str] = &[
    "--listen-address=127.0.0.1:0",
    "--authentication-timeout-sec=20",
];

pub(crate) async fn the_browser_opens_once_and_then_kubectl_goes_on_by_itself(world: &World) {
    let home = computer(world, "kubelogin");
    set_up(world, &home, ANY_PORT);
    let cookie = log_in(world, &home).await;
    gets_pods(home.kubectl(GET_PODS));
    assert_eq!(opened(&home), 1);
    let info = whoami(home.kubectl(WHOAMI));
    assert_eq!(info["username"], format!("{}alice", world.kind.prefix()));

    // Its cache has a refresh token, and keeps the next one each time.
    for _ in 0..3 {
        set_up(world, &home, &["--force-refresh", ANY_PORT[0], ANY_PORT[1]]);
        gets_pods(home.kubectl(GET_PODS));
    }
    assert_eq!(opened(&home), 1);

    // After the login's end it opens again, and has to wait for the person.
    log_out(world, &cookie).await;
    log_in(world, &home).await;
    gets_pods(home.kubectl(GET_PODS));
    assert_eq!(opened(&home), 2);
}

pub(crate) async fn what_the_page_says_about_kubelogin_is_all_that_is_needed(world: &World) {
    let home = computer(world, "kubelogin-page");
    set_up(world, &home, &[]);
    let cookie = log_in(world, &home).await;
    gets_pods(home.kubectl(GET_PODS));
    gets_pods(home.kubectl(GET_PODS));
    assert_eq!(opened(&home), 1);

    // And the kubeconfig that the portal hands out, which is another entry for kubelogin's cache.
    let asked = world.portal.post("/setup", &[("way", "kubelogin")]);
    let handed = asked.header("cookie", &cookie).send().await.unwrap();
    let config = command(&handed.text().await.unwrap(), "kubeconfig");
    home.write(".shorepass/kubelogin.yaml", &config);
    gets_pods(home.shell(&page::blocks("kubelogin", "sh")[1]));
    assert_eq!(opened(&home), 2);
}

pub(crate) async fn several_at_once_open_one_browser(world: &World) {
    let home = computer(world, "kubelogin-four");
    set_up(world, &home, ANY_PORT);
    log_in(world, &home).await;
    for ended in home.kubectls([GET_PODS; 4]) {
        gets_pods(ended);
    }
    assert_eq!(opened(&home), 1);
    set_up(world, &home, &["--force-refresh", ANY_PORT[0], ANY_PORT[1]]);
    for ended in home.kubectls([GET_PODS; 4]) {
        gets_pods(ended);
    }
    assert_eq!(opened(&home), 1);
}

/// A jump host: no browser there, and the person lets it in with one elsewhere.
pub(crate) async fn a_machine_without_a_browser_is_let_in_from_another(world: &World) {
    let home = computer(world, "kubelogin-device");
    let lines = &page::blocks("kubelogin where there is no browser", "sh")[0];
    let lines = lines.replace(page::PORTAL, &world.portal.url);
    home.shell(&lines).ok();
    let kubectl = home.begin("kubectl get pods");
    let code = || {
        let said = kubectl.said();
        let (_, code) = said.split_once("/device?user_code=")?;
        let shown = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '-';
        let code: String = code.chars().take_while(shown).collect();
        Some(code)
    };
    world
        .wait("a code on the terminal", async || code().is_some())
        .await;
    let cookie = world.portal.log_in("alice").await;
    let fields = [("user_code", &*code().unwrap()), ("decision", "allow")];
    let allowed = world
        .portal
        .post("/device", &fields)
        .header("cookie", &cookie);
    assert_eq!(allowed.send().await.unwrap().status(), 200);
    gets_pods(kubectl.end());

    gets_pods(home.kubectl(GET_PODS));
    let forced = lines.replacen(
        "--exec-arg=get-token",
        "--exec-arg=get-token --exec-arg=--force-refresh",
        1,
    );
    home.shell(&forced).ok();
    gets_pods(home.kubectl(GET_PODS));
    assert_eq!(opened(&home), 0);
}
