//! Grants.

use domain::role::Role;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{Request, role};
use crate::access::grant::EndReason;

/// A grant, with the names of what it is about.
#[derive(Debug)]
pub struct Grant {
    pub id: Uuid,
    pub request_id: Uuid,
    pub user_id: Uuid,
    pub username: String,
    pub namespace_id: Uuid,
    pub cluster: String,
    pub namespace: String,
    pub role: Role,
    pub ends_at: Option<OffsetDateTime>,
    pub ended: bool,
}

struct Row {
    id: Uuid,
    request_id: Uuid,
    user_id: Uuid,
    username: String,
    namespace_id: Uuid,
    cluster: String,
    namespace: String,
    role: String,
    ends_at: Option<OffsetDateTime>,
    ended: bool,
}

impl TryFrom<Row> for Grant {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        Ok(Self {
            id: row.id,
            request_id: row.request_id,
            user_id: row.user_id,
            username: row.username,
            namespace_id: row.namespace_id,
            cluster: row.cluster,
            namespace: row.namespace,
            role: role(&row.role)?,
            ends_at: row.ends_at,
            ended: row.ended,
        })
    }
}

/// The grant of that id, that nobody else changes until the transaction ends.
pub async fn lock_grant(conn: &mut PgConnection, id: Uuid) -> Result<Option<Grant>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT g.id, g.request_id, g.user_id, u.username AS "username: String", g.namespace_id, c.name AS cluster,
                  n.name AS namespace, g.role, g.ends_at, g.ended_at IS NOT NULL AS "ended!"
           FROM grants g JOIN users u ON u.id = g.user_id JOIN namespaces n ON n.id = g.namespace_id
           JOIN clusters c ON c.id = n.cluster_id WHERE g.id = $1 FOR UPDATE OF g"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// One grant whose time has come and that nobody else is looking at.
pub async fn lock_due(
    conn: &mut PgConnection,
    now: OffsetDateTime,
) -> Result<Option<Grant>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT g.id, g.request_id, g.user_id, u.username AS "username: String", g.namespace_id, c.name AS cluster,
                  n.name AS namespace, g.role, g.ends_at, g.ended_at IS NOT NULL AS "ended!"
           FROM grants g JOIN users u ON u.id = g.user_id JOIN namespaces n ON n.id = g.namespace_id
           JOIN clusters c ON c.id = n.cluster_id
           WHERE g.membership_id IS NULL AND g.ended_at IS NULL AND g.begins_at <= $1
           LIMIT 1 FOR UPDATE OF g SKIP LOCKED"#,
        now
    )
    .fetch_optional(conn)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// What was granted to somebody and is not over.
pub async fn lock_grants_of(
    conn: &mut PgConnection,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<Vec<Grant>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT g.id, g.request_id, g.user_id, u.username AS "username: String", g.namespace_id, c.name AS cluster,
                  n.name AS namespace, g.role, g.ends_at, g.ended_at IS NOT NULL AS "ended!"
           FROM grants g JOIN users u ON u.id = g.user_id JOIN namespaces n ON n.id = g.namespace_id
           JOIN clusters c ON c.id = n.cluster_id
           WHERE g.user_id = $1 AND g.ended_at IS NULL AND (g.ends_at IS NULL OR g.ends_at > $2)
           ORDER BY g.id FOR UPDATE OF g"#,
        user,
        now
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// A grant to be stored.
#[derive(Debug)]
pub struct NewGrant<'a> {
    pub id: Uuid,
    pub request: &'a Request,
    pub begins_at: OffsetDateTime,
    pub ends_at: Option<OffsetDateTime>,
    pub review_due: bool,
}

pub async fn insert_grant(conn: &mut PgConnection, new: &NewGrant<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO grants (id, request_id, user_id, namespace_id, role, begins_at, ends_at, review_due)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        new.id, new.request.id, new.request.user_id, new.request.namespace_id, new.request.role.as_str(), new.begins_at,
        new.ends_at, new.review_due
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The grant of a request.
pub async fn grant_of(conn: &mut PgConnection, request: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM grants WHERE request_id = $1", request)
        .fetch_optional(conn)
        .await
}

/// The group that a grant is for, and until when.
#[derive(Debug)]
pub struct ToHold {
    pub group_id: Uuid,
    pub ends_at: Option<OffsetDateTime>,
}

pub async fn to_hold(
    conn: &mut PgConnection,
    id: Uuid,
    namespace: Uuid,
) -> Result<Option<ToHold>, sqlx::Error> {
    sqlx::query_as!(
        ToHold,
        "SELECT o.id AS group_id, g.ends_at FROM grants g
         JOIN groups o ON o.namespace_id = g.namespace_id AND o.role = g.role
         WHERE g.id = $1 AND g.namespace_id = $2",
        id,
        namespace
    )
    .fetch_optional(conn)
    .await
}

/// Notes the membership of a grant.
pub async fn hold(conn: &mut PgConnection, id: Uuid, membership: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE grants SET membership_id = $2 WHERE id = $1",
        id,
        membership
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a grant and the membership that it has.
pub async fn end_grant(
    conn: &mut PgConnection,
    id: Uuid,
    reason: EndReason,
    by: Option<Uuid>,
    comment: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let membership = sqlx::query_scalar!(
        "UPDATE grants SET ended_at = $2, end_reason = $3, ended_by = $4, end_comment = $5
         WHERE id = $1 AND ended_at IS NULL RETURNING membership_id",
        id,
        now,
        reason.as_str(),
        by,
        comment
    )
    .fetch_one(&mut *conn)
    .await?;
    if let Some(membership) = membership {
        sqlx::query!(
            "UPDATE memberships SET ended_at = $2 WHERE id = $1 AND ended_at IS NULL",
            membership,
            now
        )
        .execute(conn)
        .await?;
    }
    Ok(())
}

/// Notes who looked at a grant; false where it needs nobody, or somebody did.
pub async fn review(
    conn: &mut PgConnection,
    id: Uuid,
    by: Uuid,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let reviewed = sqlx::query!(
        "UPDATE grants SET reviewed_by = $2, reviewed_at = $3 WHERE id = $1 AND review_due AND reviewed_at IS NULL",
        id,
        by,
        now
    )
    .execute(conn)
    .await?;
    Ok(reviewed.rows_affected() == 1)
}
