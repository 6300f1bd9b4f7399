//! What goes wrong between a provider and us. The words are for the log: none repeats a code, a
//! token or a secret.

use openidconnect::{ClaimsVerificationError, DiscoveryError};
use thiserror::Error;

use crate::{connector::ReturnError, outgoing::HttpError};

#[derive(Debug, Error)]
pub enum OidcError {
    #[error("the provider cannot be asked")]
    Http(#[from] HttpError),
    #[error("the provider did not answer a moment ago; it is asked again soon")]
    Resting,
    #[error("the provider took too long in all")]
    Late,
    #[error("the provider's description is not usable: {0}")]
    Description(String),
    #[error("the provider's answer cannot be read at `{0}`")]
    Unreadable(String),
    #[error("the provider refuses us: {0}")]
    RefusesUs(String),
    #[error("the provider does not know the code: {0}")]
    Code(String),
    #[error("the answer comes from another issuer than it should")]
    Issuer,
    #[error("there is no ID token")]
    NoToken,
    #[error("the ID token is refused")]
    Token(#[from] ClaimsVerificationError),
    #[error("the claim `{0}` of the ID token is refused")]
    Claim(&'static str),
    #[error("the user information is about somebody else")]
    SomebodyElse,
}

impl OidcError {
    /// Whether an answer came that has to be distrusted; otherwise none came that is an answer.
    fn distrusts(&self) -> bool {
        match self {
            Self::Issuer
            | Self::NoToken
            | Self::Token(_)
            | Self::Claim(_)
            | Self::SomebodyElse
            | Self::Code(_)
            | Self::Unreadable(_) => true,
            Self::Http(_)
            | Self::Resting
            | Self::Late
            | Self::Description(_)
            | Self::RefusesUs(_) => false,
        }
    }
}

impl From<OidcError> for ReturnError {
    fn from(error: OidcError) -> Self {
        if error.distrusts() {
            Self::Untrusted(Box::new(error))
        } else {
            Self::Unavailable(Box::new(error))
        }
    }
}

impl From<DiscoveryError<HttpError>> for OidcError {
    fn from(error: DiscoveryError<HttpError>) -> Self {
        match error {
            DiscoveryError::Request(error) => Self::Http(error),
            DiscoveryError::Parse(error) => {
                Self::Description(format!("it cannot be read at `{}`", error.path()))
            }
            DiscoveryError::Response(_, _, problem)
            | DiscoveryError::Validation(problem)
            | DiscoveryError::Other(problem) => Self::Description(problem),
            DiscoveryError::UrlParse(error) => Self::Description(error.to_string()),
            _ => Self::Description("for a reason that is not known".to_owned()),
        }
    }
}
