//! Logging in, staying logged in, logging out.

use identity::{connector::local, directory::shut_out, operator::Operator};
use sqlx::PgPool;
use time::Duration;

use crate::support::{Portal, cookie};

async fn is_in(portal: &Portal, cookie: &str) -> bool {
    portal
        .get("/")
        .header("cookie", cookie)
        .send()
        .await
        .unwrap()
        .status()
        == 200
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_login_opens_the_pages_and_logging_out_closes_them(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let response = portal.log_in_as("alice", "shorepass").send().await.unwrap();
    let set = response.headers()["set-cookie"].to_str().unwrap();
    for part in ["shorepass=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(set.contains(part), "{part} is missing from {set}");
    }
    assert!(
        !set.contains("Secure"),
        "a cookie over http cannot be Secure"
    );
    let cookie = cookie(&response);
    assert!(is_in(&portal, &cookie).await);
    portal
        .post("/logout", &[])
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert!(!is_in(&portal, &cookie).await);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn wrong_and_unknown_credentials_get_the_same_answer(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal
        .sql("UPDATE users SET disabled_at = now() WHERE username = 'erin'")
        .await;
    let mut pages = Vec::new();
    for (name, password) in [
        ("alice", "wrong"),
        ("alicf", "wrong"),
        ("erinn", "shorepass"),
        ("alice", ""),
        ("admin", ""),
    ] {
        let response = portal.log_in_as(name, password).send().await.unwrap();
        assert_eq!(response.status(), 401, "{name}");
        assert!(response.headers().get("set-cookie").is_none());
        let page = response.text().await.unwrap().replace(name, "NAME");
        // Behind the content, leptos puts scripts whose nonce differs each time.
        pages.push(page.split("<script").next().unwrap().to_owned());
    }
    assert!(
        pages.windows(2).all(|pair| pair[0] == pair[1]),
        "the pages tell accounts apart"
    );
    let disabled = portal.log_in_as("erin", "shorepass").send().await.unwrap();
    assert_eq!(disabled.status(), 401);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_unknown_name_takes_as_long_as_a_wrong_password(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..7 {
        for (kind, name) in ["bob", "nobody"].into_iter().enumerate() {
            let from = format!("10.0.{kind}.{round}");
            let start = std::time::Instant::now();
            portal
                .log_in_as(name, "wrong")
                .header("x-forwarded-for", from)
                .send()
                .await
                .unwrap();
            times[kind].push(start.elapsed());
        }
    }
    let [known, unknown] = times.map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64()
    });
    let ratio = known / unknown;
    assert!(
        (0.4..2.5).contains(&ratio),
        "known {known:.3} s, unknown {unknown:.3} s"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_form_of_another_site_is_refused(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let form = [
        ("username", "alice"),
        ("password", "shorepass"),
        ("directory", "local"),
        ("return_to", "/"),
    ];
    let login = || {
        portal
            .client
            .post(format!("{}/login", portal.url))
            .form(&form)
    };
    let subdomain = portal.url.replace("127", "x.127");
    for origin in [
        None,
        Some("https://evil.example"),
        Some("null"),
        Some(subdomain.as_str()),
    ] {
        let request = origin.map_or_else(&login, |origin| login().header("origin", origin));
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 403, "{origin:?}");
        assert!(response.headers().get("set-cookie").is_none());
    }
    let cross = login()
        .header("origin", &portal.url)
        .header("sec-fetch-site", "cross-site");
    assert_eq!(cross.send().await.unwrap().status(), 403);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_cookie_planted_before_logging_in_is_never_adopted(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let planted = format!("shorepass={}", "A".repeat(43));
    let response = portal
        .log_in_as("alice", "shorepass")
        .header("cookie", &planted)
        .send()
        .await
        .unwrap();
    assert_ne!(cookie(&response), planted);
    assert!(!is_in(&portal, &planted).await);
    let own = cookie(&response);
    assert!(
        !is_in(&portal, &format!("{planted}; {own}")).await,
        "of two cookies one was taken"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn each_login_gets_another_cookie_and_the_old_one_is_dead(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let first = portal.log_in("alice").await;
    let response = portal
        .log_in_as("alice", "shorepass")
        .header("cookie", &first)
        .send()
        .await
        .unwrap();
    let second = cookie(&response);
    assert_ne!(first, second);
    assert!(!is_in(&portal, &first).await && is_in(&portal, &second).await);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nobody_is_sent_to_another_site_after_logging_in(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for (wanted, expected) in [
        ("/sessions", "/sessions"),
        ("https://evil.example", "/"),
        ("//evil.example", "/"),
        ("/\\evil.example", "/"),
        ("javascript:alert(1)", "/"),
        ("/x\r\nSet-Cookie: a=b", "/"),
    ] {
        let fields = [
            ("return_to", wanted),
            ("directory", "local"),
            ("username", "alice"),
            ("password", "shorepass"),
        ];
        let response = portal.post("/login", &fields).send().await.unwrap();
        assert_eq!(response.status(), 303);
        assert_eq!(response.headers()["location"], expected, "{wanted:?}");
    }
    let response = portal.get("/sessions?x=1").send().await.unwrap();
    assert_eq!(
        response.headers()["location"],
        "/login?return_to=%2Fsessions%3Fx%3D1"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_cookie_goes_idle_while_the_login_behind_it_lives_on(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "").await;
    portal.advance(Duration::minutes(59));
    assert!(is_in(&portal, &cookie).await, "use moves the limit");
    portal.advance(Duration::minutes(59));
    portal.token(&key).await; // no use of the pages
    let renewed = portal
        .client
        .post(format!("{}/api/pass", portal.url))
        .header("origin", &portal.url)
        .header("x-shorepass", "1")
        .header("cookie", &cookie)
        .json(&serde_json::json!({}))
        .send()
        .await
        .unwrap();
    assert_eq!(renewed.status(), 200);
    portal.advance(Duration::minutes(1));
    assert!(
        !is_in(&portal, &cookie).await,
        "neither curl nor a page that renews itself is a use"
    );
    portal.token(&key).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_login_ends_at_its_absolute_limit_however_much_it_is_used(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "").await;
    for _ in 0..19 {
        portal.advance(Duration::minutes(30));
        assert!(is_in(&portal, &cookie).await);
    }
    portal.advance(Duration::minutes(27));
    let token = crate::support::claims(&portal.token(&key).await);
    let end = token["auth_time"].as_i64().unwrap() + 36_000;
    assert_eq!(token["exp"], end, "a token ends with its login");
    portal.advance(Duration::minutes(3));
    assert!(!is_in(&portal, &cookie).await);
    assert_eq!(
        portal.refusal(portal.fetch(&key)).await,
        (401, "login_required".into())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn guessing_is_slowed_down_without_locking_the_victim_out(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let from = |address: &'static str, name: &'static str, password: &'static str| {
        portal
            .log_in_as(name, password)
            .header("x-forwarded-for", address)
            .send()
    };
    assert_eq!(
        from("192.0.2.7", "alice", "shorepass")
            .await
            .unwrap()
            .status(),
        303
    );
    let mut refused = 0;
    for name in ["alice", "ALICE", " alice", "Alice", "ａｌｉｃｅ"]
        .into_iter()
        .cycle()
        .take(15)
    {
        let response = from("198.51.100.1", name, "wrong").await.unwrap();
        if response.status() == 429 {
            assert!(response.headers().contains_key("retry-after"));
            refused += 1;
        }
    }
    assert_eq!(refused, 5, "spellings of one name share a count");
    assert_eq!(
        from("198.51.100.1", "alice", "shorepass")
            .await
            .unwrap()
            .status(),
        429,
        "the right one too"
    );
    assert_eq!(
        from("192.0.2.7", "alice", "shorepass")
            .await
            .unwrap()
            .status(),
        303,
        "the victim was locked out"
    );
    portal.advance(Duration::seconds(4));
    assert_eq!(
        from("198.51.100.1", "alice", "shorepass")
            .await
            .unwrap()
            .status(),
        303,
        "it drains"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn signing_out_everywhere_ends_all_logins_and_keys(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (one, other) = (portal.log_in("alice").await, portal.log_in("alice").await);
    let key = portal.make_key(&one, "").await;
    portal
        .post("/sessions/end-all", &[])
        .header("cookie", &one)
        .send()
        .await
        .unwrap();
    assert!(!is_in(&portal, &one).await && !is_in(&portal, &other).await);
    assert_eq!(
        portal.refusal(portal.fetch(&key)).await,
        (401, "key_revoked".into())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_wrong_with_a_key_is_said_on_the_page_that_it_was_asked_for_on(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let alice = portal.log_in("alice").await;
    for (path, title) in [("/sessions", "Sessions"), ("/", "Your token")] {
        let page = portal.get(path).header("cookie", &alice).send().await;
        let page = page.unwrap().text().await.unwrap();
        let back = format!("name=\"back\" value=\"{path}\"");
        assert!(page.contains(&back), "the form of {path} does not name it");
        let fields = [
            ("name", "x"),
            ("cluster", ""),
            ("days", "0"),
            ("back", path),
        ];
        let answer = portal.post("/keys", &fields).header("cookie", &alice);
        let answer = answer.send().await.unwrap();
        assert_eq!(answer.status(), 400);
        let answer = answer.text().await.unwrap();
        assert!(answer.contains(&format!("<title>{title}")), "{path}");
        assert!(answer.contains("A key lasts between"), "{path}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nobody_ends_or_revokes_what_is_somebody_elses(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (alice, bob) = (portal.log_in("alice").await, portal.log_in("bob").await);
    let key = portal.make_key(&alice, "").await;
    let ids: (uuid::Uuid, uuid::Uuid) = sqlx::query_as(
        "SELECT l.id, k.id FROM users u JOIN logins l ON l.user_id = u.id AND l.ended_at IS NULL
         JOIN retrieval_keys k ON k.user_id = u.id AND k.name = 'laptop' WHERE u.username = 'alice'",
    )
    .fetch_one(&portal.pool)
    .await
    .unwrap();
    for (path, id) in [("/sessions/end", ids.0), ("/keys/revoke", ids.1)] {
        let response = portal
            .post(path, &[("id", &id.to_string()), ("back", "/")])
            .header("cookie", &bob)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 404, "{path}");
    }
    assert!(is_in(&portal, &alice).await);
    portal.token(&key).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_hour_of_guesses_from_one_address_locks_nobody_out(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let from = |address: &'static str, password: &'static str| {
        let form = portal.log_in_as("erin", password);
        form.header("x-forwarded-for", address).send()
    };
    // What the throttle lets through is all that reaches the account's count, so no password is
    // hashed here but that of every hundredth guess.
    let throttle = identity::session::throttle::Throttle::default();
    let attempt = identity::session::throttle::Attempt {
        directory: "local",
        account: "erin",
        network: "198.51.100.1",
        known_network: false,
    };
    for second in 0..3600 {
        let mut conn = portal.pool.acquire().await.unwrap();
        let charged = throttle.charge(&mut conn, &attempt, portal.now()).await;
        drop(conn);
        if charged.unwrap().is_ok() && second % 100 == 0 {
            from("198.51.100.1", "wrong").await.unwrap();
        }
        portal.advance(Duration::seconds(1));
    }
    let erin = from("203.0.113.9", "shorepass").await.unwrap();
    assert_eq!(erin.status(), 303, "from an address never seen before");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whoever_changes_their_address_within_a_network_is_still_known(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let from = |address: &'static str| {
        let form = portal.log_in_as("erin", "shorepass");
        form.header("x-forwarded-for", address).send()
    };
    assert_eq!(from("2001:db8:1:2::a").await.unwrap().status(), 303);
    let mut conn = portal.pool.acquire().await.unwrap();
    for (network, known) in [
        ("2001:db8:1:2::/64", true),
        ("2001:db8:1:3::/64", false),
        ("192.0.2.1", false),
    ] {
        let answer = identity::session::store::is_known_network(
            &mut conn,
            "local",
            "erin",
            network,
            portal.now(),
        );
        assert_eq!(answer.await.unwrap(), known, "{network}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn logging_out_ends_the_logins_that_went_idle_in_the_same_browser(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let first = portal.log_in("alice").await;
    let key = portal.make_key(&first, "").await;
    portal.advance(Duration::hours(2));
    portal.token(&key).await;
    let again = portal
        .log_in_as("alice", "shorepass")
        .header("cookie", &first)
        .send()
        .await
        .unwrap();
    let second = crate::support::cookie(&again);
    let elsewhere = portal.log_in("alice").await;
    portal
        .post("/logout", &[])
        .header("cookie", &second)
        .send()
        .await
        .unwrap();
    portal.token(&key).await;
    portal
        .post("/logout", &[])
        .header("cookie", &elsewhere)
        .send()
        .await
        .unwrap();
    assert_eq!(
        portal.refusal(portal.fetch(&key)).await,
        (401, "login_required".into()),
        "the login of two hours ago lived on"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn logging_out_with_two_cookies_ends_both(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (one, other) = (portal.log_in("alice").await, portal.log_in("alice").await);
    let key = portal.make_key(&one, "").await;
    let both = format!("{one}; {other}");
    portal
        .post("/logout", &[])
        .header("cookie", both)
        .send()
        .await
        .unwrap();
    assert_eq!(portal.fetch(&key).send().await.unwrap().status(), 401);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_neighbours_cookie_locks_nobody_out(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let mut value = cookie.into_bytes();
    value.extend_from_slice(b"; neighbour=\xff\xfe");
    let value = reqwest::header::HeaderValue::from_bytes(&value).unwrap();
    let response = portal.get("/").header("cookie", value).send().await;
    assert_eq!(response.unwrap().status(), 200);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_a_person_does_on_the_page_is_a_use_and_what_the_page_does_is_none(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for (asker, stays) in [("person", true), ("page", false)] {
        let cookie = portal.log_in("alice").await;
        for _ in 0..3 {
            portal.advance(Duration::minutes(40));
            let ask = portal.client.post(format!("{}/api/token", portal.url));
            let ask = ask
                .header("origin", &portal.url)
                .header("cookie", &cookie)
                .header("content-type", "application/json")
                .header("x-shorepass", asker)
                .body("{}");
            ask.send().await.unwrap();
        }
        assert_eq!(is_in(&portal, &cookie).await, stays, "{asker}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_account_can_be_closed_before_its_person_has_ever_come(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let mut conn = portal.pool.acquire().await.unwrap();
    let (now, password) = (portal.now(), "correct horse".to_owned().into());
    for (name, can) in [
        ("frank", true),
        ("Frank", false),
        ("_frank", false),
        ("fr--ank", false),
    ] {
        let made = local::add(&mut conn, name, "Frank", None, &password, now).await;
        assert_eq!(made.is_ok(), can, "{name}");
    }
    let log_in = async || {
        let response = portal.log_in_as("frank", "correct horse").send().await;
        response.unwrap().status().as_u16()
    };
    shut_out::disable(&mut conn, &Operator::at_the_command_line(), "frank", now)
        .await
        .unwrap();
    assert_eq!(log_in().await, 401);
    shut_out::enable(&mut conn, &Operator::at_the_command_line(), "frank")
        .await
        .unwrap();
    assert_eq!(log_in().await, 303);
    assert!(
        shut_out::disable(&mut conn, &Operator::at_the_command_line(), "nobody", now)
            .await
            .is_err()
    );
    shut_out::disable(&mut conn, &Operator::at_the_command_line(), "frank", now)
        .await
        .unwrap();
    assert_eq!(log_in().await, 401);
}
