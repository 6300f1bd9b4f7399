//! `docs/clients.md`: the clients that it registers can do what it says of them. What it says of kubectl
//! and kubelogin is tried on an API server, and the program of one's own in a browser.

use std::{fs, path::Path};

use domain::client::Client;
use serde_json::Value;
use server::edge::limits::Limits;
use sqlx::PgPool;

use crate::{
    oauth::{VERIFIER, asking, code_for, text, to_token, tokens},
    page,
    support::{Portal, claims},
};

const SECRET: &str = "a-secret-of-the-documentation-0123";

/// A portal with the clients of a section, whose secrets are in a file.
async fn portal(pool: PgPool, title: &str) -> (Portal, Vec<Client>) {
    let file = std::env::temp_dir().join(format!("secret-{}", uuid::Uuid::new_v4()));
    fs::write(&file, SECRET).unwrap();
    let portal = Portal::with(pool, &with_secret(title, &file), Limits::default()).await;
    fs::remove_file(file).unwrap();
    // The demo's cluster came after the configuration was read.
    let again = server::state::portal(&portal.config, portal.pool.clone(), portal.clock.clone());
    again.await.unwrap();
    let clients = portal.config.client.iter();
    let clients = clients
        .map(|configured| configured.client.clone())
        .collect();
    (portal, clients)
}

/// The section's clients, with their secrets in this file.
fn with_secret(title: &str, file: &Path) -> String {
    let block = &page::blocks(title, "toml")[0];
    let line = |line: &str| match line.strip_prefix("secret_file = ") {
        Some(_) => format!("secret_file = \"{}\"", file.display()),
        None => line.to_owned(),
    };
    block.lines().map(line).collect::<Vec<_>>().join("\n")
}

/// The tokens that a client gets which asks in this way, and gets again at the next refresh.
async fn logged_in(portal: &Portal, client: &Client, more: &[(&str, &str)]) -> Value {
    let alice = portal.log_in("alice").await;
    let redirect = &client.redirect_uris[0];
    let code = code_for(portal, &alice, &asking(&client.id, redirect, more)).await;
    let proves = !more.contains(&("code_challenge", ""));
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", redirect),
    ];
    fields.extend(proves.then_some(("code_verifier", VERIFIER)));
    let proof = if client.confidential { SECRET } else { "" };
    let ask =
        |fields: &[(&str, &str)]| to_token(portal, fields).basic_auth(&client.id, Some(proof));
    let first = tokens(ask(&fields)).await;
    let again = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&first, "refresh_token")),
    ];
    let next = tokens(ask(&again)).await;
    let claims = claims(text(&next, "id_token"));
    assert_eq!(claims["aud"], serde_json::json!(["kubernetes", client.id]));
    assert_eq!(
        claims["groups"],
        serde_json::json!(["new-namespace-viewer", "users"])
    );
    claims
}

/// Neither of them sends a nonce.
const BARE: &[(&str, &str)] = &[("scope", "openid profile email"), ("nonce", "")];
const NO_PKCE: &[(&str, &str)] = &[("code_challenge", ""), ("code_challenge_method", "")];

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn headlamp_gets_what_it_asks_for(pool: PgPool) {
    let (portal, clients) = portal(pool, "Headlamp").await;
    let [headlamp] = &clients[..] else {
        unreachable!("one client");
    };
    let claims = logged_in(&portal, headlamp, BARE).await;
    assert!(claims["email"].is_string());
    let arguments = &page::blocks("Headlamp", "console")[0];
    for argument in [
        format!("-oidc-client-id={}\n", headlamp.id),
        format!("-oidc-idp-issuer-url={}\n", page::PORTAL),
        "-oidc-use-pkce=true\n".to_owned(),
    ] {
        assert!(arguments.contains(&argument), "{argument}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn argo_cd_gets_what_it_asks_for(pool: PgPool) {
    let (portal, clients) = portal(pool, "Argo CD").await;
    let [web, cli] = &clients[..] else {
        unreachable!("two clients");
    };
    let asked = [("claims", r#"{"id_token":{"groups":{"essential":true}}}"#)];
    logged_in(&portal, web, &[BARE, NO_PKCE, &asked].concat()).await;
    logged_in(&portal, cli, BARE).await;

    let text = &page::blocks("Argo CD", "yaml")[0];
    let map: Value = serde_saphyr::from_str(text).unwrap();
    let config: Value = serde_saphyr::from_str(map["oidc.config"].as_str().unwrap()).unwrap();
    for (name, value) in [
        ("issuer", page::PORTAL),
        ("clientID", &web.id),
        ("cliClientID", &cli.id),
    ] {
        assert_eq!(config[name], value, "{name}");
    }
    let url = map["url"].as_str().unwrap();
    assert_eq!(web.redirect_uris, [format!("{url}/auth/callback")]);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_program_of_ones_own_gets_what_it_asks_for(pool: PgPool) {
    let (portal, clients) = portal(pool, "A program of your own").await;
    logged_in(&portal, &clients[0], &[]).await;
}
