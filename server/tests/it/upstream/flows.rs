//! The way that works, and what becomes of people.

use sqlx::PgPool;
use time::Duration;

use super::{World, cookie_of};
use crate::{provider::person, support::claims};

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_provider_lets_people_in_and_back_to_where_they_wanted(pool: PgPool) {
    let world = World::start(pool).await;
    let response = world.log_in().await;
    assert_eq!(response.status(), 303);
    assert_eq!(response.headers()["location"], "/sessions");
    // The demo has an alice already.
    assert_eq!(world.username(&response).await, "alice.corp");
    let cookie = cookie_of(&response, "shorepass").unwrap();
    let key = world.portal.make_key(&cookie, "demo").await;
    let token = claims(&world.portal.token(&key).await);
    assert_eq!(token["email"], "alice@corp.example");
    assert_eq!(
        token["groups"],
        serde_json::json!(["users"]),
        "groups upstream are no groups here"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_the_id_token_does_not_say_is_asked_for(pool: PgPool) {
    let world = World::start(pool).await;
    world.corp.script().thin = true;
    let response = world.log_in().await;
    assert_eq!(world.username(&response).await, "alice.corp");
    assert!(world.corp.hits().contains(&"user_info"));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_cookies_of_a_flow_are_for_this_flow_and_no_longer(pool: PgPool) {
    let world = World::start(pool).await;
    let response = world.ask("corp", "").await;
    let set = response.headers()["set-cookie"].to_str().unwrap();
    for part in [
        "shorepass-flow=",
        "HttpOnly",
        "SameSite=Lax",
        "Path=/",
        "Max-Age=600",
    ] {
        assert!(set.contains(part), "{part} is missing from {set}");
    }
    let response = world.log_in().await;
    let gone = response.headers().get_all("set-cookie").iter();
    assert!(
        gone.filter_map(|set| set.to_str().ok())
            .any(|set| set.starts_with("shorepass-flow=;"))
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_leaves_with_the_browser_is_no_use_in_the_database(pool: PgPool) {
    let world = World::start(pool).await;
    let away = world.leave("corp", "").await;
    let row: String = sqlx::query_scalar("SELECT login_flows::text FROM login_flows")
        .fetch_one(&world.portal.pool)
        .await
        .unwrap();
    let sent = url::Url::parse(&away.to).unwrap();
    for (name, value) in sent.query_pairs() {
        if ["state", "nonce", "code_challenge"].contains(&name.as_ref()) {
            assert!(!row.contains(value.as_ref()), "{name} stands there");
        }
    }
    assert!(!row.contains(away.cookie.split_once('=').unwrap().1));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn tabs_beside_each_other_do_not_disturb_each_other(pool: PgPool) {
    let world = World::start(pool).await;
    let first = world.leave("corp", "").await;
    let second = world.leave("partners", &first.cookie).await;
    assert_eq!(first.cookie, second.cookie, "one browser, one cookie");
    let response = world
        .come_back(&world.partners.log_in(&second.to), &first.cookie)
        .await;
    assert_eq!(response.status(), 303);
    let kept = response.headers().get_all("set-cookie").iter();
    assert!(
        kept.filter_map(|set| set.to_str().ok())
            .all(|set| !set.starts_with("shorepass-flow"))
    );
    let response = world
        .come_back(&world.corp.log_in(&first.to), &first.cookie)
        .await;
    assert_eq!(response.status(), 303);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_browser_has_five_logins_under_way_and_the_oldest_goes(pool: PgPool) {
    let world = World::start(pool).await;
    let first = world.leave("corp", "").await;
    let mut last = None;
    for _ in 0..5 {
        world.portal.advance(Duration::seconds(2));
        last = Some(world.leave("corp", &first.cookie).await);
    }
    let rows: i64 = sqlx::query_scalar("SELECT count(*) FROM login_flows")
        .fetch_one(&world.portal.pool)
        .await
        .unwrap();
    assert_eq!(rows, 5);
    let response = world
        .come_back(&world.corp.log_in(&first.to), &first.cookie)
        .await;
    assert_eq!(response.status(), 400);
    let response = world
        .come_back(&world.corp.log_in(&last.unwrap().to), &first.cookie)
        .await;
    assert_eq!(response.status(), 303);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nobody_fills_the_table_with_logins_that_they_begin(pool: PgPool) {
    let world = World::start(pool).await;
    let mut statuses = Vec::new();
    for _ in 0..110 {
        statuses.push(world.ask("corp", "").await.status().as_u16());
    }
    assert_eq!(statuses.iter().filter(|status| **status == 429).count(), 10);
    world.portal.advance(Duration::seconds(2));
    assert_eq!(world.ask("corp", "").await.status(), 303, "it drains");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn only_who_may_enter_is_let_in(pool: PgPool) {
    let world = World::with(pool, "enter = { domains = [\"corp.example\"] }").await;
    assert_eq!(world.log_in().await.status(), 303);
    for (name, value) in [
        ("email", serde_json::json!("alice@evil.example")),
        (
            "email",
            serde_json::json!("alice@evil.example@corp.example"),
        ),
        ("email_verified", serde_json::json!(false)),
        ("email_verified", serde_json::json!("true")),
        ("email_verified", serde_json::json!(null)),
    ] {
        let case = format!("{name} {value}");
        let status = world.assert_refused(&case, |script| {
            script.person.insert(name.to_owned(), value);
        });
        assert_eq!(status.await, 403, "{case}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_browser_that_navigates_gets_a_page_that_goes_on_by_itself(pool: PgPool) {
    let world = World::start(pool).await;
    let fields = [("return_to", "/"), ("directory", "corp")];
    let request = world
        .portal
        .post("/login", &fields)
        .header("sec-fetch-mode", "navigate");
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let refresh = response.headers()["refresh"].to_str().unwrap().to_owned();
    let to = refresh.strip_prefix("0; url=").unwrap();
    let cookie = cookie_of(&response, "shorepass-flow").unwrap();
    let page = response.text().await.unwrap();
    assert!(
        page.contains(&format!("href=\"{}\"", to.replace('&', "&amp;"))),
        "{page}"
    );
    assert_eq!(
        world
            .come_back(&world.corp.log_in(to), &cookie)
            .await
            .status(),
        303
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_name_that_the_provider_changes_changes_nobody(pool: PgPool) {
    let world = World::start(pool).await;
    let first = world.username(&world.log_in().await).await;
    world.corp.script().person = person("sub-of-alice", "alexandra");
    let renamed = world.log_in().await;
    assert_eq!(world.username(&renamed).await, first);
    world.corp.script().person = person("sub-of-somebody-new", "alice");
    let other = world.username(&world.log_in().await).await;
    assert_ne!(other, first, "a name that was given to another");
}
