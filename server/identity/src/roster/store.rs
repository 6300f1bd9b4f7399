//! The SQL of the roster. Nothing here reads the whole table of users to find some of them.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use domain::{
    membership::Why,
    portal_role::PortalRole,
    roster::{Entry, IdentityView, MembershipView, Profile},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{retrieval, session};

/// The first after a username.
pub async fn everybody(
    conn: &mut PgConnection,
    after: &str,
    limit: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id FROM users WHERE username > $1::text ORDER BY username LIMIT $2",
        after,
        limit
    )
    .fetch_all(conn)
    .await
}

/// So many have words that are not rare.
const MANY: i64 = 1000;

/// The first after a username who have these words. Rare ones are found by their index; who has
/// others is soon met on the way through the usernames, where the index would find too many.
pub async fn by_words(
    conn: &mut PgConnection,
    query: &str,
    after: &str,
    limit: i64,
) -> Result<Vec<Uuid>, sqlx::Error> {
    let some = sqlx::query!(
        "WITH found AS MATERIALIZED (SELECT id, username FROM users WHERE words @@ to_tsquery('simple', $1) LIMIT $4)
         SELECT (SELECT count(*) FROM found) AS \"count!\",
                ARRAY(SELECT id FROM found WHERE username > $2::text ORDER BY username LIMIT $3) AS \"ids!\"",
        query,
        after,
        limit,
        MANY
    )
    .fetch_one(&mut *conn)
    .await?;
    if some.count < MANY {
        return Ok(some.ids);
    }
    sqlx::query_scalar!(
        "SELECT id FROM users WHERE words @@ to_tsquery('simple', $1) AND username > $2::text
         ORDER BY username LIMIT $3",
        query,
        after,
        limit
    )
    .fetch_all(conn)
    .await
}

/// Whose an id is that stands in tokens: a user's, a login's, or a token's own.
pub async fn owner(conn: &mut PgConnection, id: Uuid) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT id AS \"id!\" FROM users WHERE id = $1
         UNION ALL SELECT user_id FROM logins WHERE id = $1
         UNION ALL SELECT user_id FROM issued_tokens WHERE jti = $1
         LIMIT 1",
        id
    )
    .fetch_optional(conn)
    .await
}

/// These users, by username.
pub async fn entries(
    conn: &mut PgConnection,
    users: &[Uuid],
    now: OffsetDateTime,
) -> Result<Vec<Entry>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT u.username AS \"username: String\", u.display_name, u.email, u.disabled_at IS NOT NULL AS \"disabled!\",
                (SELECT count(*) FROM logins l WHERE l.user_id = u.id AND l.ended_at IS NULL AND l.expires_at > $2) AS \"logins!\",
                (SELECT count(*) FROM retrieval_keys k
                 WHERE k.user_id = u.id AND k.revoked_at IS NULL AND k.expires_at > $2) AS \"keys!\",
                ARRAY(SELECT DISTINCT r.role FROM identities i JOIN portal_roles r USING (directory, subject)
                      WHERE i.user_id = u.id ORDER BY r.role) AS \"roles!\"
         FROM users u WHERE u.id = ANY($1) ORDER BY u.username",
        users,
        now
    )
    .fetch_all(conn)
    .await?;
    let entry = rows.into_iter().map(|row| Entry {
        username: row.username,
        display_name: row.display_name,
        email: row.email,
        portal_roles: portal_roles(&row.roles),
        disabled: row.disabled,
        logins: row.logins,
        keys: row.keys,
    });
    Ok(entry.collect())
}

fn portal_roles(words: &[String]) -> Vec<PortalRole> {
    let roles = words.iter().filter_map(|word| PortalRole::parse(word));
    roles.collect()
}

pub async fn profile(
    conn: &mut PgConnection,
    username: &str,
    now: OffsetDateTime,
) -> Result<Option<Profile>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT u.id, u.username AS \"username: String\", u.display_name, u.email, u.created_at, u.disabled_at,
                greatest(u.disabled_at, (SELECT max(l.ended_at) FROM logins l
                    WHERE l.user_id = u.id AND l.ended_at IS NOT NULL
                      AND l.end_reason IN ('everywhere', 'disabled'))) AS shut_out_at,
                ARRAY(SELECT DISTINCT r.role FROM identities i JOIN portal_roles r USING (directory, subject)
                      WHERE i.user_id = u.id ORDER BY r.role) AS \"roles!\"
         FROM users u WHERE u.username = $1::text",
        username
    )
    .fetch_optional(&mut *conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    Ok(Some(Profile {
        identities: identities(conn, row.id).await?,
        logins: session::store::list(conn, row.id, Uuid::nil(), now).await?,
        keys: retrieval::store::list(conn, row.id, now).await?,
        memberships: memberships(conn, row.id, now).await?,
        id: row.id,
        username: row.username,
        display_name: row.display_name,
        email: row.email,
        portal_roles: portal_roles(&row.roles),
        created_at: row.created_at,
        disabled_at: row.disabled_at,
        shut_out_at: row.shut_out_at,
    }))
}

async fn identities(conn: &mut PgConnection, user: Uuid) -> Result<Vec<IdentityView>, sqlx::Error> {
    sqlx::query_as!(
        IdentityView,
        "SELECT directory, subject, last_login_at FROM identities WHERE user_id = $1 ORDER BY directory, subject",
        user
    )
    .fetch_all(conn)
    .await
}

async fn memberships(
    conn: &mut PgConnection,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<Vec<MembershipView>, sqlx::Error> {
    let rows = sqlx::query!(
        "SELECT g.name AS \"group: String\", c.name AS \"cluster?\", m.why, m.source, m.valid_from, m.valid_until
         FROM memberships m JOIN groups g ON g.id = m.group_id LEFT JOIN clusters c ON c.id = g.cluster_id
         WHERE m.user_id = $1 AND m.ended_at IS NULL AND (m.valid_until IS NULL OR m.valid_until > $2)
         ORDER BY c.name NULLS FIRST, g.name, m.valid_from",
        user,
        now
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            Ok(MembershipView {
                group: row.group,
                cluster: row.cluster,
                why: Why::parse(&row.why)
                    .ok_or_else(|| sqlx::Error::Decode("an unknown reason".into()))?,
                from: row.source,
                since: row.valid_from,
                until: row.valid_until,
            })
        })
        .collect()
}
