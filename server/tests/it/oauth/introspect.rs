//! `/oauth2/introspect`.

use reqwest::RequestBuilder;
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{
    SECRET, log_in, portal, refusal,
    revoke::{at_dashboard, revoke},
    text, to_token, tokens,
};
use crate::support::Portal;

fn introspect(portal: &Portal, fields: &[(&str, &str)]) -> RequestBuilder {
    let url = format!("{}/oauth2/introspect", portal.url);
    portal.client.post(url).form(fields)
}

fn by_dashboard(portal: &Portal, token: &str) -> RequestBuilder {
    introspect(portal, &[("token", token)]).basic_auth("dashboard", Some(SECRET))
}

async fn said(request: RequestBuilder) -> String {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "application/json");
    response.text().await.unwrap()
}

async fn assert_inactive(case: &str, portal: &Portal, token: &str) {
    assert_eq!(
        said(by_dashboard(portal, token)).await,
        r#"{"active":false}"#,
        "{case}"
    );
}

async fn is_active(portal: &Portal, token: &str) -> Value {
    serde_json::from_str(&said(by_dashboard(portal, token)).await).unwrap()
}

async fn refresh(portal: &Portal, token: &str) -> Value {
    let fields = [("grant_type", "refresh_token"), ("refresh_token", token)];
    tokens(to_token(portal, &fields).basic_auth("dashboard", Some(SECRET))).await
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_client_hears_what_its_own_tokens_are_good_for(pool: PgPool) {
    let portal = portal(pool).await;
    let start = portal.now().unix_timestamp();
    let (_, tokens) = at_dashboard(&portal, "alice").await;
    let expected = |exp: i64| {
        json!({
            "active": true, "iss": portal.url, "client_id": "dashboard", "sub": "alice",
            "username": "alice", "scope": "openid", "exp": exp,
        })
    };
    let mut access = expected(start + 300);
    access["token_type"] = "Bearer".into();
    assert_eq!(
        is_active(&portal, text(&tokens, "access_token")).await,
        access
    );
    let lasting = expected(start + 36_000);
    assert_eq!(
        is_active(&portal, text(&tokens, "refresh_token")).await,
        lasting
    );
    let hinted = [
        ("token", text(&tokens, "refresh_token")),
        ("token_type_hint", "access_token"),
        ("client_id", "dashboard"),
        ("client_secret", SECRET),
    ];
    let body: Value = serde_json::from_str(&said(introspect(&portal, &hinted)).await).unwrap();
    assert_eq!(body, lasting);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whatever_is_not_good_or_not_its_own_is_inactive_and_nothing_else(pool: PgPool) {
    let portal = portal(pool).await;
    let (cookie, kubectls) = log_in(&portal, "alice").await;
    let (_, mine) = at_dashboard(&portal, "alice").await;
    for (case, token) in [
        ("garbage", "garbage"),
        ("nothing behind the kind", "access_"),
        (
            "another client's access token",
            text(&kubectls, "access_token"),
        ),
        (
            "another client's refresh token",
            text(&kubectls, "refresh_token"),
        ),
        ("its own id_token", text(&mine, "id_token")),
        ("a key", &portal.key),
        ("a cookie", cookie.split_once('=').unwrap().1),
        ("a secret", SECRET),
    ] {
        assert_inactive(case, &portal, token).await;
    }
    let next = refresh(&portal, text(&mine, "refresh_token")).await;
    assert_inactive("replaced", &portal, text(&mine, "refresh_token")).await;
    portal.advance(Duration::seconds(300));
    assert_inactive("expired", &portal, text(&next, "access_token")).await;
    let next = refresh(&portal, text(&next, "refresh_token")).await;
    let give_back = [("token", text(&next, "access_token"))];
    revoke(&portal, &give_back)
        .basic_auth("dashboard", Some(SECRET))
        .send()
        .await
        .unwrap();
    assert_inactive("revoked alone", &portal, text(&next, "access_token")).await;
    let give_back = [("token", text(&next, "refresh_token"))];
    assert_eq!(
        is_active(&portal, text(&next, "refresh_token")).await["active"],
        true
    );
    revoke(&portal, &give_back)
        .basic_auth("dashboard", Some(SECRET))
        .send()
        .await
        .unwrap();
    assert_inactive("revoked", &portal, text(&next, "refresh_token")).await;

    let (cookie, tokens) = at_dashboard(&portal, "bob").await;
    portal
        .post("/logout", &[])
        .header("cookie", cookie)
        .send()
        .await
        .unwrap();
    let (_, of_disabled) = at_dashboard(&portal, "erin").await;
    portal
        .sql("UPDATE users SET disabled_at = now() WHERE username = 'erin'")
        .await;
    let (_, late) = at_dashboard(&portal, "carol").await;
    for kind in ["access_token", "refresh_token"] {
        assert_inactive("logged out", &portal, text(&tokens, kind)).await;
        assert_inactive("disabled", &portal, text(&of_disabled, kind)).await;
        assert_eq!(is_active(&portal, text(&late, kind)).await["active"], true);
    }
    portal.advance(Duration::hours(10));
    assert_inactive("its login is over", &portal, text(&late, "refresh_token")).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn only_a_client_that_proves_itself_may_ask(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, tokens) = log_in(&portal, "alice").await;
    let token = ("token", text(&tokens, "access_token"));
    for (fields, status, word) in [
        (&[token][..], 401, "invalid_client"),
        (&[token, ("client_id", "kubernetes")], 401, "invalid_client"),
        (
            &[token, ("client_id", "kubernetes"), ("client_secret", "x")],
            401,
            "invalid_client",
        ),
        (&[token, ("client_id", "dashboard")], 401, "invalid_client"),
        (
            &[token, ("client_id", "dashboard"), ("client_secret", "x")],
            401,
            "invalid_client",
        ),
        (
            &[("client_id", "dashboard"), ("client_secret", SECRET)],
            400,
            "invalid_request",
        ),
        (
            &[
                token,
                token,
                ("client_id", "dashboard"),
                ("client_secret", SECRET),
            ],
            400,
            "invalid_request",
        ),
    ] {
        assert_eq!(
            refusal(introspect(&portal, fields)).await,
            (status, word.into()),
            "{fields:?}"
        );
    }
    portal.sql("ALTER TABLE families RENAME TO elsewhere").await;
    let refused = refusal(by_dashboard(&portal, token.1)).await;
    assert_eq!(refused, (503, "temporarily_unavailable".into()));
}
