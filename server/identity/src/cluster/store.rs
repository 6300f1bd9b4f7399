//! The SQL of clusters, their namespaces, and the groups of roles there.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use domain::{
    cluster::{Cluster, TokenKind},
    group::GroupName,
    lifetime::LEAST_LEFT,
    role::Role,
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::kubeconfig::Reached;
use crate::{
    group::store::interval,
    secret::{ClusterCredential, Hash},
};

struct Row {
    id: Uuid,
    name: String,
    api_url: String,
    ca_certificate: Option<String>,
    audience: String,
    username_prefix: String,
    groups_prefix: String,
    groups_claim: String,
    token_lifetime: i32,
    group_template: String,
    tokens: String,
    webhook: bool,
}

impl TryFrom<Row> for (Uuid, Cluster) {
    type Error = sqlx::Error;

    fn try_from(row: Row) -> Result<Self, sqlx::Error> {
        let cluster = Cluster {
            name: row.name,
            api_url: row.api_url,
            ca_certificate: row.ca_certificate,
            audience: row.audience,
            username_prefix: row.username_prefix,
            groups_prefix: row.groups_prefix,
            groups_claim: row.groups_claim,
            token_lifetime: u32::try_from(row.token_lifetime)
                .map_err(|error| sqlx::Error::Decode(error.into()))?,
            group_template: row.group_template,
            tokens: kind(&row.tokens)?,
            webhook: row.webhook,
        };
        Ok((row.id, cluster))
    }
}

/// The kind of tokens that is stored.
pub(crate) fn kind(text: &str) -> Result<TokenKind, sqlx::Error> {
    TokenKind::parse(text).ok_or_else(|| sqlx::Error::Decode("an unknown kind of tokens".into()))
}

/// The names of all clusters.
pub async fn names(conn: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT name FROM clusters ORDER BY name")
        .fetch_all(conn)
        .await
}

/// All clusters by name.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<Cluster>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, name, api_url, ca_certificate, audience, username_prefix, groups_prefix, groups_claim,
                token_lifetime, group_template, tokens, webhook
         FROM clusters ORDER BY name"
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| <(Uuid, Cluster)>::try_from(row).map(|(_, cluster)| cluster))
        .collect()
}

/// A cluster by name.
pub async fn find(
    conn: &mut PgConnection,
    name: &str,
) -> Result<Option<(Uuid, Cluster)>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, name, api_url, ca_certificate, audience, username_prefix, groups_prefix, groups_claim,
                token_lifetime, group_template, tokens, webhook
         FROM clusters WHERE name = $1",
        name
    )
    .fetch_optional(conn)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// A cluster by name, that nobody else changes until the transaction ends.
pub async fn lock(
    conn: &mut PgConnection,
    name: &str,
) -> Result<Option<(Uuid, Cluster)>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, name, api_url, ca_certificate, audience, username_prefix, groups_prefix, groups_claim,
                token_lifetime, group_template, tokens, webhook
         FROM clusters WHERE name = $1 FOR NO KEY UPDATE",
        name
    )
    .fetch_optional(conn)
    .await?;
    row.map(TryInto::try_into).transpose()
}

/// Stores a new cluster and returns its id; none where there is one of that name.
pub async fn insert(
    conn: &mut PgConnection,
    cluster: &Cluster,
    now: OffsetDateTime,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO clusters (id, name, api_url, ca_certificate, audience, username_prefix, groups_prefix,
                               groups_claim, token_lifetime, group_template, created_at, tokens, webhook)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (name) DO NOTHING RETURNING id",
        Uuid::new_v4(), cluster.name, cluster.api_url, cluster.ca_certificate, cluster.audience,
        cluster.username_prefix, cluster.groups_prefix, cluster.groups_claim, seconds(cluster),
        cluster.group_template, now, cluster.tokens.as_str(), cluster.webhook
    )
    .fetch_optional(conn)
    .await
}

