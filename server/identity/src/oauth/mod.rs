//! The OAuth side of the issuer (RFC 6749, `OpenID` Connect Core 1.0): programs that fetch `id_token`s for
//! people without anybody copying them.
//!
//! 1. A [`client`] sends a person to the portal with a request ([`authorize`]). A live login answers at
//!    once; otherwise the person logs in first, and is asked where the client is not the operator's own.
//! 2. The client gets a [`code`], good once and for a minute, and redeems it with the verifier that
//!    belongs to its challenge (RFC 7636).
//!    A program that cannot open a browser shows a code instead, which the person types ([`device`]).
//! 3. What it may do from then on is a [`family`]: a refresh token that is replaced at each use, an
//!    access token for this portal, and an `id_token` at each step. The family lives as long as the
//!    login that it stems from.
//!
//! Every `id_token` is signed by the mint (`issuer::mint`), of what the standing says at that moment.

pub mod authorize;
pub mod backchannel;
pub mod client;
pub mod code;
pub mod device;
pub mod family;
pub mod holding;
pub mod introspection;
pub mod logout;
pub mod revocation;
pub mod token;
pub mod user_info;

use secrecy::SecretString;
use thiserror::Error;

use crate::{issuer::IssueError, seal::SealError, secret::NoRandomness};

/// What the token endpoint hands out (RFC 6749 §5.1, `OpenID` Connect Core 1.0 §3.1.3.3).
#[derive(Clone, Debug)]
pub struct Granted {
    pub access_token: SecretString,
    /// None where the client may not have one.
    pub refresh_token: Option<SecretString>,
    pub id_token: SecretString,
    pub scope: String,
    /// Seconds until access token and `id_token` end.
    pub expires_in: i64,
}

/// Why the token endpoint hands out nothing.
#[derive(Debug, Error)]
pub enum Refusal {
    /// `invalid_client`
    #[error("the client is not known here, or did not prove itself")]
    Client,
    /// `unauthorized_client`
    #[error("the client may not use this grant")]
    Unauthorized,
    /// `invalid_grant`
    #[error("{0}")]
    Grant(Spent),
    /// `invalid_scope`
    #[error("more was asked for than was granted")]
    Scope,
    /// A device gets nothing, now or for good (RFC 8628 §3.5).
    #[error(transparent)]
    Device(#[from] device::NoToken),
    #[error("too many devices begin at once")]
    TooMany,
    #[error("no token can be issued at this moment")]
    Unavailable(#[from] Failure),
}

/// Why a code or a refresh token is good no more.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Spent {
    #[error("it is not known here")]
    Unknown,
    #[error("it has expired")]
    Expired,
    #[error("it was issued to another client, and is revoked")]
    Misused,
    #[error("it was issued to another client")]
    Foreign,
    #[error("it was used before, and what came of it is revoked")]
    Replayed,
    #[error("it was used before")]
    Used,
    #[error("redirect_uri or code_verifier do not belong to it")]
    Unproved,
    #[error("it was revoked")]
    Revoked,
    #[error("the login behind it has ended")]
    LoggedOut,
}

/// What went wrong here.
#[derive(Debug, Error)]
pub enum Failure {
    #[error("the token cannot be made")]
    Issue(#[from] IssueError),
    #[error("the tokens cannot be sealed")]
    Seal(#[from] SealError),
    #[error("the sealed tokens cannot be read")]
    Kept(#[from] serde_json::Error),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error("others kept replacing the token")]
    Contended,
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

impl From<Spent> for Refusal {
    fn from(spent: Spent) -> Self {
        Self::Grant(spent)
    }
}

impl From<sqlx::Error> for Refusal {
    fn from(error: sqlx::Error) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<NoRandomness> for Refusal {
    fn from(error: NoRandomness) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<IssueError> for Refusal {
    fn from(error: IssueError) -> Self {
        Self::Unavailable(error.into())
    }
}
