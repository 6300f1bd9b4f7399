//! The Basic plan: a code for a client that asks as it always did. And what the plan for all clients
//! adds about addresses and keys.

use std::collections::HashSet;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, jwk::JwkSet};
use serde_json::Value;
use sqlx::PgPool;
use time::Duration;

use super::{Behaviour, met, not};
use crate::{
    oauth::{asking, code_for, kubelogin, location, log_in, portal, redeem, refresh, text, tokens},
    support::{Portal, claims, cookie},
};

const HERE: &str = "conformance/basic.rs";
const AUTHORIZE: &str = "oauth/authorize.rs";
const CODE: &str = "oauth/code.rs";
const REFRESH: &str = "oauth/refresh.rs";
const USER_INFO: &str = "oauth/user_info.rs";

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    met(
        "A code is answered with an access token and an id_token whose claims are whole",
        "Core 3.1.3.3, 2",
        HERE,
        "an_id_token_has_all_that_it_must_have_and_a_published_key_verifies_it",
    ),
    met(
        "The id_token is signed with RS256 by a key that the JWKS names",
        "Core 3.1.3.7, 10.1",
        HERE,
        "an_id_token_has_all_that_it_must_have_and_a_published_key_verifies_it",
    ),
    not(
        "A client that registered for it gets unsigned id_tokens",
        "Core 2",
        "an API server takes no unsigned token, and nobody should",
    ),
    met(
        "A request without response_type is an error at the client's address",
        "RFC 6749 4.1.2.1",
        AUTHORIZE,
        "what_is_wrong_with_a_request_is_said_to_the_client",
    ),
    met(
        "Without a nonce in the request there is none in the token, and with one the same",
        "Core 3.1.2.1",
        HERE,
        "a_nonce_comes_back_as_it_was_and_is_not_made_up",
    ),
    met(
        "The scopes profile and email add their claims",
        "Core 5.4",
        HERE,
        "a_scope_adds_its_claims_and_the_order_of_scopes_means_nothing",
    ),
    not(
        "The scopes address and phone add their claims",
        "Core 5.4",
        "the portal knows neither of anybody: such a scope is left out of what is granted",
    ),
    met(
        "Scopes in another order are the same scopes",
        "RFC 6749 3.3",
        HERE,
        "a_scope_adds_its_claims_and_the_order_of_scopes_means_nothing",
    ),
    met(
        "display, ui_locales, claims_locales and acr_values may be sent, and do no harm",
        "Core 3.1.2.1, 15.1",
        AUTHORIZE,
        "what_means_nothing_here_is_ignored",
    ),
    met(
        "Parameters that nobody knows are ignored",
        "RFC 6749 3.1",
        HERE,
        "a_parameter_that_nobody_knows_changes_nothing",
    ),
    not(
        "The claims parameter asks for single claims, essential ones too",
        "Core 5.5",
        "discovery says that it is not supported, and then it is ignored",
    ),
    met(
        "prompt=login asks somebody who is logged in to log in again",
        "Core 3.1.2.1",
        AUTHORIZE,
        "whoever_has_to_log_in_again_is_not_taken_for_having_done_so",
    ),
    met(
        "prompt=none without a login is login_required, at the client's address",
        "Core 3.1.2.1, 3.1.2.6",
        AUTHORIZE,
        "prompt_none_shows_nothing",
    ),
    met(
        "prompt=none with a login answers for the same login",
        "Core 3.1.2.1",
        HERE,
        "what_is_asked_without_a_page_is_about_the_same_login",
    ),
    met(
        "max_age=1 asks again after two seconds, and auth_time is that of the new login",
        "Core 3.1.2.1",
        HERE,
        "an_age_that_is_passed_asks_again_and_one_that_is_not_does_not",
    ),
    met(
        "max_age=10000 asks nobody who has just logged in",
        "Core 3.1.2.1",
        HERE,
        "an_age_that_is_passed_asks_again_and_one_that_is_not_does_not",
    ),
    met(
        "id_token_hint of the person who is logged in is answered at once, of another one never",
        "Core 3.1.2.1",
        AUTHORIZE,
        "a_hint_of_somebody_else_asks_for_that_person",
    ),
    met(
        "login_hint is on the form",
        "Core 3.1.2.1",
        AUTHORIZE,
        "whoever_is_not_logged_in_logs_in_and_comes_back_with_the_whole_request",
    ),
    met(
        "userinfo answers to GET with the token in the header, and to POST with it in header or body",
        "Core 5.3.1",
        USER_INFO,
        "a_client_is_told_what_its_scopes_allow",
    ),
    met(
        "userinfo says the sub of the id_token, and the claims of the scopes that were granted",
        "Core 5.3.2, 5.4",
        USER_INFO,
        "a_client_is_told_what_its_scopes_allow",
    ),
    met(
        "An access token counts in one place only",
        "RFC 6750 2",
        USER_INFO,
        "a_token_counts_in_one_place_and_never_in_an_address",
    ),
    met(
        "A code is good once",
        "RFC 6749 4.1.2",
        CODE,
        "a_code_is_good_once_and_what_came_of_it_ends_with_its_second_use",
    ),
    met(
        "A code that comes again after half a minute ends what came of it",
        "RFC 6749 4.1.2",
        CODE,
        "a_code_is_good_once_and_what_came_of_it_ends_with_its_second_use",
    ),
    met(
        "A request to an address that is not registered is an error on a page",
        "RFC 6749 3.1.2.4",
        AUTHORIZE,
        "an_address_that_nobody_registered_is_never_gone_to",
    ),
    met(
        "A registered address with a query is the same with the same query only",
        "RFC 6749 3.1.2",
        HERE,
        "a_query_belongs_to_the_registered_address",
    ),
    met(
        "With two registered addresses, one has to be named",
        "RFC 6749 3.1.2.3",
        HERE,
        "whoever_has_two_addresses_names_one",
    ),
    met(
        "A request may come by POST",
        "Core 3.1.2.1",
        AUTHORIZE,
        "a_request_by_form_comes_again_as_a_link",
    ),
    met(
        "A client may prove itself with client_secret_basic and with client_secret_post",
        "Core 9",
        CODE,
        "a_registered_client_stands_beside_the_audience",
    ),
    met(
        "request and request_uri are refused with their own errors, whatever is in them",
        "Core 3.1.2.6, 6",
        AUTHORIZE,
        "what_is_wrong_with_a_request_is_said_to_the_client",
    ),
    met(
        "A refresh token gets an id_token of the same person, client and login",
        "Core 12.2",
        REFRESH,
        "a_refresh_token_is_replaced_and_its_tokens_say_what_holds_now",
    ),
    met(
        "A refresh token is refused from another client",
        "RFC 6749 6",
        REFRESH,
        "another_client_gets_nothing_and_ends_the_family",
    ),
    met(
        "Codes and tokens hold at least 128 bits of chance",
        "RFC 6749 10.10",
        HERE,
        "what_is_handed_out_cannot_be_guessed",
    ),
    met(
        "After a rotation the new key is published and the old one still is",
        "Core 10.1.1",
        "rotation.rs",
        "a_rotated_key_is_pending_then_signs_while_the_old_one_stays_published",
    ),
];