/// Stores what a cluster's record is now. Its name stays.
pub async fn update(
    conn: &mut PgConnection,
    id: Uuid,
    cluster: &Cluster,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE clusters SET api_url = $2, ca_certificate = $3, audience = $4, username_prefix = $5,
                             groups_prefix = $6, groups_claim = $7, token_lifetime = $8, group_template = $9,
                             tokens = $10, webhook = $11
         WHERE id = $1",
        id, cluster.api_url, cluster.ca_certificate, cluster.audience, cluster.username_prefix,
        cluster.groups_prefix, cluster.groups_claim, seconds(cluster), cluster.group_template,
        cluster.tokens.as_str(), cluster.webhook
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn seconds(cluster: &Cluster) -> i32 {
    i32::try_from(cluster.token_lifetime).unwrap_or(i32::MAX)
}

/// The namespace's id, whether it is new or not.
pub async fn ensure_namespace(
    conn: &mut PgConnection,
    cluster: Uuid,
    name: &str,
) -> Result<Uuid, sqlx::Error> {
    sqlx::query_scalar!(
        "INSERT INTO namespaces (id, cluster_id, name) VALUES ($1, $2, $3)
         ON CONFLICT (cluster_id, name) DO UPDATE SET name = excluded.name RETURNING id",
        Uuid::new_v4(),
        cluster,
        name
    )
    .fetch_one(conn)
    .await
}

/// Makes the group of a role in a namespace, where the role has none there.
pub async fn ensure_role_group(
    conn: &mut PgConnection,
    cluster: Uuid,
    namespace: Uuid,
    role: Role,
    group: &GroupName,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO groups (id, cluster_id, name, namespace_id, role) VALUES ($1, $2, $3::text, $4, $5)
         ON CONFLICT (namespace_id, role) DO NOTHING",
        Uuid::new_v4(), cluster, group.as_str(), namespace, role.as_str()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The id of the group of a role in a namespace.
pub async fn role_group(
    conn: &mut PgConnection,
    cluster: &str,
    namespace: &str,
    role: Role,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT g.id FROM groups g JOIN namespaces n ON n.id = g.namespace_id JOIN clusters c ON c.id = n.cluster_id
         WHERE c.name = $1 AND n.name = $2 AND g.role = $3",
        cluster, namespace, role.as_str()
    )
    .fetch_optional(conn)
    .await
}

/// Namespace, role and group of all roles in a cluster, in the order of namespaces and roles.
pub async fn role_groups(
    conn: &mut PgConnection,
    cluster: &str,
) -> Result<Vec<(String, Role, GroupName)>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT n.name AS namespace, r.name AS role, g.name AS \"group: String\"
         FROM clusters c JOIN namespaces n ON n.cluster_id = c.id JOIN groups g ON g.namespace_id = n.id
         JOIN roles r ON r.name = g.role
         WHERE c.name = $1 ORDER BY n.name COLLATE \"C\", r.rank",
        cluster
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let role = Role::parse(&row.role)
                .ok_or_else(|| sqlx::Error::Decode("an unknown role".into()))?;
            let group = GroupName::parse(&row.group)
                .map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
            Ok((row.namespace, role, group))
        })
        .collect()
}

/// The clusters, or only that one, each with the namespaces in which somebody holds a role now: the
/// same groups that their token would carry.
pub async fn reached(
    conn: &mut PgConnection,
    user: Uuid,
    only: Option<Uuid>,
    now: OffsetDateTime,
) -> Result<Vec<Reached>, sqlx::Error> {
    sqlx::query_as!(
        Reached,
        "SELECT c.name AS cluster, c.audience, c.tokens = 'id-token' AS \"takes_id_tokens!\", c.api_url, c.ca_certificate,
                ARRAY(SELECT n.name FROM token_groups($1, c.id, $3, $4) t
                      JOIN groups g ON g.cluster_id = c.id AND g.name = t.name
                      JOIN namespaces n ON n.id = g.namespace_id
                      GROUP BY n.name ORDER BY n.name COLLATE \"C\") AS \"namespaces!\"
         FROM clusters c WHERE $2::uuid IS NULL OR c.id = $2 ORDER BY c.name COLLATE \"C\"",
        user,
        only,
        now,
        interval(LEAST_LEFT)
    )
    .fetch_all(conn)
    .await
}

/// The sealed credential of a cluster.
pub async fn credential(
    conn: &mut PgConnection,
    cluster: Uuid,
) -> Result<Option<Vec<u8>>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT sealed FROM cluster_credentials WHERE cluster_id = $1",
        cluster
    )
    .fetch_optional(conn)
    .await
}

/// Stores a cluster's credential in the place of the one before.
pub async fn put_credential(
    conn: &mut PgConnection,
    cluster: Uuid,
    secret: &Hash<ClusterCredential>,
    sealed: &[u8],
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO cluster_credentials (cluster_id, secret_hash, sealed, created_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (cluster_id) DO UPDATE
         SET secret_hash = excluded.secret_hash, sealed = excluded.sealed, created_at = excluded.created_at",
        cluster,
        secret.as_bytes(),
        sealed,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
