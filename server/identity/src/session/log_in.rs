//! Logging in: throttle, directory, user, login. One transaction writes the last two.

use secrecy::SecretString;
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{store, throttle::Attempt};
use crate::{
    Portal,
    connector::{Authenticated, Connector, ConnectorError, Directory},
    directory::{self, DirectoryError},
    secret::{Cookie, NoRandomness, Opaque},
};

/// Why nobody was logged in.
#[derive(Debug, Error)]
pub enum LogInError {
    /// Unknown, wrong, disabled, or not one of those who may enter: never told apart.
    #[error("the credentials are not accepted")]
    Refused,
    #[error("too many attempts")]
    SlowDown(Duration),
    #[error("too many people are logging in at this moment")]
    Busy,
    #[error("the directory does not answer")]
    Connector(#[source] ConnectorError),
    #[error("the user cannot be admitted")]
    Directory(#[from] DirectoryError),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// Where an attempt comes from.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    pub address: &'a str,
    /// The network by which attempts are counted: an IPv4 address, or the /64 of an IPv6 one.
    pub network: &'a str,
    /// What the browser calls itself (`User-Agent`, RFC 9110 §10.1.5).
    pub browser: &'a str,
    /// The cookie that the browser held before. It is never used again.
    pub cookie: Option<&'a str>,
}

/// What a browser gets for a login.
#[derive(Debug)]
pub struct LoggedIn {
    pub cookie: Opaque<Cookie>,
    pub expires_at: OffsetDateTime,
}

/// Logs somebody in with a password.
///
/// # Errors
/// [`LogInError`].
pub async fn with_password(
    portal: &Portal,
    directory: &str,
    name: &str,
    password: &SecretString,
    place: Place<'_>,
) -> Result<LoggedIn, LogInError> {
    let directory = portal.directory(directory).ok_or(LogInError::Refused)?;
    let connector = match &directory.connector {
        Connector::Password(connector) => connector,
        Connector::Redirect(_) => return Err(LogInError::Refused),
    };
    let account = connector.canonical(name);
    let now = portal.clock.now();
    let mut conn = portal.pool.acquire().await?;
    let known_network =
        store::is_known_network(&mut conn, &directory.name, &account, place.network, now).await?;
    let attempt = Attempt {
        directory: &directory.name,
        account: &account,
        network: place.network,
        known_network,
    };
    if let Err(wait) = portal.throttle.charge(&mut conn, &attempt, now).await? {
        return Err(LogInError::SlowDown(wait));
    }
    drop(conn); // checking a password takes a while, and needs no connection

    let person = match connector.authenticate(&portal.pool, name, password).await {
        Ok(person) => person,
        Err(ConnectorError::Refused) => return Err(LogInError::Refused),
        Err(ConnectorError::Busy) => return Err(LogInError::Busy),
        Err(error @ ConnectorError::Unavailable(_)) => return Err(LogInError::Connector(error)),
    };
    open(portal, directory, &person, place, Some(&attempt)).await
}

/// Opens a login for somebody whom a directory has authenticated, if they may enter. An attempt
/// that was counted is given back.
///
/// # Errors
/// [`LogInError`].
pub(crate) async fn open(
    portal: &Portal,
    directory: &Directory,
    person: &Authenticated,
    place: Place<'_>,
    attempt: Option<&Attempt<'_>>,
) -> Result<LoggedIn, LogInError> {
    if !directory.permits(person) {
        return Err(LogInError::Refused);
    }
    let now = portal.clock.now();
    let cookie = Opaque::<Cookie>::generate()?;
    let expires_at = now + portal.lifetimes.login;
    let mut tx = portal.pool.begin().await?;
    let admitted = directory::admit(&mut tx, directory, person, now).await?;
    if admitted.disabled {
        return Err(LogInError::Refused);
    }
    let follows = match place.cookie.and_then(Opaque::<Cookie>::parse) {
        Some(old) => store::detach(&mut tx, &old.hash(), admitted.user_id, now).await?,
        None => None,
    };
    store::replace_provisional(&mut tx, admitted.user_id, now).await?;
    let browser = domain::login::browser_name(place.browser);
    let hash = cookie.hash();
    let login = store::Row {
        id: Uuid::new_v4(),
        user: admitted.user_id,
        directory: &directory.name,
        cookie: Some(&hash),
        provisional: false,
        follows,
        amr: &person.amr,
        address: place.address,
        browser: &browser,
        at: now,
        expires_at,
    };
    store::open(&mut tx, &login).await?;
    if let Some(attempt) = attempt {
        portal.throttle.refund(&mut tx, attempt).await?;
    }
    tx.commit().await?;
    tracing::info!(user = %admitted.username, login = %login.id, directory = directory.name, "logged in");
    Ok(LoggedIn { cookie, expires_at })
}
