//! Hosts, headers and limits, on a real connection.

use std::time::{Duration, Instant};

use server::edge::limits::Limits;
use sqlx::PgPool;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::support::Portal;

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_unknown_host_is_turned_away_and_forwarded_headers_change_nothing(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for path in ["/", "/login", "/k8stoken", "/nope"] {
        assert_eq!(
            portal
                .get(path)
                .header("host", "evil.example")
                .send()
                .await
                .unwrap()
                .status(),
            421,
            "{path}"
        );
    }
    let plain = portal
        .get("/.well-known/openid-configuration")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let poisoned = portal
        .get("/.well-known/openid-configuration")
        .header("host", "evil.example")
        .header("x-forwarded-host", "evil.example")
        .header("x-forwarded-proto", "https")
        .header("forwarded", "host=evil.example;proto=https");
    assert_eq!(poisoned.send().await.unwrap().text().await.unwrap(), plain);
    assert!(plain.contains(&format!("\"issuer\":\"{}\"", portal.url)));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn every_answer_has_its_headers(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    for path in [
        "/",
        "/login",
        "/sessions",
        "/nope",
        "/k8stoken",
        "/oauth2/jwks",
        "/healthz",
    ] {
        let response = portal
            .get(path)
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap();
        let headers = response.headers();
        let csp = headers["content-security-policy"].to_str().unwrap();
        assert!(
            csp.contains("default-src 'none'") && csp.contains("frame-ancestors 'none'"),
            "{path}: {csp}"
        );
        assert!(
            !csp.contains("unsafe-inline") && !csp.contains("'unsafe-eval'"),
            "{path}: {csp}"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        if path != "/oauth2/jwks" {
            assert_eq!(headers["cache-control"], "no-store", "{path}");
        }
    }
    let nonce = async || {
        let response = portal
            .get("/")
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap();
        let csp = response.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .to_owned();
        let nonce = csp
            .split("'nonce-")
            .nth(1)
            .unwrap()
            .split('\'')
            .next()
            .unwrap()
            .to_owned();
        let page = response.text().await.unwrap();
        assert!(page.contains(&format!("nonce=\"{nonce}\"")));
        assert!(!page.contains(" style=\""), "an inline style");
        nonce
    };
    assert_ne!(nonce().await, nonce().await);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_first_page_holds_no_token(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "").await;
    let token = portal.token(&key).await;
    let page = portal
        .get("/")
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for part in token.split('.') {
        assert!(!page.contains(part), "a part of the token is in the page");
    }
    assert!(!page.contains(&key) && !page.contains(cookie.trim_start_matches("shorepass=")));
    let shown = portal
        .post("/", &[("cluster", "demo")])
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(shown.contains(&token), "the form shows the token");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn requests_that_are_too_much_are_refused(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let host = portal.host();
    let many = "x-one-more: 1\r\n".repeat(1000);
    for (name, request, status) in [
        (
            "1000 headers",
            format!("GET /login HTTP/1.1\r\nhost: {host}\r\n{many}\r\n"),
            "431",
        ),
        (
            "two lengths",
            format!(
                "POST /login HTTP/1.1\r\nhost: {host}\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab"
            ),
            "400",
        ),
        (
            "a bad chunk",
            format!(
                "POST /k8stoken HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"
            ),
            "400",
        ),
        (
            "no host",
            "GET /login HTTP/1.1\r\nconnection: close\r\n\r\n".to_owned(),
            "400",
        ),
    ] {
        let answer = portal.raw(request.as_bytes()).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status}")),
            "{name}: {}",
            &answer[..answer.len().min(80)]
        );
    }
    let large = portal
        .post("/login", &[])
        .body(vec![b'a'; 10 << 20])
        .send()
        .await
        .unwrap();
    assert_eq!(large.status(), 413);
    let zipped = portal
        .post("/login", &[])
        .header("content-encoding", "gzip")
        .body("x")
        .send()
        .await
        .unwrap();
    assert_eq!(zipped.status(), 415);
    let plain = portal
        .client
        .post(format!("{}/login", portal.url))
        .header("origin", &portal.url);
    let plain = plain
        .header("content-type", "text/plain")
        .body("username=alice");
    assert_eq!(plain.send().await.unwrap().status(), 415);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn slow_clients_are_cut_off_and_disturb_nobody(pool: PgPool) {
    let limits = Limits {
        first_request: Duration::from_millis(600),
        header: Duration::from_millis(600),
        sending: Duration::from_millis(600),
        ..Limits::default()
    };
    let portal = Portal::with(pool, "", limits).await;
    let host = portal.host();
    let start = Instant::now();
    let trickle = tokio::spawn({
        let host = host.clone();
        async move {
            let mut stream = TcpStream::connect(host).await.unwrap();
            let mut sent = 0;
            while stream.write_all(b"G").await.is_ok() && sent < 100 {
                sent += 1;
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            sent
        }
    });
    let silent = format!("POST /login HTTP/1.1\r\nhost: {host}\r\ncontent-length: 10\r\n\r\n");
    let answer = portal.raw(silent.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert_eq!(portal.get("/healthz").send().await.unwrap().status(), 200);
    assert!(
        trickle.await.unwrap() < 100,
        "a client that sends a byte at a time was never cut off"
    );
    assert!(start.elapsed() < Duration::from_secs(10));
}
