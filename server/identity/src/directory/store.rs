//! The SQL of users and identities.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use domain::user::Username;
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::Admitted;
use crate::connector::Authenticated;

/// Makes two first logins of one person wait for each other, until the transaction ends.
pub async fn lock_identity(
    conn: &mut PgConnection,
    directory: &str,
    subject: &str,
) -> Result<(), sqlx::Error> {
    let name = format!("identity {directory} {subject}");
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0)) AS \"locked: ()\"",
        name
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

pub async fn find(
    conn: &mut PgConnection,
    directory: &str,
    subject: &str,
) -> Result<Option<Admitted>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT u.id, u.username AS \"username: String\", u.disabled_at IS NOT NULL AS \"disabled!\"
         FROM identities i JOIN users u ON u.id = i.user_id WHERE i.directory = $1 AND i.subject = $2",
        directory, subject
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let username =
            Username::parse(&row.username).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        Ok(Admitted {
            user_id: row.id,
            username,
            disabled: row.disabled,
        })
    })
    .transpose()
}

/// False where the username is taken.
pub async fn create(
    conn: &mut PgConnection,
    id: Uuid,
    username: &Username,
    person: &Authenticated,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let made = sqlx::query!(
        "INSERT INTO users (id, username, display_name, email, email_verified, created_at)
         VALUES ($1, $2::text, $3, $4, $5, $6) ON CONFLICT (username) DO NOTHING",
        id,
        username.as_str(),
        shortened(&person.display_name),
        person.email,
        person.email_verified,
        now
    )
    .execute(conn)
    .await?;
    Ok(made.rows_affected() == 1)
}

pub async fn update(
    conn: &mut PgConnection,
    id: Uuid,
    person: &Authenticated,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE users SET display_name = $2, email = $3, email_verified = $4 WHERE id = $1",
        id,
        shortened(&person.display_name),
        person.email,
        person.email_verified
    )
    .execute(conn)
    .await?;
    Ok(())
}

fn shortened(name: &str) -> String {
    name.chars()
        .filter(|c| !domain::name::is_invisible(*c))
        .take(100)
        .collect()
}

pub async fn link(
    conn: &mut PgConnection,
    directory: &str,
    subject: &str,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO identities (directory, subject, user_id, created_at) VALUES ($1, $2, $3, $4)",
        directory,
        subject,
        user,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn seen(
    conn: &mut PgConnection,
    directory: &str,
    subject: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE identities SET last_login_at = $3 WHERE directory = $1 AND subject = $2",
        directory,
        subject,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn appoint(
    conn: &mut PgConnection,
    directory: &str,
    subject: &str,
    role: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO portal_roles (directory, subject, role, granted_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
        directory, subject, role, now
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub async fn dismiss(
    conn: &mut PgConnection,
    directory: &str,
    subject: &str,
    role: &str,
) -> Result<bool, sqlx::Error> {
    let gone = sqlx::query!(
        "DELETE FROM portal_roles WHERE directory = $1 AND subject = $2 AND role = $3",
        directory,
        subject,
        role
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected() == 1)
}

/// Somebody who may administer the portal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appointed {
    /// None before their first login.
    pub user: Option<Uuid>,
    pub directory: String,
    pub subject: String,
    pub disabled: bool,
}

/// Makes those wait for each other who could take the last administrator away, until the
/// transaction ends.
pub async fn lock_administrators(conn: &mut PgConnection) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "SELECT pg_advisory_xact_lock(hashtextextended('administrators', 0)) AS \"locked: ()\""
    )
    .fetch_one(conn)
    .await?;
    Ok(())
}

/// All administrators.
pub async fn administrators(conn: &mut PgConnection) -> Result<Vec<Appointed>, sqlx::Error> {
    sqlx::query_as!(
        Appointed,
        "SELECT i.user_id AS \"user?\", r.directory, r.subject,
                u.disabled_at IS NOT NULL OR (i.user_id IS NULL AND a.disabled_at IS NOT NULL) AS \"disabled!\"
         FROM portal_roles r
         LEFT JOIN identities i USING (directory, subject)
         LEFT JOIN users u ON u.id = i.user_id
         LEFT JOIN local_accounts a ON r.directory = 'local' AND a.name = r.subject
         WHERE r.role = 'administrator'"
    )
    .fetch_all(conn)
    .await
}

/// The user's id, or none where there is no such user.
pub async fn set_disabled(
    conn: &mut PgConnection,
    username: &str,
    at: Option<OffsetDateTime>,
) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!(
        "UPDATE users SET disabled_at = $2 WHERE username = $1::text RETURNING id",
        username,
        at
    )
    .fetch_optional(conn)
    .await
}

/// The id of a user by name.
pub async fn id(conn: &mut PgConnection, username: &str) -> Result<Option<Uuid>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM users WHERE username = $1::text", username)
        .fetch_optional(conn)
        .await
}
