//! What the database itself refuses, and how it comes to be.

use std::{collections::HashSet, sync::Arc};

use identity::clock::Clock;
use secrecy::SecretString;
use sqlx::{ConnectOptions, PgPool};
use tokio::task::JoinSet;

use crate::support::Portal;

async fn refused(pool: &PgPool, statement: &'static str) {
    let result = sqlx::query(statement).execute(pool).await;
    assert!(result.is_err(), "accepted: {statement}");
}

#[sqlx::test(migrations = false)]
async fn five_replicas_that_start_together_apply_the_schema_once(pool: PgPool) {
    let url = SecretString::from(pool.connect_options().to_url_lossy().to_string());
    let mut starting = tokio::task::JoinSet::new();
    for _ in 0..5 {
        let url = url.clone();
        starting.spawn(async move { identity::database::migrate(&url).await });
    }
    for outcome in starting.join_all().await {
        outcome.unwrap();
    }
    let applied: i64 = sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations WHERE success")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(
        usize::try_from(applied).unwrap(),
        identity::MIGRATOR.iter().count()
    );
    assert!(identity::database::is_ready(&pool).await.unwrap());
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn five_replicas_that_start_together_make_one_signing_key(pool: PgPool) {
    let mut starts = JoinSet::new();
    for _ in 0..5 {
        let pool = pool.clone();
        starts.spawn(async move {
            let config = crate::support::config("http://127.0.0.1:1", "");
            let clock = Arc::new(identity::clock::SystemClock);
            let portal = server::state::portal(&config, pool, clock.clone()).await;
            portal.unwrap().issuer.ring.jwks(clock.now())
        });
    }
    let published: HashSet<_> = starts.join_all().await.into_iter().collect();
    assert_eq!(published.len(), 1);
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM signing_keys")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(keys, 1);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn starting_the_demo_again_leaves_no_login_behind(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let portal_again = &portal.state.portal;
    let key = identity::demo::seed(portal_again).await.unwrap();
    portal.token(key.expose()).await;
    portal
        .post("/logout", &[])
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    let (status, word) = portal.refusal(portal.fetch(key.expose())).await;
    assert_eq!((status, word.as_str()), (401, "login_required"));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn reserved_names_get_into_no_table(pool: PgPool) {
    let portal = Portal::start(pool).await;
    for statement in [
        "INSERT INTO groups (id, name) VALUES (gen_random_uuid(), 'system:masters')",
        "INSERT INTO groups (id, name) VALUES (gen_random_uuid(), ' System:masters')",
        "INSERT INTO groups (id, name) VALUES (gen_random_uuid(), 'ｓｙｓｔｅｍ：masters')",
        "INSERT INTO groups (id, name) VALUES (gen_random_uuid(), E'sys\\u200Btem:masters')",
        "INSERT INTO groups (id, name) VALUES (gen_random_uuid(), E'cafe\\u0301')",
        "INSERT INTO groups (id, name) VALUES (gen_random_uuid(), E'a\\nb')",
        "UPDATE clusters SET groups_prefix = 'system:'",
        "UPDATE clusters SET groups_claim = 'sub'",
        "INSERT INTO users (id, username, display_name, created_at) VALUES (gen_random_uuid(), 'system:x', 'x', now())",
        "INSERT INTO users (id, username, display_name, created_at) VALUES (gen_random_uuid(), 'Alice', 'x', now())",
    ] {
        refused(&portal.pool, statement).await;
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_group_name_has_one_meaning_per_cluster_global_ones_included(pool: PgPool) {
    let portal = Portal::start(pool).await;
    refused(
        &portal.pool,
        "INSERT INTO groups (id, name) VALUES (gen_random_uuid(), 'payments-viewer')",
    )
    .await;
    refused(&portal.pool, "INSERT INTO groups (id, cluster_id, name) SELECT gen_random_uuid(), id, 'users' FROM clusters").await;
    refused(&portal.pool, "INSERT INTO groups (id, cluster_id, name) SELECT gen_random_uuid(), id, 'search-admin' FROM clusters").await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn usernames_stay_and_the_record_of_tokens_only_grows(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal.token(&portal.key).await;
    for statement in [
        "UPDATE users SET username = 'other' WHERE username = 'alice'",
        "DELETE FROM users",
        "UPDATE issued_tokens SET username = 'bob'",
        "DELETE FROM issued_tokens",
        "TRUNCATE issued_tokens",
    ] {
        refused(&portal.pool, statement).await;
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn demo_data_goes_into_no_other_database(pool: PgPool) {
    let refused = identity::demo::check_mark(&mut pool.acquire().await.unwrap()).await;
    assert!(refused.is_err());
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn two_people_of_one_name_are_two_users(pool: PgPool) {
    use identity::connector::{Authenticated, Connector, Directory, local::Local};
    let portal = Portal::start(pool).await;
    let partners = Directory {
        name: "partners".into(),
        title: "Partners".into(),
        enter: domain::entry::Entry::Everyone,
        groups: vec![],
        connector: Connector::Password(Box::new(Local::default())),
    };
    let mut person = Authenticated {
        subject: "4711".into(),
        name: "Alice".into(),
        display_name: "Alice".into(),
        email: Some("alice@harbour.example".into()),
        email_verified: true,
        groups: vec![],
        amr: vec![],
    };
    let mut conn = portal.pool.acquire().await.unwrap();
    let first = identity::directory::admit(&mut conn, &partners, &person, portal.now())
        .await
        .unwrap();
    assert_eq!(first.username.as_str(), "alice.partners");
    person.name = "Alicia".into();
    let renamed = identity::directory::admit(&mut conn, &partners, &person, portal.now())
        .await
        .unwrap();
    assert_eq!(
        (renamed.user_id, renamed.username.as_str()),
        (first.user_id, "alice.partners")
    );
}
