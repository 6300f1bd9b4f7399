//! The SQL of access: requests and grants in the files beside, and here what surrounds them.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

mod grant;
mod request;

use domain::{
    policy::{Automatic, Policy},
    role::Role,
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

pub use self::{grant::*, request::*};
use super::{Place, people::As};

fn unreadable(what: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(what.into())
}

fn role(word: &str) -> Result<Role, sqlx::Error> {
    Role::parse(word).ok_or_else(|| unreadable("an unknown role"))
}

/// Somebody who can log in.
#[derive(Debug)]
pub struct User {
    pub id: Uuid,
    pub username: String,
}

pub async fn user(conn: &mut PgConnection, username: &str) -> Result<Option<User>, sqlx::Error> {
    sqlx::query_as!(
        User,
        r#"SELECT id, username AS "username: String" FROM users WHERE username = $1::text AND disabled_at IS NULL"#,
        username
    )
    .fetch_optional(conn)
    .await
}

pub async fn is_active(conn: &mut PgConnection, user: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM users WHERE id = $1 AND disabled_at IS NULL) AS "active!""#,
        user
    )
    .fetch_one(conn)
    .await
}

pub async fn namespace(
    conn: &mut PgConnection,
    place: Place<'_>,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT n.id FROM namespaces n JOIN clusters c ON c.id = n.cluster_id WHERE c.name = $1 AND n.name = $2",
        place.cluster,
        place.namespace
    )
    .fetch_optional(conn)
    .await
}

/// Lets nobody else change a namespace's people until the transaction ends.
pub async fn lock_namespace(conn: &mut PgConnection, id: Uuid) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT id FROM namespaces WHERE id = $1 FOR NO KEY UPDATE",
        id
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

/// What somebody who is not disabled is to a namespace; it stays so until the transaction ends.
pub async fn lock_relations(
    conn: &mut PgConnection,
    namespace: Uuid,
    user: Uuid,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT p.relation FROM namespace_people p JOIN users u ON u.id = p.user_id
         WHERE p.namespace_id = $1 AND p.user_id = $2 AND u.disabled_at IS NULL FOR SHARE OF p",
        namespace,
        user
    )
    .fetch_all(conn)
    .await
}

/// The portal roles of somebody who is not disabled; they stay so until the transaction ends.
pub async fn lock_portal_roles(
    conn: &mut PgConnection,
    user: Uuid,
) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT r.role FROM portal_roles r JOIN identities i USING (directory, subject)
         JOIN users u ON u.id = i.user_id
         WHERE i.user_id = $1 AND u.disabled_at IS NULL FOR SHARE OF r",
        user
    )
    .fetch_all(conn)
    .await
}

/// Whether somebody has the e-mail address of one of these: then they are taken for the same person
/// behind another account, whoever vouched for the address.
pub async fn is_one_person(
    conn: &mut PgConnection,
    user: Uuid,
    others: &[Uuid],
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM users a JOIN users b ON lower(a.email) = lower(b.email)
                          WHERE a.id = $1 AND b.id = ANY ($2)) AS "same!""#,
        user,
        others
    )
    .fetch_one(conn)
    .await
}

/// Whether somebody holds, asked for or was granted anything in a namespace that is not over.
pub async fn holds_something(
    conn: &mut PgConnection,
    user: Uuid,
    namespace: Uuid,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM memberships m JOIN groups g ON g.id = m.group_id
                          WHERE m.user_id = $1 AND g.namespace_id = $2 AND m.ended_at IS NULL
                            AND (m.valid_until IS NULL OR m.valid_until > $3))
               OR EXISTS (SELECT FROM requests WHERE user_id = $1 AND namespace_id = $2 AND state = 'pending')
               AS "holds!""#,
        user,
        namespace,
        now
    )
    .fetch_one(conn)
    .await
}

