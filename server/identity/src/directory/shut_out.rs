//! Shutting people out, and letting them in again: the same for pages and commands.
//!
//! What clusters took before they go on taking for a while; how long at the most is
//! [`crate::roster::delay`].

use sqlx::PgConnection;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use super::store::{self, Appointed};
use crate::{
    connector::local,
    operator::Operator,
    session::{self, EndReason},
};

/// Why somebody is not shut out or let in.
#[derive(Debug, Error)]
pub enum ShutOutError {
    #[error("there is no user `{0}`")]
    Unknown(String),
    #[error("you cannot disable yourself; another administrator can")]
    Yourself,
    #[error(
        "`{0}` is the last administrator; appoint another one first: shorepass admin grant DIRECTORY SUBJECT"
    )]
    LastAdministrator(String),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// Shuts somebody out: no login, no key and no new token of theirs works from here on. It works by
/// username, and for a local account whose person has never come by its name.
///
/// # Errors
/// [`ShutOutError`].
pub async fn disable(
    conn: &mut PgConnection,
    operator: &Operator,
    username: &str,
    now: OffsetDateTime,
) -> Result<(), ShutOutError> {
    store::lock_administrators(conn).await?;
    let user = store::id(conn, username).await?;
    if user.is_some_and(|user| operator.is(user)) {
        return Err(ShutOutError::Yourself);
    }
    if is_last(&store::administrators(conn).await?, user, username) {
        return Err(ShutOutError::LastAdministrator(username.to_owned()));
    }
    let closed = local::set_disabled(conn, username, Some(now)).await?;
    match store::set_disabled(conn, username, Some(now)).await? {
        Some(user) => session::end_all(conn, user, EndReason::Disabled, now).await?,
        None if closed => {}
        None => return Err(ShutOutError::Unknown(username.to_owned())),
    }
    tracing::info!(by = operator.name(), username, "disabled a user");
    Ok(())
}

/// Lets somebody in again. Their old logins and keys stay ended.
///
/// # Errors
/// [`ShutOutError`].
pub async fn enable(
    conn: &mut PgConnection,
    operator: &Operator,
    username: &str,
) -> Result<(), ShutOutError> {
    if !let_in(conn, username).await? {
        return Err(ShutOutError::Unknown(username.to_owned()));
    }
    tracing::info!(by = operator.name(), username, "enabled a user");
    Ok(())
}

/// False where there is no such user or account.
pub(crate) async fn let_in(conn: &mut PgConnection, username: &str) -> Result<bool, sqlx::Error> {
    let opened = local::set_disabled(conn, username, None).await?;
    let user = store::set_disabled(conn, username, None).await?;
    Ok(opened || user.is_some())
}

/// Ends every login and key of somebody, who may log in again.
///
/// # Errors
/// [`ShutOutError`].
pub async fn sign_out(
    conn: &mut PgConnection,
    operator: &Operator,
    username: &str,
    now: OffsetDateTime,
) -> Result<(), ShutOutError> {
    let user = store::id(conn, username).await?;
    let user = user.ok_or_else(|| ShutOutError::Unknown(username.to_owned()))?;
    session::end_all(conn, user, EndReason::Everywhere, now).await?;
    tracing::info!(
        by = operator.name(),
        username,
        "signed a user out everywhere"
    );
    Ok(())
}

/// Whether nobody else could administer the portal.
fn is_last(administrators: &[Appointed], user: Option<Uuid>, name: &str) -> bool {
    let is_them = |one: &Appointed| match (one.user, user) {
        (Some(one), Some(user)) => one == user,
        // A local account whose person has never come.
        (None, _) => one.directory == local::NAME && one.subject == name,
        (Some(_), None) => false,
    };
    let mut open = administrators.iter().filter(|one| !one.disabled);
    open.clone().any(is_them) && open.all(is_them)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn appointed(user: Option<u128>, subject: &str, disabled: bool) -> Appointed {
        Appointed {
            user: user.map(Uuid::from_u128),
            directory: local::NAME.into(),
            subject: subject.into(),
            disabled,
        }
    }

    #[test]
    fn the_last_administrator_is_who_nobody_else_could_stand_in_for() {
        let carol = || appointed(Some(1), "carol", false);
        for (all, last) in [
            (vec![], false),
            (vec![carol()], true),
            (vec![carol(), appointed(Some(1), "carol-too", false)], true),
            (vec![carol(), appointed(Some(2), "dan", false)], false),
            (vec![carol(), appointed(Some(2), "dan", true)], true),
            (vec![carol(), appointed(None, "to-come", false)], false),
            (vec![appointed(Some(2), "dan", false)], false),
            (vec![appointed(Some(1), "carol", true)], false),
        ] {
            assert_eq!(
                is_last(&all, Some(Uuid::from_u128(1)), "carol"),
                last,
                "{all:?}"
            );
        }
        let only = [appointed(None, "to-come", false)];
        assert!(is_last(&only, None, "to-come"));
    }
}
