//! Where people authenticate. A connector proves that somebody is who they say in one directory;
//! who they are here, and what they may do, is `directory` and `group`.
//!
//! There are two ways to prove it, and a directory has one of them: people type a password into
//! our own form, or their browser goes to a provider and comes back with an answer.

pub mod local;
pub mod oidc;

use async_trait::async_trait;
use domain::entry::Entry;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use sqlx::PgPool;
use thiserror::Error;
use time::OffsetDateTime;
use url::Url;

/// What went wrong in a directory, or on the way to it.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

/// Why nobody was authenticated by a password.
#[derive(Debug, Error)]
pub enum ConnectorError {
    /// Unknown account or wrong password: never told apart.
    #[error("the directory does not accept these credentials")]
    Refused,
    #[error("too many people are logging in at this moment")]
    Busy,
    #[error("the directory does not answer")]
    Unavailable(#[source] Cause),
}

/// Why nobody was authenticated by a provider.
#[derive(Debug, Error)]
pub enum ReturnError {
    /// The provider itself says that it did not log anybody in.
    #[error("the provider declined: {0}")]
    Declined(Declined),
    /// What came back is not what the provider promises, or not meant for us.
    #[error("the provider's answer proves nothing")]
    Untrusted(#[source] Cause),
    #[error("the provider does not answer as it should")]
    Unavailable(#[source] Cause),
}

/// An error as a provider words it (RFC 6749 §4.1.2.1). Text for eyes only: nothing is decided by it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declined {
    /// One of the registered words, such as `access_denied`.
    pub error: String,
    pub description: Option<String>,
}

impl std::fmt::Display for Declined {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.error)
    }
}

/// What a directory says of somebody whom it has authenticated.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The directory's stable id for the person; never an e-mail address.
    pub subject: String,
    /// The readable name that a username is made of; empty where the directory has none to offer.
    pub name: String,
    pub display_name: String,
    pub email: Option<String>,
    pub email_verified: bool,
    /// The directory's groups, for deciding who may enter.
    pub groups: Vec<String>,
    /// Authentication methods (RFC 8176).
    pub amr: Vec<String>,
}

/// Proves who somebody is by a password that they type into our own form.
#[async_trait]
pub trait PasswordConnector: Send + Sync + std::fmt::Debug {
    /// Checks the password. It takes the same time whether the account exists or not.
    ///
    /// # Errors
    /// [`ConnectorError`].
    async fn authenticate(
        &self,
        pool: &PgPool,
        name: &str,
        password: &SecretString,
    ) -> Result<Authenticated, ConnectorError>;

    /// The form of a typed name by which attempts are counted, so that its spellings share a count.
    fn canonical(&self, name: &str) -> String;
}

/// Proves who somebody is by sending their browser to a provider and taking it back.
#[async_trait]
pub trait RedirectConnector: Send + Sync + std::fmt::Debug {
    /// The way there.
    ///
    /// # Errors
    /// What keeps the provider from being reached.
    async fn depart(&self, leaving: Leaving<'_>) -> Result<Departure, Cause>;

    /// What the way back proves.
    ///
    /// # Errors
    /// [`ReturnError`].
    async fn arrive(&self, back: Return<'_>) -> Result<Authenticated, ReturnError>;
}

/// What a provider is told of a login that begins.
#[derive(Clone, Copy, Debug)]
pub struct Leaving<'a> {
    /// Comes back unchanged, and tells which login it is.
    pub state: &'a SecretString,
    /// Where the browser comes back to; no other directory's.
    pub callback: &'a Url,
    pub now: OffsetDateTime,
}

/// A browser about to leave.
#[derive(Debug)]
pub struct Departure {
    /// Where it goes.
    pub url: Url,
    pub kept: Kept,
}

/// What stays here until the browser is back.
#[derive(Serialize, Deserialize)]
pub struct Kept {
    /// Stands in the ID token (`OpenID` Connect Core 1.0 §3.1.2.1).
    pub nonce: String,
    /// Shows that whoever redeems the code is who began (RFC 7636 §4.1).
    pub verifier: String,
}

impl std::fmt::Debug for Kept {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kept").finish_non_exhaustive()
    }
}

/// A browser that came back.
#[derive(Debug)]
pub struct Return<'a> {
    pub answer: Answer<'a>,
    /// Who says that they answer (RFC 9207 §2).
    pub issuer: Option<&'a str>,
    pub kept: Kept,
    pub callback: &'a Url,
    pub now: OffsetDateTime,
}

/// What a provider lets a browser bring back (RFC 6749 §4.1.2).
pub enum Answer<'a> {
    Code(&'a str),
    Error {
        error: &'a str,
        description: Option<&'a str>,
    },
}

impl std::fmt::Debug for Answer<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Code(_) => "Code",
            Self::Error { .. } => "Error",
        })
    }
}

/// The way in which a directory proves who somebody is.
#[derive(Debug)]
pub enum Connector {
    Password(Box<dyn PasswordConnector>),
    Redirect(Box<dyn RedirectConnector>),
}

/// A directory as it is configured.
#[derive(Debug)]
pub struct Directory {
    pub name: String,
    /// How the login page calls it.
    pub title: String,
    pub enter: Entry,
    /// Global groups of everybody who logs in by it.
    pub groups: Vec<String>,
    pub connector: Connector,
}

impl Directory {
    /// Whether this person may enter.
    pub fn permits(&self, person: &Authenticated) -> bool {
        let verified = person.email.as_deref().filter(|_| person.email_verified);
        self.enter.permits(verified, &person.groups)
    }
}
