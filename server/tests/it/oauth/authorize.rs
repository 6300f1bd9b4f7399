//! `/oauth2/authorize`: whom it answers, whom it sends to log in, and whom it refuses how.

use sqlx::PgPool;
use time::Duration;

use super::{
    CALLBACK, asking, code_for, kubelogin, location, log_in, parameter, portal, redeem, text,
    tokens,
};
use crate::support::{Portal, claims, cookie};

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_live_login_answers_at_once_and_says_who_answers(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let response = portal
        .get(&kubelogin(&[]))
        .header("cookie", &alice)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 303);
    let (address, pairs) = location(&response);
    assert_eq!(address, "http://localhost:8000");
    assert_eq!(parameter(&pairs, "state").as_deref(), Some("a b&c"));
    assert_eq!(parameter(&pairs, "iss"), Some(portal.url.clone()));
    assert_eq!(pairs.len(), 3);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whoever_is_not_logged_in_logs_in_and_comes_back_with_the_whole_request(pool: PgPool) {
    let portal = portal(pool).await;
    let path = kubelogin(&[("login_hint", "alice")]);
    let response = portal.get(&path).send().await.unwrap();
    let (address, pairs) = location(&response);
    assert_eq!(
        (response.status().as_u16(), address.as_str()),
        (303, "/login")
    );
    let back = parameter(&pairs, "return_to").unwrap();
    let to_login = response.headers()["location"].to_str().unwrap();
    let form = portal
        .get(to_login)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        form.contains("value=\"alice\""),
        "the hint is not in the form"
    );
    // As a browser: it goes on by itself, for the policy of the form holds against what follows it.
    let fields = [
        ("return_to", back.as_str()),
        ("directory", "local"),
        ("username", "alice"),
        ("password", identity::demo::PASSWORD),
    ];
    let response = portal.post("/login", &fields);
    let response = response
        .header("sec-fetch-mode", "navigate")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 200);
    let on = response.headers()["refresh"].to_str().unwrap().to_owned();
    let on = on.strip_prefix("0; url=").unwrap();
    assert_eq!(on, back);
    let code = code_for(&portal, &cookie(&response), on).await;
    assert_eq!(
        claims(text(&tokens(redeem(&portal, &code)).await, "id_token"))["sub"],
        "alice"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_request_by_form_comes_again_as_a_link(pool: PgPool) {
    let portal = portal(pool).await;
    let path = kubelogin(&[]);
    let query = path.split_once('?').unwrap().1.to_owned();
    let response = portal
        .client
        .post(format!("{}/oauth2/authorize", portal.url))
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", "https://app.example")
        .body(query)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 303);
    let (address, pairs) = location(&response);
    assert_eq!(address, "/oauth2/authorize");
    assert_eq!(
        parameter(&pairs, "client_id").as_deref(),
        Some("kubernetes")
    );
}

/// What cannot be answered to the client is said to the person, and their browser goes nowhere.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_address_that_nobody_registered_is_never_gone_to(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let dashboard = |more: &[(&str, &str)]| asking("dashboard", CALLBACK, more);
    let mut cases = vec![
        dashboard(&[("client_id", "")]),
        dashboard(&[("client_id", "unknown")]),
        dashboard(&[("client_id", "Dashboard")]),
        dashboard(&[("redirect_uri", "")]),
        format!("{}&client_id=dashboard", dashboard(&[])),
        format!("{}&redirect_uri=https://evil.example/", dashboard(&[])),
        format!("{}&state=2", dashboard(&[])),
        format!("{}&prompt=none&prompt=login", dashboard(&[])),
        "/oauth2/authorize".to_owned(),
    ];
    for uri in [
        "https://dashboard.example/callback/",
        "https://dashboard.example/callback#f",
        "HTTPS://DASHBOARD.example/callback",
        "https://dashboard.example:8443/callback",
        "https://dashboard.example.evil/callback",
        "https://evil\\@dashboard.example/callback",
        "https://dashboard.example/callback/../x",
        "https://dashboard.example/callback\0",
        "//dashboard.example/callback",
        "data:text/html,x",
        "javascript:alert(1)",
        "https://u:p@dashboard.example/callback",
        "https://dashboard.example/callback?x=1",
        "http://127.0.0.1/callback",
        "https://dashboard.example/callback\r\nSet-Cookie: a=b",
    ] {
        cases.push(dashboard(&[("redirect_uri", uri)]));
    }
    for path in cases {
        for cookie in [alice.as_str(), ""] {
            let response = portal
                .get(&path)
                .header("cookie", cookie)
                .send()
                .await
                .unwrap();
            assert_eq!(response.status(), 400, "{path}");
            for name in ["location", "refresh"] {
                assert!(response.headers().get(name).is_none(), "{path}");
            }
            assert!(!response.text().await.unwrap().contains("evil"), "{path}");
        }
    }
}

