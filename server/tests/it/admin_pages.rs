//! `/admin/keys` and `/admin/users`: who sees what, and what the buttons do.

use domain::signing_key::Overlap;
use identity::{directory::shut_out, issuer::keys, operator::Operator, roster};
use sqlx::PgPool;
use time::Duration;

use crate::support::{Portal, claims};

/// Everybody in `/admin/keys` and `/admin/users`, by what they are.
const WHO: [(&str, bool, bool); 4] = [
    // name, may look, may change
    ("alice", false, false),
    ("bob", false, false),
    ("dave", true, false),
    ("carol", true, true),
];
const PAGES: [&str; 4] = [
    "/admin/keys",
    "/admin/users",
    "/admin/users?q=alice",
    "/admin/users/alice",
];
const FORMS: [&str; 5] = [
    "/admin/keys/rotate",
    "/admin/keys/revoke",
    "/admin/users/erin/sign-out",
    "/admin/users/erin/disable",
    "/admin/users/erin/enable",
];

async fn get(portal: &Portal, cookie: &str, path: &str) -> (u16, String) {
    let request = portal.get(path).header("cookie", cookie);
    portal.refusal(request).await
}

async fn post(portal: &Portal, cookie: &str, path: &str, fields: &[(&str, &str)]) -> (u16, String) {
    let request = portal.post(path, fields).header("cookie", cookie);
    portal.refusal(request).await
}

/// All that the forms could change.
async fn stored(portal: &Portal) -> String {
    sqlx::query_scalar(
        "SELECT (SELECT string_agg(u::text, ',' ORDER BY u.username) FROM users u)
             || (SELECT string_agg(k.kid || k.active_from || coalesce(k.retired_at::text, '') || coalesce(k.removed_at::text, ''), ','
                                   ORDER BY k.kid) FROM signing_keys k)
             || (SELECT string_agg(l.id || coalesce(l.end_reason, ''), ',' ORDER BY l.id) FROM logins l WHERE l.address <> 'x')",
    )
    .fetch_one(&portal.pool)
    .await
    .unwrap()
}

fn signs(portal: &Portal) -> String {
    let active = portal.state.portal.issuer.ring.active(portal.now());
    active.unwrap().kid.clone()
}

