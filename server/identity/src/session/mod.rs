//! Logins and the cookies that browsers hold for them.
//!
//! A login lives until it is ended or its absolute limit is reached. Its cookie goes idle sooner:
//! then the browser has to authenticate again, and the login behind the old cookie lives on.
//! Both limits are conditions on the clock; no clean-up decides anything.

pub mod log_in;
pub mod store;
pub mod throttle;

use domain::user::Person;
use sqlx::PgConnection;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    Portal,
    secret::{Cookie, Opaque},
};

/// Who is calling, by a browser's cookie. Every operation that needs a person takes one.
#[derive(Clone, Debug)]
pub struct Viewer {
    pub user_id: Uuid,
    pub login_id: Uuid,
    pub person: Person,
    /// What people call the browser that they logged in with.
    pub browser: String,
}

/// What a request means for the idle limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A person uses a page.
    Person,
    /// A page renews itself: not a use.
    Page,
}

/// Why a cookie does not tell who is calling.
#[derive(Debug, Error)]
pub enum NotRecognised {
    #[error("no login has this cookie")]
    Unknown,
    #[error("the cookie was not used for too long")]
    Idle,
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// Why a login ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// Its owner logged out.
    Logout,
    /// Its owner ended it from another browser.
    Ended,
    /// Its owner signed out everywhere.
    Everywhere,
    /// The user was disabled.
    Disabled,
    /// Somebody else logged in at the same browser.
    Switched,
    /// It stood in until the person logged in themselves.
    Replaced,
}

impl EndReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Logout => "logout",
            Self::Ended => "ended",
            Self::Everywhere => "everywhere",
            Self::Disabled => "disabled",
            Self::Switched => "switched",
            Self::Replaced => "replaced",
        }
    }
}

/// Recognises the caller by their cookie.
///
/// # Errors
/// [`NotRecognised`].
pub async fn recognise(portal: &Portal, cookie: &str, usage: Use) -> Result<Viewer, NotRecognised> {
    let cookie = Opaque::<Cookie>::parse(cookie).ok_or(NotRecognised::Unknown)?;
    let now = portal.clock.now();
    let mut conn = portal.pool.acquire().await?;
    let found = store::find(&mut conn, &cookie.hash(), now)
        .await?
        .ok_or(NotRecognised::Unknown)?;
    if found.last_used_at + portal.lifetimes.cookie_idle <= now {
        return Err(NotRecognised::Idle);
    }
    if usage == Use::Person && found.last_used_at < now {
        store::touch(&mut conn, found.viewer.login_id, now).await?;
    }
    Ok(found.viewer)
}

/// Whose login a browser has, however long it was not used: what is asked for is its end.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn of_browser(portal: &Portal, cookie: &str) -> Result<Option<Viewer>, sqlx::Error> {
    let Some(cookie) = Opaque::<Cookie>::parse(cookie) else {
        return Ok(None);
    };
    let mut conn = portal.pool.acquire().await?;
    let found = store::find(&mut conn, &cookie.hash(), portal.clock.now()).await?;
    Ok(found.map(|found| found.viewer))
}

/// Ends a login of this viewer, theirs in this browser or another; false where they have none such.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn end(portal: &Portal, viewer: &Viewer, login: Uuid) -> Result<bool, sqlx::Error> {
    let reason = if login == viewer.login_id {
        EndReason::Logout
    } else {
        EndReason::Ended
    };
    let mut tx = portal.pool.begin().await?;
    let ended = store::end(&mut tx, viewer.user_id, login, reason, portal.clock.now()).await?;
    tx.commit().await?;
    Ok(ended)
}

/// Signs somebody out everywhere: every login ends and every retrieval key is revoked.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn end_everywhere(portal: &Portal, viewer: &Viewer) -> Result<(), sqlx::Error> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    end_all(&mut tx, viewer.user_id, EndReason::Everywhere, now).await?;
    tx.commit().await
}

/// Ends all by which this user gets tokens: every login and every retrieval key.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn end_all(
    conn: &mut PgConnection,
    user: Uuid,
    reason: EndReason,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    store::end_all(conn, user, reason, now).await?;
    crate::retrieval::store::revoke_all(conn, user, now).await
}

/// The live logins of this viewer.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn list(
    conn: &mut PgConnection,
    portal: &Portal,
    viewer: &Viewer,
) -> Result<Vec<domain::login::LoginView>, sqlx::Error> {
    store::list(conn, viewer.user_id, viewer.login_id, portal.clock.now()).await
}

/// Ends the login of a cookie, idle or not.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn end_by_cookie(portal: &Portal, cookie: &str) -> Result<(), sqlx::Error> {
    let Some(cookie) = Opaque::<Cookie>::parse(cookie) else {
        return Ok(());
    };
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    if let Some(found) = store::find(&mut tx, &cookie.hash(), now).await? {
        store::end(
            &mut tx,
            found.viewer.user_id,
            found.viewer.login_id,
            EndReason::Logout,
            now,
        )
        .await?;
    }
    tx.commit().await
}
