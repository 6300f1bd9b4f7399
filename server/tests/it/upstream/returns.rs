//! What comes back, or seems to.

use sqlx::PgPool;
use time::Duration;
use url::Url;

use super::{World, assert_said, cookie_of};

/// The way back with parameters changed.
fn with(back: &str, change: impl Fn(&mut Vec<(String, String)>)) -> String {
    let mut url = Url::parse(back).unwrap();
    let mut parameters: Vec<_> = url.query_pairs().into_owned().collect();
    change(&mut parameters);
    url.query_pairs_mut().clear().extend_pairs(parameters);
    url.into()
}

fn set(name: &'static str, value: &str) -> impl Fn(&mut Vec<(String, String)>) {
    let value = value.to_owned();
    move |parameters| {
        parameters.retain(|(other, _)| other != name);
        parameters.push((name.to_owned(), value.clone()));
    }
}

fn without(name: &'static str) -> impl Fn(&mut Vec<(String, String)>) {
    move |parameters| parameters.retain(|(other, _)| other != name)
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_way_back_that_is_not_ours_leads_nowhere_and_uses_nothing_up(pool: PgPool) {
    let world = World::start(pool).await;
    let away = world.leave("corp", "").await;
    let back = world.corp.log_in(&away.to);
    let other = world.leave("partners", &away.cookie).await;
    let theirs = world.partners.log_in(&other.to);
    let of_theirs = Url::parse(&theirs).unwrap();
    let (_, state_of_theirs) = of_theirs
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap();
    let state = Url::parse(&back).unwrap();
    let (_, state) = state
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap();
    let cases = [
        ("no state", with(&back, without("state"))),
        ("an empty state", with(&back, set("state", ""))),
        (
            "another state",
            with(&back, set("state", &format!("state_{}", "A".repeat(43)))),
        ),
        (
            "a state cut off",
            with(&back, set("state", &state[..state.len() - 1])),
        ),
        (
            "a state and more",
            with(&back, set("state", &format!("{state}A"))),
        ),
        (
            "a state of another provider",
            with(&back, set("state", &state_of_theirs)),
        ),
        (
            "markup",
            with(&back, set("state", "<script>alert(1)</script>")),
        ),
        ("no answer", with(&back, without("code"))),
        ("two answers", with(&back, set("error", "access_denied"))),
    ];
    for (case, url) in cases {
        let response = world.come_back(&url, &away.cookie).await;
        assert_eq!(response.status(), 400, "{case}");
        assert_said(case, response).await;
    }
    for name in ["state", "code", "iss", "error"] {
        let twice = with(&back, |parameters| {
            parameters.extend([
                (name.to_owned(), "a".to_owned()),
                (name.to_owned(), "a".to_owned()),
            ]);
        });
        let response = world.come_back(&twice, &away.cookie).await;
        assert_eq!(response.status(), 400, "{name} twice");
        assert!(cookie_of(&response, "shorepass").is_none());
    }
    let crossed = back.replace("/login/callback/corp", "/login/callback/partners");
    assert_eq!(world.come_back(&crossed, &away.cookie).await.status(), 400);
    for unknown in [
        "/login/callback/local",
        "/login/callback/nobody",
        "/login/callback/",
    ] {
        let url = format!("{}{unknown}?code=a&state=b", world.portal.url);
        assert_eq!(
            world.come_back(&url, &away.cookie).await.status(),
            404,
            "{unknown}"
        );
    }
    assert_eq!(
        world.come_back(&back, &away.cookie).await.status(),
        303,
        "still good"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn another_browser_cannot_finish_a_login_and_the_own_one_still_can(pool: PgPool) {
    let world = World::start(pool).await;
    let away = world.leave("corp", "").await;
    let stranger = world.leave("corp", "").await;
    let back = world.corp.log_in(&away.to);
    let value = away.cookie.split_once('=').unwrap().1;
    for cookie in [
        String::new(),
        stranger.cookie.clone(),
        format!("shorepass-flow=flow_{}", "A".repeat(43)),
        format!("shorepass={value}"),
        // Somebody planted one of them.
        format!("{}; {}", away.cookie, stranger.cookie),
    ] {
        let response = world.come_back(&back, &cookie).await;
        assert_eq!(response.status(), 403, "{cookie}");
        assert_said(&cookie, response).await;
    }
    assert_eq!(world.come_back(&back, &away.cookie).await.status(), 303);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_planted_cookie_is_never_adopted(pool: PgPool) {
    let world = World::start(pool).await;
    let planted = format!("shorepass-flow=flow_{}", "A".repeat(43));
    let away = world.leave("corp", &planted).await;
    assert_ne!(away.cookie, planted);
    let response = world
        .come_back(&world.corp.log_in(&away.to), &planted)
        .await;
    assert_eq!(response.status(), 403);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_way_back_is_good_once(pool: PgPool) {
    let world = World::start(pool).await;
    let away = world.leave("corp", "").await;
    let back = world.corp.log_in(&away.to);
    let both = [&away.cookie, &away.cookie].map(|cookie| world.come_back(&back, cookie));
    let [one, other] = both;
    let (one, other) = tokio::join!(one, other);
    let mut statuses = [one.status().as_u16(), other.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [303, 400]);
    let logged_in = if one.status() == 303 { &one } else { &other };
    let login = cookie_of(logged_in, "shorepass").unwrap();

    // Back and reload, by whoever is logged in.
    let cookies = format!("{}; {login}", away.cookie);
    let response = world.come_back(&back, &cookies).await;
    assert_eq!(response.status(), 400);
    assert!(response.headers().get("set-cookie").is_none());
    assert!(response.text().await.unwrap().contains("Logged in already"));
    let page = world
        .portal
        .get("/")
        .header("cookie", &login)
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 200, "the login lives");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn ten_minutes_are_enough_and_no_more(pool: PgPool) {
    let world = World::start(pool).await;
    for (minutes, seconds, expected) in [(9, 59, 303), (10, 0, 400)] {
        let away = world.leave("corp", "").await;
        world
            .portal
            .advance(Duration::minutes(minutes) + Duration::seconds(seconds));
        let response = world
            .come_back(&world.corp.log_in(&away.to), &away.cookie)
            .await;
        assert_eq!(response.status(), expected, "{minutes}:{seconds:02}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_issuer_that_is_named_is_the_right_one(pool: PgPool) {
    let world = World::start(pool).await;
    let own = world.corp.0.url.clone();
    let other = world.partners.0.url.clone();
    let slash = format!("{own}/");
    for (advertised, named, expected) in [
        (false, None, 303),
        (false, Some(&own), 303),
        (false, Some(&other), 403),
        (true, Some(&own), 303),
        (true, None, 403),
        (true, Some(&other), 403),
        (true, Some(&slash), 403),
    ] {
        world.corp.script().description = advertised.then(|| {
            let tweak: crate::provider::Tweak = std::sync::Arc::new(|description| {
                description["authorization_response_iss_parameter_supported"] = true.into();
            });
            tweak
        });
        world.portal.advance(Duration::minutes(11));
        for error in [false, true] {
            let away = world.leave("corp", "").await;
            let mut back = world.corp.log_in(&away.to);
            if error {
                back = with(&with(&back, without("code")), set("error", "access_denied"));
            }
            if let Some(named) = named {
                back = with(&back, set("iss", named));
            }
            let response = world.come_back(&back, &away.cookie).await;
            let expected = if error { 403 } else { expected };
            assert_eq!(
                response.status(),
                expected,
                "{advertised} {named:?} {error}"
            );
            if error {
                let page = response.text().await.unwrap();
                let right =
                    named.is_none_or(|named| *named == own) && (!advertised || named.is_some());
                assert_eq!(
                    page.contains("access_denied"),
                    right,
                    "only the right one's words are shown"
                );
            }
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_a_provider_says_is_text(pool: PgPool) {
    let world = World::start(pool).await;
    let markup = "<script>alert(1)</script>\u{202E}\r\nSet-Cookie: a=b";
    let away = world.leave("corp", "").await;
    let back = with(&world.corp.log_in(&away.to), without("code"));
    let back = with(
        &with(&back, set("error", "access_denied")),
        set("error_description", markup),
    );
    let response = world.come_back(&back, &away.cookie).await;
    assert_eq!(response.status(), 403);
    assert!(response.headers().get("a").is_none());
    let page = response.text().await.unwrap();
    assert!(
        page.contains("&lt;script&gt;alert(1)&lt;/script&gt;Set-Cookie: a=b"),
        "{page}"
    );
    assert!(!page.contains("<script>alert"));

    // Without a login that is under way, nobody's words are shown.
    let url = format!(
        "{}/login/callback/corp?error=canary&state=x",
        world.portal.url
    );
    assert_said("nobody's error", world.come_back(&url, "").await).await;
}
