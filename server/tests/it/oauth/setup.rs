//! `/setup`: kubeconfigs for kubelogin and for kubectl's own provider.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::Value;
use sqlx::PgPool;

use super::{portal, refresh, refusal, text, to_token, tokens};
use crate::support::{Portal, claims};

/// The kubeconfig on the page.
async fn kubeconfig(portal: &Portal, cookie: &str, way: &str) -> Value {
    let response = portal.post("/setup", &[("way", way)]);
    let response = response.header("cookie", cookie).send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    let page = response.text().await.unwrap();
    let from = page.find("apiVersion: v1").expect("a kubeconfig");
    let text = &page[from..];
    let text = &text[..text.find("</pre>").unwrap()];
    let text = text
        .replace("&quot;", "\"")
        .replace("&lt;", "<")
        .replace("&gt;", ">");
    serde_saphyr::from_str(&text.replace("&amp;", "&")).unwrap()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn kubelogin_is_told_where_to_go_and_nothing_secret(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let config = kubeconfig(&portal, &alice, "kubelogin").await;
    let exec = &config["users"][0]["user"]["exec"];
    assert_eq!(exec["command"], "kubectl");
    let expected = serde_json::json!([
        "oidc-login",
        "get-token",
        format!("--oidc-issuer-url={}", portal.url),
        "--oidc-client-id=kubernetes"
    ]);
    assert_eq!(exec["args"], expected);
    assert_eq!(config["current-context"], "shorepass-demo-new-namespace");
    // By curl it is the same.
    let url = "/k8stoken?format=kubeconfig&user=kubelogin";
    let fetched = portal
        .get(url)
        .bearer_auth(&portal.key)
        .send()
        .await
        .unwrap();
    let fetched: Value = serde_saphyr::from_str(&fetched.text().await.unwrap()).unwrap();
    assert_eq!(fetched["users"], config["users"]);
}

/// What stands there works as kubectl uses it, with the secret that belongs to it and no other.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn kubectls_own_provider_gets_a_secret_of_its_own(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let one = kubeconfig(&portal, &alice, "auth-provider").await;
    let other = kubeconfig(&portal, &alice, "auth-provider").await;
    let kept = |config: &Value, name: &str| {
        let provider = &config["users"][0]["user"]["auth-provider"];
        assert_eq!(provider["name"], "oidc");
        provider["config"][name].as_str().unwrap().to_owned()
    };
    assert_eq!(kept(&one, "idp-issuer-url"), portal.url);
    assert_eq!(claims(&kept(&one, "id-token"))["sub"], "alice");
    let (token, secret) = (kept(&one, "refresh-token"), kept(&one, "client-secret"));
    let foreign = kept(&other, "client-secret");
    assert_ne!(secret, foreign);
    let asking = |secret: &str| {
        let basic = BASE64_STANDARD.encode(format!("kubernetes:{secret}"));
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", token.as_str()),
        ];
        to_token(&portal, &fields).header("authorization", format!("Basic {basic}"))
    };
    for wrong in ["", foreign.as_str(), "x"] {
        assert_eq!(
            refusal(asking(wrong)).await,
            (401, "invalid_client".into()),
            "{wrong}"
        );
    }
    assert_eq!(
        refusal(refresh(&portal, &token)).await,
        (401, "invalid_client".into())
    );
    let next = tokens(asking(&secret)).await;
    assert_ne!(text(&next, "refresh_token"), token);
    // It ends with the login.
    portal
        .post("/logout", &[])
        .header("cookie", &alice)
        .send()
        .await
        .unwrap();
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", "kubernetes"),
        ("client_secret", secret.as_str()),
        ("refresh_token", text(&next, "refresh_token")),
    ];
    assert_eq!(
        refusal(to_token(&portal, &fields)).await,
        (400, "invalid_grant".into())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whoever_is_not_logged_in_gets_no_kubeconfig(pool: PgPool) {
    let portal = portal(pool).await;
    let response = portal
        .post("/setup", &[("way", "auth-provider")])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 303);
    let families: i64 = sqlx::query_scalar("SELECT count(*) FROM families")
        .fetch_one(&portal.pool)
        .await
        .unwrap();
    assert_eq!(families, 0);
    let alice = portal.log_in("alice").await;
    let forged = portal
        .client
        .post(format!("{}/setup", portal.url))
        .form(&[("way", "auth-provider")]);
    let forged = forged
        .header("cookie", alice)
        .header("origin", "https://evil.example");
    assert_eq!(forged.send().await.unwrap().status(), 403);
}
