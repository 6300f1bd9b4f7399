//! Asking, and taking it back.

use domain::{
    access::{Action, State, may, words},
    policy::Automatic,
    role::Role,
};
use serde_json::json;
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{AccessError, Place, decision, policy, relation, store};
use crate::{
    Portal,
    audit::{self, Actor, Entry, Kind},
    event,
    session::Viewer,
};

/// How long a request waits for an answer.
pub const PATIENCE: Duration = Duration::days(7);
/// How far ahead a start may lie.
const AHEAD: Duration = Duration::days(90);

/// What somebody asks for.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    pub place: Place<'a>,
    pub role: Role,
    /// None: without an end.
    pub minutes: Option<u32>,
    /// None: as soon as it is approved.
    pub begins_at: Option<OffsetDateTime>,
    pub reason: &'a str,
    /// None: for whoever asks.
    pub user: Option<&'a str>,
}

/// What became of it at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Submitted {
    pub id: Uuid,
    /// Approved where the policy decided.
    pub state: State,
}

/// Asks.
///
/// # Errors
/// [`AccessError`].
pub async fn submit(
    portal: &Portal,
    viewer: &Viewer,
    ask: Ask<'_>,
) -> Result<Submitted, AccessError> {
    let now = portal.clock.now();
    let reason = words(ask.reason).ok_or(AccessError::Reason)?;
    if ask
        .begins_at
        .is_some_and(|at| at <= now || at > now + AHEAD)
    {
        return Err(AccessError::Begin);
    }
    let mut tx = portal.pool.begin().await?;
    let namespace = policy::seen(&mut tx, viewer, ask.place, now).await?;
    if !namespace.policy.offers(ask.role, ask.minutes) {
        return Err(AccessError::NotOffered);
    }
    let user = match ask.user {
        None => store::User {
            id: viewer.user_id,
            username: viewer.person.username.as_str().to_owned(),
        },
        Some(name) => {
            let found = store::user(&mut tx, name).await?;
            found.ok_or_else(|| AccessError::NoUser(name.to_owned()))?
        }
    };
    if user.id != viewer.user_id && !namespace.policy.for_others {
        return Err(AccessError::ForOthers);
    }
    if let Some(id) = store::lapse_of(&mut tx, user.id, namespace.id, ask.role, now).await?
        && let Some(request) = store::lock_request(&mut tx, id).await?
    {
        lapsed(&mut tx, &request, now).await?;
    }
    let new = store::NewRequest {
        id: Uuid::new_v4(),
        user: user.id,
        asked_by: viewer.user_id,
        namespace: namespace.id,
        role: ask.role,
        reason: &reason,
        minutes: ask.minutes,
        begins_at: ask.begins_at,
        approvals: namespace.policy.approvals,
        at: now,
        lapses_at: now + PATIENCE,
    };
    if let Some(waiting) = store::insert(&mut tx, &new).await? {
        return Err(AccessError::Waiting(waiting));
    }
    let actor = Actor::from(viewer);
    let place = Some((ask.place.cluster, ask.place.namespace));
    let entry = Entry {
        kind: Kind::RequestSubmitted,
        actor: &actor,
        subject: Some((user.id, &user.username)),
        place,
        role: Some(ask.role.as_str()),
        request: Some(new.id),
        details: json!({
            "reason": reason,
            "minutes": ask.minutes,
            "begins_at": ask.begins_at.map(OffsetDateTime::unix_timestamp),
        }),
    };
    audit::record(&mut tx, &entry, now).await?;
    let by_itself = match namespace.policy.automatic {
        Automatic::Never => false,
        Automatic::Always => true,
        Automatic::OnCall => store::is_on_call(&mut tx, namespace.id, user.id, now).await?,
    };
    let state = if by_itself {
        decision::by_policy(&mut tx, new.id, now).await?;
        State::Approved
    } else {
        State::Pending
    };
    event::access(&mut tx, namespace.id, &[user.id, viewer.user_id]).await?;
    tx.commit().await?;
    Ok(Submitted { id: new.id, state })
}

async fn lapsed(
    conn: &mut PgConnection,
    request: &store::Request,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let actor = Actor::clock();
    let entry = request.entry(Kind::RequestLapsed, &actor, json!({}));
    audit::record(conn, &entry, now).await
}

/// Takes a request back that nobody has decided.
///
/// # Errors
/// [`AccessError`].
pub async fn withdraw(portal: &Portal, viewer: &Viewer, id: Uuid) -> Result<(), AccessError> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let request = store::lock_request(&mut tx, id).await?;
    let request = request.ok_or(domain::access::Refusal::NotFound)?;
    let about = [request.user_id, request.asked_by];
    let relation = relation(&mut tx, viewer, request.namespace_id, &about).await?;
    may(Action::Withdraw, relation)?;
    match request.state_at(now) {
        State::Pending => {}
        State::Withdrawn => return Ok(()),
        state @ (State::Approved | State::Denied | State::Lapsed) => {
            let by = store::settled_by(&mut tx, id).await?;
            return Err(AccessError::Settled { state, by });
        }
    }
    store::settle(&mut tx, id, State::Withdrawn, now).await?;
    let actor = Actor::from(viewer);
    audit::record(
        &mut tx,
        &request.entry(Kind::RequestWithdrawn, &actor, json!({})),
        now,
    )
    .await?;
    event::access(&mut tx, request.namespace_id, &about).await?;
    tx.commit().await?;
    Ok(())
}

/// Settles the requests that nobody has decided in time. They were over before: this writes it down.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn lapse_due(portal: &Portal) -> Result<(), sqlx::Error> {
    let now = portal.clock.now();
    loop {
        let mut tx = portal.pool.begin().await?;
        let Some(request) = store::lock_overdue(&mut tx, now).await? else {
            return Ok(());
        };
        store::settle(&mut tx, request.id, State::Lapsed, now).await?;
        lapsed(&mut tx, &request, now).await?;
        event::access(
            &mut tx,
            request.namespace_id,
            &[request.user_id, request.asked_by],
        )
        .await?;
        tx.commit().await?;
    }
}