/// The claims of a new `id_token` for this request.
async fn token(portal: &Portal, cookie: &str, more: &[(&str, &str)]) -> Value {
    let code = code_for(portal, cookie, &kubelogin(more)).await;
    claims(text(&tokens(redeem(portal, &code)).await, "id_token"))
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_id_token_has_all_that_it_must_have_and_a_published_key_verifies_it(pool: PgPool) {
    let portal = portal(pool).await;
    let (_, tokens) = log_in(&portal, "alice").await;
    let token = text(&tokens, "id_token");
    let header = jsonwebtoken::decode_header(token).unwrap();
    assert_eq!(header.alg, Algorithm::RS256);
    let keys = portal.get("/oauth2/jwks").send().await.unwrap();
    let keys: JwkSet = keys.json().await.unwrap();
    let key = keys
        .find(&header.kid.unwrap())
        .expect("the key is published");
    let mut validation = Validation::new(Algorithm::RS256);
    validation.validate_exp = false; // the clock is ours
    validation.set_audience(&["kubernetes"]);
    validation.set_issuer(&[&portal.url]);
    let key = DecodingKey::from_jwk(key).unwrap();
    let claims = jsonwebtoken::decode::<Value>(token, &key, &validation);
    let claims = claims.unwrap().claims;
    let now = portal.now().unix_timestamp();
    for (name, value) in [("iat", now), ("exp", now + 300), ("auth_time", now)] {
        assert_eq!(claims[name], value, "{name}");
    }
    let sub = claims["sub"].as_str().unwrap();
    assert!(!sub.is_empty() && sub.len() <= 255 && sub.is_ascii());
    assert_eq!(tokens["token_type"], "Bearer");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_nonce_comes_back_as_it_was_and_is_not_made_up(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let without = token(&portal, &alice, &[("nonce", "")]).await;
    assert!(without.get("nonce").is_none());
    for nonce in ["n", "+ %2B&=\"\u{e9}"] {
        let with = token(&portal, &alice, &[("nonce", nonce)]).await;
        assert_eq!(with["nonce"], nonce);
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_scope_adds_its_claims_and_the_order_of_scopes_means_nothing(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    for scope in [
        "openid email profile",
        "profile email openid",
        "email openid profile",
    ] {
        let claims = token(&portal, &alice, &[("scope", scope)]).await;
        for name in ["email", "email_verified", "name", "preferred_username"] {
            assert!(claims.get(name).is_some(), "{scope}: {name}");
        }
    }
    let code = code_for(
        &portal,
        &alice,
        &kubelogin(&[("scope", "openid address phone")]),
    )
    .await;
    let granted = tokens(redeem(&portal, &code)).await;
    assert_eq!(granted["scope"], "openid");
    let claims = claims(text(&granted, "id_token"));
    for name in ["address", "phone_number", "phone_number_verified"] {
        assert!(claims.get(name).is_none(), "{name}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_parameter_that_nobody_knows_changes_nothing(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let path = kubelogin(&[("extra", "foobar")]);
    let response = portal.get(&path).header("cookie", &alice);
    let (_, pairs) = location(&response.send().await.unwrap());
    let names: Vec<_> = pairs.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["code", "state", "iss"]);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_asked_without_a_page_is_about_the_same_login(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let first = token(&portal, &alice, &[]).await;
    portal.advance(Duration::minutes(1));
    let second = token(&portal, &alice, &[("prompt", "none")]).await;
    for name in ["sub", "auth_time", "sid"] {
        assert_eq!(first[name], second[name], "{name}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_age_that_is_passed_asks_again_and_one_that_is_not_does_not(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let first = token(&portal, &alice, &[]).await;
    portal.advance(Duration::seconds(2));
    let young = token(&portal, &alice, &[("max_age", "10000")]).await;
    assert_eq!(young["auth_time"], first["auth_time"]);

    let path = kubelogin(&[("max_age", "1")]);
    let asked = portal.get(&path).header("cookie", &alice).send().await;
    let (address, pairs) = location(&asked.unwrap());
    assert_eq!(address, "/login");
    let back = crate::oauth::parameter(&pairs, "return_to").unwrap();
    let fields = [
        ("return_to", back.as_str()),
        ("directory", "local"),
        ("username", "alice"),
        ("password", identity::demo::PASSWORD),
    ];
    portal.advance(Duration::seconds(1));
    let response = portal.post("/login", &fields).header("cookie", &alice);
    let alice = cookie(&response.send().await.unwrap());
    let code = code_for(&portal, &alice, &back).await;
    let again = claims(text(&tokens(redeem(&portal, &code)).await, "id_token"));
    let passed = again["auth_time"].as_i64().unwrap() - first["auth_time"].as_i64().unwrap();
    assert_eq!(passed, 3);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_query_belongs_to_the_registered_address(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    for (uri, status) in [
        ("https://stranger.example/cb?tenant=1", 200),
        ("https://stranger.example/cb?tenant=2", 400),
        ("https://stranger.example/cb?tenant=1&more=2", 400),
        ("https://stranger.example/cb", 400),
    ] {
        let path = asking("stranger", uri, &[]);
        let response = portal.get(&path).header("cookie", &alice);
        assert_eq!(response.send().await.unwrap().status(), status, "{uri}");
    }
    // The answer is added to it.
    let path = asking(
        "stranger",
        "https://stranger.example/cb?tenant=1",
        &[("prompt", "none")],
    );
    let response = portal.get(&path).header("cookie", &alice);
    let (address, pairs) = location(&response.send().await.unwrap());
    assert_eq!(address, "https://stranger.example/cb");
    assert_eq!(pairs[0], ("tenant".into(), "1".into()));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whoever_has_two_addresses_names_one(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    for (uri, status) in [
        ("https://old.example/a", 303),
        ("https://old.example/b", 303),
        ("", 400),
    ] {
        let path = asking("old", uri, &[("redirect_uri", uri)]);
        let response = portal.get(&path).header("cookie", &alice);
        assert_eq!(response.send().await.unwrap().status(), status, "{uri:?}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_handed_out_cannot_be_guessed(pool: PgPool) {
    let portal = portal(pool).await;
    let alice = portal.log_in("alice").await;
    let mut seen = HashSet::new();
    for _ in 0..20 {
        let code = code_for(&portal, &alice, &kubelogin(&[])).await;
        let first = tokens(redeem(&portal, &code)).await;
        let second = tokens(refresh(&portal, text(&first, "refresh_token"))).await;
        let mut secrets = vec![code];
        for tokens in [first, second] {
            secrets.push(text(&tokens, "access_token").to_owned());
            secrets.push(text(&tokens, "refresh_token").to_owned());
        }
        for secret in secrets {
            let (_, encoded) = secret.split_once('_').unwrap();
            let bytes = BASE64_URL_SAFE_NO_PAD.decode(encoded).unwrap();
            // What the tokens of one login share stands before that.
            let own = bytes.last_chunk::<16>().expect("128 bits");
            seen.insert(*own);
        }
    }
    assert_eq!(seen.len(), 100, "two have an end in common");
}
