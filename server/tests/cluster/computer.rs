//! *Set up this computer*, and what it leaves behind, against the cluster itself.

use crate::{
    access::{WHOAMI, whoami},
    kubectl::{Ended, Home},
    retrieval::{command, log_out},
    world::World,
};

const CONTEXT: &str = "shorepass-demo-new-namespace";

/// Pastes the page's command, and returns the cookie of the browser.
async fn set_up(world: &World, home: &Home) -> String {
    let cookie = world.portal.log_in("alice").await;
    let fields = [("for", "setup"), ("name", "laptop")];
    let answer = world
        .portal
        .post("/keys", &fields)
        .header("cookie", &cookie);
    let page = answer.send().await.unwrap().text().await.unwrap();
    home.shell(&command(&page, "set-up-posix")).ok();
    cookie
}

/// A kubeconfig with another user entry, and the kubectl that has it.
fn fetch(world: &World, home: &Home, parameters: &str) -> impl Fn(&[&str]) -> Ended {
    let portal = &world.portal.url;
    let url = format!("{portal}/k8stoken?format=kubeconfig&cluster=demo&{parameters}");
    let curl = format!(r#"curl -sS -H "@$HOME/.shorepass/demo" '{url}'"#);
    let path = home.write("other.kubeconfig", &home.shell(&curl).ok());
    let path = path.to_str().unwrap().to_owned();
    move |words| {
        let front = ["--kubeconfig", &path, "--context", "shorepass-demo"];
        home.kubectl(&[&front, words].concat())
    }
}

const GET_PODS: &[&str] = &["get", "pods", "-n", "new-namespace"];

#[track_caller]
fn gets_pods(ended: Ended) {
    assert!(
        ended.stderr.contains("No resources found in new-namespace"),
        "{ended:?}"
    );
    ended.ok();
}

pub(crate) async fn once_set_up_it_needs_the_browser_once_a_day(world: &World) {
    let home = world.bare_home("laptop");
    let cookie = set_up(world, &home).await;
    let get_pods = || home.kubectl(&["--context", CONTEXT, "get", "pods"]);
    gets_pods(get_pods());
    let info = whoami(home.kubectl(&[&["--context", CONTEXT], WHOAMI].concat()));
    assert_eq!(info["username"], format!("{}alice", world.kind.prefix()));

    log_out(world, &cookie).await;
    get_pods().fails(&format!(
        "Log in at {}/login and try again.",
        world.portal.url
    ));

    world.portal.log_in("alice").await;
    gets_pods(get_pods());
}

pub(crate) async fn plain_curl_works_as_the_plug_in(world: &World) {
    let home = world.bare_home("curl");
    let cookie = set_up(world, &home).await;
    let file = home.path().join(".shorepass/demo");
    let parameters = format!("user=curl&key_file={}", file.display());
    let kubectl = fetch(world, &home, &parameters);
    gets_pods(kubectl(GET_PODS));
    log_out(world, &cookie).await;
    kubectl(GET_PODS).fails("executable curl failed with exit code 22");
    world.portal.log_in("alice").await;
    gets_pods(kubectl(GET_PODS));
}

pub(crate) async fn a_token_written_down_works_until_it_ends(world: &World) {
    let home = world.bare_home("written");
    set_up(world, &home).await;
    world.forget_current().await;
    gets_pods(fetch(world, &home, "user=token")(GET_PODS));

    let past = time::Duration::minutes(20);
    world.age_keys().await;
    world.forget_current().await;
    world.portal.advance(-past);
    let ended = fetch(world, &home, "user=token");
    world.portal.advance(past);
    world.forget_current().await;
    ended(GET_PODS).unauthorized();
}

pub(crate) async fn the_plug_in_acts_as_nobody_else_beside_other_credentials(world: &World) {
    let home = world.bare_home("crowded");
    let admin = std::fs::read_to_string(&world.api.admin).unwrap();
    home.write(".kube/config", &admin);
    let cookie = set_up(world, &home).await;
    let who = |context: &str| home.kubectl(&[&["--context", context], WHOAMI].concat());
    assert_eq!(
        whoami(who("admin"))["username"],
        "admin",
        "theirs went lost"
    );
    assert_eq!(
        whoami(who(CONTEXT))["username"],
        format!("{}alice", world.kind.prefix())
    );
    log_out(world, &cookie).await;
    who(CONTEXT).fails("Log in at");
    assert_eq!(whoami(who("admin"))["username"], "admin");
}
