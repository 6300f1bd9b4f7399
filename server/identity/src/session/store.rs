//! The SQL of logins.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use domain::{
    login::LoginView,
    portal_role::PortalRole,
    user::{Person, Username},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{EndReason, Viewer};
use crate::secret::{Cookie, Hash};

/// A login as it is opened.
#[derive(Debug)]
pub struct Row<'a> {
    pub id: Uuid,
    pub user: Uuid,
    pub directory: &'a str,
    pub cookie: Option<&'a Hash<Cookie>>,
    pub provisional: bool,
    /// The login whose place it takes in the same browser.
    pub follows: Option<Uuid>,
    pub amr: &'a [String],
    pub address: &'a str,
    pub browser: &'a str,
    pub at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

pub async fn open(conn: &mut PgConnection, row: &Row<'_>) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO logins (id, user_id, directory, cookie_hash, provisional, amr, address, browser,
                             authenticated_at, last_used_at, expires_at, follows)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11)",
        row.id, row.user, row.directory, row.cookie.map(Hash::as_bytes), row.provisional, row.amr, row.address,
        row.browser, row.at, row.expires_at, row.follows
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// A recognised cookie.
#[derive(Debug)]
pub struct Found {
    pub viewer: Viewer,
    pub last_used_at: OffsetDateTime,
}

pub async fn find(
    conn: &mut PgConnection,
    cookie: &Hash<Cookie>,
    now: OffsetDateTime,
) -> Result<Option<Found>, sqlx::Error> {
    let row = sqlx::query!(
        "SELECT l.id, l.user_id, l.last_used_at, l.browser, u.username AS \"username: String\", u.display_name, u.email,
                ARRAY(SELECT DISTINCT r.role FROM identities i JOIN portal_roles r USING (directory, subject)
                      WHERE i.user_id = u.id) AS \"roles!\"
         FROM logins l JOIN users u ON u.id = l.user_id
         WHERE l.cookie_hash = $1 AND l.ended_at IS NULL AND l.expires_at > $2 AND u.disabled_at IS NULL",
        cookie.as_bytes(), now
    )
    .fetch_optional(conn)
    .await?;
    row.map(|row| {
        let username =
            Username::parse(&row.username).map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let portal_roles = row.roles.iter().filter_map(|role| PortalRole::parse(role));
        let person = Person {
            username,
            display_name: row.display_name,
            email: row.email,
            portal_roles: portal_roles.collect(),
        };
        let viewer = Viewer {
            user_id: row.user_id,
            login_id: row.id,
            person,
            browser: row.browser,
        };
        Ok(Found {
            viewer,
            last_used_at: row.last_used_at,
        })
    })
    .transpose()
}

/// Moves the idle limit; never backwards.
pub async fn touch(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE logins SET last_used_at = $2 WHERE id = $1 AND last_used_at < $2",
        id,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a cookie from whatever login has it. The login lives on where it is the same person's, and
/// is returned; somebody else's ends with it.
pub async fn detach(
    conn: &mut PgConnection,
    cookie: &Hash<Cookie>,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<Option<Uuid>, sqlx::Error> {
    let detached = sqlx::query!(
        "UPDATE logins SET cookie_hash = NULL WHERE cookie_hash = $1 RETURNING id, user_id",
        cookie.as_bytes()
    )
    .fetch_optional(&mut *conn)
    .await?;
    match detached {
        Some(login) if login.user_id != user => {
            end(conn, login.user_id, login.id, EndReason::Switched, now).await?;
            Ok(None)
        }
        Some(login) => Ok(Some(login.id)),
        None => Ok(None),
    }
}

/// Ends the logins that stood in for this person.
pub async fn replace_provisional(
    conn: &mut PgConnection,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE logins SET ended_at = $2, end_reason = 'replaced' WHERE user_id = $1 AND provisional AND ended_at IS NULL",
        user, now
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends one login of this user, with those that it took over from; false where it is not theirs or
/// ended before.
pub async fn end(
    conn: &mut PgConnection,
    user: Uuid,
    id: Uuid,
    reason: EndReason,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let ended = sqlx::query_scalar!(
        "WITH RECURSIVE chain AS (
             SELECT id, follows FROM logins WHERE id = $2 AND user_id = $1
             UNION
             SELECT l.id, l.follows FROM logins l JOIN chain c ON l.id = c.follows WHERE l.user_id = $1),
         tokens AS (DELETE FROM current_tokens WHERE login_id IN (SELECT id FROM chain))
         UPDATE logins SET ended_at = $3, end_reason = $4
         WHERE id IN (SELECT id FROM chain) AND ended_at IS NULL RETURNING id",
        user, id, now, reason.as_str()
    )
    .fetch_all(conn)
    .await?;
    Ok(ended.contains(&id))
}

/// Whether a login of this user is `which`, or took over from it in the same browser.
pub async fn follows(
    conn: &mut PgConnection,
    user: Uuid,
    id: Uuid,
    which: Uuid,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"WITH RECURSIVE chain AS (
               SELECT id, follows FROM logins WHERE id = $2 AND user_id = $1
               UNION
               SELECT l.id, l.follows FROM logins l JOIN chain c ON l.id = c.follows WHERE l.user_id = $1)
           SELECT EXISTS (SELECT FROM chain WHERE id = $3) AS "one_of_them!""#,
        user,
        id,
        which
    )
    .fetch_one(conn)
    .await
}

/// Whether a login has not ended.
pub async fn is_live(
    conn: &mut PgConnection,
    id: Uuid,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM logins WHERE id = $1 AND ended_at IS NULL AND expires_at > $2) AS "live!""#,
        id,
        now
    )
    .fetch_one(conn)
    .await
}

/// Ends every login of this user.
pub async fn end_all(
    conn: &mut PgConnection,
    user: Uuid,
    reason: EndReason,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE logins SET ended_at = $2, end_reason = $3 WHERE user_id = $1 AND ended_at IS NULL",
        user,
        now,
        reason.as_str()
    )
    .execute(&mut *conn)
    .await?;
    sqlx::query!(
        "DELETE FROM current_tokens t USING logins l WHERE l.id = t.login_id AND l.user_id = $1",
        user
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The live logins of a user, newest first.
pub async fn list(
    conn: &mut PgConnection,
    user: Uuid,
    current: Uuid,
    now: OffsetDateTime,
) -> Result<Vec<LoginView>, sqlx::Error> {
    sqlx::query_as!(
        LoginView,
        "SELECT id, directory, browser, address, authenticated_at, last_used_at, expires_at, id = $2 AS \"current!\"
         FROM logins WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $3
         ORDER BY authenticated_at DESC, id",
        user, current, now
    )
    .fetch_all(conn)
    .await
}

/// Whether this person has logged in from this network within the last 30 days.
pub async fn is_known_network(
    conn: &mut PgConnection,
    directory: &str,
    subject: &str,
    network: &str,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT EXISTS (SELECT FROM identities i JOIN logins l ON l.user_id = i.user_id AND l.directory = i.directory
                        WHERE i.directory = $1 AND i.subject = $2 AND l.address::inet <<= $3::text::inet
                          AND l.authenticated_at > $4) AS \"known!\"",
        directory, subject, network, now - time::Duration::days(30)
    )
    .fetch_one(conn)
    .await
}

/// Whether this user has a live login.
pub async fn is_logged_in(
    conn: &mut PgConnection,
    user: Uuid,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    sqlx::query_scalar!(
        "SELECT EXISTS (SELECT FROM logins WHERE user_id = $1 AND ended_at IS NULL AND expires_at > $2) AS \"live!\"",
        user, now
    )
    .fetch_one(conn)
    .await
}
