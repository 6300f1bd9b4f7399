//! Devices: `/oauth2/device_authorization`, their questions at `/oauth2/token`, and `/device`, where a
//! person decides (RFC 8628).

use domain::device::UserCode;
use identity::{
    oauth::device::{self, NotFound},
    session::{self, Use, throttle::Rate},
};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};
use sqlx::PgPool;
use time::Duration;

use super::{SECRET, log_in, portal, refresh, refusal, text, to_token, tokens};
use crate::support::{Portal, claims};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";

/// A request for codes.
fn begin(portal: &Portal, fields: &[(&str, &str)]) -> RequestBuilder {
    portal
        .client
        .post(format!("{}/oauth2/device_authorization", portal.url))
        .form(fields)
}

/// What `kubectl oidc-login` gets for a device.
async fn codes(portal: &Portal) -> Value {
    tokens(begin(
        portal,
        &[("client_id", "kubernetes"), ("scope", "openid")],
    ))
    .await
}

/// The question that it repeats.
fn poll(portal: &Portal, codes: &Value) -> RequestBuilder {
    poll_as(portal, "kubernetes", text(codes, "device_code"))
}

fn poll_as(portal: &Portal, client: &str, code: &str) -> RequestBuilder {
    to_token(
        portal,
        &[
            ("grant_type", GRANT),
            ("client_id", client),
            ("device_code", code),
        ],
    )
}

/// The form of the page, as the browser of this login sends it.
async fn say(portal: &Portal, cookie: &str, code: &str, decision: &str) -> Response {
    let fields = [("user_code", code), ("decision", decision)];
    let request = portal.post("/device", &fields).header("cookie", cookie);
    request.send().await.unwrap()
}

async fn word(portal: &Portal, codes: &Value) -> String {
    let (status, word) = refusal(poll(portal, codes)).await;
    assert_eq!(status, 400);
    word
}