/// What the page says went wrong.
fn problem(page: &str) -> &str {
    let problem = page.split("role=\"alert\"").nth(1).unwrap_or_default();
    problem.split("</p>").next().unwrap_or_default()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn administrators_change_auditors_look_and_to_everybody_else_there_is_nothing(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.log_in("erin").await;
    for path in PAGES {
        let response = portal.get(path).send().await.unwrap();
        assert_eq!(response.status(), 303, "nobody at {path}");
        let to = response.headers()["location"].to_str().unwrap();
        assert!(to.starts_with("/login?return_to=%2Fadmin%2F"), "{to}");
    }
    for (name, may_look, may_change) in WHO {
        let cookie = portal.log_in(name).await;
        for path in PAGES {
            let (status, page) = get(&portal, &cookie, path).await;
            assert_eq!(status, if may_look { 200 } else { 404 }, "{name} {path}");
            let forms =
                page.matches("action=\"/admin/").count() - page.matches("role=\"search\"").count();
            let offered = path == "/admin/keys" || path == "/admin/users/alice";
            assert_eq!(forms > 0, may_change && offered, "{name} {path}: {forms}");
        }
        let (_, start) = get(&portal, &cookie, "/sessions").await;
        assert_eq!(start.contains("/admin/users"), may_look, "{name}'s rail");
        assert_eq!(start.contains("/admin/keys"), may_look, "{name}'s rail");
        assert_eq!(
            start.contains("/admin/clusters"),
            may_change,
            "{name}'s rail"
        );
    }
    let before = stored(&portal).await;
    for path in FORMS {
        let fields = [("kid", signs(&portal))];
        let fields = fields.each_ref().map(|(name, kid)| (*name, kid.as_str()));
        let response = portal.post(path, &fields).send().await.unwrap();
        assert_eq!(response.status(), 303, "nobody at {path}");
        assert_eq!(response.headers()["location"], "/login");
    }
    assert_eq!(stored(&portal).await, before, "nobody changed something");
    for (name, _, may_change) in WHO {
        let cookie = portal.log_in(name).await;
        for path in FORMS {
            let before = stored(&portal).await;
            let kid = signs(&portal);
            let (status, _) = post(&portal, &cookie, path, &[("kid", &kid)]).await;
            assert_eq!(status, if may_change { 303 } else { 404 }, "{name} {path}");
            let changed = stored(&portal).await != before;
            assert_eq!(changed, may_change, "{name} {path}");
            // As every form: from our own pages only.
            for origin in [None, Some("https://evil.example"), Some("null")] {
                let url = format!("{}{path}", portal.url);
                let mut request = portal.client.post(url).header("cookie", &cookie);
                if let Some(origin) = origin {
                    request = request.header("origin", origin);
                }
                let fields = [("kid", signs(&portal))];
                let before = stored(&portal).await;
                let response = request.form(&fields).send().await.unwrap();
                assert_eq!(response.status(), 403, "{name} {path} from {origin:?}");
                assert_eq!(
                    stored(&portal).await,
                    before,
                    "{name} {path} from {origin:?}"
                );
            }
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn who_is_an_administrator_no_longer_changes_nothing_from_the_next_request_on(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let carol = portal.log_in("carol").await;
    assert_eq!(get(&portal, &carol, "/admin/users").await.0, 200);
    portal
        .sql("DELETE FROM portal_roles WHERE subject = 'carol'")
        .await;
    let before = stored(&portal).await;
    assert_eq!(get(&portal, &carol, "/admin/users").await.0, 404);
    assert_eq!(
        post(&portal, &carol, "/admin/users/alice/disable", &[])
            .await
            .0,
        404
    );
    assert_eq!(
        post(&portal, &carol, "/admin/keys/rotate", &[]).await.0,
        404
    );
    assert_eq!(stored(&portal).await, before);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn signing_somebody_out_ends_all_that_they_have_and_says_how_long_clusters_go_on(
    pool: PgPool,
) {
    let portal = Portal::start(pool).await;
    let (carol, alice) = (portal.log_in("carol").await, portal.log_in("alice").await);
    let key = portal.make_key(&alice, "demo").await;
    portal.token(&key).await;
    let (_, page) = get(&portal, &carol, "/admin/users/alice").await;
    for text in [
        "alice@harbour.example",
        "directory local",
        "laptop",
        "new-namespace-viewer",
        "5 m 10 s",
        "Disable alice",
    ] {
        assert!(page.contains(text), "{text} is not on the page");
    }
    let path = "/admin/users/alice/sign-out";
    assert_eq!(post(&portal, &carol, path, &[]).await.0, 303);
    assert_eq!(
        portal.refusal(portal.fetch(&key)).await,
        (401, "key_revoked".into())
    );
    assert_eq!(get(&portal, &alice, "/").await.0, 303, "the login lives on");
    portal.advance(Duration::seconds(100));
    let (_, page) = get(&portal, &carol, "/admin/users/alice").await;
    assert!(
        page.contains("Signed out everywhere") && page.contains("3 m 30 s"),
        "{page}"
    );
    assert!(page.contains("Not logged in.") && page.contains("No keys."));
    portal.advance(Duration::seconds(211));
    let (_, page) = get(&portal, &carol, "/admin/users/alice").await;
    assert!(!page.contains("work for"), "the time is over");
    portal.log_in("alice").await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_slowest_cluster_is_named_by_the_settings_in_force(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let carol = portal.log_in("carol").await;
    for (change, says) in [
        (
            "INSERT INTO clusters (id, name, api_url, audience, token_lifetime, created_at)
             VALUES (gen_random_uuid(), 'slow', 'https://slow.example', 'slow', 900, now())",
            "<strong>15 m 10 s</strong>",
        ),
        (
            "UPDATE clusters SET webhook = true WHERE name = 'slow'",
            "<strong>5 m 10 s</strong>",
        ),
        (
            "UPDATE clusters SET webhook = true",
            "<strong>11 s</strong>",
        ),
    ] {
        sqlx::query(change).execute(&portal.pool).await.unwrap();
        let (_, page) = get(&portal, &carol, "/admin/users/alice").await;
        assert!(page.contains(says), "{says} after {change}: {page}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn who_is_disabled_is_shut_out_until_enabled_again(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (carol, alice) = (portal.log_in("carol").await, portal.log_in("alice").await);
    let key = portal.make_key(&alice, "demo").await;
    assert_eq!(
        post(&portal, &carol, "/admin/users/alice/disable", &[])
            .await
            .0,
        303
    );
    let (_, page) = get(&portal, &carol, "/admin/users/alice").await;
    assert!(
        page.contains("Enable alice") && !page.contains("Disable alice"),
        "{page}"
    );
    let (_, list) = get(&portal, &carol, "/admin/users").await;
    assert!(list.contains(">disabled<"));
    assert_eq!(get(&portal, &alice, "/").await.0, 303);
    assert_eq!(portal.refusal(portal.fetch(&key)).await.0, 401);
    let refused = portal.log_in_as("alice", "shorepass").send().await.unwrap();
    assert_eq!(refused.status(), 401);
    assert_eq!(
        post(&portal, &carol, "/admin/users/alice/enable", &[])
            .await
            .0,
        303
    );
    portal.log_in("alice").await;
    assert_eq!(
        portal.refusal(portal.fetch(&key)).await,
        (401, "key_revoked".into()),
        "what had ended stays ended"
    );
    for what in ["sign-out", "disable", "enable"] {
        let path = format!("/admin/users/nobody/{what}");
        assert_eq!(post(&portal, &carol, &path, &[]).await.0, 404, "{what}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nobody_disables_themselves_or_the_last_administrator(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let carol = portal.log_in("carol").await;
    let (_, page) = get(&portal, &carol, "/admin/users/carol").await;
    assert!(
        !page.contains("/admin/users/carol/disable"),
        "it is offered"
    );
    let (status, page) = post(&portal, &carol, "/admin/users/carol/disable", &[]).await;
    assert_eq!(status, 409);
    assert!(
        problem(&page).contains("You cannot disable yourself"),
        "{page}"
    );
    let mut conn = portal.pool.acquire().await.unwrap();
    let (operator, now) = (Operator::at_the_command_line(), portal.now());
    let refused = shut_out::disable(&mut conn, &operator, "carol", now).await;
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("the last administrator"), "{text}");

    // Two administrators who disable each other at once: one stays.
    portal.log_in("bob").await;
    for round in 0..5 {
        portal
            .sql("INSERT INTO portal_roles SELECT 'local', 'bob', 'administrator', now() ON CONFLICT DO NOTHING")
            .await;
        let (carol, bob) = (portal.log_in("carol").await, portal.log_in("bob").await);
        let (first, second) = tokio::join!(
            post(&portal, &carol, "/admin/users/bob/disable", &[]),
            post(&portal, &bob, "/admin/users/carol/disable", &[]),
        );
        let disabled: Vec<String> =
            sqlx::query_scalar("SELECT username::text FROM users WHERE disabled_at IS NOT NULL")
                .fetch_all(&portal.pool)
                .await
                .unwrap();
        let answers = (first.0, second.0);
        assert_eq!(disabled.len(), 1, "{round}: {disabled:?} {answers:?}");
        for name in ["carol", "bob"] {
            shut_out::enable(&mut conn, &operator, name).await.unwrap();
        }
        portal.advance(Duration::minutes(1));
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn signing_oneself_out_everywhere_ends_at_the_login_page(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let carol = portal.log_in("carol").await;
    let request = portal.post("/admin/users/carol/sign-out", &[]);
    let response = request.header("cookie", &carol).send().await.unwrap();
    let to = response.headers()["location"].to_str().unwrap();
    assert!(to.starts_with("/login"), "{to}");
    assert_eq!(get(&portal, &carol, "/admin/users").await.0, 303);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn keys_are_rotated_as_planned_and_revoked_with_what_is_left_to_do(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let carol = portal.log_in("carol").await;
    let first = signs(&portal);
    let (_, page) = get(&portal, &carol, "/admin/keys").await;
    assert!(page.contains(&first) && page.contains(">signs<"), "{page}");
    assert!(!page.contains("goes on trusting it"), "nothing was revoked");

    assert_eq!(
        post(&portal, &carol, "/admin/keys/rotate", &[]).await.0,
        303
    );
    let (_, page) = get(&portal, &carol, "/admin/keys").await;
    assert!(
        page.contains(">waits<") && !page.contains("Rotate now"),
        "{page}"
    );
    assert_eq!(signs(&portal), first, "it waits");
    let (status, page) = post(&portal, &carol, "/admin/keys/rotate", &[]).await;
    assert_eq!(status, 409);
    assert!(problem(&page).contains("on its way already"), "{page}");

    let revoked = [("kid", first.as_str())];
    assert_eq!(
        post(&portal, &carol, "/admin/keys/revoke", &revoked)
            .await
            .0,
        303
    );
    assert_ne!(signs(&portal), first, "this replica knows at once");
    let (_, page) = get(&portal, &carol, "/admin/keys").await;
    for text in [
        "goes on trusting it",
        "/k8stoken?cluster=demo&amp;format=kubeconfig&amp;user=token",
        "https://127.0.0.1:6443",
        "sudo tee -a",
        "35 s",
        ">revoked<",
    ] {
        assert!(page.contains(text), "{text} is not on the page: {page}");
    }
    for kid in [first.as_str(), "", "none", "' OR 1=1 --", "<script>"] {
        let (status, page) = post(&portal, &carol, "/admin/keys/revoke", &[("kid", kid)]).await;
        assert_eq!(status, 404, "{kid}");
        assert!(problem(&page).contains("no such key"), "{page}");
    }
    for bad in [
        [("kid", first.as_str()), ("kid", "none")],
        [("kid", "\0"), ("x", "")],
    ] {
        let answer = post(&portal, &carol, "/admin/keys/revoke", &bad).await;
        assert_eq!(answer.0, 400, "{bad:?}");
    }
    portal.advance(Duration::days(1));
    let carol = portal.log_in("carol").await;
    let (_, page) = get(&portal, &carol, "/admin/keys").await;
    assert!(!page.contains("goes on trusting it"), "that was a day ago");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_key_whose_time_is_over_is_not_called_revoked(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let issuer = &portal.state.portal.issuer;
    let mut conn = portal.pool.acquire().await.unwrap();
    let overlap = Overlap::immediate(Duration::seconds(30));
    keys::rotate(
        &mut conn,
        &issuer.sealer,
        issuer.algorithm,
        overlap,
        portal.now(),
    )
    .await
    .unwrap();
    portal.advance(Duration::hours(1));
    let carol = portal.log_in("carol").await;
    let (_, page) = get(&portal, &carol, "/admin/keys").await;
    assert!(
        page.contains(">removed<") && !page.contains(">revoked<"),
        "{page}"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn people_are_found_by_how_words_begin_and_by_ids_out_of_tokens(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal
        .sql(
            "INSERT INTO users (id, username, display_name, email, created_at) VALUES
             (gen_random_uuid(), 'alice.partners', 'Álice O''Brien', 'obrien@partners.example', now()),
             (gen_random_uuid(), 'x-1', 'Jean-Luc <b>Öztürk</b>', NULL, now())",
        )
        .await;
    let alice = portal.log_in("alice").await;
    let key = portal.make_key(&alice, "demo").await;
    let token = claims(&portal.token(&key).await);
    let mut conn = portal.pool.acquire().await.unwrap();
    let now = portal.now();
    let mut names = async |text: &str| {
        let part = roster::search(&mut conn, text, "", now).await.unwrap();
        let names = part.entries.into_iter().map(|entry| entry.username);
        names.collect::<Vec<_>>()
    };
    let id = |claim: &str| token[claim].as_str().unwrap().to_owned();
    for (text, found) in [
        ("ali", &["alice", "alice.partners"][..]),
        ("ALI", &["alice", "alice.partners"]),
        ("alice partners", &["alice.partners"]),
        ("partners ali", &["alice.partners"]),
        ("alice.partners", &["alice.partners"]),
        ("obrien@partners.example", &["alice.partners"]),
        ("o'brien", &["alice.partners"]),
        ("almeida", &["alice"]),
        ("meida", &[]),
        ("luc", &["x-1"]),
        ("öz", &["x-1"]),
        ("x-1", &["x-1"]),
        ("& | ! ( ) : * <->", &[]),
        ("ali:*b", &["alice.partners"]),
        ("ali:*z", &[]),
        ("€", &[]),
        (&id("uid"), &["alice"]),
        (&id("sid"), &["alice"]),
        (&id("jti"), &["alice"]),
        ("00000000-0000-0000-0000-000000000001", &[]),
    ] {
        assert_eq!(names(text).await, found, "{text}");
    }
    assert!(names("").await.contains(&"x-1".to_owned()));
    let carol = portal.log_in("carol").await;
    for (query, status, text) in [
        ("q=%C3%B6z", 200, "Jean-Luc &lt;b&gt;"),
        ("q=%3Cscript%3E", 200, "&lt;script&gt;"),
        ("q=zebra", 200, "zebra"),
        ("after=zebra", 200, "nobody after that"),
        (&format!("q={}", "a".repeat(401)), 400, "too long"),
        (&format!("after={}", "a".repeat(401)), 400, "too long"),
        ("q=a&q=b", 400, ""),
        ("q=%00", 400, ""),
    ] {
        let (got, page) = get(&portal, &carol, &format!("/admin/users?{query}")).await;
        assert_eq!(got, status, "{query}");
        assert!(page.contains(text), "{query}: {page}");
    }
    for path in [
        "/admin/users/nobody",
        "/admin/users/Alice",
        "/admin/users/%27",
        "/admin/users/%3Cb%3E",
    ] {
        assert_eq!(get(&portal, &carol, path).await.0, 404, "{path}");
    }
}

/// The words of what is looked for, and how many fit.
const AMONG_MANY: [(&str, usize); 7] = [
    ("", 50),
    ("crew", 50),
    ("c", 50),
    ("crew 04242", 1),
    ("4242", 10),
    ("member harbour", 50),
    ("zebra", 0),
];

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn among_a_hundred_thousand_people_some_are_found_without_reading_all(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal
        .sql(
            "INSERT INTO users (id, username, display_name, email, created_at)
             SELECT gen_random_uuid(), 'crew-' || lpad(n::text, 5, '0'), 'Member ' || chr(97 + n % 26) || md5(n::text),
                    'crew' || n || '@harbour.example', now() FROM generate_series(0, 99999) n",
        )
        .await;
    portal.sql("VACUUM ANALYZE users").await;
    let now = portal.now();
    for (text, count) in AMONG_MANY {
        for after in ["", "crew-05000"] {
            let mut tx = portal.pool.begin().await.unwrap();
            let start = std::time::Instant::now();
            let part = roster::search(&mut tx, text, after, now).await.unwrap();
            let took = start.elapsed();
            let read: i64 = sqlx::query_scalar(
                "SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'users'",
            )
            .fetch_one(&mut *tx)
            .await
            .unwrap();
            println!("{text:?} after {after:?}: {took:.1?}");
            assert!(
                read < 5_000,
                "{text:?} after {after:?} read {read} people one by one"
            );
            if after.is_empty() {
                assert_eq!(part.entries.len(), count, "{text:?}");
            }
            assert!(
                took.as_millis() < 500,
                "{text:?} after {after:?} took {took:?}"
            );
        }
    }
    let (mut conn, mut after, mut seen) = (portal.pool.acquire().await.unwrap(), String::new(), 0);
    loop {
        let part = roster::search(&mut conn, "crew 042", &after, now)
            .await
            .unwrap();
        seen += part.entries.len();
        match part.next {
            Some(next) => after = next,
            None => break,
        }
    }
    assert_eq!(seen, 100, "page by page, each once");
}
