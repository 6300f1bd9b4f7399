//! Headers that other software obeys: said by anybody, they mean nothing here.

use server::edge::limits::Limits;
use sqlx::PgPool;

use super::{PAGES, assert_harmless, bearer, request, send};
use crate::support::Portal;

/// Who one is, where one comes from, what was asked: as proxies say it behind which others trust it.
const CLAIMS: [&str; 22] = [
    "x-remote-user: alice",
    "remote-user: alice",
    "remote_user: alice",
    "x-remote-group: system:masters",
    "x-forwarded-user: alice",
    "x-forwarded-email: alice@example.com",
    "x-auth-request-user: alice",
    "x-auth-request-email: alice@example.com",
    "x-webauth-user: alice",
    "impersonate-user: alice",
    "x-ssl-client-verify: SUCCESS",
    "x-client-cert: alice",
    "authorization: Basic YWxpY2U6c2hvcmVwYXNz",
    "x-original-url: /sessions",
    "x-rewrite-url: /sessions",
    "x-forwarded-uri: /sessions",
    "x-forwarded-prefix: //evil.example",
    "x-forwarded-host: evil.example",
    "x-forwarded-proto: https",
    "x-host: evil.example",
    "forwarded: for=192.0.2.1;host=evil.example;proto=https",
    "x-custom-ip-authorization: 127.0.0.1",
];

async fn untrusted(pool: PgPool) -> Portal {
    Portal::adjusted(pool, "", Limits::default(), |config| {
        config.trusted_proxies.clear();
    })
    .await
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nothing_that_a_header_claims_is_believed(pool: PgPool) {
    let portal = untrusted(pool).await;
    for path in PAGES {
        let plain = send(&portal, path, request(&portal, "GET", path, "", "")).await;
        for claim in CLAIMS {
            let case = format!("{claim} at {path}");
            let headers = format!("{claim}\r\n");
            let answer = send(&portal, &case, request(&portal, "GET", path, &headers, "")).await;
            assert_eq!(answer.status, plain.status, "{case}");
            assert_eq!(
                answer.header("location"),
                plain.header("location"),
                "{case}"
            );
            for said in [&answer.head, &answer.body] {
                assert!(!said.contains("evil.example"), "{case}: {said}");
                assert!(!said.contains("alice"), "{case}: {said}");
            }
            assert_harmless(&portal, &case, &answer).await;
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_address_that_a_stranger_claims_is_not_recorded(pool: PgPool) {
    let portal = untrusted(pool).await;
    let claims = "x-forwarded-for: 203.0.113.9\r\nx-real-ip: 203.0.113.9\r\n\
                  true-client-ip: 203.0.113.9\r\nforwarded: for=203.0.113.9\r\n";
    let headers = format!("{}{claims}", bearer(&portal));
    let answer = send(
        &portal,
        "a token",
        request(&portal, "GET", "/k8stoken", &headers, ""),
    )
    .await;
    assert_eq!(answer.status, 200);
    let login = portal.log_in_as("alice", "shorepass");
    login
        .header("x-forwarded-for", "203.0.113.9")
        .send()
        .await
        .unwrap();
    let addresses: Vec<String> = sqlx::query_scalar(
        "SELECT DISTINCT a FROM (SELECT address AS a FROM issued_tokens UNION ALL
         SELECT address FROM logins WHERE cookie_hash IS NOT NULL) AS recorded",
    )
    .fetch_all(&portal.pool)
    .await
    .unwrap();
    assert_eq!(addresses, ["127.0.0.1"]);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn claiming_many_addresses_does_not_help_to_guess(pool: PgPool) {
    let portal = untrusted(pool).await;
    let mut slowed = false;
    for number in 0..400 {
        let guess = portal.fetch(&format!("k8r_{}", "A".repeat(43)));
        let from = format!("203.0.113.{}", number % 250);
        let response = guess.header("x-forwarded-for", from).send().await.unwrap();
        slowed |= response.status() == 429;
    }
    assert!(slowed, "each address was counted for itself");
    for number in 0..11 {
        let from = format!("203.0.113.{number}");
        let attempt = portal
            .log_in_as("bob", "wrong")
            .header("x-forwarded-for", from);
        slowed = attempt.send().await.unwrap().status() == 429;
    }
    assert!(
        slowed,
        "passwords can be guessed from many claimed addresses"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn another_sites_scripts_may_read_what_is_public_and_nothing_else(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let (host, key) = (portal.host(), bearer(&portal));
    for path in PAGES.into_iter().chain(["/api/token", "/logout", "/nope"]) {
        let public = matches!(path, "/.well-known/openid-configuration" | "/oauth2/jwks");
        for origin in ["https://evil.example", "null", "http://127.0.0.1"] {
            for (method, ask) in [
                ("GET", ""),
                (
                    "OPTIONS",
                    "access-control-request-method: POST\r\n\
                     access-control-request-headers: authorization, x-shorepass, content-type\r\n\
                     access-control-request-private-network: true\r\n",
                ),
            ] {
                let case = format!("{method} {path} from {origin}");
                let bytes = format!(
                    "{method} {path} HTTP/1.1\r\nhost: {host}\r\norigin: {origin}\r\n\
                     cookie: {cookie}\r\n{key}{ask}connection: close\r\n\r\n"
                );
                let answer = send(&portal, &case, bytes).await;
                let granted = answer.header("access-control-allow-origin");
                let expected = (public && method == "GET").then_some("*");
                assert_eq!(granted, expected, "{case}");
                for grant in [
                    "access-control-allow-credentials",
                    "access-control-allow-headers",
                    "access-control-allow-methods",
                    "access-control-allow-private-network",
                ] {
                    assert_eq!(answer.header(grant), None, "{case}");
                }
            }
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn parts_and_unchanged_copies_are_never_served(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let asked = "range: bytes=0-3\r\nif-range: \"a\"\r\nif-none-match: *\r\n\
                 if-modified-since: Fri, 31 Dec 9999 23:59:59 GMT\r\n";
    for path in PAGES {
        let plain = send(
            &portal,
            path,
            request(&portal, "GET", path, &bearer(&portal), ""),
        )
        .await;
        let headers = bearer(&portal) + asked;
        let answer = send(&portal, path, request(&portal, "GET", path, &headers, "")).await;
        assert_eq!(answer.status, plain.status, "{path}");
        assert_eq!(answer.header("content-range"), None, "{path}");
        assert_eq!(
            answer.header("content-length"),
            plain.header("content-length"),
            "{path}"
        );
    }
}