/// Somebody at a browser, as the pages know them.
async fn viewer(portal: &Portal, cookie: &str) -> session::Viewer {
    let (_, value) = cookie.split_once('=').unwrap();
    let found = session::recognise(&portal.state.portal, value, Use::Person);
    found.await.unwrap()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_device_that_is_allowed_gets_tokens_of_the_login_that_allowed_it(pool: PgPool) {
    let portal = portal(pool).await;
    let response = begin(
        &portal,
        &[("client_id", "kubernetes"), ("scope", "openid email")],
    );
    let response = response.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "application/json");
    let codes: Value = response.json().await.unwrap();
    let code = text(&codes, "user_code");
    assert_eq!(UserCode::parse(code).unwrap().shown(), code);
    let page = format!("{}/device", portal.url);
    assert_eq!(text(&codes, "verification_uri"), page);
    assert_eq!(
        text(&codes, "verification_uri_complete"),
        format!("{page}?user_code={code}")
    );
    assert_eq!(
        (&codes["expires_in"], &codes["interval"]),
        (&json!(600), &json!(5))
    );
    assert_eq!(word(&portal, &codes).await, "authorization_pending");

    let alice = portal.log_in("alice").await;
    let link = format!("/device?user_code={code}");
    let shown = portal.get(&link).header("cookie", &alice).send();
    let shown = shown.await.unwrap();
    assert_eq!(shown.status(), 200);
    let html = shown.text().await.unwrap();
    for fact in [
        code,
        "kubectl for demo",
        "<code>demo</code>",
        "127.0.0.1",
        "alice",
        "Only if you started this",
    ] {
        assert!(html.contains(fact), "{fact} is not on the page");
    }
    assert_eq!(say(&portal, &alice, code, "allow").await.status(), 200);
    portal.advance(Duration::seconds(5));
    let got = tokens(poll(&portal, &codes)).await;
    assert_eq!(got["scope"], "openid email");
    let token = claims(text(&got, "id_token"));
    assert_eq!(
        (&token["sub"], &token["aud"]),
        (&json!("alice"), &json!(["kubernetes"]))
    );
    assert!(token.get("nonce").is_none());
    let sid: String = token["sid"].as_str().unwrap().into();
    assert_eq!(sid, viewer(&portal, &alice).await.login_id.to_string());

    let next = tokens(refresh(&portal, text(&got, "refresh_token"))).await;
    let out = portal.post("/logout", &[]).header("cookie", &alice);
    out.send().await.unwrap();
    let after = refusal(refresh(&portal, text(&next, "refresh_token"))).await;
    assert_eq!(after, (400, "invalid_grant".into()));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn discovery_says_where_devices_begin(pool: PgPool) {
    let portal = portal(pool).await;
    let document = portal.get("/.well-known/openid-configuration").send();
    let document: Value = document.await.unwrap().json().await.unwrap();
    let endpoint = format!("{}/oauth2/device_authorization", portal.url);
    assert_eq!(document["device_authorization_endpoint"], endpoint);
    let grants = document["grant_types_supported"].as_array().unwrap();
    assert!(grants.contains(&json!(GRANT)));
}

/// RFC 8628 §3.5, by the second.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whoever_asks_too_soon_has_to_wait_longer_from_then_on(pool: PgPool) {
    let portal = portal(pool).await;
    let codes = codes(&portal).await;
    for (after, expected) in [
        (0, "authorization_pending"),
        (5, "authorization_pending"),
        // A little of it is the way.
        (4, "authorization_pending"),
        (3, "slow_down"),
        // Ten from now on.
        (5, "slow_down"),
        // Fifteen.
        (10, "slow_down"),
        // Twenty, and it stays so.
        (20, "authorization_pending"),
        (20, "authorization_pending"),
        (15, "slow_down"),
    ] {
        portal.advance(Duration::seconds(after));
        assert_eq!(word(&portal, &codes).await, expected, "after {after} s");
    }
    // Whoever was allowed meanwhile is not kept waiting.
    let alice = portal.log_in("alice").await;
    say(&portal, &alice, text(&codes, "user_code"), "allow").await;
    tokens(poll(&portal, &codes)).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn ten_minutes_are_all_that_a_device_has(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let (early, late, allowed) = (
        codes(&portal).await,
        codes(&portal).await,
        codes(&portal).await,
    );
    say(&portal, &alice, text(&allowed, "user_code"), "allow").await;
    portal.advance(Duration::seconds(599));
    assert_eq!(word(&portal, &early).await, "authorization_pending");
    let yes = say(&portal, &alice, text(&early, "user_code"), "allow").await;
    assert_eq!(yes.status(), 200);
    tokens(poll(&portal, &early)).await;
    portal.advance(Duration::seconds(1));
    for codes in [&late, &allowed] {
        assert_eq!(word(&portal, codes).await, "expired_token");
    }
    let no = say(&portal, &alice, text(&late, "user_code"), "allow").await;
    assert_eq!(no.status(), 404);
    assert_eq!(word(&portal, &late).await, "expired_token");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_device_that_is_denied_hears_so_each_time(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let codes = codes(&portal).await;
    let code = text(&codes, "user_code");
    assert_eq!(say(&portal, &alice, code, "deny").await.status(), 200);
    for _ in 0..2 {
        assert_eq!(word(&portal, &codes).await, "access_denied");
    }
    assert_eq!(say(&portal, &alice, code, "allow").await.status(), 409);
    assert_eq!(word(&portal, &codes).await, "access_denied");
}

/// Each is wrong in one thing.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_no_request_of_a_device_says_why(pool: PgPool) {
    let portal = portal(pool).await;
    let scope = ("scope", "openid");
    for (fields, expected) in [
        (&[("client_id", "kubernetes")][..], (400, "invalid_scope")),
        (
            &[("client_id", "kubernetes"), ("scope", "")],
            (400, "invalid_scope"),
        ),
        (
            &[("client_id", "kubernetes"), ("scope", "OPENID email x")],
            (400, "invalid_scope"),
        ),
        // It may not use this grant.
        (
            &[("client_id", "stranger"), scope],
            (400, "unauthorized_client"),
        ),
        (&[scope], (401, "invalid_client")),
        (&[("client_id", "nobody"), scope], (401, "invalid_client")),
        (
            &[("client_id", "dashboard"), scope],
            (401, "invalid_client"),
        ),
        (
            &[
                ("client_id", "dashboard"),
                ("client_secret", "wrong"),
                scope,
            ],
            (401, "invalid_client"),
        ),
        (
            &[
                ("client_id", "kubernetes"),
                ("client_secret", "some"),
                scope,
            ],
            (401, "invalid_client"),
        ),
        (
            &[("client_id", "dashboard"), ("client_secret", SECRET), scope],
            (400, "unauthorized_client"),
        ),
        (
            &[("client_id", "kubernetes"), scope, scope],
            (400, "invalid_request"),
        ),
        (
            &[
                ("client_id", "kubernetes"),
                ("client_id", "kubernetes"),
                scope,
            ],
            (400, "invalid_request"),
        ),
    ] {
        let answer = refusal(begin(&portal, fields)).await;
        assert_eq!(answer, (expected.0, expected.1.to_owned()), "{fields:?}");
    }
    let kind = begin(&portal, &[]).header("content-type", "application/json");
    assert_eq!(refusal(kind.body("{}")).await.1, "invalid_request");
    let get = portal.get("/oauth2/device_authorization?client_id=kubernetes&scope=openid");
    let get = get.send().await.unwrap();
    assert_eq!(
        (get.status().as_u16(), &get.headers()["allow"]),
        (405, &"POST".parse().unwrap())
    );
    // No other site can make a browser do anything here, and none may read the answer.
    let foreign = begin(&portal, &[("client_id", "kubernetes"), scope]);
    let foreign = foreign
        .header("origin", "https://evil.example")
        .send()
        .await
        .unwrap();
    assert!(
        !foreign
            .headers()
            .contains_key("access-control-allow-origin")
    );
    // An empty secret is none.
    tokens(begin(
        &portal,
        &[("client_id", "kubernetes"), ("client_secret", ""), scope],
    ))
    .await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn only_the_client_that_began_gets_the_tokens(pool: PgPool) {
    let portal = portal(pool).await;
    portal.sql("INSERT INTO clients SELECT 'other', 'Other', id, 'page', NULL, '{}', '{}', NULL, '{device_code}', true, true, now() FROM clusters").await;
    let alice = portal.log_in("alice").await;
    let codes = codes(&portal).await;
    let code = text(&codes, "device_code");
    say(&portal, &alice, text(&codes, "user_code"), "allow").await;
    let user_code = text(&codes, "user_code").to_owned();
    let (_, theirs) = log_in(&portal, "bob").await;
    for (client, shown, expected) in [
        ("other", code, (400, "invalid_grant")),
        ("stranger", code, (400, "unauthorized_client")),
        ("nobody", code, (401, "invalid_client")),
        ("kubernetes", "", (400, "invalid_request")),
        ("kubernetes", &code[1..], (400, "invalid_grant")),
        ("kubernetes", &user_code, (400, "invalid_grant")),
        (
            "kubernetes",
            text(&theirs, "refresh_token"),
            (400, "invalid_grant"),
        ),
        (
            "kubernetes",
            text(&theirs, "access_token"),
            (400, "invalid_grant"),
        ),
    ] {
        let answer = refusal(poll_as(&portal, client, shown)).await;
        assert_eq!(
            answer,
            (expected.0, expected.1.to_owned()),
            "{client} {shown}"
        );
    }
    tokens(poll(&portal, &codes)).await;
    assert_eq!(word(&portal, &codes).await, "invalid_grant");
    // Nor is it a code or a refresh token.
    let other = self::codes(&portal).await;
    let shown = text(&other, "device_code");
    assert_eq!(
        refusal(refresh(&portal, shown)).await,
        (400, "invalid_grant".into())
    );
    assert_eq!(
        refusal(super::redeem(&portal, shown)).await,
        (400, "invalid_grant".into())
    );
    // A client without a refresh grant gets no refresh token.
    let fields = [("client_id", "other"), ("scope", "openid")];
    let codes = tokens(begin(&portal, &fields)).await;
    say(&portal, &alice, text(&codes, "user_code"), "allow").await;
    let got = tokens(poll_as(&portal, "other", text(&codes, "device_code"))).await;
    assert!(got.get("refresh_token").is_none());
    assert_eq!(
        claims(text(&got, "id_token"))["aud"],
        json!(["kubernetes", "other"])
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn twenty_questions_at_once_on_two_replicas_get_one_set_of_tokens(pool: PgPool) {
    let portal = portal(pool).await;
    let replica = portal.replica().await;
    let alice = portal.log_in("alice").await;
    let codes = codes(&portal).await;
    say(&portal, &alice, text(&codes, "user_code"), "allow").await;
    let code = text(&codes, "device_code");
    let polls = (0..20).map(|number| {
        let fields = [
            ("grant_type", GRANT),
            ("client_id", "kubernetes"),
            ("device_code", code),
        ];
        let at = if number % 2 == 0 {
            &portal.url
        } else {
            &replica
        };
        let request = portal
            .client
            .post(format!("{at}/oauth2/token"))
            .form(&fields);
        request.header("host", portal.host()).send()
    });
    let mut won = Vec::new();
    for answer in futures_util::future::join_all(polls).await {
        let answer = answer.unwrap();
        let status = answer.status();
        let body: Value = answer.json().await.unwrap();
        match status.as_u16() {
            200 => won.push(body),
            _ => assert_eq!(body["error"], "invalid_grant"),
        }
    }
    assert_eq!(won.len(), 1);
    let families: i64 = sqlx::query_scalar("SELECT count(*) FROM families")
        .fetch_one(&portal.pool)
        .await
        .unwrap();
    assert_eq!(families, 1);
    // And the others did it no harm.
    tokens(refresh(&portal, text(&won[0], "refresh_token"))).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn of_two_people_who_decide_at_once_one_does(pool: PgPool) {
    let portal = portal(pool).await;
    let replica = portal.replica().await;
    for _ in 0..5 {
        let alice = portal.log_in("alice").await;
        let bob = portal.log_in("bob").await;
        let codes = codes(&portal).await;
        let code = text(&codes, "user_code");
        let at_the_replica = portal
            .client
            .post(format!("{replica}/device"))
            .header("host", portal.host())
            .header("origin", &portal.url)
            .header("cookie", &bob)
            .form(&[("user_code", code), ("decision", "allow")])
            .send();
        let (first, second) = tokio::join!(say(&portal, &alice, code, "allow"), at_the_replica);
        let statuses = [first.status().as_u16(), second.unwrap().status().as_u16()];
        assert!(matches!(statuses, [200, 409] | [409, 200]), "{statuses:?}");
        let winner = if statuses[0] == 200 { "alice" } else { "bob" };
        let got = tokens(poll(&portal, &codes)).await;
        assert_eq!(claims(text(&got, "id_token"))["sub"], winner);
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nothing_but_the_form_of_the_page_decides(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let codes = codes(&portal).await;
    let code = text(&codes, "user_code");
    let link = format!("/device?user_code={code}&decision=allow");
    for (name, value) in [
        ("sec-purpose", "prefetch"),
        ("x-http-method-override", "POST"),
        ("accept", "*/*"),
    ] {
        let seen = portal
            .get(&link)
            .header("cookie", &alice)
            .header(name, value);
        assert_eq!(seen.send().await.unwrap().status(), 200);
    }
    // Another site's form, with the browser's cookie, or none at all.
    let fields = [("user_code", code), ("decision", "allow")];
    for origin in ["https://evil.example", "null"] {
        let forged = portal.client.post(format!("{}/device", portal.url));
        let forged = forged
            .header("origin", origin)
            .header("cookie", &alice)
            .form(&fields);
        assert_eq!(forged.send().await.unwrap().status(), 403, "{origin}");
    }
    // Showing it by the form decides nothing either, nor does a word that means nothing.
    for decision in ["", "look", "Allow", "allow "] {
        let shown = say(&portal, &alice, code, decision).await;
        assert_eq!(shown.status(), 200);
        assert!(
            shown
                .text()
                .await
                .unwrap()
                .contains("Only if you started this")
        );
    }
    assert_eq!(word(&portal, &codes).await, "authorization_pending");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_link_on_another_site_shows_the_code_and_not_who_asks(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let codes = codes(&portal).await;
    let code = text(&codes, "user_code");
    for (site, asks) in [
        ("none", true),
        ("same-origin", true),
        ("cross-site", false),
        ("same-site", false),
    ] {
        let link = portal.get(&format!("/device?user_code={code}"));
        let link = link.header("cookie", &alice).header("sec-fetch-site", site);
        let html = link.send().await.unwrap().text().await.unwrap();
        assert!(html.contains(code));
        assert_eq!(html.contains("value=\"allow\""), asks, "{site}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whoever_is_not_logged_in_logs_in_and_comes_back_with_the_code(pool: PgPool) {
    let portal = portal(pool).await;
    let codes = codes(&portal).await;
    let code = text(&codes, "user_code");
    let to = |response: &Response| response.headers()["location"].to_str().unwrap().to_owned();
    let expected = format!("/login?return_to=%2Fdevice%3Fuser_code%3D{code}");
    let link = portal.get(&format!("/device?user_code={code}")).send();
    assert_eq!(to(&link.await.unwrap()), expected);
    let form = portal.post("/device", &[("user_code", code), ("decision", "allow")]);
    assert_eq!(to(&form.send().await.unwrap()), expected);
    assert_eq!(word(&portal, &codes).await, "authorization_pending");
    let long = "x".repeat(5000);
    let form = portal.post("/device", &[("user_code", long.as_str())]);
    assert_eq!(
        to(&form.send().await.unwrap()),
        "/login?return_to=%2Fdevice"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_code_is_read_however_it_is_written(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let codes = codes(&portal).await;
    let code = text(&codes, "user_code");
    let wide: String = code
        .chars()
        .filter_map(|c| char::from_u32(u32::from(c) + 0xFEE0))
        .collect();
    for written in [
        code.to_lowercase(),
        code.replace('-', ""),
        format!("  {} ", code.replace('-', " ")),
        wide,
    ] {
        let shown = say(&portal, &alice, &written, "").await;
        assert_eq!(shown.status(), 200, "{written}");
    }
    for wrong in [text(&codes, "device_code"), "", "BBBB-BBBB", &code[..8]] {
        let shown = say(&portal, &alice, wrong, "allow").await;
        assert_eq!(shown.status(), 404, "{wrong}");
        let html = shown.text().await.unwrap();
        assert!(!html.contains("device_"), "what was typed is repeated");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn five_wrong_codes_are_all_that_a_person_may_try(pool: PgPool) {
    let portal = portal(pool).await;
    let codes = codes(&portal).await;
    let code = text(&codes, "user_code");
    // All logins of a person count together, and so do replicas; who is right uses up nothing.
    let (first, second) = (portal.log_in("alice").await, portal.log_in("alice").await);
    for number in 0..5 {
        let cookie = if number % 2 == 0 { &first } else { &second };
        assert_eq!(say(&portal, cookie, code, "").await.status(), 200);
        assert_eq!(
            say(&portal, cookie, "BBBB-BBBB", "allow").await.status(),
            404
        );
    }
    let over = say(&portal, &first, code, "allow").await;
    assert_eq!(over.status(), 429);
    assert!(over.headers().contains_key("retry-after"));
    assert_eq!(word(&portal, &codes).await, "authorization_pending");
    let bob = portal.log_in("bob").await;
    assert_eq!(say(&portal, &bob, code, "").await.status(), 200);
    portal.advance(Duration::seconds(61));
    assert_eq!(say(&portal, &second, code, "allow").await.status(), 200);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn tries_at_once_gain_nothing_and_all_people_together_have_a_limit_as_well(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let tries = (0..30).map(|_| say(&portal, &alice, "CCCC-CCCC", "allow"));
    let answers = futures_util::future::join_all(tries).await;
    let judged = answers.iter().filter(|answer| answer.status() == 404);
    assert_eq!(judged.count(), 5);

    let mut limited =
        server::state::portal(&portal.config, portal.pool.clone(), portal.clock.clone())
            .await
            .unwrap();
    limited.throttle.user_codes = Rate {
        burst: 8,
        every: Duration::seconds(1),
    };
    portal.advance(Duration::seconds(60));
    let mut slowed = 0;
    for name in ["bob", "carol", "dave"] {
        let cookie = portal.log_in(name).await;
        let viewer = viewer(&portal, &cookie).await;
        for _ in 0..4 {
            match device::look(&limited, &viewer, "CCCC-CCCC").await {
                Err(NotFound::SlowDown(_)) => slowed += 1,
                Err(NotFound::Unknown) => {}
                other => panic!("{other:?}"),
            }
        }
    }
    assert_eq!(slowed, 4);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_network_begins_a_hundred_devices_at_once_and_then_one_each_second(pool: PgPool) {
    let portal = portal(pool).await;
    for _ in 0..100 {
        codes(&portal).await;
    }
    let fields = [("client_id", "kubernetes"), ("scope", "openid")];
    assert_eq!(
        refusal(begin(&portal, &fields)).await,
        (429, "slow_down".into())
    );
    let elsewhere = begin(&portal, &fields).header("x-forwarded-for", "198.51.100.7");
    tokens(elsewhere).await;
    portal.advance(Duration::seconds(1));
    codes(&portal).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_device_gets_nothing_once_its_client_its_login_or_its_user_is_gone(pool: PgPool) {
    let portal = portal(pool).await;
    portal.sql("INSERT INTO clients SELECT 'other', 'Other', id, 'page', NULL, '{}', '{}', NULL, '{device_code}', true, true, now() FROM clusters").await;
    let fields = [("client_id", "other"), ("scope", "openid")];
    let (waiting, allowed) = (
        tokens(begin(&portal, &fields)).await,
        tokens(begin(&portal, &fields)).await,
    );
    let alice = portal.log_in("alice").await;
    say(&portal, &alice, text(&allowed, "user_code"), "allow").await;
    portal.sql("DELETE FROM clients WHERE id = 'other'").await;
    let shown = say(&portal, &alice, text(&waiting, "user_code"), "allow").await;
    assert_eq!(shown.status(), 404);
    let answer = refusal(poll_as(&portal, "other", text(&allowed, "device_code"))).await;
    assert_eq!(answer, (401, "invalid_client".into()));

    let (first, second) = (codes(&portal).await, codes(&portal).await);
    say(&portal, &alice, text(&first, "user_code"), "allow").await;
    let out = portal.post("/logout", &[]).header("cookie", &alice);
    out.send().await.unwrap();
    assert_eq!(word(&portal, &first).await, "invalid_grant");
    let bob = portal.log_in("bob").await;
    say(&portal, &bob, text(&second, "user_code"), "allow").await;
    portal
        .sql("UPDATE users SET disabled_at = now() WHERE username = 'bob'")
        .await;
    assert_eq!(word(&portal, &second).await, "invalid_grant");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn neither_code_is_in_the_database(pool: PgPool) {
    let portal = portal(pool).await;
    let codes = codes(&portal).await;
    let rows: Vec<String> = sqlx::query_scalar("SELECT to_jsonb(d)::text FROM devices d")
        .fetch_all(&portal.pool)
        .await
        .unwrap();
    let user_code = text(&codes, "user_code");
    for secret in [
        text(&codes, "device_code"),
        user_code,
        &user_code.replace('-', ""),
    ] {
        assert!(!rows.iter().any(|row| row.contains(secret)));
    }
}
