//! What holds while the database is away, hangs, or its connections break at the worst moment.

pub(crate) mod line;

use std::time::{Duration as Wait, Instant};

use reqwest::StatusCode;
use sqlx::PgPool;
use time::Duration;
use tokio::task::JoinSet;

use self::line::{Fault, Line};
use crate::support::{Portal, claims};

/// Longer than anybody waits for an answer: the pool gives up after 2 s.
const PROMPT: Wait = Wait::from_secs(4);

async fn assert_keys_are_published(portal: &Portal) {
    for path in [
        "/.well-known/openid-configuration",
        "/oauth2/jwks",
        "/healthz",
        "/login",
    ] {
        let start = Instant::now();
        let response = portal.get(path).send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        assert!(start.elapsed() < Wait::from_millis(500), "{path}");
    }
}

async fn assert_unavailable(portal: &Portal) {
    let start = Instant::now();
    let response = portal.fetch(&portal.key).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert!(response.headers().contains_key("retry-after"));
    assert_eq!(response.text().await.unwrap(), "unavailable");
    assert!(start.elapsed() < PROMPT, "{:?}", start.elapsed());
    let start = Instant::now();
    let login = portal.log_in_as("alice", "shorepass").send().await.unwrap();
    assert_eq!(login.status(), 503);
    assert!(!login.headers().contains_key("set-cookie"));
    assert!(start.elapsed() < PROMPT, "{:?}", start.elapsed());
    assert_eq!(portal.get("/readyz").send().await.unwrap().status(), 503);
}

/// Asks until it is ready again, and then at once for a token.
async fn assert_recovers(portal: &Portal) {
    let start = Instant::now();
    while portal.get("/readyz").send().await.unwrap().status() != 200 {
        assert!(start.elapsed() < Wait::from_secs(5), "it does not recover");
    }
    portal.token(&portal.key).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn while_the_database_is_away_keys_stay_published_and_nobody_gets_a_token(pool: PgPool) {
    let line = Line::to(&pool).await;
    let portal = Portal::start(line.pool(&pool).await).await;
    portal.token(&portal.key).await;
    for fault in [Fault::Cut, Fault::Silent] {
        line.set(fault);
        assert_keys_are_published(&portal).await;
        assert_unavailable(&portal).await;
        assert_keys_are_published(&portal).await;
        line.set(Fault::None);
        assert_recovers(&portal).await;
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_database_that_falls_silent_during_a_request_is_a_prompt_unavailable(pool: PgPool) {
    let line = Line::to(&pool).await;
    let portal = Portal::start(line.pool(&pool).await).await;
    line.set(Fault::HangsAt("CROSS JOIN LATERAL standing"));
    let start = Instant::now();
    let (status, word) = portal.refusal(portal.fetch(&portal.key)).await;
    assert_eq!((status, word.as_str()), (503, "unavailable"));
    assert!(start.elapsed() < PROMPT, "{:?}", start.elapsed());
    line.set(Fault::None);
    assert_recovers(&portal).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_token_whose_recording_was_not_confirmed_is_the_one_that_the_retry_gets(pool: PgPool) {
    let line = Line::to(&pool).await;
    let portal = Portal::start(line.pool(&pool).await).await;
    line.set(Fault::LosesReplyTo("INSERT INTO current_tokens"));
    let (status, word) = portal.refusal(portal.fetch(&portal.key)).await;
    assert_eq!((status, word.as_str()), (503, "unavailable"));
    line.set(Fault::None);

    let token = portal.token(&portal.key).await;
    let recorded: Vec<uuid::Uuid> = sqlx::query_scalar("SELECT jti FROM issued_tokens")
        .fetch_all(&pool)
        .await
        .unwrap();
    let jti: uuid::Uuid = claims(&token)["jti"].as_str().unwrap().parse().unwrap();
    assert_eq!(recorded, [jti], "one token, and it is on record");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_login_that_was_not_confirmed_gives_no_cookie_and_the_retry_works(pool: PgPool) {
    let line = Line::to(&pool).await;
    let portal = Portal::start(line.pool(&pool).await).await;
    line.set(Fault::LosesReplyTo("COMMIT"));
    let lost = portal.log_in_as("alice", "shorepass").send().await.unwrap();
    assert_eq!(lost.status(), 503);
    assert!(!lost.headers().contains_key("set-cookie"));
    line.set(Fault::None);
    portal.log_in("alice").await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn when_postgres_kills_connections_every_answer_is_a_token_or_unavailable(pool: PgPool) {
    let line = Line::to(&pool).await;
    let portal = Portal::start(line.pool(&pool).await).await;
    let database = pool.connect_options().get_database().unwrap().to_owned();
    for _ in 0..5 {
        portal.advance(Duration::minutes(5));
        let mut callers = JoinSet::new();
        for _ in 0..20 {
            let request = portal.fetch(&portal.key);
            callers.spawn(async move {
                let response = request.send().await.unwrap();
                (response.status(), response.text().await.unwrap())
            });
        }
        sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = $1 AND application_name = 'shorepass'",
        )
        .bind(&database)
        .execute(&pool)
        .await
        .unwrap();
        for (status, text) in callers.join_all().await {
            match status {
                StatusCode::OK => assert_eq!(text.split('.').count(), 3, "{text}"),
                StatusCode::SERVICE_UNAVAILABLE => assert_eq!(text, "unavailable"),
                other => unreachable!("{other} {text}"),
            }
        }
    }
    assert_recovers(&portal).await;
}
