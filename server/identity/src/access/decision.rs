//! Deciding: one approver's verdict, in one transaction with all that comes of it.

use domain::access::{Action, MAX_WORDS, State, Verdict, may, outcome, words};
use serde_json::json;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{AccessError, grant, relation, store};
use crate::{
    Portal,
    audit::{self, Actor, Entry, Kind},
    event,
    session::Viewer,
};

/// What an approver says.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a> {
    pub verdict: Verdict,
    /// A shorter time than was asked for, in minutes.
    pub minutes: Option<u32>,
    pub comment: &'a str,
}

/// What has become of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decided {
    /// Pending, where others have to agree as well.
    pub state: State,
    pub grant: Option<Uuid>,
}

/// Takes a verdict. Said twice by the same person it counts once, and is answered the same.
///
/// # Errors
/// [`AccessError`]; whoever comes too late hears what was decided and by whom.
pub async fn decide(
    portal: &Portal,
    viewer: &Viewer,
    id: Uuid,
    said: Said<'_>,
) -> Result<Decided, AccessError> {
    let now = portal.clock.now();
    if said.comment.len() > MAX_WORDS {
        return Err(AccessError::Comment);
    }
    let comment = words(said.comment).unwrap_or_default();
    let mut tx = portal.pool.begin().await?;
    let request = store::lock_request(&mut tx, id).await?;
    let request = request.ok_or(domain::access::Refusal::NotFound)?;
    let about = [request.user_id, request.asked_by];
    let relation = relation(&mut tx, viewer, request.namespace_id, &about).await?;
    may(Action::Decide, relation)?;
    let given = store::verdicts(&mut tx, id).await?;
    let own = given
        .iter()
        .find(|given| given.user_id == Some(viewer.user_id));
    let state = request.state_at(now);
    if let Some(own) = own
        && own.verdict == said.verdict
    {
        let grant = store::grant_of(&mut tx, id).await?;
        return Ok(Decided { state, grant });
    }
    if state != State::Pending || own.is_some() {
        let by = store::settled_by(&mut tx, id).await?;
        return Err(AccessError::Settled { state, by });
    }
    if said.verdict == Verdict::Approve && !store::is_active(&mut tx, request.user_id).await? {
        return Err(AccessError::NoUser(request.username.clone()));
    }
    let shorter = match (said.minutes, request.minutes) {
        (None, _) => true,
        (Some(minutes), Some(asked)) => minutes > 0 && minutes <= asked,
        (Some(minutes), None) => minutes > 0 && minutes <= domain::policy::LONGEST,
    };
    if !shorter {
        return Err(AccessError::NotShorter);
    }
    let decision = store::NewDecision {
        request: id,
        user: Some(viewer.user_id),
        verdict: said.verdict,
        comment: &comment,
        minutes: said.minutes,
        at: now,
    };
    store::record(&mut tx, &decision).await?;
    let actor = Actor::from(viewer);
    let details = json!({
        "verdict": said.verdict.as_str(),
        "comment": comment,
        "minutes": said.minutes,
    });
    audit::record(
        &mut tx,
        &request.entry(Kind::RequestDecided, &actor, details),
        now,
    )
    .await?;
    let decided = settle(&mut tx, &request, &actor, now).await?;
    event::access(&mut tx, request.namespace_id, &about).await?;
    tx.commit().await?;
    Ok(decided)
}

/// The policy's own yes, in the transaction of the request.
pub(super) async fn by_policy(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> Result<(), AccessError> {
    let request = store::lock_request(conn, id).await?;
    let mut request = request.ok_or(domain::access::Refusal::NotFound)?;
    let decision = store::NewDecision {
        request: id,
        user: None,
        verdict: Verdict::Approve,
        comment: "",
        minutes: None,
        at: now,
    };
    store::record(conn, &decision).await?;
    let actor = Actor::policy();
    let details = json!({ "verdict": "approve", "automatic": true });
    audit::record(
        conn,
        &request.entry(Kind::RequestDecided, &actor, details),
        now,
    )
    .await?;
    request.approvals = 1;
    settle(conn, &request, &actor, now).await.map(drop)
}

/// Sees what the verdicts come to.
async fn settle(
    conn: &mut PgConnection,
    request: &store::Request,
    actor: &Actor,
    now: OffsetDateTime,
) -> Result<Decided, AccessError> {
    let given = store::verdicts(conn, request.id).await?;
    let verdicts: Vec<_> = given.iter().map(|given| given.verdict).collect();
    let Some(state) = outcome(request.approvals, &verdicts) else {
        return Ok(Decided {
            state: State::Pending,
            grant: None,
        });
    };
    store::settle(conn, request.id, state, now).await?;
    let grant = match state {
        State::Approved => {
            let shortest = given.iter().filter_map(|given| given.minutes);
            let minutes = shortest.chain(request.minutes).min();
            let automatic = given.iter().all(|given| given.user_id.is_none());
            Some(grant::open(conn, request, minutes, automatic, actor, now).await?)
        }
        State::Pending | State::Denied | State::Withdrawn | State::Lapsed => None,
    };
    Ok(Decided { state, grant })
}

impl store::Request {
    /// The state, seen at this time: nobody has to have written down that it lapsed.
    pub fn state_at(&self, now: OffsetDateTime) -> State {
        if self.state == State::Pending && self.lapses_at <= now {
            State::Lapsed
        } else {
            self.state
        }
    }

    /// A record about this request.
    pub fn entry<'a>(
        &'a self,
        kind: Kind,
        actor: &'a Actor,
        details: serde_json::Value,
    ) -> Entry<'a> {
        Entry {
            kind,
            actor,
            subject: Some((self.user_id, &self.username)),
            place: Some((&self.cluster, &self.namespace)),
            role: Some(self.role.as_str()),
            request: Some(self.id),
            details,
        }
    }
}
