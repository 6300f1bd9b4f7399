//! Clients are told that a login has ended (`OpenID` Connect Back-Channel Logout 1.0).
//!
//! 1. Whatever ends a login, the same transaction writes a notice for each client that had tokens for
//!    it and wants to know: the table does that itself (`migrations/…_logout.sql`), so that no way to end
//!    a login can forget it.
//! 2. Any replica takes the notices that are due, [`deliver`]s them, and forgets those that arrived. A
//!    notice that is taken is due again later, so that it survives whoever took it.
//! 3. What a client does not take is tried [`WAITS`] times, and then given up: its tokens have ended all
//!    the same.
//!
//! A login that reaches its absolute limit was never longer than the client knew from its tokens; of that
//! nobody is told (§2.3 asks for logouts only).

pub mod store;

use futures_util::future::join_all;
use http::{Method, Request, header};
use thiserror::Error;
use time::Duration;
use uuid::Uuid;

use self::store::Notice;
use crate::{
    Portal,
    issuer::{IssueError, logout},
    outgoing::HttpError,
};

/// How many notices are on their way at once, of one replica.
pub const AT_ONCE: usize = 16;
/// How long until the next try, after the first, the second, and so on.
pub const WAITS: [Duration; 6] = [
    Duration::seconds(10),
    Duration::seconds(30),
    Duration::minutes(2),
    Duration::minutes(10),
    Duration::minutes(30),
    Duration::minutes(60),
];

/// Why a notice did not arrive.
#[derive(Debug, Error)]
pub enum Undelivered {
    #[error("the logout token cannot be made")]
    Issue(#[from] IssueError),
    #[error("the client cannot be told")]
    Http(#[from] HttpError),
}

/// What became of a notice.
#[derive(Debug)]
pub struct Told {
    pub client: String,
    pub login: Uuid,
    pub outcome: Result<(), Undelivered>,
    /// Whether it is not tried again, where it did not arrive.
    pub last: bool,
}

/// Delivers some of what is due, at most [`AT_ONCE`].
///
/// # Errors
/// [`sqlx::Error`]; what was taken is due again later.
pub async fn deliver(portal: &Portal) -> Result<Vec<Told>, sqlx::Error> {
    let now = portal.clock.now();
    let mut conn = portal.pool.acquire().await?;
    let notices = store::take(&mut conn, now).await?;
    drop(conn); // telling takes a while, and needs no connection
    let outcomes = join_all(notices.iter().map(|notice| tell(portal, notice))).await;
    let mut all = Vec::new();
    for (notice, outcome) in notices.into_iter().zip(outcomes) {
        let last = usize::try_from(notice.attempts).is_ok_and(|made| made >= WAITS.len());
        if outcome.is_ok() || last {
            let mut conn = portal.pool.acquire().await?;
            store::forget(&mut conn, &notice).await?;
        }
        all.push(Told {
            client: notice.client,
            login: notice.login,
            outcome,
            last,
        });
    }
    Ok(all)
}

/// Tells a client (§2.5). Any success is one: some answer without content (§2.8).
async fn tell(portal: &Portal, notice: &Notice) -> Result<(), Undelivered> {
    let token = logout::sign(portal, &notice.client, notice.login, portal.clock.now())?;
    let body = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("logout_token", &token)
        .finish();
    let request = Request::builder()
        .method(Method::POST)
        .uri(&notice.uri)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body.into_bytes())
        .map_err(|_| HttpError::Address)?;
    let status = portal.courier.send(request).await?.status();
    if status.is_success() {
        Ok(())
    } else {
        Err(HttpError::Status(status).into())
    }
}
