//! Requests and verdicts.

use domain::{
    access::{State, Verdict},
    role::Role,
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{role, unreadable};

/// A request, with the names of what it is about.
#[derive(Debug)]
pub struct Request {
    pub id: Uuid,
    pub user_id: Uuid,
    pub username: String,
    pub asked_by: Uuid,
    pub namespace_id: Uuid,
    pub cluster: String,
    pub namespace: String,
    pub role: Role,
    pub reason: String,
    pub minutes: Option<u32>,
    pub begins_at: Option<OffsetDateTime>,
    pub approvals: u8,
    pub state: State,
    pub created_at: OffsetDateTime,
    pub lapses_at: OffsetDateTime,
}

struct Row {
    id: Uuid,
    user_id: Uuid,
    username: String,
    asked_by: Uuid,
    namespace_id: Uuid,
    cluster: String,
    namespace: String,
    role: String,
    reason: String,
    minutes: Option<i32>,
    begins_at: Option<OffsetDateTime>,
    approvals: i32,
    state: String,
    created_at: OffsetDateTime,
    lapses_at: OffsetDateTime,
}

impl TryFrom<Row> for Request {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.id,
            user_id: row.user_id,
            username: row.username,
            asked_by: row.asked_by,
            namespace_id: row.namespace_id,
            cluster: row.cluster,
            namespace: row.namespace,
            role: role(&row.role)?,
            reason: row.reason,
            minutes: minutes(row.minutes)?,
            begins_at: row.begins_at,
            approvals: u8::try_from(row.approvals).map_err(|_| unreadable("too many approvals"))?,
            state: State::parse(&row.state).ok_or_else(|| unreadable("an unknown state"))?,
            created_at: row.created_at,
            lapses_at: row.lapses_at,
        })
    }
}

fn minutes(number: Option<i32>) -> Result<Option<u32>, sqlx::Error> {
    number
        .map(|number| u32::try_from(number).map_err(|_| unreadable("a negative time")))
        .transpose()
}

fn number(minutes: Option<u32>) -> Option<i32> {
    minutes.map(|minutes| i32::try_from(minutes).unwrap_or(i32::MAX))
}

/// The request of that id, that nobody else changes until the transaction ends.
pub async fn lock_request(
    conn: &mut PgConnection,
    id: Uuid,
) -> Result<Option<Request>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT r.id, r.user_id, u.username AS "username: String", r.asked_by, r.namespace_id, c.name AS cluster,
                  n.name AS namespace, r.role, r.reason, r.minutes, r.begins_at, r.approvals, r.state, r.created_at,
                  r.lapses_at
           FROM requests r JOIN users u ON u.id = r.user_id JOIN namespaces n ON n.id = r.namespace_id
           JOIN clusters c ON c.id = n.cluster_id
           WHERE r.id = $1 FOR UPDATE OF r"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// One request that nobody decided in time and nobody else is settling.
pub async fn lock_overdue(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<Option<Request>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT r.id, r.user_id, u.username AS "username: String", r.asked_by, r.namespace_id, c.name AS cluster,
                  n.name AS namespace, r.role, r.reason, r.minutes, r.begins_at, r.approvals, r.state, r.created_at,
                  r.lapses_at
           FROM requests r JOIN users u ON u.id = r.user_id JOIN namespaces n ON n.id = r.namespace_id
           JOIN clusters c ON c.id = n.cluster_id
           WHERE r.state = 'pending' AND r.lapses_at <= $1 LIMIT 1 FOR UPDATE OF r SKIP LOCKED"#,
        now
    )
    .fetch_optional(conn)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// What somebody asked for, or others for them, and nobody has decided.
pub async fn lock_pending_of(
    conn: &mut PgConnection,
    user: Uuid,
) -> Result<Vec<Request>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT r.id, r.user_id, u.username AS "username: String", r.asked_by, r.namespace_id, c.name AS cluster,
                  n.name AS namespace, r.role, r.reason, r.minutes, r.begins_at, r.approvals, r.state, r.created_at,
                  r.lapses_at
           FROM requests r JOIN users u ON u.id = r.user_id JOIN namespaces n ON n.id = r.namespace_id
           JOIN clusters c ON c.id = n.cluster_id
           WHERE r.state = 'pending' AND (r.user_id = $1 OR r.asked_by = $1) ORDER BY r.id FOR UPDATE OF r"#,
        user
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// A request to be stored.
#[derive(Debug)]
pub struct NewRequest<'a> {
    pub id: Uuid,
    pub user: Uuid,
    pub asked_by: Uuid,
    pub namespace: Uuid,
    pub role: Role,
    pub reason: &'a str,
    pub minutes: Option<u32>,
    pub begins_at: Option<OffsetDateTime>,
    pub approvals: u8,
    pub at: OffsetDateTime,
    pub lapses_at: OffsetDateTime,
}

