//! `/oauth2/…`: clients that fetch tokens for people. Here is a client, as programs are ones; the tests
//! are in the files beside, by endpoint.

mod authorize;
mod backchannel;
mod code;
mod device;
mod holding;
mod introspect;
mod logout;
mod matrix;
pub(crate) mod receiver;
mod refresh;
mod revoke;
mod setup;
mod user_info;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use reqwest::{RequestBuilder, Response};
use serde_json::Value;
use sqlx::PgPool;

use crate::support::Portal;
use server::edge::limits::Limits;

/// Where the confidential client of the tests is answered.
pub(crate) const CALLBACK: &str = "https://dashboard.example/callback";
pub(crate) const SECRET: &str = "a-secret-of-thirty-two-characters";
/// As RFC 7636 has it in its appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

/// The configuration of the clients that the tests use beside that of the cluster `demo`.
pub(crate) const CLIENTS: &str = r#"
[[client]]
id = "dashboard"
title = "The Dashboard"
cluster = "demo"
secret = "a-secret-of-thirty-two-characters"
redirect_uris = ["https://dashboard.example/callback"]
post_logout_redirect_uris = ["https://dashboard.example/bye"]
first_party = true
[[client]]
id = "stranger"
cluster = "demo"
redirect_uris = ["https://stranger.example/cb?tenant=1"]
[[client]]
id = "old"
cluster = "demo"
secret = "another-secret-of-thirty-two-char"
pkce_required = false
first_party = true
grants = ["authorization_code"]
redirect_uris = ["https://old.example/a", "https://old.example/b"]
"#;

/// A portal that knows these clients.
pub(crate) async fn portal(pool: PgPool) -> Portal {
    portal_with(pool, CLIENTS).await
}

/// A portal that knows other clients.
pub(crate) async fn portal_with(pool: PgPool, clients: &str) -> Portal {
    let portal = Portal::with(pool, clients, Limits::default()).await;
    introduce(&portal).await;
    portal
}

/// Reads the clients of the configuration again: the demo's cluster came after it was read.
pub(crate) async fn introduce(portal: &Portal) {
    let again = server::state::portal(&portal.config, portal.pool.clone(), portal.clock.clone());
    again.await.unwrap();
}

pub(crate) fn challenge(verifier: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes()))
}

/// A request to a person with the parameters that every client sends, and then these instead or beside.
/// An empty one is left out.
pub(crate) fn asking(client: &str, redirect_uri: &str, more: &[(&str, &str)]) -> String {
    let challenge = challenge(VERIFIER);
    let mut all = vec![
        ("response_type", "code"),
        ("client_id", client),
        ("redirect_uri", redirect_uri),
        ("scope", "openid"),
        ("state", "a b&c"),
        ("nonce", "n-1"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in more {
        all.retain(|(given, _)| given != name);
        if !value.is_empty() {
            all.push((name, value));
        }
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(all)
        .finish();
    format!("/oauth2/authorize?{query}")
}

/// What `kubectl oidc-login` asks.
pub(crate) fn kubelogin(more: &[(&str, &str)]) -> String {
    asking("kubernetes", "http://localhost:8000", more)
}

/// Where a response leads, in parts: the address, and its parameters.
pub(crate) fn location(response: &Response) -> (String, Vec<(String, String)>) {
    let text = response.headers()["location"].to_str().unwrap();
    let (address, query) = text.split_once('?').unwrap_or((text, ""));
    let pairs = form_urlencoded::parse(query.as_bytes())
        .into_owned()
        .collect();
    (address.to_owned(), pairs)
}

pub(crate) fn parameter(pairs: &[(String, String)], name: &str) -> Option<String> {
    let mut found = pairs.iter().filter(|(given, _)| given == name);
    found.next().map(|(_, value)| value.clone())
}

/// The code that a logged-in person's browser brings for this request.
pub(crate) async fn code_for(portal: &Portal, cookie: &str, path: &str) -> String {
    let response = portal
        .get(path)
        .header("cookie", cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(
        response.status(),
        303,
        "{path}: {:?}",
        response.text().await
    );
    let (_, pairs) = location(&response);
    parameter(&pairs, "code").expect("a code")
}

/// A request to the token endpoint.
pub(crate) fn to_token(portal: &Portal, fields: &[(&str, &str)]) -> RequestBuilder {
    portal
        .client
        .post(format!("{}/oauth2/token", portal.url))
        .form(fields)
}

pub(crate) fn redeem(portal: &Portal, code: &str) -> RequestBuilder {
    to_token(
        portal,
        &[
            ("grant_type", "authorization_code"),
            ("client_id", "kubernetes"),
            ("code", code),
            ("redirect_uri", "http://localhost:8000"),
            ("code_verifier", VERIFIER),
        ],
    )
}

pub(crate) fn refresh(portal: &Portal, token: &str) -> RequestBuilder {
    let fields = [
        ("grant_type", "refresh_token"),
        ("client_id", "kubernetes"),
        ("refresh_token", token),
    ];
    to_token(portal, &fields)
}

/// The tokens that a request gets.
pub(crate) async fn tokens(request: RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    assert_eq!(status, 200, "{body}");
    body
}

/// Status and word of a refusal, which has the protocol's form.
pub(crate) async fn refusal(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body: Value = response.json().await.unwrap();
    (status, body["error"].as_str().unwrap().to_owned())
}

/// The tokens of a person for the client of the cluster, from the start.
pub(crate) async fn log_in(portal: &Portal, username: &str) -> (String, Value) {
    let cookie = portal.log_in(username).await;
    let code = code_for(portal, &cookie, &kubelogin(&[])).await;
    let tokens = tokens(redeem(portal, &code)).await;
    (cookie, tokens)
}

pub(crate) fn text<'a>(tokens: &'a Value, name: &str) -> &'a str {
    tokens[name].as_str().expect(name)
}
