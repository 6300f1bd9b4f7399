//! Grants: what came of a request, from its beginning to its end.

use domain::{
    access::{Action, MAX_WORDS, Refusal, may, words},
    membership::Why,
};
use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{AccessError, policy, relation, store};
use crate::{
    Portal,
    audit::{self, Actor, Entry, Kind},
    event,
    group::{self, NewMembership},
    session::Viewer,
};

/// Why a grant ended before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// By whom it was for.
    GivenBack,
    /// By an owner, an approver or an administrator.
    TakenAway,
    /// They were disabled.
    Left,
    /// It was to begin later, and by then it was not permitted any more.
    Refused,
}

impl EndReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::GivenBack => "given_back",
            Self::TakenAway => "taken_away",
            Self::Left => "left",
            Self::Refused => "refused",
        }
    }
}

/// Opens the grant of an approved request: now, or later.
pub(super) async fn open(
    conn: &mut PgConnection,
    request: &store::Request,
    minutes: Option<u32>,
    automatic: bool,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Uuid, AccessError> {
    let begins_at = request.begins_at.map_or(now, |at| at.max(now));
    let grant = store::NewGrant {
        id: Uuid::new_v4(),
        request,
        begins_at,
        ends_at: minutes.map(|minutes| begins_at + Duration::minutes(minutes.into())),
        review_due: automatic,
    };
    store::insert_grant(conn, &grant).await?;
    if begins_at <= now {
        let by = actor.name.clone();
        begin(
            conn,
            grant.id,
            &by,
            request.user_id,
            request.namespace_id,
            now,
        )
        .await?;
        let details = json!({ "ends_at": grant.ends_at.map(OffsetDateTime::unix_timestamp) });
        audit::record(conn, &request.entry(Kind::GrantBegun, actor, details), now).await?;
    }
    Ok(grant.id)
}

/// Gives a grant its membership.
async fn begin(
    conn: &mut PgConnection,
    id: Uuid,
    by: &str,
    user: Uuid,
    namespace: Uuid,
    now: OffsetDateTime,
) -> Result<(), AccessError> {
    let Some(held) = store::to_hold(conn, id, namespace).await? else {
        return Err(Refusal::NotFound.into());
    };
    let new = NewMembership {
        user,
        group: held.group_id,
        from: now,
        until: held.ends_at,
        why: Why::Grant,
        source: by,
    };
    let membership = group::store::open(conn, &new).await?;
    store::hold(conn, id, membership).await?;
    Ok(())
}

/// Begins the grants whose time has come, after another look: the namespace still offers the role, and
/// who it is for may still log in. A grant that nobody looked at has no membership, so a late clock
/// gives nothing too early.
///
/// # Errors
/// [`AccessError`].
pub async fn begin_due(portal: &Portal) -> Result<(), AccessError> {
    let now = portal.clock.now();
    loop {
        let mut tx = portal.pool.begin().await?;
        let Some(due) = store::lock_due(&mut tx, now).await? else {
            return Ok(());
        };
        let namespace = policy::by_id(&mut tx, due.namespace_id).await?;
        let still =
            namespace.roles.contains(&due.role) && store::is_active(&mut tx, due.user_id).await?;
        let over = due.ends_at.is_some_and(|end| end <= now);
        let actor = Actor::clock();
        if still && !over {
            let by = store::settled_by(&mut tx, due.request_id).await?;
            begin(&mut tx, due.id, &by, due.user_id, due.namespace_id, now).await?;
            let details = json!({ "ends_at": due.ends_at.map(OffsetDateTime::unix_timestamp) });
            audit::record(&mut tx, &due.entry(Kind::GrantBegun, &actor, details), now).await?;
        } else {
            close(&mut tx, &due, EndReason::Refused, None, "", now).await?;
        }
        event::access(&mut tx, due.namespace_id, &[due.user_id]).await?;
        tx.commit().await?;
    }
}

/// Ends a grant, and its membership with it: given back by whom it is for, or taken away by others,
/// who say why.
///
/// # Errors
/// [`AccessError`].
pub async fn end(
    portal: &Portal,
    viewer: &Viewer,
    id: Uuid,
    comment: &str,
) -> Result<(), AccessError> {
    let now = portal.clock.now();
    if comment.len() > MAX_WORDS {
        return Err(AccessError::Comment);
    }
    let comment = words(comment);
    let mut tx = portal.pool.begin().await?;
    let grant = store::lock_grant(&mut tx, id)
        .await?
        .ok_or(Refusal::NotFound)?;
    let relation = relation(&mut tx, viewer, grant.namespace_id, &[grant.user_id]).await?;
    let reason = if relation.requester {
        may(Action::GiveBack, relation)?;
        EndReason::GivenBack
    } else {
        may(Action::TakeAway, relation)?;
        EndReason::TakenAway
    };
    let comment = match (reason, comment) {
        (EndReason::TakenAway, None) => return Err(AccessError::Reason),
        (_, comment) => comment.unwrap_or_default(),
    };
    if grant.ended || grant.ends_at.is_some_and(|end| end <= now) {
        return Err(AccessError::Ended);
    }
    close(&mut tx, &grant, reason, Some(viewer), &comment, now).await?;
    event::access(&mut tx, grant.namespace_id, &[grant.user_id]).await?;
    tx.commit().await?;
    Ok(())
}

async fn close(
    conn: &mut PgConnection,
    grant: &store::Grant,
    reason: EndReason,
    by: Option<&Viewer>,
    comment: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let user = by.map(|viewer| viewer.user_id);
    store::end_grant(conn, grant.id, reason, user, comment, now).await?;
    let actor = by.map_or_else(Actor::clock, Actor::from);
    let details = json!({ "why": reason.as_str(), "comment": comment });
    audit::record(conn, &grant.entry(Kind::GrantEnded, &actor, details), now).await
}

/// Says that a grant which the policy gave was looked at.
///
/// # Errors
/// [`AccessError`].
pub async fn review(portal: &Portal, viewer: &Viewer, id: Uuid) -> Result<(), AccessError> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let grant = store::lock_grant(&mut tx, id)
        .await?
        .ok_or(Refusal::NotFound)?;
    let relation = relation(&mut tx, viewer, grant.namespace_id, &[grant.user_id]).await?;
    may(Action::Review, relation)?;
    if store::review(&mut tx, id, viewer.user_id, now).await? {
        let actor = Actor::from(viewer);
        audit::record(
            &mut tx,
            &grant.entry(Kind::GrantReviewed, &actor, json!({})),
            now,
        )
        .await?;
        event::access(&mut tx, grant.namespace_id, &[]).await?;
    }
    tx.commit().await?;
    Ok(())
}

