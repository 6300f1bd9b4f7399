//! An `AuthenticationConfiguration` that changes under a running API server.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use identity::seal::Sealer;
use serde_json::{Value, json};

use crate::{
    access::{WHOAMI, whoami},
    support::{KEK, claims},
    world::World,
};

/// Prefixes keep the portal's names apart from Kubernetes' own. Without them the rules do, even
/// where somebody has stolen the signing key.
pub(crate) async fn the_older_form_is_taken_and_keeps_kubernetes_names_from_everybody(
    world: &World,
) {
    let good = std::fs::read_to_string(&world.authentication).unwrap();
    prefix(world, "");
    let older = world.printed("authentication-config", &["--api-version", "v1beta1"]);
    assert!(older.contains("apiserver.config.k8s.io/v1beta1"), "{older}");
    replace(world, &older);
    takes_alice_for(world, "alice").await;

    let token = world.fresh_token("alice").await;
    let (kid, key) = stolen_key(world).await;
    let header = token.split('.').next().unwrap();
    assert_eq!(jsonwebtoken::decode_header(&token).unwrap().kid, Some(kid));
    let forge = |change: &dyn Fn(&mut Value)| {
        let mut claims = claims(&token);
        claims["jti"] = uuid::Uuid::new_v4().to_string().into();
        change(&mut claims);
        let claims = BASE64_URL_SAFE_NO_PAD.encode(claims.to_string());
        let message = format!("{header}.{claims}");
        let mut signature = vec![0; key.public_modulus_len()];
        let random = SystemRandom::new();
        key.sign(
            &RSA_PKCS1_SHA256,
            &random,
            message.as_bytes(),
            &mut signature,
        )
        .unwrap();
        format!("{message}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
    };
    let unchanged = forge(&|_| ());
    assert_eq!(
        whoami(world.with(&unchanged, WHOAMI))["username"],
        "alice",
        "a forgery is good"
    );
    for change in [
        (&|claims: &mut Value| claims["groups"] = json!(["users", "system:masters"]))
            as &dyn Fn(&mut Value),
        &|claims| claims["groups"] = json!(["system:nodes"]),
        &|claims| claims["sub"] = json!("system:admin"),
        &|claims| claims["sub"] = json!("system:kube-controller-manager"),
        &|claims| claims["sub"] = json!("system:serviceaccount:kube-system:default"),
    ] {
        world.with(&forge(change), &["get", "nodes"]).unauthorized();
    }
    world
        .api
        .says("oidc: error evaluating user info validation rule")
        .await;

    prefix(world, "shorepass:");
    replace(world, &good);
    takes_alice_for(world, "shorepass:alice").await;
}

fn prefix(world: &World, prefix: &str) {
    let set = [
        "cluster",
        "set",
        "demo",
        "--username-prefix",
        prefix,
        "--groups-prefix",
        prefix,
    ];
    world.shorepass(&set).ok();
}

/// As an editor does it: the file is never half written.
fn replace(world: &World, text: &str) {
    let draft = world.authentication.with_extension("draft");
    std::fs::write(&draft, text).unwrap();
    std::fs::rename(draft, &world.authentication).unwrap();
}

async fn takes_alice_for(world: &World, name: &str) {
    let seen = async || {
        let token = world.fresh_token("alice").await;
        whoami(world.with(&token, WHOAMI))["username"] == name
    };
    let after = world.wait("the new configuration", seen).await;
    println!("in force after {:.1} s", after.as_secs_f64());
}

/// The key that signs, out of the database and the key-encryption key.
async fn stolen_key(world: &World) -> (String, RsaKeyPair) {
    let (kid, sealed): (String, Vec<u8>) = sqlx::query_as(
        "SELECT kid, sealed FROM signing_keys WHERE sealed IS NOT NULL AND retired_at IS NULL
         ORDER BY active_from DESC LIMIT 1",
    )
    .fetch_one(&world.portal.pool)
    .await
    .unwrap();
    let sealer = Sealer::new(&KEK.to_owned().into(), &[]).unwrap();
    let pkcs8 = sealer.open("signing key", &kid, &sealed).unwrap();
    (kid, RsaKeyPair::from_pkcs8(&pkcs8).unwrap())
}
