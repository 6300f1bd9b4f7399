//! `/doctor`: what it says of tokens of every kind, and what it never says.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use crate::support::{Portal, claims};

/// The page for what somebody pastes, as text without entities.
async fn look(portal: &Portal, cookie: &str, cluster: &str, text: &str) -> String {
    let fields = [("what", "text"), ("cluster", cluster), ("text", text)];
    let request = portal.post("/doctor", &fields).header("cookie", cookie);
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200, "{text}");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let html = response.text().await.unwrap();
    // What was pasted is not on it, nor a part that would do.
    for part in text
        .split('.')
        .filter(|part| part.len() > 30 && !part.contains(' '))
    {
        assert!(!html.contains(part), "what was pasted is on the page");
    }
    html.replace("&quot;", "\"")
        .replace("&#x27;", "'")
        .replace("&#39;", "'")
}

/// A token with other claims and another header, and the signature as it was.
fn changed(token: &str, header: &Value, change: impl FnOnce(&mut Value)) -> String {
    let mut claims = claims(token);
    change(&mut claims);
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    let signature = token.rsplit('.').next().unwrap();
    format!("{}.{}.{signature}", part(header), part(&claims))
}

fn header(token: &str) -> Value {
    let first = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap());
    serde_json::from_slice(&first.unwrap()).unwrap()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn ones_own_token_is_fetched_and_judged(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let alice = portal.log_in("alice").await;
    let fields = [("what", "own"), ("cluster", "demo")];
    let own = portal.post("/doctor", &fields).header("cookie", &alice);
    let html = own.send().await.unwrap().text().await.unwrap();
    assert!(
        html.contains("The API server of demo takes your token"),
        "{html}"
    );
    assert!(html.contains("shorepass:alice") && html.contains("shorepass:new-namespace-viewer"));
    assert_eq!(html.matches("data-state=\"good\"").count(), 14);
    assert!(
        !html.contains("eyJhbGciOiJSUzI1NiIsI"),
        "the token is on the page"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn each_fault_of_a_token_is_named_with_the_api_servers_words(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.sql("INSERT INTO clusters (id, name, api_url, audience, username_prefix, groups_prefix, groups_claim, token_lifetime, group_template, created_at) SELECT gen_random_uuid(), 'other', 'https://other.example', 'another-audience', '', '', 'groups', 300, group_template, created_at FROM clusters").await;
    let alice = portal.log_in("alice").await;
    let bob = portal.log_in("bob").await;
    let key = portal.make_key(&alice, "demo").await;
    let token = portal.token(&key).await;
    let head = header(&token);
    let named = |kid: &str| json!({"alg": "RS256", "typ": "JWT", "kid": kid});
    let signature =
        "oidc: verify token: failed to verify signature: failed to verify id token signature";
    // Somebody else's is told for what it is: a secret that works.
    let html = look(&portal, &bob, "demo", &token).await;
    assert!(html.contains("The API server of demo takes this token"));
    assert!(html.contains("Treat it as you would a password"));
    for (cluster, text, log) in [
        (
            "other",
            token.clone(),
            "oidc: verify token: oidc: expected audience \"another-audience\" got [\"kubernetes\"]",
        ),
        (
            "demo",
            changed(&token, &head, |claims| {
                claims["iss"] = json!("https://elsewhere.example");
            }),
            "invalid bearer token",
        ),
        (
            "demo",
            changed(&token, &head, |claims| {
                claims["groups"] = json!(["payments-admin"]);
            }),
            signature,
        ),
        ("demo", token[..token.len() - 4].to_owned(), signature),
        (
            "demo",
            changed(&token, &named("unknown"), |_| ()),
            signature,
        ),
        ("demo", changed(&token, &named("a\0b"), |_| ()), signature),
        (
            "demo",
            changed(&token, &json!({"alg": "RS256"}), |_| ()),
            signature,
        ),
        (
            "demo",
            changed(&token, &json!({"alg": "none", "kid": head["kid"]}), |_| ()),
            "id token signed with unsupported algorithm",
        ),
        (
            "demo",
            changed(&token, &json!({"alg": "HS256", "kid": head["kid"]}), |_| ()),
            "got \"HS256\"",
        ),
        ("demo", format!("{token}.x"), "invalid bearer token"),
        (
            "demo",
            token.rsplit_once('.').unwrap().0.to_owned(),
            "invalid bearer token",
        ),
    ] {
        let html = look(&portal, &alice, cluster, &text).await;
        assert!(
            html.contains(&format!("The API server of {cluster} refuses this token")),
            "{log}"
        );
        assert!(html.contains(log), "{log} is not on the page: {html}");
        let live = html.contains("Treat it as you would a password");
        assert_eq!(live, cluster == "other", "{log}");
    }
    portal.advance(Duration::seconds(301));
    let html = look(&portal, &alice, "demo", &token).await;
    assert!(html.contains("oidc: verify token: oidc: token is expired (Token Expiry: 2027-01-15 08:05:00 +0000 UTC)"), "{html}");
    assert!(!html.contains("Treat it as you would a password"));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_key_that_was_revoked_is_not_taken_for_one_that_never_was(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let alice = portal.log_in("alice").await;
    let key = portal.make_key(&alice, "demo").await;
    let token = portal.token(&key).await;
    sqlx::query("UPDATE signing_keys SET removed_at = $1, sealed = NULL")
        .bind(portal.now())
        .execute(&portal.pool)
        .await
        .unwrap();
    let html = look(&portal, &alice, "demo", &token).await;
    assert!(
        html.contains("The key that it names was removed or revoked."),
        "{html}"
    );
    let forged = changed(&token, &header(&token), |claims| {
        claims["sub"] = json!("bob");
    });
    let html = look(&portal, &alice, "demo", &forged).await;
    assert!(html.contains("The signature is not of the key that it names"));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn errors_and_secrets_of_other_kinds_are_explained(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let alice = portal.log_in("alice").await;
    let key = portal.make_key(&alice, "demo").await;
    for (text, expected) in [
        (
            "error: You must be logged in to the server (Unauthorized)",
            "The API server does not take the token",
        ),
        (
            "Error from server (Forbidden): pods is forbidden: User \"shorepass:alice\" cannot list resource \"pods\" in API group \"\" in the namespace \"payments\"",
            "You are known as “shorepass:alice”, and may not “list” “pods” in the namespace “payments”",
        ),
        (
            "pods is forbidden: User \"<script>alert(1)</script>\" cannot list resource \"pods\"",
            "no name of this portal's",
        ),
        ("a storm is coming", "These words are not known here"),
        ("", "Nothing was pasted"),
        (&"x ".repeat(20_000), "That is too long"),
        (&key, "This is a retrieval key, and no token"),
    ] {
        let html = look(&portal, &alice, "demo", text).await;
        assert!(html.contains(expected), "{expected}: {html}");
        assert!(!html.contains("<script>alert") && !html.contains(&key));
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn it_is_for_people_who_are_logged_in_and_for_this_portals_own_pages(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let alice = portal.log_in("alice").await;
    let fields = [("what", "own"), ("cluster", "demo")];
    for request in [portal.get("/doctor"), portal.post("/doctor", &fields)] {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 303);
        assert!(
            response.headers()["location"]
                .to_str()
                .unwrap()
                .starts_with("/login")
        );
    }
    let forged = portal
        .client
        .post(format!("{}/doctor", portal.url))
        .form(&fields);
    assert_eq!(
        forged
            .header("cookie", &alice)
            .send()
            .await
            .unwrap()
            .status(),
        403
    );
    for (what, cluster) in [("own", "nowhere"), ("own", "")] {
        let fields = [("what", what), ("cluster", cluster)];
        let request = portal.post("/doctor", &fields).header("cookie", &alice);
        assert_eq!(
            request.send().await.unwrap().status(),
            404,
            "{what} {cluster}"
        );
    }
}
