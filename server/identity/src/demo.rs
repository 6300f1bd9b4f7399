//! The demo data of `make run`. It goes only into a database that is marked as made for it.

use domain::{cluster::Cluster, membership::Why, portal_role::PortalRole, role::Role};
use secrecy::SecretString;
use sqlx::PgConnection;
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Portal,
    access::{self, Place, people::As},
    cluster,
    connector::{Authenticated, Directory, local, local::LocalError},
    directory::{self, DirectoryError, shut_out},
    group::{self, NewMembership},
    retrieval,
    secret::{NoRandomness, Opaque, RetrievalKey},
    session,
};

/// The comment of a database that demo data may go into.
const MARK: &str = "shorepass demo";
/// The password of every account.
pub const PASSWORD: &str = "shorepass";

/// The cluster.
const CLUSTER: &str = "demo";

/// Name, display name, and what they are, for people to read.
pub const ACCOUNTS: [(&str, &str, &str); 5] = [
    ("alice", "Alice Almeida", "developer"),
    ("bob", "Bob Brandt", "owner and approver of payments"),
    ("carol", "Carol Castro", "administrator"),
    ("dave", "Dave Dahl", "auditor"),
    ("erin", "Erin Eide", "developer without any access"),
];

#[derive(Debug, Error)]
pub enum DemoError {
    #[error("demo data goes only into the database that `make run` made for it")]
    Foreign,
    #[error("the directory `local` is not configured")]
    NoDirectory,
    #[error("an account could not be made")]
    Local(#[from] LocalError),
    #[error("a user could not be made")]
    Directory(#[from] DirectoryError),
    #[error("a cluster could not be made")]
    Cluster(#[from] cluster::Refusal),
    #[error("a key could not be made")]
    Randomness(#[from] NoRandomness),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// Refuses any database but one that is marked.
///
/// # Errors
/// [`DemoError::Foreign`].
pub async fn check_mark(conn: &mut PgConnection) -> Result<(), DemoError> {
    let comment = sqlx::query_scalar!(
        "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    )
    .fetch_one(conn)
    .await?;
    if comment.as_deref() == Some(MARK) {
        Ok(())
    } else {
        Err(DemoError::Foreign)
    }
}

/// Writes what is missing, and gives alice a fresh key that works. Call [`check_mark`] before.
///
/// # Errors
/// [`DemoError`].
pub async fn seed(portal: &Portal) -> Result<Opaque<RetrievalKey>, DemoError> {
    let local = portal
        .directory(local::NAME)
        .ok_or(DemoError::NoDirectory)?;
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    check_mark(&mut tx).await?;

    let demo = Cluster::new(CLUSTER, "https://127.0.0.1:6443", "kubernetes");
    cluster::store::insert(&mut tx, &demo, now).await?;
    let (id, demo) = cluster::store::find(&mut tx, CLUSTER)
        .await?
        .ok_or(sqlx::Error::RowNotFound)?;
    for namespace in ["payments", "search", "new-namespace"] {
        cluster::ensure_namespace(&mut tx, id, &demo, namespace).await?;
    }

    let mut alice = None;
    for (name, display_name, _) in ACCOUNTS {
        let user = ensure_person(&mut tx, portal, local, name, display_name).await?;
        match name {
            "alice" => {
                ensure_membership(&mut tx, portal, user, "new-namespace", Role::Viewer).await?;
                alice = Some(user);
            }
            "bob" => {
                ensure_membership(&mut tx, portal, user, "payments", Role::Admin).await?;
                for which in [As::Owner, As::Approver] {
                    ensure_person_of(&mut tx, user, "payments", which, now).await?;
                }
            }
            "carol" => {
                directory::appoint(&mut tx, local::NAME, name, PortalRole::Administrator, now)
                    .await?;
            }
            "dave" => {
                directory::appoint(&mut tx, local::NAME, name, PortalRole::Auditor, now).await?;
            }
            _ => {}
        }
    }
    let alice = alice.ok_or(DemoError::NoDirectory)?;
    if !session::store::is_logged_in(&mut tx, alice, now).await? {
        stand_in(&mut tx, portal, alice).await?;
    }
    let key = fresh_key(&mut tx, portal, alice).await?;
    tx.commit().await?;
    Ok(key)
}

async fn ensure_person(
    conn: &mut PgConnection,
    portal: &Portal,
    local: &Directory,
    name: &str,
    display_name: &str,
) -> Result<Uuid, DemoError> {
    let now = portal.clock.now();
    let email = format!("{name}@harbour.example");
    let password = SecretString::from(PASSWORD);
    match local::add(conn, name, display_name, Some(&email), &password, now).await {
        Ok(()) => {}
        // What is printed at each start has to be true at each start.
        Err(LocalError::Exists(_)) => {
            local::set_password(conn, name, &password, now).await?;
            shut_out::let_in(conn, name).await?;
        }
        Err(error) => return Err(error.into()),
    }
    let person = Authenticated {
        subject: name.to_owned(),
        name: name.to_owned(),
        display_name: display_name.to_owned(),
        email: Some(email),
        email_verified: true,
        groups: Vec::new(),
        amr: Vec::new(),
    };
    Ok(directory::admit(conn, local, &person, now).await?.user_id)
}

/// Makes somebody an owner or an approver of a namespace.
async fn ensure_person_of(
    conn: &mut PgConnection,
    user: Uuid,
    namespace: &str,
    which: As,
    now: OffsetDateTime,
) -> Result<(), DemoError> {
    let place = Place {
        cluster: CLUSTER,
        namespace,
    };
    let id = access::store::namespace(conn, place)
        .await?
        .ok_or(sqlx::Error::RowNotFound)?;
    access::store::add_person(conn, id, user, which, "carol", now).await?;
    Ok(())
}

async fn ensure_membership(
    conn: &mut PgConnection,
    portal: &Portal,
    user: Uuid,
    namespace: &str,
    role: Role,
) -> Result<(), DemoError> {
    let now = portal.clock.now();
    let group = cluster::store::role_group(conn, CLUSTER, namespace, role)
        .await?
        .ok_or(sqlx::Error::RowNotFound)?;
    if !group::store::holds(conn, user, group, now).await? {
        let new = NewMembership {
            user,
            group,
            from: now,
            until: None,
            why: Why::Administrator,
            source: "carol",
        };
        group::store::open(conn, &new).await?;
    }
    Ok(())
}

/// A login that stands in for alice until she logs in at a browser: a key works only while its
/// owner has a live login, and the line that `make run` prints has to work at once.
async fn stand_in(conn: &mut PgConnection, portal: &Portal, user: Uuid) -> Result<(), DemoError> {
    let now = portal.clock.now();
    let login = session::store::Row {
        id: Uuid::new_v4(),
        user,
        directory: local::NAME,
        cookie: None,
        provisional: true,
        follows: None,
        amr: &[],
        address: "127.0.0.1",
        browser: "make run",
        at: now,
        expires_at: now + portal.lifetimes.login,
    };
    session::store::open(conn, &login).await?;
    Ok(())
}

async fn fresh_key(
    conn: &mut PgConnection,
    portal: &Portal,
    user: Uuid,
) -> Result<Opaque<RetrievalKey>, DemoError> {
    const NAME: &str = "make run";
    let now = portal.clock.now();
    let keys = retrieval::store::list(conn, user, now).await?;
    for key in keys.iter().filter(|key| key.name == NAME) {
        retrieval::store::revoke(conn, user, key.id, now).await?;
    }
    let secret = Opaque::<RetrievalKey>::generate()?;
    let row = retrieval::store::Row {
        id: Uuid::new_v4(),
        user,
        name: NAME,
        cluster: retrieval::store::cluster(conn, CLUSTER).await?,
        login: None,
        created_at: now,
        expires_at: now + Duration::days(1),
    };
    retrieval::store::create(conn, &row, &secret.hash()).await?;
    Ok(secret)
}
