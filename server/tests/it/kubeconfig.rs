//! `/k8stoken?format=kubeconfig`: what a person's computer is given.

use serde_json::{Value, json};
use sqlx::PgPool;

use crate::support::{Portal, claims};

const OTHER: &str = "INSERT INTO clusters (id, name, api_url, ca_certificate, audience, created_at)
     VALUES (gen_random_uuid(), 'other', 'https://127.0.0.1:7443', '-----BEGIN CERTIFICATE-----', 'other', now())";

async fn fetch(portal: &Portal, key: &str, parameters: &str) -> (String, Value) {
    let path = format!("/k8stoken?format=kubeconfig{parameters}");
    let response = portal.get(&path).bearer_auth(key).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/yaml");
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    let text = response.text().await.unwrap();
    let config = serde_saphyr::from_str(&text).unwrap();
    (text, config)
}

fn names(config: &Value, list: &str) -> Vec<String> {
    let named = config[list].as_array().unwrap().iter();
    named
        .map(|each| each["name"].as_str().unwrap().to_owned())
        .collect()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn there_is_a_context_for_the_cluster_and_for_each_namespace_with_a_role(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (text, config) = fetch(&portal, &portal.key, "").await;
    assert!(text.starts_with("apiVersion: v1\nkind: Config\n"));
    assert!(!text.contains("k8r_"), "the key stands in its file only");
    assert_eq!(
        config["clusters"],
        json!([{"name": "shorepass-demo", "cluster": {"server": "https://127.0.0.1:6443"}}])
    );
    assert_eq!(names(&config, "users"), ["shorepass-demo"]);
    assert_eq!(
        names(&config, "contexts"),
        ["shorepass-demo", "shorepass-demo-new-namespace"]
    );
    assert_eq!(config["current-context"], "shorepass-demo-new-namespace");
    let posted = portal
        .client
        .post(format!("{}/k8stoken", portal.url))
        .form(&[
            ("refresh_token", portal.key.as_str()),
            ("format", "kubeconfig"),
        ]);
    assert_eq!(posted.send().await.unwrap().text().await.unwrap(), text);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_namespace_goes_with_its_role_and_comes_with_it(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal
        .sql("UPDATE memberships m SET ended_at = now() FROM groups g WHERE g.id = m.group_id AND g.role = 'viewer'")
        .await;
    let (_, config) = fetch(&portal, &portal.key, "").await;
    assert_eq!(names(&config, "contexts"), ["shorepass-demo"]);
    assert_eq!(config["current-context"], "shorepass-demo");
    portal
        .sql(
            "INSERT INTO memberships (id, user_id, group_id, valid_from, why, source)
             SELECT gen_random_uuid(), u.id, g.id, 'epoch', 'grant', 'bob' FROM users u, groups g
             WHERE u.username = 'alice' AND g.name IN ('payments-viewer', 'payments-editor')",
        )
        .await;
    let (_, config) = fetch(&portal, &portal.key, "").await;
    assert_eq!(
        names(&config, "contexts"),
        ["shorepass-demo", "shorepass-demo-payments"]
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_key_gets_the_clusters_that_it_is_for(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.sql(OTHER).await;
    let cookie = portal.log_in("alice").await;
    let (any, bound) = (
        portal.make_key(&cookie, "").await,
        portal.make_key(&cookie, "other").await,
    );
    let (_, config) = fetch(&portal, &any, "").await;
    assert_eq!(
        names(&config, "clusters"),
        ["shorepass-demo", "shorepass-other"]
    );
    assert_eq!(
        names(&config, "users"),
        ["shorepass-demo", "shorepass-other"]
    );
    assert_eq!(
        config["clusters"][1]["cluster"]["certificate-authority-data"],
        "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t"
    );
    for (key, parameters) in [
        (&any, "&cluster=other"),
        (&bound, ""),
        (&bound, "&cluster=other"),
    ] {
        let (_, config) = fetch(&portal, key, parameters).await;
        assert_eq!(names(&config, "clusters"), ["shorepass-other"]);
        assert_eq!(names(&config, "contexts"), ["shorepass-other"]);
    }
    for (key, cluster) in [(&bound, "demo"), (&any, "nope"), (&bound, "nope")] {
        let crossed = portal
            .get(&format!("/k8stoken?format=kubeconfig&cluster={cluster}"))
            .bearer_auth(key);
        assert_eq!(
            portal.refusal(crossed).await,
            (403, "cluster_refused".into()),
            "{cluster}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_user_entry_can_be_chosen(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let user = |config: &Value| config["users"][0]["user"].clone();
    let (usual, config) = fetch(&portal, &portal.key, "").await;
    assert_eq!(user(&config)["exec"]["command"], "sh");
    let (wrapper, _) = fetch(&portal, &portal.key, "&user=wrapper").await;
    assert_eq!(wrapper, usual);
    let file = "&user=curl&key_file=/home/alice/.shorepass/%7Bcluster%7D";
    let (_, config) = fetch(&portal, &portal.key, file).await;
    let exec = user(&config)["exec"].clone();
    assert_eq!(exec["command"], "curl");
    assert_eq!(exec["args"][4], "@/home/alice/.shorepass/demo");
    let (_, config) = fetch(&portal, &portal.key, "&user=token").await;
    let token = user(&config)["token"].as_str().unwrap().to_owned();
    assert_eq!(token, portal.token(&portal.key).await);
    assert_eq!(claims(&token)["aud"], json!(["kubernetes"]));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn every_bad_request_for_a_kubeconfig_gets_its_word(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for parameters in [
        "format=kubeconfig&user=root",
        "format=kubeconfig&user=curl",
        "format=kubeconfig&user=curl&key_file=.shorepass/demo",
        "format=kubeconfig&user=curl&key_file=/a%0Ab",
        "format=kubeconfig&user=token&key_file=/a",
        "format=kubeconfig&key_file=/a",
        "format=kubeconfig&user=wrapper&user=wrapper",
        "format=kubeconfig&user=curl&key_file=/a&key_file=/a",
        "format=kubeconfig&format=kubeconfig",
        "format=exec&user=wrapper",
        "user=token",
        "key_file=/a",
    ] {
        let request = portal
            .get(&format!("/k8stoken?{parameters}"))
            .bearer_auth(&portal.key);
        assert_eq!(
            portal.refusal(request).await,
            (400, "bad_request".into()),
            "{parameters}"
        );
    }
    let anonymous = portal.get("/k8stoken?format=kubeconfig");
    assert_eq!(portal.refusal(anonymous).await, (401, "key_missing".into()));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_key_that_sleeps_or_has_ended_gets_no_kubeconfig(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "").await;
    let ask = |key: &str| portal.get("/k8stoken?format=kubeconfig").bearer_auth(key);
    portal
        .sql("UPDATE retrieval_keys SET revoked_at = created_at WHERE name = 'make run'")
        .await;
    assert_eq!(
        portal.refusal(ask(&portal.key)).await,
        (401, "key_revoked".into())
    );
    let logout = portal.post("/logout", &[]).header("cookie", &cookie);
    logout.send().await.unwrap();
    assert_eq!(
        portal.refusal(ask(&key)).await,
        (401, "login_required".into())
    );
    portal.log_in("alice").await;
    portal
        .sql("UPDATE retrieval_keys SET expires_at = created_at + interval '1 second'")
        .await;
    portal.advance(time::Duration::seconds(2));
    assert_eq!(portal.refusal(ask(&key)).await, (401, "key_expired".into()));
    assert_eq!(
        portal.refusal(ask("k8r_guess")).await,
        (401, "key_unknown".into())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn fetching_a_kubeconfig_is_a_use_of_the_key(pool: PgPool) {
    let portal = Portal::start(pool).await;
    fetch(&portal, &portal.key, "").await;
    let used: Option<time::OffsetDateTime> =
        sqlx::query_scalar("SELECT last_used_at FROM retrieval_keys WHERE name = 'make run'")
            .fetch_one(&portal.pool)
            .await
            .unwrap();
    assert_eq!(used, Some(portal.now()));
}
