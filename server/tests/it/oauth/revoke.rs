//! `/oauth2/revoke`.

use reqwest::RequestBuilder;
use serde_json::Value;
use sqlx::PgPool;

use super::{
    CALLBACK, SECRET, VERIFIER, asking, code_for, log_in, portal, refresh, refusal, text, to_token,
    tokens,
};
use crate::{
    outage::line::{Fault, Line},
    support::Portal,
};

pub(crate) fn revoke(portal: &Portal, fields: &[(&str, &str)]) -> RequestBuilder {
    let url = format!("{}/oauth2/revoke", portal.url);
    portal.client.post(url).form(fields)
}

fn by_kubectl(portal: &Portal, token: &str) -> RequestBuilder {
    revoke(portal, &[("client_id", "kubernetes"), ("token", token)])
}

/// It is done, and nothing more is said.
async fn assert_done(request: RequestBuilder) {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.text().await.unwrap(), "");
}

async fn is_good(portal: &Portal, access_token: &str) -> bool {
    let request = portal.get("/oauth2/userinfo").bearer_auth(access_token);
    request.send().await.unwrap().status() == 200
}

async fn is_over(portal: &Portal, refresh_token: &str) -> bool {
    refusal(refresh(portal, refresh_token)).await == (400, "invalid_grant".into())
}

