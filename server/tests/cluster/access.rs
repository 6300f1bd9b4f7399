//! Who may do what, by the groups in their tokens alone.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    kubectl::Ended,
    support::claims,
    world::{Kind, World},
};

pub(crate) async fn a_viewer_gets_pods_in_her_namespace_and_creates_nothing_there(world: &World) {
    let token = world.token("alice").await;
    let alice = format!("{}alice", world.kind.prefix());
    let there = |words: &[&str]| world.with(&token, &[words, &["-n", "new-namespace"]].concat());
    for kind in ["pods", "services", "deployments.apps", "configmaps"] {
        there(&["get", kind]).ok();
    }
    for words in [
        &["create", "configmap", "mine", "--from-literal=a=b"][..],
        &["create", "deployment", "mine", "--image=mine"],
        &["create", "role", "mine", "--verb=get", "--resource=pods"],
        &["create", "token", "default"],
        &["label", "namespace", "new-namespace", "mine=yes"],
    ] {
        there(words).forbidden(&alice);
    }
    // With nothing there to delete, kubectl would not even ask.
    assert_eq!(there(&["auth", "can-i", "delete", "pods"]).stdout, "no\n");
}

pub(crate) async fn a_viewer_sees_nothing_elsewhere(world: &World) {
    let token = world.token("alice").await;
    let alice = format!("{}alice", world.kind.prefix());
    for namespace in ["payments", "search", "default", "kube-system"] {
        world
            .with(&token, &["get", "pods", "-n", namespace])
            .forbidden(&alice);
    }
    for kind in ["pods", "secrets", "namespaces", "nodes", "clusterroles"] {
        world
            .with(&token, &["get", kind, "--all-namespaces"])
            .forbidden(&alice);
    }
}

pub(crate) async fn an_admin_creates_a_config_map_in_his_namespace_and_nowhere_else(world: &World) {
    let token = world.token("bob").await;
    let bob = format!("{}bob", world.kind.prefix());
    let create = |namespace: &str| {
        let map = ["create", "configmap", "tariffs", "--from-literal=harbour=7"];
        world.with(&token, &[&map[..], &["-n", namespace]].concat())
    };
    assert_eq!(create("payments").ok(), "configmap/tariffs created\n");
    let read = [
        "get",
        "configmap",
        "tariffs",
        "-o",
        "jsonpath={.data.harbour}",
        "-n",
        "payments",
    ];
    assert_eq!(world.with(&token, &read).ok(), "7");
    world
        .with(
            &token,
            &["delete", "configmap", "tariffs", "-n", "payments"],
        )
        .ok();
    create("new-namespace").forbidden(&bob);
    create("default").forbidden(&bob);
}

pub(crate) async fn whoever_has_no_group_is_known_and_may_nothing(world: &World) {
    let token = world.token("erin").await;
    let erin = format!("{}erin", world.kind.prefix());
    for namespace in ["new-namespace", "payments", "default"] {
        world
            .with(&token, &["get", "pods", "-n", namespace])
            .forbidden(&erin);
    }
    assert_eq!(whoami(world.with(&token, WHOAMI))["username"], erin);
}

pub(crate) async fn the_cluster_sees_who_the_token_page_says(world: &World) {
    let cookie = world.portal.log_in("alice").await;
    let key = world.portal.make_key(&cookie, "demo").await;
    let token = world.portal.token(&key).await;
    let page = world.portal.get("/?cluster=demo").header("cookie", &cookie);
    let page = page.send().await.unwrap().text().await.unwrap();
    let (user, said) = seen(&page);

    let info = whoami(world.with(&token, WHOAMI));
    assert_eq!(info["username"], user.as_str());
    let mut groups: BTreeSet<String> = serde_json::from_value(info["groups"].clone()).unwrap();
    assert!(groups.remove("system:authenticated"), "{info}");
    assert_eq!(groups, said);
    let prefix = world.kind.prefix();
    let expected = ["new-namespace-viewer", "users"].map(|group| format!("{prefix}{group}"));
    assert_eq!(groups, BTreeSet::from(expected));
}

pub(crate) async fn the_session_behind_a_token_stands_in_the_clusters_record_of_it(world: &World) {
    let token = world.token("alice").await;
    let claims = claims(&token);
    let info = whoami(world.with(&token, WHOAMI));
    assert_ne!(world.kind, Kind::Flags);
    assert_eq!(info["uid"], claims["uid"]);
    let extra = info["extra"].as_object().unwrap();
    let credential = format!("JTI={}", claims["jti"].as_str().unwrap());
    assert_eq!(
        extra["authentication.kubernetes.io/credential-id"][0],
        credential
    );
    assert!(
        extra.values().any(|values| values[0] == claims["sid"]),
        "{info}"
    );
}

pub(crate) const WHOAMI: &[&str] = &["auth", "whoami", "-o", "json"];

/// What `kubectl auth whoami` says.
#[track_caller]
pub(crate) fn whoami(ended: Ended) -> Value {
    let review: Value = serde_json::from_str(&ended.ok()).unwrap();
    review["status"]["userInfo"].clone()
}

/// The user and the groups under *As the cluster sees you*.
fn seen(page: &str) -> (String, BTreeSet<String>) {
    let (_, list) = page
        .split_once(r#"class="seen""#)
        .expect("the list is there");
    let (list, _) = list.split_once("</dl>").unwrap();
    let mut names = list
        .split("<code")
        .skip(1)
        .filter_map(|code| Some(code.split_once('>')?.1.split_once('<')?.0.to_owned()));
    (names.next().expect("a user"), names.collect())
}
