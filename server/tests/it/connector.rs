//! What holds for every directory, whatever its kind: the same sentences for each.

use reqwest::Response;
use sqlx::PgPool;

use crate::{
    provider::person,
    support::Portal,
    upstream::{World, cookie_of},
};

/// A kind of directory.
#[derive(Clone, Copy, Debug)]
enum Way {
    Password,
    Provider,
}

const WAYS: [Way; 2] = [Way::Password, Way::Provider];

impl Way {
    /// Erin logs in: a name that has an account in each.
    async fn log_in(self, world: &World, old: &str) -> Response {
        match self {
            Self::Password => {
                let request = world
                    .portal
                    .log_in_as("erin", "shorepass")
                    .header("cookie", old);
                request.send().await.unwrap()
            }
            Self::Provider => {
                let script = person("sub-of-erin", "erin");
                world.corp.script().person.clone_from(&script);
                let away = world.leave("corp", "").await;
                let cookies = format!("{}; {old}", away.cookie);
                world
                    .come_back(&world.corp.log_in(&away.to), &cookies)
                    .await
            }
        }
    }

    fn directory(self) -> &'static str {
        match self {
            Self::Password => "local",
            Self::Provider => "corp",
        }
    }
}

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
async fn whoever_is_authenticated_gets_a_login(pool: PgPool) {
    let world = World::start(pool).await;
    for way in WAYS {
        let response = way.log_in(&world, "").await;
        assert_eq!(response.status(), 303, "{way:?}");
        let cookie = cookie_of(&response, "shorepass").unwrap();
        assert!(is_in(&world.portal, &cookie).await, "{way:?}");
        let page = world
            .portal
            .get("/sessions")
            .header("cookie", &cookie)
            .send()
            .await
            .unwrap();
        assert!(
            page.text().await.unwrap().contains(way.directory()),
            "{way:?}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_person_is_the_same_user_each_time_and_another_in_each_directory(pool: PgPool) {
    let world = World::start(pool).await;
    let mut names = Vec::new();
    for way in WAYS {
        let first = world.username(&way.log_in(&world, "").await).await;
        let second = world.username(&way.log_in(&world, "").await).await;
        assert_eq!(first, second, "{way:?}");
        names.push(first);
    }
    assert_ne!(
        names[0], names[1],
        "one name and one address are not one person"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn everybody_gets_the_groups_of_their_directory(pool: PgPool) {
    let world = World::start(pool).await;
    for way in WAYS {
        let response = way.log_in(&world, "").await;
        let user = world.username(&response).await;
        let groups: Vec<String> = sqlx::query_scalar(
            "SELECT g.name::text FROM memberships m JOIN groups g ON g.id = m.group_id JOIN users u ON u.id = m.user_id
             WHERE u.username = $1 AND m.ended_at IS NULL AND m.source = $2",
        )
        .bind(&user)
        .bind(way.directory())
        .fetch_all(&world.portal.pool)
        .await
        .unwrap();
        assert_eq!(groups, ["users"], "{way:?}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nobody_enters_where_nobody_may(pool: PgPool) {
    let world = World::with(pool, "").await;
    let response = Way::Provider.log_in(&world, "").await;
    assert_eq!(response.status(), 403);
    assert!(cookie_of(&response, "shorepass").is_none());
    let users: i64 = sqlx::query_scalar("SELECT count(*) FROM identities WHERE directory = 'corp'")
        .fetch_one(&world.portal.pool)
        .await
        .unwrap();
    assert_eq!(users, 0, "nothing is known of who may not enter");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn groups_of_the_directory_let_in(pool: PgPool) {
    let world = World::with(pool, "enter = { groups = [\"crew\"] }").await;
    assert_eq!(Way::Provider.log_in(&world, "").await.status(), 303);
    world.corp.script().person.insert(
        "groups".into(),
        serde_json::json!(["Crew", "system:masters"]),
    );
    let away = world.leave("corp", "").await;
    let response = world
        .come_back(&world.corp.log_in(&away.to), &away.cookie)
        .await;
    assert_eq!(response.status(), 403);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn whoever_is_shut_out_stays_outside(pool: PgPool) {
    let world = World::start(pool).await;
    for way in WAYS {
        let user = world.username(&way.log_in(&world, "").await).await;
        sqlx::query("UPDATE users SET disabled_at = now() WHERE username = $1")
            .bind(&user)
            .execute(&world.portal.pool)
            .await
            .unwrap();
        let response = way.log_in(&world, "").await;
        assert!([401, 403].contains(&response.status().as_u16()), "{way:?}");
        assert!(cookie_of(&response, "shorepass").is_none(), "{way:?}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn each_login_gets_another_cookie_and_the_old_one_is_dead(pool: PgPool) {
    let world = World::start(pool).await;
    for way in WAYS {
        let first = cookie_of(&way.log_in(&world, "").await, "shorepass").unwrap();
        let second = cookie_of(&way.log_in(&world, &first).await, "shorepass").unwrap();
        assert_ne!(first, second, "{way:?}");
        assert!(
            !is_in(&world.portal, &first).await && is_in(&world.portal, &second).await,
            "{way:?}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_form_of_another_site_begins_no_login(pool: PgPool) {
    let world = World::start(pool).await;
    for way in WAYS {
        for origin in [None, Some("https://evil.example"), Some("null")] {
            let fields = [
                ("directory", way.directory()),
                ("username", "erin"),
                ("password", "shorepass"),
            ];
            let mut request = world
                .portal
                .client
                .post(format!("{}/login", world.portal.url))
                .form(&fields);
            if let Some(origin) = origin {
                request = request.header("origin", origin);
            }
            let response = request.send().await.unwrap();
            assert_eq!(response.status(), 403, "{way:?} {origin:?}");
            assert!(response.headers().get("set-cookie").is_none());
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_login_page_offers_every_directory(pool: PgPool) {
    let world = World::start(pool).await;
    let page = world
        .portal
        .get("/login")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for way in WAYS {
        let named = format!("name=\"directory\" value=\"{}\"", way.directory());
        assert!(page.contains(&named), "{way:?}: {page}");
    }
    assert!(page.contains("Continue with The corp") && page.contains("Continue with The partners"));
}
