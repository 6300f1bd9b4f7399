//! kubectl's own `oidc` entry of a kubeconfig: it holds a refresh token, fetches an `id_token` when it
//! needs one, and writes both down.

use serde_json::{Value, json};

use crate::{
    access::{WHOAMI, whoami},
    flow,
    kubectl::{Ended, Home},
    page,
    retrieval::log_out,
    world::World,
};

const GET_PODS: &[&str] = &["get", "pods"];
/// What kubectl says that finds another one writing at the same moment.
const BUSY: &str = "could not persist new tokens";

#[track_caller]
fn gets_pods(ended: Ended) {
    assert!(ended.stderr.contains("No resources found"), "{ended:?}");
    ended.ok();
}

/// A computer that was set up as the page says, with this refresh token.
fn set_up(world: &World, name: &str, refresh_token: &str) -> Home {
    let home = world.new_home(name);
    let lines = page::blocks("kubectl's own auth-provider", "sh")[0]
        .replace(page::PORTAL, &world.portal.url);
    home.shell(&format!("REFRESH_TOKEN={refresh_token}\n{lines}"))
        .ok();
    home
}

/// What kubectl keeps.
struct Kept {
    kubeconfig: Value,
}

impl Kept {
    fn read(home: &Home) -> Self {
        let words = ["config", "view", "--raw", "--output=json"];
        Self {
            kubeconfig: serde_json::from_str(&home.kubectl(&words).ok()).unwrap(),
        }
    }

    fn entry(&mut self) -> &mut Value {
        &mut self.kubeconfig["users"][0]["user"]["auth-provider"]["config"]
    }

    fn take(&mut self, name: &str) -> String {
        let value = self.entry()[name].as_str();
        value.unwrap_or_else(|| panic!("no {name}")).to_owned()
    }
}

fn refresh_token(home: &Home) -> String {
    Kept::read(home).take("refresh-token")
}

/// Lets the next kubectl need an `id_token`: there is none, or this one.
fn lose_token(home: &Home, instead: Option<&str>) {
    let mut kept = Kept::read(home);
    match instead {
        Some(token) => kept.entry()["id-token"] = json!(token),
        None => {
            kept.entry().as_object_mut().unwrap().remove("id-token");
        }
    }
    home.write(".kube/config", &kept.kubeconfig.to_string());
}

/// Tokens of alice, who logged in a while ago: the `id_token` has ended.
async fn old_tokens(world: &World) -> (String, Value) {
    let past = time::Duration::minutes(20);
    world.age_keys().await;
    world.portal.advance(-past);
    let cookie = world.portal.log_in("alice").await;
    let tokens = flow::tokens(world, &cookie).await;
    world.portal.advance(past);
    (cookie, tokens)
}

pub(crate) async fn it_refreshes_by_itself_and_uses_what_it_wrote_down(world: &World) {
    let (_, tokens) = old_tokens(world).await;
    let first = tokens["refresh_token"].as_str().unwrap();
    let home = set_up(world, "auth-provider", first);
    gets_pods(home.kubectl(GET_PODS));
    let second = refresh_token(&home);
    assert_ne!(second, first);
    // The token that it has now is good, so nothing is asked for.
    let info = whoami(home.kubectl(WHOAMI));
    assert_eq!(info["username"], format!("{}alice", world.kind.prefix()));
    assert_eq!(refresh_token(&home), second);

    lose_token(&home, None);
    gets_pods(home.kubectl(GET_PODS));
    let third = refresh_token(&home);
    assert_ne!(third, second);

    lose_token(&home, tokens["id_token"].as_str());
    gets_pods(home.kubectl(GET_PODS));
    assert_ne!(refresh_token(&home), third);
}

pub(crate) async fn four_at_once_log_nobody_out(world: &World) {
    let cookie = world.portal.log_in("alice").await;
    let tokens = flow::tokens(world, &cookie).await;
    let home = set_up(world, "four", tokens["refresh_token"].as_str().unwrap());
    for round in 0..4 {
        let before = refresh_token(&home);
        lose_token(&home, None);
        for ended in home.kubectls(4, GET_PODS) {
            if ended.code != Some(0) && ended.stderr.contains(BUSY) {
                continue;
            }
            gets_pods(ended);
        }
        let after = refresh_token(&home);
        assert_ne!(after, before, "round {round}: nobody wrote anything down");
        lose_token(&home, None);
        gets_pods(home.kubectl(GET_PODS));
    }
}

pub(crate) async fn it_says_where_to_log_in_once_the_login_has_ended(world: &World) {
    let cookie = world.portal.log_in("alice").await;
    let tokens = flow::tokens(world, &cookie).await;
    let home = set_up(world, "ended", tokens["refresh_token"].as_str().unwrap());
    gets_pods(home.kubectl(GET_PODS));
    log_out(world, &cookie).await;
    lose_token(&home, None);
    let url = &world.portal.url;
    home.kubectl(GET_PODS)
        .fails(&format!("log in again at {url}"));
    // Its login is over, whoever logs in next.
    world.portal.log_in("alice").await;
    home.kubectl(GET_PODS)
        .fails(&format!("log in again at {url}"));
}