/// Closes what somebody who leaves asked for and holds. It happens in the transaction that disables
/// them.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn leave(
    conn: &mut PgConnection,
    actor: &Actor,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    for request in store::lock_pending_of(conn, user).await? {
        store::settle(conn, request.id, domain::access::State::Withdrawn, now).await?;
        let entry = request.entry(Kind::RequestWithdrawn, actor, json!({ "why": "left" }));
        audit::record(conn, &entry, now).await?;
        event::access(
            conn,
            request.namespace_id,
            &[request.user_id, request.asked_by],
        )
        .await?;
    }
    for grant in store::lock_grants_of(conn, user, now).await? {
        store::end_grant(conn, grant.id, EndReason::Left, None, "", now).await?;
        let details = json!({ "why": EndReason::Left.as_str() });
        audit::record(conn, &grant.entry(Kind::GrantEnded, actor, details), now).await?;
        event::access(conn, grant.namespace_id, &[]).await?;
    }
    Ok(())
}

impl store::Grant {
    /// A record about this grant.
    fn entry<'a>(&'a self, kind: Kind, actor: &'a Actor, details: serde_json::Value) -> Entry<'a> {
        Entry {
            kind,
            actor,
            subject: Some((self.user_id, &self.username)),
            place: Some((&self.cluster, &self.namespace)),
            role: Some(self.role.as_str()),
            request: Some(self.request_id),
            details,
        }
    }
}
