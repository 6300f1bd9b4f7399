//! The group store: who is in which group, from when until when, and why.
//!
//! It decides nothing about tokens: those read it through the SQL function `token_groups`.

pub mod store;

use domain::{
    group::GroupName,
    membership::{HeldGroup, Why},
    name::NameError,
};
use sqlx::PgConnection;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

#[derive(Debug, Error)]
pub enum GroupError {
    #[error("no group can have this name")]
    Name(#[from] NameError),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
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
