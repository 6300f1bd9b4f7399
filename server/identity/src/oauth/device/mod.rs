//! Devices: programs that cannot open a browser, on jump hosts and in containers (RFC 8628).
//!
//! 1. The program gets two codes ([`begin`]): a long one for itself, and a short one that it shows.
//! 2. A person types the short one into the portal's page, in a browser anywhere, sees who asks from
//!    where ([`look`]), and allows or denies it ([`decide`]). The first decision counts.
//! 3. Meanwhile the program asks for its tokens with the long code, not too often ([`poll`]), and gets
//!    them once. They stand on the login of the browser in which they were allowed.
//!
//! The short code can be guessed, and whoever guesses one makes a stranger's program act as themselves.
//! So tries are counted per person and altogether, in Postgres, and there are 20⁸ codes.

pub mod store;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use domain::{
    authorization::{Scope, Scopes},
    client::GrantType,
    device::UserCode,
};
use sqlx::PgConnection;
use thiserror::Error;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    Failure, Granted, Refusal, Spent,
    client::{Proof, Registered, store as clients},
    family,
};
use crate::{
    Portal,
    secret::{DeviceCode, NoRandomness, Opaque},
    session::Viewer,
};

/// How long the codes are good.
pub const LIFETIME: Duration = Duration::minutes(10);
/// How long a program waits between two questions, and by how much longer each time that it did not
/// (RFC 8628 §3.5).
pub const PACE_SECONDS: i32 = 5;
/// A question that arrives this much early was delayed less on its way than the one before.
const LENIENCE_SECONDS: i32 = 1;
/// How often a code is drawn where somebody has it already.
const DRAWS: usize = 5;

/// What a program gets to begin with (RFC 8628 §3.2).
#[derive(Debug)]
pub struct Begun {
    pub device_code: Opaque<DeviceCode>,
    pub user_code: UserCode,
}

/// Why no program is let in, at the page.
#[derive(Debug, Error)]
pub enum NotFound {
    /// Wrong, expired, or of a client that is gone: never told apart.
    #[error("there is no such code")]
    Unknown,
    /// Somebody has allowed or denied it, whoever that was.
    #[error("the code was used already")]
    Decided,
    #[error("too many tries")]
    SlowDown(Duration),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// Why a program gets no tokens now (RFC 8628 §3.5).
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum NoToken {
    /// `authorization_pending`
    #[error("nobody has decided yet")]
    Pending,
    /// `slow_down`
    #[error("nobody has decided yet, and from now on wait five seconds more before you ask")]
    TooSoon,
    /// `access_denied`
    #[error("the person did not allow it")]
    Denied,
    /// `expired_token`
    #[error("the code has expired")]
    Expired,
}

/// A program that waits.
#[derive(Debug)]
pub struct Waiting {
    pub registered: Registered,
    pub code: UserCode,
    /// Where it asked from.
    pub address: String,
    pub since: OffsetDateTime,
}

/// How far a device has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Waiting,
    Denied,
    /// By this user, at this login.
    Allowed {
        user: Uuid,
        login: Uuid,
    },
    Expired,
    Used,
}

/// What a person says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    Allow,
    Deny,
}

/// What is stored of a user code.
fn hash(code: &UserCode) -> Vec<u8> {
    digest(&SHA256, code.letters().as_bytes()).as_ref().to_vec()
}

fn draw() -> Result<UserCode, NoRandomness> {
    let mut random = [0; 64];
    rand::fill(&mut random).map_err(|_| NoRandomness)?;
    UserCode::draw(&random).ok_or(NoRandomness)
}

/// Gives a program its codes.
///
/// # Errors
/// [`Refusal`]: [`Refusal::TooMany`] where too many began at this network.
pub async fn begin(
    portal: &Portal,
    registered: &Registered,
    proof: &Proof,
    scope: &str,
    address: &str,
    network: &str,
) -> Result<Begun, Refusal> {
    let client = &registered.client;
    if matches!(proof, Proof::Family(_)) {
        return Err(Refusal::Client);
    }
    if !client.may(GrantType::DeviceCode) {
        return Err(Refusal::Unauthorized);
    }
    let scopes = Scopes::parse(scope);
    if !scopes.contains(Scope::OpenId) {
        return Err(Refusal::Scope);
    }
    let now = portal.clock.now();
    let mut conn = portal.pool.acquire().await?;
    let charged = portal.throttle.charge_device(&mut conn, network, now);
    if charged.await?.is_err() {
        return Err(Refusal::TooMany);
    }
    let device_code = Opaque::<DeviceCode>::generate()?;
    for _ in 0..DRAWS {
        let user_code = draw()?;
        let new = store::New {
            device: &device_code.hash(),
            user_code: &hash(&user_code),
            client: &client.id,
            cluster: registered.cluster_id,
            scope: &scopes.to_text(),
            address,
            at: now,
        };
        if store::insert(&mut conn, &new).await? {
            return Ok(Begun {
                device_code,
                user_code,
            });
        }
    }
    Err(Failure::Contended.into())
}

