//! Logins that end, and cookies that are none of ours.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use server::edge::limits::Limits;
use sqlx::PgPool;
use tokio::task::JoinSet;

use super::{is_in, request, send};
use crate::support::Portal;

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn logging_out_twice_is_logging_out(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let unknown = format!("shorepass={}", "A".repeat(43));
    for cookie in [
        cookie.as_str(),
        &cookie,
        &unknown,
        "shorepass=",
        "shorepass=\"",
        "other=1",
        "",
    ] {
        let response = portal
            .post("/logout", &[])
            .header("cookie", cookie)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 303, "{cookie}");
        assert_eq!(
            response.headers()["location"],
            "/login?after=logout",
            "{cookie}"
        );
        let set = response.headers()["set-cookie"].to_str().unwrap();
        assert!(
            set.starts_with("shorepass=;") && set.contains("Max-Age=0"),
            "{set}"
        );
    }
    assert!(!is_in(&portal, &cookie).await);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_cookie_is_worth_nothing_after_its_login_ended(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    portal
        .post("/logout", &[])
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    let headers = format!("cookie: {cookie}\r\n");
    let json = format!("{headers}x-shorepass: 1\r\ncontent-type: application/json\r\n");
    for (method, path, headers, body, status) in [
        ("GET", "/", &headers, "", 303),
        ("POST", "/", &headers, "", 303),
        ("GET", "/sessions", &headers, "", 303),
        ("POST", "/sessions/end", &headers, "", 303),
        ("POST", "/sessions/end-all", &headers, "", 303),
        ("POST", "/keys", &headers, "", 303),
        ("POST", "/keys/revoke", &headers, "", 303),
        ("POST", "/api/pass", &json, "{}", 401),
        ("POST", "/api/token", &json, "{}", 401),
        ("GET", "/k8stoken", &headers, "", 401),
    ] {
        let case = format!("{method} {path}");
        let answer = send(
            &portal,
            &case,
            request(&portal, method, path, headers, body),
        )
        .await;
        assert_eq!(answer.status, status, "{case}");
        assert!(!answer.body.contains("eyJ"), "{case}");
    }
}

/// Fetches with a key, again and again, until told to stop. What was asked after `ended` was set
/// comes back as the list of answers.
async fn keep_fetching(
    portal: &Portal,
    key: &str,
    readers: usize,
    ended: &Arc<AtomicBool>,
    act: impl Future<Output = ()>,
) -> Vec<(u16, String)> {
    let mut reading = JoinSet::new();
    for _ in 0..readers {
        let (request, ended) = (portal.fetch(key), ended.clone());
        reading.spawn(async move {
            let mut after = Vec::new();
            while after.len() < 5 {
                let late = ended.load(Ordering::SeqCst);
                let response = request.try_clone().unwrap().send().await.unwrap();
                let status = response.status().as_u16();
                let body = response.text().await.unwrap();
                assert!(matches!(status, 200 | 401), "{status} {body}");
                if late {
                    after.push((status, body));
                }
            }
            after
        });
    }
    // Each of them is at it by then: one answer came, and others are on their way.
    portal.token(key).await;
    act.await;
    ended.store(true, Ordering::SeqCst);
    reading.join_all().await.concat()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn once_logging_out_was_answered_no_token_is_handed_out_however_many_ask(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for path in ["/logout", "/sessions/end-all"] {
        for _ in 0..5 {
            let cookie = portal.log_in("alice").await;
            let key = portal.make_key(&cookie, "").await;
            let act = async {
                let request = portal.post(path, &[]).header("cookie", &cookie);
                assert_eq!(request.send().await.unwrap().status(), 303);
            };
            let ended = Arc::default();
            for (status, body) in keep_fetching(&portal, &key, 16, &ended, act).await {
                assert_eq!(status, 401, "{path}: {body}");
            }
            // So that the next round has to mint.
            portal.advance(time::Duration::minutes(5));
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn many_who_log_out_of_one_login_at_once_all_succeed(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let mut leaving = JoinSet::new();
    for number in 0..20 {
        let path = ["/logout", "/sessions/end-all"][number % 2];
        let request = portal.post(path, &[]).header("cookie", &cookie);
        leaving.spawn(async move { request.send().await.unwrap().status().as_u16() });
    }
    assert_eq!(leaving.join_all().await, [303; 20]);
    assert!(!is_in(&portal, &cookie).await);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn with_https_only_the_cookie_that_no_neighbour_can_plant_counts(pool: PgPool) {
    let portal = Portal::adjusted(pool, "", Limits::default(), |config| {
        *config = crate::support::config("https://id.example", "");
    })
    .await;
    let send = async |line: &str, more: &str, body: &str| {
        let length = body.len();
        let text = format!(
            "{line} HTTP/1.1\r\nhost: id.example\r\norigin: https://id.example\r\ncontent-length: {length}\r\n{more}connection: close\r\n\r\n{body}"
        );
        super::send(&portal, line, text).await
    };
    let answer = send(
        "POST /login",
        super::FORM,
        "username=alice&password=shorepass",
    )
    .await;
    let set = answer.header("set-cookie").unwrap();
    let (pair, attributes) = set.split_once(';').unwrap();
    assert!(pair.starts_with("__Host-shorepass="), "{set}");
    for part in ["Secure", "HttpOnly", "Path=/", "SameSite=Lax"] {
        assert!(attributes.contains(part), "{part} is missing from {set}");
    }
    assert!(!attributes.contains("Domain"), "{set}");
    let value = pair.split_once('=').unwrap().1;
    for (cookie, status) in [
        (pair.to_owned(), 200),
        (format!("other=1; {pair}"), 200),
        (format!("shorepass={value}"), 303),
        (format!("__host-shorepass={value}"), 303),
        (format!("__Secure-shorepass={value}"), 303),
        (format!("__Host-shorepass=\"{value}\""), 303),
        (format!("__Host-shorepass={value}x"), 303),
        (format!("{pair}; {pair}"), 303),
        (format!("__Host-shorepass=; {pair}"), 303),
        (format!("{pair}\r\ncookie: __Host-shorepass=planted"), 303),
    ] {
        let answer = send("GET /", &format!("cookie: {cookie}\r\n"), "").await;
        assert_eq!(answer.status, status, "{cookie}");
    }
}
