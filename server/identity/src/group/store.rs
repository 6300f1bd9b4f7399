//! The SQL of clusters, namespaces, groups and memberships.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use domain::{
    cluster::Cluster,
    group::GroupName,
    lifetime::LEAST_LEFT,
    membership::{HeldGroup, Why},
};
use sqlx::{PgConnection, postgres::types::PgInterval};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{GroupError, NewMembership};

/// A duration as Postgres takes it.
pub fn interval(duration: Duration) -> PgInterval {
    PgInterval {
        months: 0,
        days: 0,
        microseconds: i64::try_from(duration.whole_microseconds()).unwrap_or(i64::MAX),
    }
}

/// The names of all clusters.
pub async fn clusters(conn: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT name FROM clusters ORDER BY name")
        .fetch_all(conn)
        .await
}

/// The cluster's id, whether it is new or not.
pub async fn ensure_cluster(
    conn: &mut PgConnection,
    cluster: &Cluster,
    now: OffsetDateTime,
) -> Result<Uuid, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO clusters (id, name, api_url, audience, username_prefix, groups_prefix, groups_claim, token_lifetime, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING id",
        Uuid::new_v4(), cluster.name, cluster.api_url, cluster.audience, cluster.username_prefix, cluster.groups_prefix,
        cluster.groups_claim, i32::try_from(cluster.token_lifetime).unwrap_or(i32::MAX), now
    )
    .fetch_one(conn)
    .await
}

/// The namespace's id, with a group for each role that can be held in it.
pub async fn ensure_namespace(
    conn: &mut PgConnection,
    cluster: Uuid,
    name: &str,
) -> Result<Uuid, GroupError> {
    let id = sqlx::query_scalar!(
        "INSERT INTO namespaces (id, cluster_id, name) VALUES ($1, $2, $3)
         ON CONFLICT (cluster_id, name) DO UPDATE SET name = excluded.name RETURNING id",
        Uuid::new_v4(),
        cluster,
        name
    )
    .fetch_one(&mut *conn)
    .await?;
    let template =
        sqlx::query_scalar!("SELECT group_template FROM clusters WHERE id = $1", cluster)
            .fetch_one(&mut *conn)
            .await?;
    for role in sqlx::query_scalar!("SELECT name FROM roles ORDER BY rank")
        .fetch_all(&mut *conn)
        .await?
    {
        let group = GroupName::of_role(&template, name, &role)?;
        sqlx::query!(
            "INSERT INTO groups (id, cluster_id, name, namespace_id, role) VALUES ($1, $2, $3::text, $4, $5)
             ON CONFLICT (namespace_id, role) DO NOTHING",
            Uuid::new_v4(), cluster, group.as_str(), id, role
        )
        .execute(&mut *conn)
        .await?;
    }
    Ok(id)
}

/// The group of a role in a namespace.
pub async fn role_group(
    conn: &mut PgConnection,
    namespace: Uuid,
    role: &str,
) -> Result<Uuid, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM groups WHERE namespace_id = $1 AND role = $2",
        namespace,
        role
    )
    .fetch_one(conn)
    .await
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