pub async fn policy(
    conn: &mut PgConnection,
    namespace: Uuid,
) -> Result<Option<Policy>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT hidden, roles, minutes, usual, endless, approvals, automatic, for_others FROM policies
         WHERE namespace_id = $1",
        namespace
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let number = |number: i32| u32::try_from(number).map_err(|_| unreadable("a negative time"));
    Ok(Some(Policy {
        hidden: row.hidden,
        roles: row
            .roles
            .iter()
            .map(|word| role(word))
            .collect::<Result<_, _>>()?,
        minutes: row
            .minutes
            .into_iter()
            .map(number)
            .collect::<Result<_, _>>()?,
        usual: number(row.usual)?,
        endless: row.endless,
        approvals: u8::try_from(row.approvals).map_err(|_| unreadable("too many approvals"))?,
        automatic: Automatic::parse(&row.automatic).ok_or_else(|| unreadable("an unknown word"))?,
        for_others: row.for_others,
    }))
}

pub async fn set_policy(
    conn: &mut PgConnection,
    namespace: Uuid,
    policy: &Policy,
    by: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let roles: Vec<_> = policy
        .roles
        .iter()
        .map(|role| role.as_str().to_owned())
        .collect();
    let minutes: Vec<_> = policy
        .minutes
        .iter()
        .map(|minutes| i32::try_from(*minutes).unwrap_or(i32::MAX))
        .collect();
    sqlx::query!(
        "INSERT INTO policies (namespace_id, hidden, roles, minutes, usual, endless, approvals, automatic, for_others,
                               changed_by, changed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (namespace_id) DO UPDATE
         SET hidden = excluded.hidden, roles = excluded.roles, minutes = excluded.minutes, usual = excluded.usual,
             endless = excluded.endless, approvals = excluded.approvals, automatic = excluded.automatic,
             for_others = excluded.for_others, changed_by = excluded.changed_by, changed_at = excluded.changed_at",
        namespace, policy.hidden, &roles, &minutes, i32::try_from(policy.usual).unwrap_or(i32::MAX), policy.endless,
        i32::from(policy.approvals), policy.automatic.as_str(), policy.for_others, by, now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn is_on_call(
    conn: &mut PgConnection,
    namespace: Uuid,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM on_call WHERE namespace_id = $1 AND user_id = $2 AND begins_at <= $3 AND ends_at > $3)
           AS "on_call!""#,
        namespace,
        user,
        now
    )
    .fetch_one(conn)
    .await
}

/// Makes somebody something; false where they were it already.
pub async fn add_person(
    conn: &mut PgConnection,
    namespace: Uuid,
    user: Uuid,
    which: As,
    by: &str,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let added = sqlx::query!(
        "INSERT INTO namespace_people (namespace_id, user_id, relation, added_by, added_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT DO NOTHING",
        namespace, user, which.as_str(), by, now
    )
    .execute(conn)
    .await?;
    Ok(added.rows_affected() == 1)
}

/// Takes that away; false where they were not it.
pub async fn remove_person(
    conn: &mut PgConnection,
    namespace: Uuid,
    user: Uuid,
    which: As,
) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query!(
        "DELETE FROM namespace_people WHERE namespace_id = $1 AND user_id = $2 AND relation = $3",
        namespace,
        user,
        which.as_str()
    )
    .execute(conn)
    .await?;
    Ok(removed.rows_affected() == 1)
}

pub async fn has_owner(conn: &mut PgConnection, namespace: Uuid) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM namespace_people p JOIN users u ON u.id = p.user_id
                          WHERE p.namespace_id = $1 AND p.relation = 'owner' AND u.disabled_at IS NULL) AS "has!""#,
        namespace
    )
    .fetch_one(conn)
    .await
}

/// The namespaces, as `cluster/namespace`, in which somebody is the only owner who can log in.
pub async fn owned_alone(conn: &mut PgConnection, user: Uuid) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT c.name || '/' || n.name AS "name!"
           FROM namespace_people p JOIN namespaces n ON n.id = p.namespace_id JOIN clusters c ON c.id = n.cluster_id
           WHERE p.user_id = $1 AND p.relation = 'owner'
             AND NOT EXISTS (SELECT FROM namespace_people o JOIN users u ON u.id = o.user_id
                             WHERE o.namespace_id = n.id AND o.relation = 'owner' AND o.user_id <> $1
                               AND u.disabled_at IS NULL)
           ORDER BY 1"#,
        user
    )
    .fetch_all(conn)
    .await
}
