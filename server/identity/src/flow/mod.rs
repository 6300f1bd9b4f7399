//! Logins that are under way at a provider: from the moment when a browser leaves until it is back.
//!
//! Everything about one stays here; the browser carries a `state`, which the provider sees, and a
//! cookie, which it does not. Only the two together, at the callback of the directory where it
//! began, within ten minutes and once, are a return (RFC 9700 §4.7). Whoever has only the `state`,
//! such as a victim to whom somebody sent the end of their own login, changes nothing by it.

pub mod store;

use secrecy::{ExposeSecret, SecretString};
use sqlx::PgConnection;
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use url::Url;

use crate::{
    Portal,
    connector::{
        Answer, Cause, Declined, Directory, Kept, Leaving, RedirectConnector, Return, ReturnError,
    },
    seal::SealError,
    secret::{FlowCookie, FlowState, NoRandomness, Opaque},
    session::log_in::{self, LogInError, LoggedIn, Place},
};

/// How long a person has for logging in at the provider.
pub const LIFETIME: Duration = Duration::minutes(10);
/// How many logins one browser may have under way: tabs that are open beside each other.
const PER_BROWSER: i64 = 5;
/// What is sealed, in the words of the sealer.
const PURPOSE: &str = "login flow";

/// Why no browser leaves.
#[derive(Debug, Error)]
pub enum BeginError {
    #[error("too many logins were begun")]
    SlowDown(Duration),
    #[error("the provider cannot be reached")]
    Unavailable(#[source] Cause),
    #[error("the secrets of the login cannot be sealed")]
    Seal(#[from] SealError),
    #[error("the callback's address cannot be made")]
    Callback(#[from] url::ParseError),
    #[error("the secrets of the login cannot be written")]
    Kept(#[from] serde_json::Error),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// A browser that leaves.
#[derive(Debug)]
pub struct Begun {
    /// Where it goes.
    pub url: Url,
    /// What it has to show when it is back.
    pub cookie: Opaque<FlowCookie>,
}

/// The address to which browsers come back from a directory's provider. Each directory has its own,
/// so that no provider's answer is taken for another's.
///
/// # Errors
/// Where the issuer is no address.
pub fn callback(portal: &Portal, directory: &str) -> Result<Url, url::ParseError> {
    Url::parse(&format!("{}/login/callback/{directory}", portal.issuer.url))
}

/// Begins a login.
///
/// # Errors
/// [`BeginError`].
pub async fn begin(
    portal: &Portal,
    directory: &Directory,
    connector: &dyn RedirectConnector,
    return_to: &str,
    place: Place<'_>,
) -> Result<Begun, BeginError> {
    let now = portal.clock.now();
    let mut conn = portal.pool.acquire().await?;
    let charged = portal
        .throttle
        .charge_departure(&mut conn, place.network, now)
        .await?;
    charged.map_err(BeginError::SlowDown)?;
    drop(conn); // the provider may have to be asked first

    let state = Opaque::<FlowState>::generate()?;
    let callback = callback(portal, &directory.name)?;
    let leaving = Leaving {
        state: state.secret(),
        callback: &callback,
        now,
    };
    let departure = connector
        .depart(leaving)
        .await
        .map_err(BeginError::Unavailable)?;
    let kept = SecretString::from(serde_json::to_string(&departure.kept)?);
    let hash = state.hash();
    let sealed =
        portal
            .issuer
            .sealer
            .seal(PURPOSE, &hash.to_text(), kept.expose_secret().as_bytes())?;

    let mut tx = portal.pool.begin().await?;
    let cookie = match place.cookie.and_then(Opaque::<FlowCookie>::parse) {
        // Another tab's login goes on; a cookie that belongs to none is not adopted.
        Some(cookie) if is_under_way(&mut tx, &cookie, now).await? => cookie,
        Some(_) | None => Opaque::<FlowCookie>::generate()?,
    };
    store::make_room(&mut tx, &cookie.hash(), PER_BROWSER).await?;
    let row = store::Row {
        state: &hash,
        browser: &cookie.hash(),
        directory: &directory.name,
        sealed: &sealed,
        return_to,
        at: now,
    };
    store::open(&mut tx, &row).await?;
    tx.commit().await?;
    Ok(Begun {
        url: departure.url,
        cookie,
    })
}

async fn is_under_way(
    conn: &mut PgConnection,
    cookie: &Opaque<FlowCookie>,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    Ok(store::count(conn, &cookie.hash(), now - LIFETIME).await? > 0)
}

/// Why a return is no login.
#[derive(Debug, Error)]
pub enum ReturnRefusal {
    /// Never begun, finished before, begun at another directory, or too long ago.
    #[error("no login is under way with this state")]
    Unknown,
    #[error("another browser began this login")]
    OtherBrowser,
}

/// Why nobody was logged in although the return was a good one.
#[derive(Debug, Error)]
pub enum FinishError {
    #[error("the provider declined: {0}")]
    Declined(Declined),
    #[error("the provider's answer proves nothing")]
    Untrusted(#[source] Cause),
    #[error("the provider does not answer as it should")]
    Unavailable(#[source] Cause),
    #[error("the secrets of the login cannot be opened")]
    Seal(#[from] SealError),
    #[error("the callback's address cannot be made")]
    Callback(#[from] url::ParseError),
    #[error("the secrets of the login cannot be read")]
    Kept(#[from] serde_json::Error),
    /// Not one of those who may enter, or shut out.
    #[error("this account may not enter")]
    NotAdmitted,
    #[error("the login cannot be opened")]
    LogIn(#[source] LogInError),
}

impl From<ReturnError> for FinishError {
    fn from(error: ReturnError) -> Self {
        match error {
            ReturnError::Declined(said) => Self::Declined(said),
            ReturnError::Untrusted(cause) => Self::Untrusted(cause),
            ReturnError::Unavailable(cause) => Self::Unavailable(cause),
        }
    }
}

impl From<LogInError> for FinishError {
    fn from(error: LogInError) -> Self {
        match error {
            LogInError::Refused => Self::NotAdmitted,
            other @ (LogInError::SlowDown(_)
            | LogInError::Busy
            | LogInError::Connector(_)
            | LogInError::Directory(_)
            | LogInError::Randomness(_)
            | LogInError::Database(_)) => Self::LogIn(other),
        }
    }
}

/// A login that was under way and is taken: from here on nobody can use it again.
#[derive(Debug)]
pub struct Flow {
    kept: Result<Kept, FinishError>,
    pub return_to: String,
    /// Whether other logins of this browser are still under way.
    pub others: bool,
}

/// Takes the login that a return belongs to.
///
/// # Errors
/// What the database said. Inside: [`ReturnRefusal`], with nothing taken.
pub async fn take(
    portal: &Portal,
    directory: &str,
    state: &str,
    cookie: Option<&str>,
) -> Result<Result<Flow, ReturnRefusal>, sqlx::Error> {
    let now = portal.clock.now();
    let Some(state) = Opaque::<FlowState>::parse(state) else {
        return Ok(Err(ReturnRefusal::Unknown));
    };
    let hash = state.hash();
    let mut tx = portal.pool.begin().await?;
    let mut taken = None;
    let mut others = false;
    if let Some(cookie) = cookie.and_then(Opaque::<FlowCookie>::parse) {
        let browser = cookie.hash();
        taken = store::take(&mut tx, &hash, &browser, directory).await?;
        others = store::count(&mut tx, &browser, now - LIFETIME).await? > 0;
    }
    let Some(taken) = taken else {
        let elsewhere = store::exists(&mut tx, &hash, directory, now - LIFETIME).await?;
        let refusal = if elsewhere {
            ReturnRefusal::OtherBrowser
        } else {
            ReturnRefusal::Unknown
        };
        return Ok(Err(refusal));
    };
    tx.commit().await?;
    if taken.at + LIFETIME <= now {
        return Ok(Err(ReturnRefusal::Unknown));
    }
    let sealer = &portal.issuer.sealer;
    let opened = sealer.open(PURPOSE, &hash.to_text(), &taken.sealed);
    let kept = opened
        .map_err(FinishError::from)
        .and_then(|text| Ok(serde_json::from_slice(&text)?));
    Ok(Ok(Flow {
        kept,
        return_to: taken.return_to,
        others,
    }))
}

/// What the browser brought back, beside `state`.
#[derive(Debug)]
pub struct Brought<'a> {
    pub answer: Answer<'a>,
    pub issuer: Option<&'a str>,
}

/// Finishes a login that was taken.
///
/// # Errors
/// [`FinishError`].
pub async fn finish(
    portal: &Portal,
    directory: &Directory,
    connector: &dyn RedirectConnector,
    flow: Flow,
    brought: Brought<'_>,
    place: Place<'_>,
) -> Result<LoggedIn, FinishError> {
    let callback = callback(portal, &directory.name)?;
    let back = Return {
        answer: brought.answer,
        issuer: brought.issuer,
        kept: flow.kept?,
        callback: &callback,
        now: portal.clock.now(),
    };
    let person = connector.arrive(back).await?;
    Ok(log_in::open(portal, directory, &person, place, None).await?)
}
