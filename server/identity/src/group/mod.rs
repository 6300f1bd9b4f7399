//! The group store: who is in which group, from when until when, and why.
//!
//! It decides nothing about tokens: those read it through the SQL function `token_groups`.

pub mod store;

use domain::{
    group::GroupName,
    membership::{HeldGroup, Why},
    role::Role,
};
use sqlx::PgConnection;
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{cluster, directory, operator::Operator};

/// The longest that a membership with an end lasts.
const LONGEST: Duration = Duration::days(90);

/// Why a membership is refused.
#[derive(Debug, Error)]
pub enum Refusal {
    #[error("there is no user `{0}`; they have to log in once")]
    NoUser(String),
    #[error("there is no namespace `{namespace}` in a cluster `{cluster}`")]
    NoNamespace { cluster: String, namespace: String },
    #[error("a membership lasts an hour at least, and 90 days at the most")]
    Lasting,
    #[error("they do not hold it")]
    NotHeld,
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// What can be held: a role in a namespace of a cluster.
#[derive(Clone, Copy, Debug)]
pub struct Held<'a> {
    pub cluster: &'a str,
    pub namespace: &'a str,
    pub role: Role,
}

/// Puts somebody into the group of a role, from now on: for so long, or until it is taken away. An
/// operator's earlier word on the same is replaced; what was granted stays beside it.
///
/// # Errors
/// [`Refusal`].
pub async fn put_in(
    conn: &mut PgConnection,
    operator: &Operator,
    username: &str,
    held: Held<'_>,
    lasting: Option<Duration>,
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    if lasting.is_some_and(|lasting| !(Duration::HOUR..=LONGEST).contains(&lasting)) {
        return Err(Refusal::Lasting);
    }
    let (user, group) = find(conn, username, held).await?;
    store::end(conn, user, group, true, now).await?;
    let new = NewMembership {
        user,
        group,
        from: now,
        until: lasting.map(|lasting| now + lasting),
        why: Why::Administrator,
        source: operator.name(),
    };
    store::open(conn, &new).await?;
    Ok(())
}

/// Takes somebody out of the group of a role, however they came into it.
///
/// # Errors
/// [`Refusal`].
pub async fn take_out(
    conn: &mut PgConnection,
    _: &Operator,
    username: &str,
    held: Held<'_>,
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    let (user, group) = find(conn, username, held).await?;
    match store::end(conn, user, group, false, now).await? {
        0 => Err(Refusal::NotHeld),
        _ => Ok(()),
    }
}

async fn find(
    conn: &mut PgConnection,
    username: &str,
    held: Held<'_>,
) -> Result<(Uuid, Uuid), Refusal> {
    let user = directory::store::id(conn, username).await?;
    let user = user.ok_or_else(|| Refusal::NoUser(username.to_owned()))?;
    let Held {
        cluster,
        namespace,
        role,
    } = held;
    let group = cluster::store::role_group(conn, cluster, namespace, role).await?;
    let group = group.ok_or_else(|| Refusal::NoNamespace {
        cluster: cluster.to_owned(),
        namespace: namespace.to_owned(),
    })?;
    Ok((user, group))
}

/// The global groups that a directory gives to everybody of it: opens the missing memberships and
/// ends those that the configuration does not name any more.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn map(
    conn: &mut PgConnection,
    user: Uuid,
    directory: &str,
    groups: &[String],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let mut mapped = Vec::new();
    for name in groups {
        let Ok(name) = GroupName::parse(name) else {
            tracing::error!(
                directory,
                group = name,
                "the directory maps a group that cannot exist; left out"
            );
            continue;
        };
        match store::ensure_global(conn, &name).await? {
            Some(id) => mapped.push(id),
            None => {
                tracing::error!(directory, group = %name, "the directory maps a group that a cluster has; left out");
            }
        }
    }
    store::end_mappings(conn, user, directory, &mapped, now).await?;
    for group in mapped {
        store::ensure_mapping(conn, user, group, directory, now).await?;
    }
    Ok(())
}

/// A membership to open.
#[derive(Clone, Debug)]
pub struct NewMembership<'a> {
    pub user: Uuid,
    pub group: Uuid,
    pub from: OffsetDateTime,
    pub until: Option<OffsetDateTime>,
    pub why: Why,
    /// Who granted it, as people read it.
    pub source: &'a str,
}

/// The groups of a cluster, global ones included, that somebody holds now.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn held(
    conn: &mut PgConnection,
    user: Uuid,
    cluster: &str,
    now: OffsetDateTime,
) -> Result<Vec<HeldGroup>, sqlx::Error> {
    store::held(conn, user, cluster, now).await
}
