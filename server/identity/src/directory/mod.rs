//! People: users, and the identities by which directories know them.
//!
//! A user is found by directory and subject, never by name or e-mail address: a person whom the
//! directory renames stays the same user, and two people with one address are two users.

pub mod shut_out;
pub mod store;

use domain::{name::NameError, portal_role::PortalRole, user::Username};
use sqlx::PgConnection;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    connector::{Authenticated, Directory},
    group, session,
};

/// How many usernames are tried for one person before giving up.
const ATTEMPTS: u32 = 100;

#[derive(Debug, Error)]
pub enum DirectoryError {
    #[error("no username can be made of the directory's name for the person")]
    Name(#[source] NameError),
    #[error("every username for this person is taken")]
    Exhausted,
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// A user who has just been authenticated.
#[derive(Clone, Debug)]
pub struct Admitted {
    pub user_id: Uuid,
    pub username: Username,
    pub disabled: bool,
}

/// Finds the user behind an identity, or makes one at their first login, and brings what the
/// directory says of them up to date.
///
/// # Errors
/// [`DirectoryError`].
pub async fn admit(
    conn: &mut PgConnection,
    directory: &Directory,
    person: &Authenticated,
    now: OffsetDateTime,
) -> Result<Admitted, DirectoryError> {
    store::lock_identity(conn, &directory.name, &person.subject).await?;
    let admitted = if let Some(found) = store::find(conn, &directory.name, &person.subject).await? {
        store::update(conn, found.user_id, person).await?;
        found
    } else {
        create(conn, directory, person, now).await?
    };
    store::seen(conn, &directory.name, &person.subject, now).await?;
    group::map(
        conn,
        admitted.user_id,
        &directory.name,
        &directory.groups,
        now,
    )
    .await?;
    Ok(admitted)
}

async fn create(
    conn: &mut PgConnection,
    directory: &Directory,
    person: &Authenticated,
    now: OffsetDateTime,
) -> Result<Admitted, DirectoryError> {
    let suggested = Username::suggest(&person.name)
        .or_else(|_| Username::suggest(&person.subject))
        .or_else(|_| Username::suggest("user"))
        .map_err(DirectoryError::Name)?;
    for attempt in 0..ATTEMPTS {
        let username = suggested
            .alternative(&directory.name, attempt)
            .map_err(DirectoryError::Name)?;
        let user_id = Uuid::new_v4();
        if store::create(conn, user_id, &username, person, now).await? {
            store::link(conn, &directory.name, &person.subject, user_id, now).await?;
            return Ok(Admitted {
                user_id,
                username,
                disabled: false,
            });
        }
    }
    Err(DirectoryError::Exhausted)
}

/// Appoints somebody, by identity, so that it works before their first login.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn appoint(
    conn: &mut PgConnection,
    directory: &str,
    subject: &str,
    role: PortalRole,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    store::appoint(conn, directory, subject, role.as_str(), now).await
}

/// Takes a portal role back; whether they had it.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn dismiss(
    conn: &mut PgConnection,
    directory: &str,
    subject: &str,
    role: PortalRole,
) -> Result<bool, sqlx::Error> {
    store::dismiss(conn, directory, subject, role.as_str()).await
}

/// Ends every login and revokes every key of the person whom a directory knows by this subject.
/// Nothing happens where they have never come.
///
/// # Errors
/// [`DirectoryError`].
pub async fn sign_out_everywhere(
    conn: &mut PgConnection,
    directory: &str,
    subject: &str,
    now: OffsetDateTime,
) -> Result<(), DirectoryError> {
    if let Some(found) = store::find(conn, directory, subject).await? {
        session::end_all(conn, found.user_id, session::EndReason::Everywhere, now).await?;
    }
    Ok(())
}
