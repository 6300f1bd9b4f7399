//! kubectl's own `oidc` entry of a kubeconfig: it holds a refresh token, fetches an `id_token` when it
//! needs one, and writes both down.

use serde_json::{Value, json};

use crate::{
    access::{WHOAMI, whoami},
    flow,
    kubectl::{Ended, Home},
    page,
    retrieval::{command, log_out},
    world::World,
};

const GET_PODS: &[&str] = &["get", "pods", "-n", "new-namespace"];
/// What goes wrong among kubectls that share a file, whoever issues their tokens: one finds another at
/// work on it, or reads what another has half written.
const RACES: [&str; 3] = [
    "could not persist new tokens",
    "localhost:8080",
    "error loading config file",
];

#[track_caller]
fn gets_pods(ended: Ended) {
    assert!(ended.stderr.contains("No resources found"), "{ended:?}");
    ended.ok();
}

/// A computer with the kubeconfig that the portal's page hands out for this.
async fn set_up(world: &World, name: &str, cookie: &str) -> Home {
    let home = world.bare_home(name);
    home.write(".kube/config", &handed_out(world, cookie).await);
    home
}

/// That kubeconfig. It holds a secret that is good for its own refresh token alone.
async fn handed_out(world: &World, cookie: &str) -> String {
    let asked = world.portal.post("/setup", &[("way", "auth-provider")]);
    let page = asked.header("cookie", cookie).send().await.unwrap();
    command(&page.text().await.unwrap(), "kubeconfig")
}

/// What kubectl keeps.
struct Kept {
    kubeconfig: Value,
}

impl Kept {
    fn read(home: &Home) -> Self {
        Self::of(home, &[])
    }

    /// In the kubeconfig that these words name.
    fn of(home: &Home, words: &[&str]) -> Self {
        let view = ["config", "view", "--raw", "--output=json"];
        let text = home.kubectl(&[words, &view].concat()).ok();
        Self {
            kubeconfig: serde_json::from_str(&text).unwrap(),
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

pub(crate) async fn it_refreshes_by_itself_and_uses_what_it_wrote_down(world: &World) {
    // Alice set it up a while ago: the id_token in it has ended.
    let past = time::Duration::minutes(20);
    world.age_keys().await;
    world.portal.advance(-past);
    let cookie = world.portal.log_in("alice").await;
    let home = set_up(world, "auth-provider", &cookie).await;
    world.portal.advance(past);
    let (first, ended) = (refresh_token(&home), Kept::read(&home).take("id-token"));
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

    lose_token(&home, Some(&ended));
    gets_pods(home.kubectl(GET_PODS));
    assert_ne!(refresh_token(&home), third);
}

/// As people have it who wrote the entry themselves: the client has no secret, and kubectl sends an
/// empty one.
pub(crate) async fn a_refresh_token_of_the_public_client_does_as_well(world: &World) {
    let home = world.new_home("no-secret");
    let cookie = world.portal.log_in("alice").await;
    let tokens = flow::tokens(world, &cookie).await;
    let arguments = [
        ("idp-issuer-url", world.portal.url.as_str()),
        ("client-id", "kubernetes"),
        ("idp-certificate-authority", "portal-ca.crt"),
        ("refresh-token", tokens["refresh_token"].as_str().unwrap()),
    ];
    let arguments = arguments.map(|(name, value)| format!("--auth-provider-arg={name}={value}"));
    let mut words = vec!["config", "set-credentials", "alice", "--auth-provider=oidc"];
    words.extend(arguments.iter().map(String::as_str));
    home.kubectl(&words).ok();
    home.kubectl(&["config", "set-context", "--current", "--user=alice"])
        .ok();
    for _ in 0..3 {
        let before = refresh_token(&home);
        gets_pods(home.kubectl(GET_PODS));
        assert_ne!(refresh_token(&home), before);
        lose_token(&home, None);
    }
}

pub(crate) async fn what_the_page_says_about_it_is_all_that_is_needed(world: &World) {
    let cookie = world.portal.log_in("alice").await;
    let home = world.bare_home("auth-provider-page");
    home.write(".shorepass/oidc.yaml", &handed_out(world, &cookie).await);
    let lines = &page::blocks("kubectl's own auth-provider", "sh")[0];
    gets_pods(home.shell(lines));
}

/// Four that share one kubeconfig. Whatever they do to each other, the portal cuts nobody off.
pub(crate) async fn four_at_once_log_nobody_out(world: &World) {
    let cookie = world.portal.log_in("alice").await;
    let home = set_up(world, "four", &cookie).await;
    for round in 0..4 {
        let before = refresh_token(&home);
        lose_token(&home, None);
        for ended in home.kubectls([GET_PODS; 4]) {
            let raced = RACES.iter().any(|race| ended.stderr.contains(race));
            if ended.code == Some(0) || !raced {
                gets_pods(ended);
            }
        }
        let after = refresh_token(&home);
        assert_ne!(after, before, "round {round}: nobody wrote anything down");
        lose_token(&home, None);
        gets_pods(home.kubectl(GET_PODS));
    }
}

/// Four that begin with the same token, each in a file of its own: all get the same next one.
pub(crate) async fn four_with_one_token_get_the_same_successor(world: &World) {
    let cookie = world.portal.log_in("alice").await;
    let home = set_up(world, "copies", &cookie).await;
    for _ in 0..3 {
        lose_token(&home, None);
        let kubeconfig = Kept::read(&home).kubeconfig.to_string();
        let copies = [1, 2, 3, 4].map(|copy| {
            let path = home.write(&format!("copy-{copy}"), &kubeconfig);
            format!("--kubeconfig={}", path.display())
        });
        let words = copies
            .each_ref()
            .map(|copy| [&[copy.as_str()], GET_PODS].concat());
        for ended in home.kubectls(words.iter().map(Vec::as_slice)) {
            gets_pods(ended);
        }
        let next: Vec<_> = copies
            .iter()
            .map(|copy| Kept::of(&home, &[copy]).take("refresh-token"))
            .collect();
        assert!(next.windows(2).all(|pair| pair[0] == pair[1]), "{next:?}");
        let path = copies[3].strip_prefix("--kubeconfig=").unwrap();
        std::fs::copy(path, home.path().join(".kube/config")).unwrap();
    }
}

pub(crate) async fn it_says_where_to_log_in_once_the_login_has_ended(world: &World) {
    let cookie = world.portal.log_in("alice").await;
    let home = set_up(world, "ended", &cookie).await;
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
