//! What an operator says of a provider.

use std::{collections::BTreeSet, time::Duration};

use rustls::pki_types::CertificateDer;
use secrecy::SecretString;
use serde::Deserialize;

use super::username::Template;

/// How long one answer of a provider may take, from the wish to connect to the last byte.
pub const TIMEOUT: Duration = Duration::from_secs(5);

/// A provider as it is configured.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The issuer, exactly as the provider writes it.
    pub issuer: String,
    pub client_id: String,
    /// None for a public client: then PKCE alone shows that whoever redeems the code began.
    pub client_secret: Option<SecretString>,
    /// Asked for beside `openid`.
    pub scopes: Vec<String>,
    /// What usernames are made of.
    pub username: Template,
    /// The claim that lists the provider's groups.
    pub groups_claim: Option<String>,
    pub verified: Verified,
    pub prompt: Option<Prompt>,
    pub reach: Reach,
    /// Trusted beside those whom this machine trusts.
    pub roots: Vec<CertificateDer<'static>>,
    /// How long one answer may take.
    pub timeout: Duration,
}

/// Which addresses may be asked. Hosts are named without a port.
#[derive(Clone, Debug, Default)]
pub struct Reach {
    /// Hosts of the provider beside that of its issuer.
    pub hosts: BTreeSet<String>,
    /// Where http is good enough, and with it every address: for trials.
    pub allow_http: BTreeSet<String>,
    /// What may have addresses that are not public.
    pub allow_private: BTreeSet<String>,
}

/// What makes an e-mail address a verified one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verified {
    /// `email_verified`, and that the boolean (`OpenID` Connect Core 1.0 §5.1).
    #[default]
    Standard,
    /// `xms_edov` of Entra ID, which comes as a boolean, a number or a text. Its `email` alone is
    /// what an administrator of any tenant typed.
    DomainOwner,
}

/// What the provider should ask the person (`OpenID` Connect Core 1.0 §3.1.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// For their password, though they are logged in there.
    Login,
    /// Which of their accounts they mean.
    SelectAccount,
    /// Whether they agree.
    Consent,
}

impl Prompt {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Login => "login",
            Self::SelectAccount => "select_account",
            Self::Consent => "consent",
        }
    }
}
