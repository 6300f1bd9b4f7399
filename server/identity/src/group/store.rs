//! The SQL of groups and memberships.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use domain::{
    group::GroupName,
    lifetime::LEAST_LEFT,
    membership::{HeldGroup, Why},
};
use sqlx::{PgConnection, postgres::types::PgInterval};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::NewMembership;

/// A duration as Postgres takes it.
pub fn interval(duration: Duration) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(duration.whole_microseconds()).unwrap_or(i64::MAX),
    }
}

/// The id of a global group, made where it is missing; none where a cluster has that name.
pub async fn ensure_global(
    conn: &mut PgConnection,
    name: &GroupName,
) -> Result<Option<Uuid>, sqlx::Error> {
    let found = sqlx::query!("SELECT id, cluster_id FROM groups WHERE name = $1::text ORDER BY cluster_id NULLS FIRST LIMIT 1", name.as_str())
        .fetch_optional(&mut *conn)
        .await?;
    if let Some(group) = found {
        return Ok(group.cluster_id.is_none().then_some(group.id));
    }
    let made = sqlx::query_scalar!(
        "INSERT INTO groups (id, name) VALUES ($1, $2::text)
         ON CONFLICT (name) WHERE cluster_id IS NULL DO UPDATE SET name = excluded.name RETURNING id",
        Uuid::new_v4(), name.as_str()
    )
    .fetch_one(conn)
    .await?;
    Ok(Some(made))
}

/// Opens the membership of a directory's mapping, once.
pub async fn ensure_mapping(
    conn: &mut PgConnection,
    user: Uuid,
    group: Uuid,
    directory: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO memberships (id, user_id, group_id, valid_from, why, source) VALUES ($1, $2, $3, $4, 'mapping', $5)
         ON CONFLICT (user_id, group_id, source) WHERE why = 'mapping' AND ended_at IS NULL DO NOTHING",
        Uuid::new_v4(), user, group, now, directory
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends a directory's mappings to other groups than `kept`.
pub async fn end_mappings(
    conn: &mut PgConnection,
    user: Uuid,
    directory: &str,
    kept: &[Uuid],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE memberships SET ended_at = $4
         WHERE user_id = $1 AND why = 'mapping' AND source = $2 AND ended_at IS NULL AND group_id <> ALL ($3)",
        user, directory, kept, now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Opens a membership and returns its id.
pub async fn open(conn: &mut PgConnection, new: &NewMembership<'_>) -> Result<Uuid, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO memberships (id, user_id, group_id, valid_from, valid_until, why, source)
         VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING id",
        Uuid::new_v4(),
        new.user,
        new.group,
        new.from,
        new.until,
        new.why.as_str(),
        new.source
    )
    .fetch_one(conn)
    .await
}

/// Ends the memberships that are in force or to come in a group, those by an administrator or all
/// of them; how many.
pub async fn end(
    conn: &mut PgConnection,
    user: Uuid,
    group: Uuid,
    only_by_administrators: bool,
    now: OffsetDateTime,
) -> Result<u64, sqlx::Error> {
    let ended = sqlx::query!(
        "UPDATE memberships SET ended_at = $4
         WHERE user_id = $1 AND group_id = $2 AND ended_at IS NULL AND (valid_until IS NULL OR valid_until > $4)
           AND (why = 'administrator' OR NOT $3)",
        user, group, only_by_administrators, now
    )
    .execute(conn)
    .await?;
    Ok(ended.rows_affected())
}

/// Whether somebody holds a group now.
pub async fn holds(
    conn: &mut PgConnection,
    user: Uuid,
    group: Uuid,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT EXISTS (SELECT FROM memberships WHERE user_id = $1 AND group_id = $2 AND ended_at IS NULL
                        AND valid_from <= $3 AND (valid_until IS NULL OR valid_until > $3)) AS \"holds!\"",
        user, group, now
    )
    .fetch_one(conn)
    .await
}

/// What somebody holds, with provenance: per group the membership that lasts longest.
pub async fn held(
    conn: &mut PgConnection,
    user: Uuid,
    cluster: &str,
    now: OffsetDateTime,
) -> Result<Vec<HeldGroup>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT DISTINCT ON (g.name COLLATE \"C\") g.name AS \"name: String\", m.why, m.source, m.valid_from, m.valid_until
         FROM clusters c
         CROSS JOIN LATERAL token_groups($1, c.id, $3, $4) t
         JOIN groups g ON g.name = t.name AND (g.cluster_id = c.id OR g.cluster_id IS NULL)
         JOIN memberships m ON m.group_id = g.id AND m.user_id = $1 AND m.ended_at IS NULL
              AND m.valid_from <= $3 AND (m.valid_until IS NULL OR m.valid_until > $3)
         WHERE c.name = $2
         ORDER BY g.name COLLATE \"C\", m.valid_until DESC NULLS FIRST, m.valid_from",
        user, cluster, now, interval(LEAST_LEFT)
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let name = GroupName::parse(&row.name)
                .map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            let why = Why::parse(&row.why)
                .ok_or_else(|| sqlx::Error::Decode("an unknown reason".into()))?;
            Ok(HeldGroup {
                name,
                why,
                from: row.source,
                since: Some(row.valid_from),
                until: row.valid_until,
            })
        })
        .collect()
}
