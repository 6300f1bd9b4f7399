//! `/k8stoken`: what is no key of ours, and what a shell must never be given.

use sqlx::PgPool;

use super::{FORM, assert_harmless, assert_refused, bearer, request, send};
use crate::support::{Portal, claims};

/// One word, so that a shell that takes it for a token gets it refused.
fn is_word(body: &str) -> bool {
    !body.is_empty()
        && body
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn no_other_secret_is_a_key_and_a_key_is_no_other_secret(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let secret = cookie.split_once('=').unwrap().1.to_owned();
    let token = portal.token(&portal.key).await;
    let key = portal.key.clone();
    let bare = key.trim_start_matches("k8r_").to_owned();
    for (case, other) in [
        ("the cookie", secret.clone()),
        ("the cookie as a key", format!("k8r_{secret}")),
        ("a token", token.clone()),
        (
            "a token's signature",
            token.rsplit('.').next().unwrap().to_owned(),
        ),
        ("the key without its beginning", bare.clone()),
        ("the key in capitals", key.to_uppercase()),
        ("the key twice", format!("{key}{key}")),
        ("two keys", format!("{key},{key}")),
        ("the key and a line end", format!("{key}\n")),
        ("the key and a space", format!("{key} ")),
        ("the key and a name", format!("{key}&cluster=demo")),
        ("another beginning", format!("k8s_{bare}")),
        ("an OAuth refresh token", format!("rt_{bare}")),
        ("the key in quotes", format!("\"{key}\"")),
        ("everything", "%".to_owned()),
        ("SQL", "' OR '1'='1".to_owned()),
        ("a long one", format!("k8r_{}", "A".repeat(20_000))),
        ("letters that look alike", key.replace("k8r", "ｋ８ｒ")),
    ] {
        let body: String = form_urlencoded::Serializer::new(String::new())
            .append_pair("refresh_token", &other)
            .finish();
        for (method, path, body) in [
            ("POST", "/k8stoken".to_owned(), body.as_str()),
            ("GET", format!("/k8stoken?{body}"), ""),
        ] {
            let case = format!("{case} by {method}");
            let answer =
                assert_refused(&portal, &case, request(&portal, method, &path, FORM, body)).await;
            assert_eq!(
                (answer.status, answer.body.as_str()),
                (401, "key_unknown"),
                "{case}"
            );
        }
    }
    for cookie in [
        format!("shorepass={key}"),
        format!("shorepass={bare}"),
        format!("shorepass={token}"),
    ] {
        assert!(
            !super::is_in(&portal, &cookie).await,
            "{cookie} opened the pages"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_key_counts_in_three_places_and_in_one_of_them_at_a_time(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (key, header) = (portal.key.clone(), bearer(&portal));
    let (field, query) = (
        format!("refresh_token={key}"),
        format!("/k8stoken?refresh_token={key}"),
    );
    let twice = header.clone() + &header;
    let basic = format!("{header}authorization: Basic YTpi\r\n");
    let cookie = format!("cookie: refresh_token={key}; shorepass={key}\r\n");
    let others = format!("x-refresh-token: {key}\r\nproxy-authorization: Bearer {key}\r\n");
    let token = format!("authorization: Token {key}\r\n");
    let glued = format!("authorization: Bearer{key}\r\n");
    let plain = "/k8stoken";
    for (case, method, path, headers, body, status, word) in [
        (
            "header and form",
            "POST",
            plain,
            header.as_str(),
            field.as_str(),
            400,
            "bad_request",
        ),
        (
            "header and query",
            "GET",
            &query,
            &header,
            "",
            400,
            "bad_request",
        ),
        (
            "form and query",
            "POST",
            &query,
            "",
            &field,
            400,
            "bad_request",
        ),
        ("two headers", "GET", plain, &twice, "", 400, "bad_request"),
        (
            "two kinds of header",
            "GET",
            plain,
            &basic,
            "",
            400,
            "bad_request",
        ),
        (
            "the body of a GET",
            "GET",
            plain,
            "",
            &field,
            401,
            "key_missing",
        ),
        ("a cookie", "GET", plain, &cookie, "", 401, "key_missing"),
        (
            "other headers",
            "GET",
            plain,
            &others,
            "",
            401,
            "key_missing",
        ),
        (
            "another scheme",
            "GET",
            plain,
            &token,
            "",
            401,
            "key_missing",
        ),
        ("no scheme", "GET", plain, &glued, "", 401, "key_missing"),
    ] {
        let headers = format!("{FORM}{headers}");
        let answer = assert_refused(
            &portal,
            case,
            request(&portal, method, path, &headers, body),
        )
        .await;
        assert_eq!(
            (answer.status, answer.body.as_str()),
            (status, word),
            "{case}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn every_refusal_is_one_word_for_a_shell_and_stays_in_no_cache(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (host, key) = (portal.host(), bearer(&portal));
    let long = format!(
        "POST /k8stoken HTTP/1.1\r\nhost: {host}\r\n{FORM}content-length: 100000\r\nconnection: close\r\n\r\n{}",
        "a".repeat(100_000)
    );
    let to = |host: &str, line: &str, more: &str| {
        format!("{line} HTTP/1.1\r\nhost: {host}\r\n{key}{more}connection: close\r\n\r\n")
    };
    let encoded = "content-encoding: gzip\r\ncontent-length: 0\r\n";
    let coded = "transfer-encoding: gzip, chunked\r\n";
    for (case, bytes) in [
        ("another host", to("evil.example", "GET /k8stoken", "")),
        ("another port", to("127.0.0.1:1", "GET /k8stoken", "")),
        ("a malformed host", to("a@b", "GET /k8stoken", "")),
        (
            "no host",
            format!("GET /k8stoken HTTP/1.1\r\n{key}connection: close\r\n\r\n"),
        ),
        (
            "no host at all",
            format!("GET /k8stoken HTTP/1.0\r\n{key}\r\n"),
        ),
        ("a long body", long),
        ("an encoded body", to(&host, "POST /k8stoken", encoded)),
        (
            "a coded body",
            to(&host, "POST /k8stoken", coded) + "0\r\n\r\n",
        ),
        ("another method", to(&host, "DELETE /k8stoken", "")),
        (
            "a page wanted",
            to(&host, "GET /k8stoken?format=html", "accept: text/html\r\n"),
        ),
        (
            "another site",
            to(&host, "GET /k8stoken", "sec-fetch-site: same-site\r\n"),
        ),
        (
            "two sites",
            to(
                &host,
                "GET /k8stoken",
                "sec-fetch-site: same-origin\r\nsec-fetch-site: cross-site\r\n",
            ),
        ),
        (
            "a frame",
            to(&host, "GET /k8stoken", "sec-fetch-dest: iframe\r\n"),
        ),
        (
            "a script",
            to(
                &host,
                "GET /k8stoken",
                "sec-fetch-mode: no-cors\r\nsec-fetch-dest: script\r\n",
            ),
        ),
        (
            "another cluster",
            to(
                &host,
                "GET /k8stoken?cluster=%27%3B%20DROP%20TABLE%20users--",
                "",
            ),
        ),
    ] {
        let answer = assert_refused(&portal, case, bytes).await;
        assert!(is_word(&answer.body), "{case}: {:?}", answer.body);
        assert_eq!(answer.header("cache-control"), Some("no-store"), "{case}");
        assert_eq!(
            answer.header("referrer-policy"),
            Some("no-referrer"),
            "{case}"
        );
        let kind = answer.header("content-type").unwrap_or_default();
        assert!(kind.starts_with("text/plain"), "{case}: {kind}");
    }
    let head = send(&portal, "HEAD", to(&host, "HEAD /k8stoken", "")).await;
    assert_eq!(
        (head.status, head.header("allow")),
        (405, Some("GET, POST"))
    );
    assert_harmless(&portal, "HEAD", &head).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_cache_between_could_not_mix_up_two_people(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let bob = portal.log_in("bob").await;
    let theirs = portal.make_key(&bob, "").await;
    for (key, name) in [(portal.key.clone(), "alice"), (theirs, "bob")] {
        let response = portal.fetch(&key).send().await.unwrap();
        let headers = response.headers().clone();
        assert_eq!(headers["cache-control"], "no-store");
        assert_eq!(headers["vary"], "*");
        assert!(!headers.contains_key("etag") && !headers.contains_key("last-modified"));
        assert_eq!(claims(&response.text().await.unwrap())["sub"], name);
    }
}
