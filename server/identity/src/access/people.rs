//! Owners and approvers of namespaces.

use serde_json::json;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{AccessError, Place, policy, relation, store};
use crate::{
    Portal,
    audit::{self, Actor, Entry, Kind},
    event,
    session::Viewer,
};

/// What somebody is to a namespace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum As {
    Owner,
    Approver,
}

impl As {
    /// The word that the database stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Approver => "approver",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Owner, Self::Approver]
            .into_iter()
            .find(|it| it.as_str() == word)
    }
}

/// Refuses whoever is neither owner nor administrator.
pub(super) async fn entitled(
    conn: &mut PgConnection,
    viewer: &Viewer,
    namespace: Uuid,
) -> Result<(), AccessError> {
    let relation = relation(conn, viewer, namespace, &[]).await?;
    if relation.owner || relation.administrator {
        Ok(())
    } else {
        Err(domain::access::Refusal::NotEntitled.into())
    }
}

/// Makes somebody an owner or an approver.
///
/// # Errors
/// [`AccessError`]: only owners and administrators may.
pub async fn add(
    portal: &Portal,
    viewer: &Viewer,
    place: Place<'_>,
    username: &str,
    to_be: As,
) -> Result<(), AccessError> {
    change(portal, viewer, place, username, to_be, true).await
}

/// Takes that away again.
///
/// # Errors
/// [`AccessError`]: only owners and administrators may, and the last owner stays.
pub async fn remove(
    portal: &Portal,
    viewer: &Viewer,
    place: Place<'_>,
    username: &str,
    was: As,
) -> Result<(), AccessError> {
    change(portal, viewer, place, username, was, false).await
}

async fn change(
    portal: &Portal,
    viewer: &Viewer,
    place: Place<'_>,
    username: &str,
    which: As,
    add: bool,
) -> Result<(), AccessError> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let namespace = policy::seen(&mut tx, viewer, place, now).await?;
    store::lock_namespace(&mut tx, namespace.id).await?;
    entitled(&mut tx, viewer, namespace.id).await?;
    let found = store::user(&mut tx, username).await?;
    let user = found.ok_or_else(|| AccessError::NoUser(username.to_owned()))?;
    let actor = Actor::from(viewer);
    let changed = if add {
        store::add_person(&mut tx, namespace.id, user.id, which, &actor.name, now).await?
    } else {
        let removed = store::remove_person(&mut tx, namespace.id, user.id, which).await?;
        if which == As::Owner && removed && !store::has_owner(&mut tx, namespace.id).await? {
            return Err(AccessError::LastOwner);
        }
        removed
    };
    if changed {
        let entry = Entry {
            kind: if add {
                Kind::PersonAdded
            } else {
                Kind::PersonRemoved
            },
            actor: &actor,
            subject: Some((user.id, &user.username)),
            place: Some((place.cluster, place.namespace)),
            role: None,
            request: None,
            details: json!({ "as": which.as_str() }),
        };
        audit::record(&mut tx, &entry, now).await?;
        event::access(&mut tx, namespace.id, &[user.id]).await?;
    }
    tx.commit().await?;
    Ok(())
}
