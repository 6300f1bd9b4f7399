//! What a client's request to a person comes to (RFC 6749 §4.1.1, `OpenID` Connect Core 1.0 §3.1.2).
//!
//! Nothing of a request is kept while a person logs in or thinks: their browser comes back with the
//! whole of it, and it is judged anew. What has to be remembered, that the person was sent to log in or
//! to agree although they had done so before, travels with it as a sealed time ([`Demand`]): only what
//! they did after that counts.

pub mod store;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{
    authorization::{Prompt, Scopes},
    client::GrantType,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    Refusal,
    client::Registered,
    code::{self, LIFETIME},
};
use crate::{
    Portal,
    secret::{Code, Opaque},
    session::Viewer,
};

/// What a demand is sealed as.
const PURPOSE: &str = "demand";
/// How long a person has for what was demanded.
const PATIENCE: Duration = Duration::hours(1);

/// A request that is in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    pub redirect_uri: String,
    pub scopes: Scopes,
    pub nonce: Option<String>,
    /// Of the method S256.
    pub challenge: Option<String>,
    pub prompt: Prompt,
    pub max_age: Option<Duration>,
    /// Whom the client takes the person for, by an `id_token` of theirs.
    pub expected: Option<Uuid>,
}

/// The person at the browser, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Present {
    pub user: Uuid,
    pub authenticated_at: OffsetDateTime,
    /// When they agreed to all that is asked for, if they did.
    pub agreed_at: Option<OffsetDateTime>,
}

/// What is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The person logs in, again if they are logged in.
    LogIn,
    /// The person is asked.
    Ask,
    /// The client gets its code.
    Go,
    /// `login_required`
    LoginRequired,
    /// `consent_required`
    ConsentRequired,
}

/// When the person was sent to log in or to agree, sealed, so that a browser cannot say it was earlier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demand(OffsetDateTime);

impl Demand {
    /// Reads one that belongs to this request and is not too old.
    pub fn open(portal: &Portal, request: &str, text: &str) -> Option<Self> {
        let sealed = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let plain = portal
            .issuer
            .sealer
            .open(PURPOSE, &row(request), &sealed)
            .ok()?;
        let nanoseconds = i128::from_be_bytes(plain.try_into().ok()?);
        let at = OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()?;
        let now = portal.clock.now();
        (at <= now && now < at + PATIENCE).then_some(Self(at))
    }

    /// One of this moment, as it travels.
    ///
    /// # Errors
    /// [`crate::seal::SealError`].
    pub fn now(portal: &Portal, request: &str) -> Result<String, crate::seal::SealError> {
        let nanoseconds = portal.clock.now().unix_timestamp_nanos().to_be_bytes();
        let sealed = portal
            .issuer
            .sealer
            .seal(PURPOSE, &row(request), &nanoseconds)?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }
}

fn row(request: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, request.as_bytes()))
}

/// Decides what is to be done with a request of this client.
pub fn decide(
    asked: &Asked,
    first_party: bool,
    present: Option<Present>,
    demand: Option<Demand>,
    now: OffsetDateTime,
) -> Next {
    let prompt = asked.prompt;
    let after = |at: OffsetDateTime| demand.is_some_and(|demand| at > demand.0);
    let Some(present) = present else {
        return if prompt.none {
            Next::LoginRequired
        } else {
            Next::LogIn
        };
    };
    if asked
        .expected
        .is_some_and(|expected| expected != present.user)
    {
        return if prompt.none {
            Next::LoginRequired
        } else {
            Next::LogIn
        };
    }
    let too_old = asked
        .max_age
        .is_some_and(|age| present.authenticated_at + age < now);
    let none_counts = asked.max_age.is_some_and(Duration::is_zero);
    if (prompt.login || too_old || none_counts) && !after(present.authenticated_at) {
        return if prompt.none {
            Next::LoginRequired
        } else {
            Next::LogIn
        };
    }
    let agreed = match present.agreed_at {
        Some(at) => !prompt.consent || after(at),
        None => first_party && !prompt.consent,
    };
    match (agreed, prompt.none) {
        (true, _) => Next::Go,
        (false, true) => Next::ConsentRequired,
        (false, false) => Next::Ask,
    }
}

/// Who is at the browser.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn present(
    portal: &Portal,
    viewer: &Viewer,
    registered: &Registered,
    scopes: &Scopes,
) -> Result<Option<Present>, sqlx::Error> {
    let mut conn = portal.pool.acquire().await?;
    let found = store::present(&mut conn, viewer.login_id, &registered.client.id).await?;
    Ok(found.map(|found| Present {
        user: viewer.user_id,
        authenticated_at: found.authenticated_at,
        agreed_at: found.agreed_at.filter(|_| {
            let agreed = Scopes::parse(found.scope.as_deref().unwrap_or_default());
            scopes.is_within(&agreed)
        }),
    }))
}

