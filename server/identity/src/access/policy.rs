//! Policies, and which namespaces exist for whom.

use domain::{
    access::{Action, may},
    policy::Policy,
};
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{AccessError, Place, relation, store};
use crate::{
    Portal,
    audit::{self, Actor, Entry, Kind},
    event,
    session::Viewer,
};

/// A namespace with its policy.
#[derive(Debug)]
pub struct Namespace {
    pub id: Uuid,
    pub policy: Policy,
}

/// The policy of a namespace, its own or the product's.
pub(super) async fn by_id(conn: &mut PgConnection, id: Uuid) -> Result<Policy, sqlx::Error> {
    Ok(store::policy(conn, id).await?.unwrap_or_default())
}

/// A namespace that exists for this viewer: one that is not hidden, or with which they have to do.
///
/// # Errors
/// [`AccessError::NoNamespace`], for those that are not there and those that are not seen.
pub async fn seen(
    conn: &mut PgConnection,
    viewer: &Viewer,
    place: Place<'_>,
    now: OffsetDateTime,
) -> Result<Namespace, AccessError> {
    let none = || AccessError::NoNamespace {
        cluster: place.cluster.to_owned(),
        namespace: place.namespace.to_owned(),
    };
    let id = store::namespace(conn, place).await?.ok_or_else(none)?;
    let policy = by_id(conn, id).await?;
    if policy.hidden {
        let relation = relation(conn, viewer, id, &[]).await?;
        let seen = may(Action::See, relation).is_ok()
            || store::holds_something(conn, viewer.user_id, id, now).await?;
        if !seen {
            return Err(none());
        }
    }
    Ok(Namespace { id, policy })
}

/// Changes a namespace's policy. Requests that wait keep what they were asked under.
///
/// # Errors
/// [`AccessError`]: only owners and administrators may.
pub async fn set(
    portal: &Portal,
    viewer: &Viewer,
    place: Place<'_>,
    policy: &Policy,
) -> Result<(), AccessError> {
    policy.check()?;
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let namespace = seen(&mut tx, viewer, place, now).await?;
    super::people::entitled(&mut tx, viewer, namespace.id).await?;
    let actor = Actor::from(viewer);
    store::set_policy(&mut tx, namespace.id, policy, &actor.name, now).await?;
    let entry = Entry {
        kind: Kind::PolicyChanged,
        actor: &actor,
        subject: None,
        place: Some((place.cluster, place.namespace)),
        role: None,
        request: None,
        details: json!({ "policy": policy, "before": namespace.policy }),
    };
    audit::record(&mut tx, &entry, now).await?;
    event::access(&mut tx, namespace.id, &[]).await?;
    tx.commit().await?;
    Ok(())
}