/// The tokens of a person for a client with a secret.
pub(crate) async fn at_dashboard(portal: &Portal, username: &str) -> (String, Value) {
    let cookie = portal.log_in(username).await;
    let code = code_for(portal, &cookie, &asking("dashboard", CALLBACK, &[])).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    let request = to_token(portal, &fields).basic_auth("dashboard", Some(SECRET));
    (cookie, tokens(request).await)
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn with_a_refresh_token_all_ends_that_came_of_it(pool: PgPool) {
    let portal = portal(pool).await;
    for hint in ["", "refresh_token", "access_token", "nonsense"] {
        let (_, first) = log_in(&portal, "alice").await;
        let second = tokens(refresh(&portal, text(&first, "refresh_token"))).await;
        let (_, other) = log_in(&portal, "alice").await;
        // An older one is as good for this: whoever has it may give back what came of it.
        let given = if hint.is_empty() { &first } else { &second };
        let fields = [
            ("client_id", "kubernetes"),
            ("token", text(given, "refresh_token")),
            ("token_type_hint", hint),
        ];
        assert_done(revoke(&portal, &fields)).await;
        assert!(
            is_over(&portal, text(&second, "refresh_token")).await,
            "{hint}"
        );
        assert!(
            !is_good(&portal, text(&second, "access_token")).await,
            "{hint}"
        );
        assert!(
            !is_good(&portal, text(&first, "access_token")).await,
            "{hint}"
        );
        assert!(
            is_good(&portal, text(&other, "access_token")).await,
            "{hint}"
        );
        assert_done(revoke(&portal, &fields)).await;
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_access_token_ends_alone_where_there_is_a_way_to_the_next(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, first) = log_in(&portal, "alice").await;
    let second = tokens(refresh(&portal, text(&first, "refresh_token"))).await;
    assert_done(by_kubectl(&portal, text(&first, "access_token"))).await;
    assert!(!is_good(&portal, text(&first, "access_token")).await);
    assert!(is_good(&portal, text(&second, "access_token")).await);
    assert_done(by_kubectl(&portal, text(&second, "access_token"))).await;
    assert!(!is_good(&portal, text(&second, "access_token")).await);
    let third = tokens(refresh(&portal, text(&second, "refresh_token"))).await;
    assert!(is_good(&portal, text(&third, "access_token")).await);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_access_token_that_was_all_ends_all(pool: PgPool) {
    let portal = portal(pool).await;
    let cookie = portal.log_in("alice").await;
    let old = "https://old.example/a";
    let path = asking(
        "old",
        old,
        &[("code_challenge", ""), ("code_challenge_method", "")],
    );
    let code = code_for(&portal, &cookie, &path).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", old),
    ];
    let secret = Some("another-secret-of-thirty-two-char");
    let tokens = tokens(to_token(&portal, &fields).basic_auth("old", secret)).await;
    let token = text(&tokens, "access_token");
    assert!(tokens.get("refresh_token").is_none() && is_good(&portal, token).await);
    assert_done(revoke(&portal, &[("token", token)]).basic_auth("old", secret)).await;
    assert!(!is_good(&portal, token).await);
    let reason: String = sqlx::query_scalar("SELECT end_reason FROM families")
        .fetch_one(&portal.pool)
        .await
        .unwrap();
    assert_eq!(reason, "revoked");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_no_token_is_as_good_as_given_back(pool: PgPool) {
    let portal = portal(pool).await;
    let (cookie, tokens) = log_in(&portal, "alice").await;
    let cookie = cookie.split_once('=').unwrap().1;
    let made_up = text(&tokens, "refresh_token").replace("refresh_", "access_");
    let mut other_mark = text(&tokens, "refresh_token").to_owned();
    other_mark.replace_range(35..36, if &other_mark[35..36] == "A" { "B" } else { "A" });
    for token in [
        "garbage",
        "refresh_",
        cookie,
        &portal.key,
        text(&tokens, "id_token"),
        &made_up,
        &other_mark,
    ] {
        assert_done(by_kubectl(&portal, token)).await;
    }
    assert!(is_good(&portal, text(&tokens, "access_token")).await);
    refresh(&portal, text(&tokens, "refresh_token"))
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();
    portal.token(&portal.key).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nobody_gives_back_what_is_anothers(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, mine) = log_in(&portal, "alice").await;
    let (_, theirs) = at_dashboard(&portal, "alice").await;
    for kind in ["refresh_token", "access_token"] {
        let by_dashboard = revoke(&portal, &[("token", text(&mine, kind))]);
        let refused = refusal(by_dashboard.basic_auth("dashboard", Some(SECRET))).await;
        assert_eq!(refused, (400, "invalid_grant".into()));
        let refused = refusal(by_kubectl(&portal, text(&theirs, kind))).await;
        assert_eq!(refused, (400, "invalid_grant".into()));
    }
    for tokens in [&mine, &theirs] {
        assert!(is_good(&portal, text(tokens, "access_token")).await);
    }
    refresh(&portal, text(&mine, "refresh_token"))
        .send()
        .await
        .unwrap()
        .error_for_status()
        .unwrap();
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_client_proves_itself_first(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, tokens) = at_dashboard(&portal, "alice").await;
    let token = text(&tokens, "refresh_token");
    for (fields, status, word) in [
        (&[("token", token)][..], 401, "invalid_client"),
        (
            &[("token", token), ("client_id", "dashboard")],
            401,
            "invalid_client",
        ),
        (
            &[
                ("token", token),
                ("client_id", "dashboard"),
                ("client_secret", "wrong"),
            ],
            401,
            "invalid_client",
        ),
        (
            &[("token", token), ("client_id", "nobody")],
            401,
            "invalid_client",
        ),
        (&[("client_id", "kubernetes")], 400, "invalid_request"),
        (
            &[("client_id", "kubernetes"), ("token", "")],
            400,
            "invalid_request",
        ),
        (
            &[("client_id", "kubernetes"), ("token", "a"), ("token", "a")],
            400,
            "invalid_request",
        ),
        (
            &[
                ("client_id", "kubernetes"),
                ("token", "a"),
                ("token_type_hint", "a"),
                ("token_type_hint", "a"),
            ],
            400,
            "invalid_request",
        ),
    ] {
        assert_eq!(
            refusal(revoke(&portal, fields)).await,
            (status, word.into()),
            "{fields:?}"
        );
    }
    let wrong = revoke(&portal, &[("token", token)]).basic_auth("dashboard", Some("wrong"));
    let wrong = wrong.send().await.unwrap();
    assert_eq!(wrong.status(), 401);
    assert!(
        wrong.headers()["www-authenticate"]
            .to_str()
            .unwrap()
            .starts_with("Basic ")
    );
    assert!(is_good(&portal, text(&tokens, "access_token")).await);
}

/// A secret that goes with one family is asked for with that family's tokens, and is good with no other.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_family_with_a_secret_is_given_back_with_it(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, tokens) = log_in(&portal, "alice").await;
    let secret = format!("family_{}", "A".repeat(43));
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, secret.as_bytes());
    sqlx::query("UPDATE families SET secret_hash = $1")
        .bind(hash.as_ref())
        .execute(&portal.pool)
        .await
        .unwrap();
    let token = text(&tokens, "refresh_token");
    let with = |secret: &str| {
        revoke(
            &portal,
            &[
                ("client_id", "kubernetes"),
                ("token", token),
                ("client_secret", secret),
            ],
        )
    };
    for wrong in ["", "wrong", &format!("family_{}", "B".repeat(43))] {
        assert_eq!(
            refusal(with(wrong)).await,
            (401, "invalid_client".into()),
            "{wrong}"
        );
        assert!(is_good(&portal, text(&tokens, "access_token")).await);
    }
    assert_done(with(&secret)).await;
    assert!(!is_good(&portal, text(&tokens, "access_token")).await);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nothing_is_said_to_be_done_that_was_not(pool: PgPool) {
    let line = Line::to(&pool).await;
    let portal = portal(line.pool(&pool).await).await;
    let (_, tokens) = log_in(&portal, "alice").await;
    let token = text(&tokens, "refresh_token");
    for fault in [
        Fault::Cut,
        Fault::Silent,
        Fault::HangsAt("UPDATE families"),
        Fault::LosesReplyTo("UPDATE families"),
    ] {
        line.set(fault);
        let response = by_kubectl(&portal, token).send().await.unwrap();
        assert_eq!(response.status(), 503, "{fault:?}");
        assert!(response.headers().contains_key("retry-after"));
        line.set(Fault::None);
        while portal.get("/readyz").send().await.unwrap().status() != 200 {}
    }
    assert_done(by_kubectl(&portal, token)).await;
    assert!(is_over(&portal, token).await);
}
