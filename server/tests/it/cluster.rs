//! Records of clusters and memberships, as operators change them.

use domain::{cluster::Cluster, role::Role};
use identity::{
    cluster::{self, Changes, Refusal},
    group::{self, Held},
    operator::Operator,
    pki::Ca,
};
use sqlx::PgPool;
use time::Duration;

use crate::support::{Portal, claims};

fn operator() -> Operator {
    Operator::at_the_command_line()
}

async fn set(portal: &Portal, changes: Changes) -> Result<Cluster, Refusal> {
    let mut conn = portal.pool.acquire().await.unwrap();
    cluster::set(&mut conn, &operator(), "demo", changes).await
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_current_token_that_says_what_the_record_said_before_is_not_handed_out(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let token = portal.token(&portal.key).await;
    assert_eq!(portal.token(&portal.key).await, token);
    for (changes, claim, expected) in [
        (
            Changes {
                audience: Some("other".into()),
                ..Changes::default()
            },
            "aud",
            serde_json::json!(["other"]),
        ),
        (
            Changes {
                groups_claim: Some("roles".into()),
                ..Changes::default()
            },
            "roles",
            serde_json::json!(["new-namespace-viewer", "users"]),
        ),
        (
            Changes {
                token_lifetime: Some(120),
                ..Changes::default()
            },
            "exp",
            serde_json::json!(portal.now().unix_timestamp() + 120),
        ),
    ] {
        set(&portal, changes.clone()).await.unwrap();
        let fresh = portal.token(&portal.key).await;
        assert_eq!(claims(&fresh)[claim], expected);
        set(&portal, changes).await.unwrap();
        assert_eq!(
            portal.token(&portal.key).await,
            fresh,
            "the same record again is no change"
        );
    }
    // Nobody has to go through the portal to be noticed.
    let before = portal.token(&portal.key).await;
    portal
        .sql("UPDATE clusters SET username_prefix = '' WHERE name = 'demo'")
        .await;
    assert_ne!(portal.token(&portal.key).await, before);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_token_of_a_reserved_name_is_not_handed_out_again_after_a_change_of_prefix(pool: PgPool) {
    let portal = Portal::start(pool).await;
    portal
        .sql("UPDATE groups SET name = 'tem:masters' WHERE name = 'users'")
        .await;
    portal.token(&portal.key).await;
    let changes = Changes {
        groups_prefix: Some("sys".into()),
        ..Changes::default()
    };
    set(&portal, changes).await.unwrap();
    assert_eq!(
        portal.refusal(portal.fetch(&portal.key)).await,
        (503, "unavailable".into())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_record_is_stored_only_in_order_and_never_over_another(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let now = portal.now();
    let mut conn = portal.pool.acquire().await.unwrap();
    let mut add = async |cluster: Cluster| cluster::add(&mut conn, &operator(), cluster, now).await;
    let new = |name: &str, audience: &str| Cluster::new(name, "https://k8s.example", audience);

    assert!(matches!(
        add(new("demo", "x")).await,
        Err(Refusal::Exists(name)) if name == "demo"
    ));
    assert!(matches!(
        add(new("other", "kubernetes")).await,
        Err(Refusal::AudienceTaken(audience)) if audience == "kubernetes"
    ));
    assert!(matches!(
        add(new("Other", "x")).await,
        Err(Refusal::Record(_))
    ));
    let ca = Ca::make("A cluster", now).unwrap();
    let with = |text: String| Cluster {
        ca_certificate: Some(text),
        ..new("other", "other")
    };
    let key = secrecy::ExposeSecret::expose_secret(ca.key()).to_owned();
    for bad in [
        String::new(),
        "no certificate".into(),
        key.clone(),
        format!("{}{key}", ca.certificate()),
    ] {
        assert!(matches!(add(with(bad)).await, Err(Refusal::Certificate(_))));
    }
    let noise = format!("Subject: somebody\n{}", ca.certificate());
    let stored = add(with(noise)).await.unwrap();
    assert_eq!(stored.ca_certificate.as_deref(), Some(ca.certificate()));
    let read = cluster::get(&mut conn, "other").await.unwrap();
    assert_eq!(read, stored);
    let changes = Changes {
        ca_certificate: Some(String::new()),
        ..Changes::default()
    };
    let read = cluster::set(&mut conn, &operator(), "other", changes.clone()).await;
    assert_eq!(read.unwrap().ca_certificate, None);
    assert!(matches!(
        cluster::set(&mut conn, &operator(), "nope", changes).await,
        Err(Refusal::Unknown(_))
    ));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_namespace_brings_the_groups_of_its_roles_by_the_clusters_template(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let changes = Changes {
        group_template: Some("k8s/{role}/{namespace}".into()),
        ..Changes::default()
    };
    set(&portal, changes).await.unwrap();
    let mut conn = portal.pool.acquire().await.unwrap();
    for _ in 0..2 {
        let added = cluster::add_namespace(&mut conn, &operator(), "demo", "team-a")
            .await
            .unwrap();
        let groups: Vec<_> = added.groups.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(
            groups,
            ["k8s/admin/team-a", "k8s/editor/team-a", "k8s/viewer/team-a"]
        );
    }
    let all = cluster::namespaces(&mut conn, "demo").await.unwrap();
    let names: Vec<_> = all
        .iter()
        .map(|namespace| namespace.name.as_str())
        .collect();
    assert_eq!(names, ["new-namespace", "payments", "search", "team-a"]);
    assert_eq!(all[1].groups[2].0, Role::Viewer);
    assert_eq!(all[1].groups[2].1.as_str(), "payments-viewer");
    for bad in ["", "Team", "a.b", "a/b"] {
        let refused = cluster::add_namespace(&mut conn, &operator(), "demo", bad).await;
        assert!(matches!(refused, Err(Refusal::Namespace(_))), "{bad}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_operator_lets_people_in_and_out_and_the_next_token_says_so(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let groups = async || claims(&portal.token(&portal.key).await)["groups"].clone();
    let held = Held {
        cluster: "demo",
        namespace: "payments",
        role: Role::Editor,
    };
    let add = async |lasting| {
        let mut tx = portal.pool.begin().await.unwrap();
        let done = group::put_in(&mut tx, &operator(), "alice", held, lasting, portal.now()).await;
        tx.commit().await.unwrap();
        done
    };
    let remove = async || {
        let mut conn = portal.pool.acquire().await.unwrap();
        group::take_out(&mut conn, &operator(), "alice", held, portal.now()).await
    };
    let with = serde_json::json!(["new-namespace-viewer", "payments-editor", "users"]);
    let without = serde_json::json!(["new-namespace-viewer", "users"]);

    assert!(matches!(remove().await, Err(group::Refusal::NotHeld)));
    add(None).await.unwrap();
    assert_eq!(groups().await, with);
    // The later word counts: an hour from now, no longer for ever.
    add(Some(Duration::hours(1))).await.unwrap();
    portal.advance(Duration::minutes(58));
    assert_eq!(groups().await, with);
    portal.advance(Duration::minutes(2));
    assert_eq!(groups().await, without);
    add(None).await.unwrap();
    assert_eq!(groups().await, with);
    remove().await.unwrap();
    assert_eq!(groups().await, without);
    for lasting in [Duration::minutes(59), Duration::days(91)] {
        let refused = add(Some(lasting)).await;
        assert!(matches!(refused, Err(group::Refusal::Lasting)));
    }
    let mut conn = portal.pool.acquire().await.unwrap();
    let nobody = group::put_in(&mut conn, &operator(), "nobody", held, None, portal.now()).await;
    assert!(matches!(nobody, Err(group::Refusal::NoUser(_))));
    let nowhere = Held {
        namespace: "nope",
        ..held
    };
    let nowhere = group::put_in(&mut conn, &operator(), "alice", nowhere, None, portal.now()).await;
    assert!(matches!(nowhere, Err(group::Refusal::NoNamespace { .. })));
    let source: String = sqlx::query_scalar(
        "SELECT DISTINCT source FROM memberships m JOIN groups g ON g.id = m.group_id
         WHERE g.name = 'payments-editor'",
    )
    .fetch_one(&portal.pool)
    .await
    .unwrap();
    assert_eq!(source, "the command line");
}