/// The error, which the client hears at its address.
async fn error(portal: &Portal, cookie: &str, path: &str) -> String {
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
    let (address, pairs) = location(&response);
    assert!(
        address.starts_with("https://") || address.starts_with("http://localhost"),
        "{address}"
    );
    assert_eq!(parameter(&pairs, "iss"), Some(portal.url.clone()), "{path}");
    assert_eq!(parameter(&pairs, "code"), None, "{path}");
    assert_eq!(
        parameter(&pairs, "state").as_deref(),
        Some("a b&c"),
        "{path}"
    );
    parameter(&pairs, "error").unwrap_or_default()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_wrong_with_a_request_is_said_to_the_client(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let (long, plus, equals) = (
        "a".repeat(129),
        format!("{}+/", "a".repeat(41)),
        format!("{}=", "a".repeat(42)),
    );
    for (more, expected) in [
        (&[("response_type", "")][..], "invalid_request"),
        (
            &[("response_type", "id_token")],
            "unsupported_response_type",
        ),
        (&[("response_type", "token")], "unsupported_response_type"),
        (
            &[("response_type", "code code")],
            "unsupported_response_type",
        ),
        (
            &[("response_type", "code id_token")],
            "unsupported_response_type",
        ),
        (&[("response_mode", "fragment")], "invalid_request"),
        (&[("scope", "")], "invalid_scope"),
        (&[("scope", "profile email")], "invalid_scope"),
        (
            &[("code_challenge", ""), ("code_challenge_method", "")],
            "invalid_request",
        ),
        (&[("code_challenge_method", "")], "invalid_request"),
        (&[("code_challenge_method", "plain")], "invalid_request"),
        (&[("code_challenge_method", "s256")], "invalid_request"),
        (&[("code_challenge", "")], "invalid_request"),
        (&[("code_challenge", &long)], "invalid_request"),
        (&[("code_challenge", &plus)], "invalid_request"),
        (&[("code_challenge", &equals)], "invalid_request"),
        (&[("code_challenge", "short")], "invalid_request"),
        (&[("prompt", "bogus")], "invalid_request"),
        (&[("prompt", "none login")], "invalid_request"),
        (&[("max_age", "-1")], "invalid_request"),
        (&[("max_age", "abc")], "invalid_request"),
        (&[("max_age", "1.5")], "invalid_request"),
        (&[("max_age", "18446744073709551616")], "invalid_request"),
        (
            &[("request", "eyJhbGciOiJub25lIn0.e30.")],
            "request_not_supported",
        ),
        (
            &[("request_uri", "https://app.example/r")],
            "request_uri_not_supported",
        ),
        (&[("registration", "{}")], "registration_not_supported"),
        (
            &[("id_token_hint", "eyJhbGciOiJub25lIn0.e30.")],
            "invalid_request",
        ),
        (&[("id_token_hint", "nothing")], "invalid_request"),
        (&[("nonce", &"n".repeat(513))], "invalid_request"),
    ] {
        assert_eq!(
            error(&portal, &alice, &kubelogin(more)).await,
            expected,
            "{more:?}"
        );
        assert_eq!(
            error(&portal, "", &kubelogin(more)).await,
            expected,
            "{more:?}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_means_nothing_here_is_ignored(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    for more in [
        &[("unknown", "1")][..],
        &[("Client_ID", "other")],
        &[("scope", "openid unknown offline_access groups address")],
        &[("scope", "email openid")],
        &[("display", "popup")],
        &[("ui_locales", "de-CH fr")],
        &[("claims_locales", "de")],
        &[("acr_values", "urn:mace:incommon:iap:silver")],
        &[("claims", "{\"userinfo\":{\"name\":null}}")],
        &[("claims", "not json at all {{{{{{")],
        &[("access_type", "offline")],
        &[("response_mode", "query")],
        &[("max_age", "10000")],
        &[("nonce", "")],
    ] {
        let code = code_for(&portal, &alice, &kubelogin(more)).await;
        tokens(redeem(&portal, &code)).await;
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn prompt_none_shows_nothing(pool: PgPool) {
    let portal = portal(pool).await;
    let none = kubelogin(&[("prompt", "none")]);
    assert_eq!(error(&portal, "", &none).await, "login_required");
    let alice = portal.log_in("alice").await;
    code_for(&portal, &alice, &none).await;
    let stranger = asking(
        "stranger",
        "https://stranger.example/cb?tenant=1",
        &[("prompt", "none")],
    );
    assert_eq!(error(&portal, &alice, &stranger).await, "consent_required");
    portal.advance(Duration::seconds(100));
    let aged = kubelogin(&[("prompt", "none"), ("max_age", "99")]);
    assert_eq!(error(&portal, &alice, &aged).await, "login_required");
    code_for(
        &portal,
        &alice,
        &kubelogin(&[("prompt", "none"), ("max_age", "100")]),
    )
    .await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whoever_has_to_log_in_again_is_not_taken_for_having_done_so(pool: PgPool) {
    let portal = portal(pool).await;
    for more in [
        &[("prompt", "login")][..],
        &[("max_age", "0")],
        &[("prompt", "select_account")],
    ] {
        let alice = portal.log_in("alice").await;
        portal.advance(Duration::seconds(10));
        let path = kubelogin(more);
        let to_login = portal
            .get(&path)
            .header("cookie", &alice)
            .send()
            .await
            .unwrap();
        let (address, pairs) = location(&to_login);
        assert_eq!(address, "/login", "{more:?}");
        let back = parameter(&pairs, "return_to").unwrap();
        // Going back without having logged in leads to the login page again, and so does a time that
        // somebody made up or took from another request.
        let other = kubelogin(&[("prompt", "login"), ("state", "other")]);
        let (_, theirs) = back.rsplit_once("&demanded=").unwrap();
        for path in [
            back.clone(),
            format!("{path}&demanded=x"),
            format!("{path}&demanded="),
            format!("{other}&demanded={theirs}"),
        ] {
            let again = portal
                .get(&path)
                .header("cookie", &alice)
                .send()
                .await
                .unwrap();
            assert_eq!(location(&again).0, "/login", "{path}");
        }
        portal.advance(Duration::seconds(10));
        let fields = [
            ("return_to", back.as_str()),
            ("directory", "local"),
            ("username", "alice"),
            ("password", identity::demo::PASSWORD),
        ];
        let response = portal
            .post("/login", &fields)
            .header("cookie", &alice)
            .send()
            .await
            .unwrap();
        let alice = cookie(&response);
        let code = code_for(&portal, &alice, &back).await;
        let claims = claims(text(&tokens(redeem(&portal, &code)).await, "id_token"));
        assert_eq!(
            claims["auth_time"],
            portal.now().unix_timestamp(),
            "{more:?}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_hint_of_somebody_else_asks_for_that_person(pool: PgPool) {
    let portal = portal(pool).await;
    let (alice, tokens) = log_in(&portal, "alice").await;
    let bob = portal.log_in("bob").await;
    let hint = text(&tokens, "id_token");
    let path = kubelogin(&[("id_token_hint", hint)]);
    code_for(&portal, &alice, &path).await;
    // An expired one is as good.
    portal.advance(Duration::minutes(30));
    code_for(&portal, &alice, &path).await;
    let response = portal
        .get(&path)
        .header("cookie", &bob)
        .send()
        .await
        .unwrap();
    assert_eq!(location(&response).0, "/login");
    let none = kubelogin(&[("id_token_hint", hint), ("prompt", "none")]);
    assert_eq!(error(&portal, &bob, &none).await, "login_required");
    // It was not issued to this client.
    let other = asking("dashboard", CALLBACK, &[("id_token_hint", hint)]);
    assert_eq!(error(&portal, &alice, &other).await, "invalid_request");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_client_that_is_not_the_operators_own_asks_once(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let uri = "https://stranger.example/cb?tenant=1";
    let path = asking("stranger", uri, &[]);
    let page = portal
        .get(&path)
        .header("cookie", &alice)
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200);
    let page = page.text().await.unwrap();
    assert!(page.contains("stranger.example") && page.contains("Go back without"));
    let request = field(&page, "request");
    let answer = |decision: &str, cookie: &str| {
        portal
            .post(
                "/oauth2/consent",
                &[("request", request.as_str()), ("decision", decision)],
            )
            .header("cookie", cookie)
    };
    // Saying no leads back, and nothing is remembered.
    let response = answer("deny", &alice).send().await.unwrap();
    let (address, pairs) = location(&response);
    assert_eq!(address, "https://stranger.example/cb");
    assert_eq!(parameter(&pairs, "tenant").as_deref(), Some("1"));
    assert_eq!(parameter(&pairs, "error").as_deref(), Some("access_denied"));
    assert_eq!(
        portal
            .get(&path)
            .header("cookie", &alice)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    // Another site cannot say yes, and neither can somebody who is not logged in.
    let forged = portal.client.post(format!("{}/oauth2/consent", portal.url));
    let forged = forged.form(&[("request", request.as_str()), ("decision", "allow")]);
    let forged = forged
        .header("cookie", &alice)
        .header("origin", "https://evil.example");
    assert_eq!(forged.send().await.unwrap().status(), 403);
    let response = answer("allow", "").send().await.unwrap();
    assert_eq!(location(&response).0, "/login");
    assert_eq!(
        portal
            .get(&path)
            .header("cookie", &alice)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    // Saying yes leads back to the request, which is then answered, this time and the next.
    let response = answer("allow", &alice).send().await.unwrap();
    let (address, _) = location(&response);
    assert_eq!(address, "/oauth2/authorize");
    let on = response.headers()["location"].to_str().unwrap().to_owned();
    code_for(&portal, &alice, &on).await;
    code_for(&portal, &alice, &path).await;
    // Who is asked for more is asked again, and so is somebody else.
    let more = asking("stranger", uri, &[("scope", "openid email")]);
    assert_eq!(
        portal
            .get(&more)
            .header("cookie", &alice)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let bob = portal.log_in("bob").await;
    assert_eq!(
        portal
            .get(&path)
            .header("cookie", &bob)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
    let again = asking("stranger", uri, &[("prompt", "consent")]);
    assert_eq!(
        portal
            .get(&again)
            .header("cookie", &alice)
            .send()
            .await
            .unwrap()
            .status(),
        200
    );
}

/// The value of a hidden field.
fn field(page: &str, name: &str) -> String {
    let from = page.find(&format!("name=\"{name}\"")).expect("the field");
    let rest = &page[from..];
    let rest = &rest[rest.find("value=\"").expect("a value") + 7..];
    rest[..rest.find('"').unwrap()].replace("&amp;", "&")
}

/// Such a cluster takes no `id_token`s, and those are all that a client gets.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_cluster_that_takes_opaque_tokens_has_no_clients(pool: PgPool) {
    let portal = portal(pool).await;
    let (alice, first) = log_in(&portal, "alice").await;
    portal.sql("UPDATE clusters SET tokens = 'opaque'").await;
    for path in [kubelogin(&[]), asking("dashboard", CALLBACK, &[])] {
        let response = portal
            .get(&path)
            .header("cookie", &alice)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 400, "{path}");
    }
    let again = super::refresh(&portal, text(&first, "refresh_token"));
    assert_eq!(super::refusal(again).await, (401, "invalid_client".into()));
    for way in ["kubelogin", "auth-provider"] {
        let response = portal
            .post("/setup", &[("way", way)])
            .header("cookie", &alice);
        let page = response.send().await.unwrap().text().await.unwrap();
        assert!(page.contains("users: []"), "{way}");
    }
}