/// The person lets the client know who they are.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn agree(
    portal: &Portal,
    viewer: &Viewer,
    registered: &Registered,
    scopes: &Scopes,
) -> Result<(), sqlx::Error> {
    let mut conn = portal.pool.acquire().await?;
    let now = portal.clock.now();
    let client = &registered.client.id;
    store::agree(&mut conn, viewer.user_id, client, &scopes.to_text(), now).await
}

/// Makes the code for a request that may go on.
///
/// # Errors
/// [`Refusal`].
pub async fn grant(
    portal: &Portal,
    viewer: &Viewer,
    registered: &Registered,
    asked: &Asked,
) -> Result<Opaque<Code>, Refusal> {
    if !registered.client.may(GrantType::AuthorizationCode) {
        return Err(Refusal::Unauthorized);
    }
    let row = code::Row {
        client_id: registered.client.id.clone(),
        cluster_id: registered.cluster_id,
        user_id: viewer.user_id,
        login_id: viewer.login_id,
        redirect_uri: asked.redirect_uri.clone(),
        scope: asked.scopes.to_text(),
        nonce: asked.nonce.clone(),
        challenge: asked.challenge.clone(),
        expires_at: portal.clock.now() + LIFETIME,
        used_at: None,
        family_id: None,
    };
    code::issue(portal, &row).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_000_000 + seconds).unwrap()
    }

    fn asked(prompt: &str, max_age: Option<i64>) -> Asked {
        Asked {
            redirect_uri: "https://app.example/cb".into(),
            scopes: Scopes::parse("openid"),
            nonce: None,
            challenge: None,
            prompt: Prompt::parse(prompt).unwrap(),
            max_age: max_age.map(Duration::seconds),
            expected: None,
        }
    }

    #[test]
    fn what_is_to_be_done_follows_from_what_is_asked_and_who_is_there() {
        // prompt, max_age, authenticated and agreed (if at all) at, demanded at, first party
        for (prompt, max_age, login, consent, demand, own, expected) in [
            ("", None, None, None, None, true, Next::LogIn),
            ("none", None, None, None, None, true, Next::LoginRequired),
            ("", None, Some(0), None, None, true, Next::Go),
            ("none", None, Some(0), None, None, true, Next::Go),
            ("", None, Some(0), None, None, false, Next::Ask),
            (
                "none",
                None,
                Some(0),
                None,
                None,
                false,
                Next::ConsentRequired,
            ),
            ("", None, Some(0), Some(0), None, false, Next::Go),
            ("none", None, Some(0), Some(0), None, false, Next::Go),
            // logged in, and to log in again
            ("login", None, Some(0), None, None, true, Next::LogIn),
            ("login", None, Some(0), None, Some(90), true, Next::LogIn),
            ("login", None, Some(90), None, Some(90), true, Next::LogIn),
            ("login", None, Some(95), None, Some(90), true, Next::Go),
            // the login is a hundred seconds old
            ("", Some(100), Some(0), None, None, true, Next::Go),
            ("", Some(99), Some(0), None, None, true, Next::LogIn),
            (
                "none",
                Some(99),
                Some(0),
                None,
                None,
                true,
                Next::LoginRequired,
            ),
            ("", Some(0), Some(100), None, None, true, Next::LogIn),
            ("", Some(0), Some(100), None, Some(95), true, Next::Go),
            (
                "none",
                Some(0),
                Some(100),
                None,
                None,
                true,
                Next::LoginRequired,
            ),
            // agreed, and to agree again
            ("consent", None, Some(0), Some(0), None, false, Next::Ask),
            ("consent", None, Some(0), None, None, true, Next::Ask),
            ("consent", None, Some(0), Some(95), Some(90), true, Next::Go),
            (
                "login consent",
                None,
                Some(95),
                Some(0),
                Some(90),
                true,
                Next::Ask,
            ),
        ] {
            let present = login.map(|login| Present {
                user: Uuid::nil(),
                authenticated_at: at(login),
                agreed_at: consent.map(at),
            });
            let demand = demand.map(|seconds| Demand(at(seconds)));
            let next = decide(&asked(prompt, max_age), own, present, demand, at(100));
            assert_eq!(
                next, expected,
                "{prompt:?} {max_age:?} {login:?} {consent:?} {demand:?} {own}"
            );
        }
    }

    #[test]
    fn somebody_else_than_the_client_expects_has_to_log_in() {
        let present = Some(Present {
            user: Uuid::nil(),
            authenticated_at: at(0),
            agreed_at: None,
        });
        for (prompt, expected, next) in [
            ("", Uuid::nil(), Next::Go),
            ("", Uuid::max(), Next::LogIn),
            ("none", Uuid::max(), Next::LoginRequired),
        ] {
            let asked = Asked {
                expected: Some(expected),
                ..asked(prompt, None)
            };
            assert_eq!(decide(&asked, true, present, None, at(1)), next);
        }
    }
}
