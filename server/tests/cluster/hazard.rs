//! kubectl with an empty token acts with whatever other credentials the kubeconfig holds.

use crate::{
    access::{WHOAMI, whoami},
    retrieval::{printed_command, save},
    world::World,
};

pub(crate) async fn with_an_empty_token_kubectl_acts_as_somebody_else_and_our_command_does_not(
    world: &World,
) {
    let cookie = world.portal.log_in("alice").await;
    let command = printed_command(world, &cookie).await;
    let command = command.replace("get pods", "auth whoami -o json");
    let prefix = world.kind.prefix();

    // A kubeconfig of bob's, with his token.
    let bob = world.token("bob").await;
    let (url, ca) = (&world.api.url, &world.api.ca);
    let kubeconfig = serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": url, "certificate-authority": ca}}],
        "users": [{"name": "bob", "user": {"token": bob}}],
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "bob"}}],
        "current-context": "c",
    });
    let path = world.home.write("bob.kubeconfig", &kubeconfig.to_string());
    let with = |kubeconfig: &std::path::Path, command: &str| {
        world.home.shell(&format!(
            "export KUBECONFIG='{}'; {command}",
            kubeconfig.display()
        ))
    };

    // `curl -f` prints nothing where there is no token, and then this happens:
    let empty = format!("kubectl --token=\"$(true)\" {}", WHOAMI.join(" "));
    assert_eq!(
        whoami(with(&path, &empty))["username"],
        format!("{prefix}bob")
    );
    let admin = with(&world.api.admin, &empty);
    assert_eq!(whoami(admin)["username"], "admin");

    // Ours sends a word instead: no key, a key that is none, a key that sleeps, no portal.
    let refused = |why: &str, command: &str| {
        let ended = with(&path, command);
        assert_ne!(ended.code, Some(0), "{why}: {ended:?}");
        assert_eq!(ended.stdout, "", "{why}: {ended:?}");
        assert!(
            ended.stderr.contains("Unauthorized") || ended.stderr.contains("provide credentials"),
            "{why}: {ended:?}"
        );
    };
    let _ = std::fs::remove_file(world.home.path().join(".shorepass/demo"));
    refused("no key file", &command);
    save(world, "k8r_nonsense");
    refused("no key", &command);
    let key = world.portal.make_key(&cookie, "demo").await;
    save(world, &key);
    let ended = with(&path, &command);
    assert_eq!(
        whoami(ended)["username"],
        format!("{prefix}alice"),
        "a key that is awake"
    );
    refused(
        "no portal",
        &command.replace(&world.portal.url, "https://127.0.0.1:1"),
    );
    world.begin().await;
    refused("a key that sleeps", &command);

    // A client certificate is presented beside any token, and counts first. The page says so.
    world.portal.log_in("alice").await;
    assert_eq!(
        whoami(with(&world.api.admin, &command))["username"],
        "admin"
    );
    let cookie = world.portal.log_in("alice").await;
    let page = world.portal.get("/?cluster=demo").header("cookie", cookie);
    let page = page.send().await.unwrap().text().await.unwrap();
    assert!(page.contains("Where your kubeconfig holds a client certificate"));
}
