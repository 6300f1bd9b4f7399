//! A signing key is revoked, and what the portal prints is done at the API server.

use server::tasks;

use crate::world::World;

/// Revokes the key that signs; a token of it that the API server still takes, and what was printed.
async fn revoke(world: &World) -> (String, String) {
    let old = world.fresh_token("alice").await;
    let kid = jsonwebtoken::decode_header(&old).unwrap().kid.unwrap();
    assert!(world.api.accepts(&old).await);
    let printed = world.shorepass(&["keys", "revoke", &kid]).ok();
    tasks::reload(&world.portal.state).await.unwrap();
    assert!(
        world.api.accepts(&old).await,
        "it is trusted until the keys are fetched again"
    );
    (old, printed)
}

/// The printed block for the cluster.
fn present(printed: &str) -> String {
    let blocks = printed.split("\n(\n").skip(1);
    let mut blocks = blocks.filter_map(|block| block.split_once("\n)\n"));
    let (block, _) = blocks
        .find(|(block, _)| block.contains("cluster=demo"))
        .unwrap();
    format!("(\n{block}\n)")
}

pub(crate) async fn presenting_a_token_of_the_new_key_as_printed_makes_it_forget_the_revoked_one(
    world: &World,
) {
    let (old, printed) = revoke(world).await;
    let home = world.bare_home("operator");
    let cookie = world.portal.log_in("alice").await;
    let key = world.portal.make_key(&cookie, "demo").await;
    home.write(".shorepass/demo", &format!("Authorization: Bearer {key}\n"));
    let answer = home.shell(&present(&printed));
    assert!(answer.stdout.contains("gitVersion"), "{answer:?}");
    assert!(!home.path().join(".shorepass/demo.yaml").exists());
    // An answer that it has kept is good for ten seconds.
    let forgot = world.wait("forgetting the key", async || {
        !world.api.accepts(&old).await
    });
    println!("forgotten after {:.1} s", forgot.await.as_secs_f64());
}

pub(crate) async fn a_comment_in_its_configuration_makes_it_forget_the_revoked_key(world: &World) {
    let (old, printed) = revoke(world).await;
    let line = printed
        .lines()
        .find(|line| line.starts_with("printf '# signing keys"))
        .unwrap();
    let (line, file) = line.split_once("sudo tee -a ").unwrap();
    assert_eq!(file, "'/etc/kubernetes/shorepass/authentication.yaml'");
    let file = world.authentication.to_str().unwrap();
    world.home.shell(&format!("{line} tee -a '{file}'")).ok();
    let forgot = world.wait("forgetting the key", async || {
        !world.api.accepts(&old).await
    });
    println!("forgotten after {:.1} s", forgot.await.as_secs_f64());
    let new = world.fresh_token("alice").await;
    assert!(world.api.accepts(&new).await);
}
