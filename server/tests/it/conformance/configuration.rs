//! The Config plan: what discovery says, and that it is true.

use serde_json::Value;
use server::edge::limits::Limits;
use sqlx::PgPool;

use super::{Behaviour, met, not};
use crate::support::Portal;

const HERE: &str = "conformance/configuration.rs";
/// An issuer as in production.
const ISSUER: &str = "https://portal.example.com";

pub(super) const BEHAVIOURS: &[Behaviour] = &[
    met(
        "The issuer in the document is the one that was asked, byte for byte",
        "Discovery 4.3",
        HERE,
        "discovery_names_addresses_of_the_issuer_and_no_others",
    ),
    met(
        "Every address in it is https, and the issuer's",
        "Discovery 3",
        HERE,
        "discovery_names_addresses_of_the_issuer_and_no_others",
    ),
    met(
        "It says response types, subject types, algorithms with RS256, and scopes with openid",
        "Discovery 3",
        HERE,
        "discovery_says_all_that_a_client_has_to_know",
    ),
    met(
        "Whatever address it names, something answers there",
        "Discovery 3",
        HERE,
        "whatever_discovery_names_is_there",
    ),
    met(
        "The JWKS has public keys for signing only, each with an id of its own",
        "Core 10.1, RFC 7517 4",
        HERE,
        "the_keys_are_public_and_each_has_an_id",
    ),
    not(
        "A client may register itself",
        "Discovery 3, Registration 3",
        "clients of a cluster are its operator's to know, so no registration_endpoint is named",
    ),
];

async fn json(portal: &Portal, path: &str) -> Value {
    let response = portal.get(path).send().await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    assert_eq!(response.headers()["content-type"], "application/json");
    response.json().await.unwrap()
}

async fn discovery(portal: &Portal) -> Value {
    json(portal, "/.well-known/openid-configuration").await
}

/// The addresses in it, by their names.
fn addresses(document: &Value) -> Vec<(&str, &str)> {
    let all = document.as_object().unwrap().iter();
    all.filter_map(|(name, value)| Some((name.as_str(), value.as_str()?)))
        .collect()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn discovery_names_addresses_of_the_issuer_and_no_others(pool: PgPool) {
    let portal = Portal::adjusted(pool, "", Limits::default(), |config| {
        *config = crate::support::config(ISSUER, "");
    });
    let document = discovery(&portal.await).await;
    assert_eq!(document["issuer"], ISSUER);
    for (name, address) in addresses(&document) {
        let own = address == ISSUER || address.starts_with(&format!("{ISSUER}/"));
        assert!(own, "{name} is {address}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn discovery_says_all_that_a_client_has_to_know(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let document = discovery(&portal).await;
    for (name, value) in [
        ("response_types_supported", "code"),
        ("subject_types_supported", "public"),
        ("id_token_signing_alg_values_supported", "RS256"),
        ("scopes_supported", "openid"),
        ("grant_types_supported", "authorization_code"),
        ("grant_types_supported", "refresh_token"),
        ("code_challenge_methods_supported", "S256"),
        (
            "token_endpoint_auth_methods_supported",
            "client_secret_basic",
        ),
        (
            "token_endpoint_auth_methods_supported",
            "client_secret_post",
        ),
        ("token_endpoint_auth_methods_supported", "none"),
        ("claims_supported", "sub"),
    ] {
        let values = document[name].as_array().expect(name);
        assert!(values.contains(&value.into()), "{name} has no {value}");
    }
    for name in ["authorization_endpoint", "token_endpoint", "jwks_uri"] {
        assert!(document[name].is_string(), "{name}");
    }
    for name in [
        "request_parameter_supported",
        "request_uri_parameter_supported",
    ] {
        assert_eq!(document[name], false, "{name}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whatever_discovery_names_is_there(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let document = discovery(&portal).await;
    for (name, address) in addresses(&document) {
        if name == "issuer" {
            continue;
        }
        for request in [portal.client.get(address), portal.client.post(address)] {
            let status = request.send().await.unwrap().status();
            assert_ne!(status, 404, "{name}");
            assert!(!status.is_server_error(), "{name}: {status}");
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_keys_are_public_and_each_has_an_id(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let document = json(&portal, "/oauth2/jwks").await;
    let keys = document["keys"].as_array().unwrap();
    assert!(!keys.is_empty());
    let mut ids: Vec<_> = keys
        .iter()
        .map(|key| key["kid"].as_str().unwrap())
        .collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), keys.len());
    for key in keys {
        assert_eq!((&key["kty"], &key["use"]), (&"RSA".into(), &"sig".into()));
        for private in ["d", "p", "q", "dp", "dq", "qi", "k"] {
            assert!(key.get(private).is_none(), "{private} is published");
        }
    }
}