/// Finds the program that shows this code. Each wrong try counts.
///
/// # Errors
/// [`NotFound`].
pub async fn look(portal: &Portal, viewer: &Viewer, text: &str) -> Result<Waiting, NotFound> {
    let now = portal.clock.now();
    let throttle = &portal.throttle;
    let mut conn = portal.pool.acquire().await?;
    // Counted before it is looked up, and given back, so that tries at the same time gain nothing.
    let charged = throttle.charge_user_code(&mut conn, viewer.user_id, now);
    if let Err(wait) = charged.await? {
        return Err(NotFound::SlowDown(wait));
    }
    let found = find(&mut conn, text, now).await;
    if matches!(found, Ok(_) | Err(NotFound::Decided)) {
        throttle.refund_user_code(&mut conn, viewer.user_id).await?;
    }
    found
}

async fn find(
    conn: &mut PgConnection,
    text: &str,
    now: OffsetDateTime,
) -> Result<Waiting, NotFound> {
    let code = UserCode::parse(text).ok_or(NotFound::Unknown)?;
    let row = store::by_user_code(conn, &hash(&code), now).await?;
    let row = row.ok_or(NotFound::Unknown)?;
    let registered = clients::find(conn, &row.client_id).await?;
    let registered = registered.filter(|registered| {
        registered.client.may(GrantType::DeviceCode) && registered.cluster_id == row.cluster_id
    });
    let registered = registered.ok_or(NotFound::Unknown)?;
    if row.decided {
        return Err(NotFound::Decided);
    }
    Ok(Waiting {
        registered,
        code,
        address: row.address,
        since: row.created_at,
    })
}

/// Allows or denies the program that shows this code.
///
/// # Errors
/// [`NotFound`]: [`NotFound::Decided`] where somebody else was first.
pub async fn decide(
    portal: &Portal,
    viewer: &Viewer,
    text: &str,
    decision: Decision,
) -> Result<Waiting, NotFound> {
    let waiting = look(portal, viewer, text).await?;
    let now = portal.clock.now();
    let mut conn = portal.pool.acquire().await?;
    let allowed = match decision {
        Decision::Allow => true,
        Decision::Deny => false,
    };
    if !store::decide(&mut conn, &hash(&waiting.code), viewer, allowed, now).await? {
        return Err(NotFound::Decided);
    }
    tracing::info!(
        client = waiting.registered.client.id,
        user = viewer.person.username.as_str(),
        address = waiting.address,
        allowed,
        "somebody decided about a device"
    );
    Ok(waiting)
}

/// The tokens of a program that was allowed.
///
/// # Errors
/// [`Refusal`]: [`NoToken`] while nobody has decided, and where they decided against it or too late.
pub async fn poll(
    portal: &Portal,
    registered: &Registered,
    proof: &Proof,
    device_code: &str,
    address: &str,
) -> Result<Granted, Refusal> {
    let client = &registered.client;
    if matches!(proof, Proof::Family(_)) {
        return Err(Refusal::Client);
    }
    if !client.may(GrantType::DeviceCode) {
        return Err(Refusal::Unauthorized);
    }
    let code = Opaque::<DeviceCode>::parse(device_code).ok_or(Spent::Unknown)?;
    let hash = code.hash();
    let now = portal.clock.now();
    let mut conn = portal.pool.acquire().await?;
    // Another client's code is as good as none; its own client may go on.
    let row = store::by_device_code(&mut conn, &hash, &client.id).await?;
    let row = row.ok_or(Spent::Unknown)?;
    let (user, login) = match row.stage(now) {
        Stage::Allowed { user, login } => (user, login),
        Stage::Used => return Err(Spent::Used.into()),
        Stage::Denied => return Err(NoToken::Denied.into()),
        Stage::Expired => return Err(NoToken::Expired.into()),
        Stage::Waiting if store::note_question(&mut conn, &hash, now).await? => {
            return Err(NoToken::TooSoon.into());
        }
        Stage::Waiting => return Err(NoToken::Pending.into()),
    };
    drop(conn);
    let opening = family::Opening {
        registered,
        cluster_id: row.cluster_id,
        user,
        login,
        scope: &row.scope,
        nonce: None,
        secret: None,
        address,
    };
    let opened = family::prepare(portal, &opening, now).await?;
    let opened = opened.ok_or(Spent::LoggedOut)?;
    let mut tx = portal.pool.begin().await?;
    if !store::take(&mut tx, &hash, opened.family, now).await? {
        return Err(Spent::Used.into());
    }
    if !family::insert(&mut tx, &opening, &opened, now).await? {
        return Err(Spent::LoggedOut.into());
    }
    tx.commit().await?;
    Ok(opened.granted)
}
