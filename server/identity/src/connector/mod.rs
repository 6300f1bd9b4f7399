//! Where people authenticate. A connector proves that somebody is who they say in one directory;
//! who they are here, and what they may do, is `directory` and `group`.

pub mod local;

use async_trait::async_trait;
use domain::entry::Entry;
use secrecy::SecretString;
use sqlx::PgPool;
use thiserror::Error;

/// Why nobody was authenticated.
#[derive(Debug, Error)]
pub enum ConnectorError {
    /// Unknown account or wrong password: never told apart.
    #[error("the directory does not accept these credentials")]
    Refused,
    #[error("too many people are logging in at this moment")]
    Busy,
    #[error("the directory does not answer")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What a person answers to a connector's prompt.
#[derive(Debug)]
pub enum Answer<'a> {
    Password {
        name: &'a str,
        password: &'a SecretString,
    },
}

/// What a directory says of somebody whom it has authenticated.
#[derive(Clone, Debug)]
pub struct Authenticated {
    /// The directory's stable id for the person; never an e-mail address.
    pub subject: String,
    /// The readable name that a username is made of.
    pub name: String,
    pub display_name: String,
    pub email: Option<String>,
    pub email_verified: bool,
    /// The directory's groups, for deciding who may enter.
    pub groups: Vec<String>,
    /// Authentication methods (RFC 8176).
    pub amr: Vec<String>,
}

/// Proves who somebody is. Each kind of directory is one implementation.
#[async_trait]
pub trait Connector: Send + Sync + std::fmt::Debug {
    /// Checks the answer. It takes the same time whether the account exists or not.
    ///
    /// # Errors
    /// [`ConnectorError`].
    async fn authenticate(
        &self,
        pool: &PgPool,
        answer: Answer<'_>,
    ) -> Result<Authenticated, ConnectorError>;

    /// The form of a typed name by which attempts are counted, so that its spellings share a count.
    fn canonical(&self, name: &str) -> String;
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
    pub connector: Box<dyn Connector>,
}