/// Stores a request, unless one for the same waits already: then the id of that one.
pub async fn insert(
    conn: &mut PgConnection,
    new: &NewRequest<'_>,
) -> Result<Option<Uuid>, sqlx::Error> {
    let stored = sqlx::query!(
        "INSERT INTO requests (id, user_id, asked_by, namespace_id, role, reason, minutes, begins_at, approvals, created_at,
                               lapses_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (user_id, namespace_id, role) WHERE state = 'pending' DO NOTHING",
        new.id, new.user, new.asked_by, new.namespace, new.role.as_str(), new.reason, number(new.minutes),
        new.begins_at, i32::from(new.approvals), new.at, new.lapses_at
    )
    .execute(&mut *conn)
    .await?;
    if stored.rows_affected() == 1 {
        return Ok(None);
    }
    sqlx::query_scalar!(
        "SELECT id FROM requests WHERE user_id = $1 AND namespace_id = $2 AND role = $3 AND state = 'pending'",
        new.user,
        new.namespace,
        new.role.as_str()
    )
    .fetch_one(conn)
    .await
    .map(Some)
}

/// Writes down that what somebody asked for lapsed, so that they can ask again; which request.
pub async fn lapse_of(
    conn: &mut PgConnection,
    user: Uuid,
    namespace: Uuid,
    role: Role,
    now: OffsetDateTime,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE requests SET state = 'lapsed', settled_at = $4
         WHERE user_id = $1 AND namespace_id = $2 AND role = $3 AND state = 'pending' AND lapses_at <= $4 RETURNING id",
        user,
        namespace,
        role.as_str(),
        now
    )
    .fetch_optional(conn)
    .await
}

/// Settles a request that is pending.
pub async fn settle(
    conn: &mut PgConnection,
    id: Uuid,
    state: State,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let settled = sqlx::query!(
        "UPDATE requests SET state = $2, settled_at = $3 WHERE id = $1 AND state = 'pending'",
        id,
        state.as_str(),
        now
    )
    .execute(conn)
    .await?;
    match settled.rows_affected() {
        1 => Ok(()),
        _ => Err(sqlx::Error::RowNotFound),
    }
}

/// Who settled a request, as people read it.
pub async fn settled_by(conn: &mut PgConnection, id: Uuid) -> Result<String, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT CASE r.state WHEN 'withdrawn' THEN 'whoever asked' WHEN 'lapsed' THEN 'the clock'
                  ELSE coalesce((SELECT coalesce(u.username, 'the policy')
                                 FROM decisions d LEFT JOIN users u ON u.id = d.user_id
                                 WHERE d.request_id = r.id ORDER BY d.decided_at DESC, d.verdict DESC LIMIT 1), 'nobody')
                  END AS "by!"
           FROM requests r WHERE r.id = $1"#,
        id
    )
    .fetch_one(conn)
    .await
}

/// A verdict that was given.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    /// None: the policy.
    pub user_id: Option<Uuid>,
    pub verdict: Verdict,
    pub minutes: Option<u32>,
}

pub async fn verdicts(conn: &mut PgConnection, request: Uuid) -> Result<Vec<Given>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT user_id, verdict, minutes FROM decisions WHERE request_id = $1 ORDER BY decided_at",
        request
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(Given {
                user_id: row.user_id,
                verdict: Verdict::parse(&row.verdict)
                    .ok_or_else(|| unreadable("an unknown verdict"))?,
                minutes: minutes(row.minutes)?,
            })
        })
        .collect()
}

/// A verdict to be stored.
#[derive(Debug)]
pub struct NewDecision<'a> {
    pub request: Uuid,
    /// None: the policy.
    pub user: Option<Uuid>,
    pub verdict: Verdict,
    pub comment: &'a str,
    pub minutes: Option<u32>,
    pub at: OffsetDateTime,
}

pub async fn record(conn: &mut PgConnection, new: &NewDecision<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO decisions (request_id, user_id, verdict, comment, minutes, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6)",
        new.request,
        new.user,
        new.verdict.as_str(),
        new.comment,
        number(new.minutes),
        new.at
    )
    .execute(conn)
    .await?;
    Ok(())
}
