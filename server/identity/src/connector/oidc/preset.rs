//! What is peculiar to well-known providers, so that an operator need not look it up. Whatever the
//! configuration says itself goes before.

use serde::Deserialize;

use super::settings::Verified;

/// A provider, or a product, that many use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Preset {
    /// <https://developers.google.com/identity/openid-connect/openid-connect>
    Google,
    /// <https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc>
    EntraId,
    /// <https://www.keycloak.org/docs/latest/server_admin/>
    Keycloak,
    /// <https://developer.okta.com/docs/api/openapi/okta-oauth/guides/overview/>
    Okta,
    /// <https://docs.gitlab.com/integration/openid_connect_provider/>
    Gitlab,
    /// <https://dexidp.io/docs/configuration/custom-scopes-claims-clients/>
    Dex,
}

impl Preset {
    /// The issuer, where there is only one.
    pub fn issuer(self) -> Option<&'static str> {
        match self {
            Self::Google => Some("https://accounts.google.com"),
            Self::EntraId | Self::Keycloak | Self::Okta | Self::Gitlab | Self::Dex => None,
        }
    }

    /// What is asked for beside `openid`.
    pub fn scopes(self) -> &'static [&'static str] {
        match self {
            Self::Okta | Self::Dex => &["email", "profile", "groups"],
            Self::Google | Self::EntraId | Self::Keycloak | Self::Gitlab => &["email", "profile"],
        }
    }

    /// What usernames are made of.
    pub fn username(self) -> &'static str {
        match self {
            // There is no other readable name.
            Self::Google => "{email_local}",
            Self::Gitlab => "{nickname}",
            Self::EntraId | Self::Keycloak | Self::Okta | Self::Dex => "{preferred_username}",
        }
    }

    /// The claim that lists groups.
    pub fn groups_claim(self) -> Option<&'static str> {
        match self {
            Self::Google => None,
            Self::Gitlab => Some("groups_direct"),
            Self::EntraId | Self::Keycloak | Self::Okta | Self::Dex => Some("groups"),
        }
    }

    /// Hosts of the provider beside that of the issuer.
    pub fn hosts(self) -> &'static [&'static str] {
        match self {
            Self::Google => &[
                "oauth2.googleapis.com",
                "www.googleapis.com",
                "openidconnect.googleapis.com",
            ],
            Self::EntraId => &["graph.microsoft.com"],
            Self::Keycloak | Self::Okta | Self::Gitlab | Self::Dex => &[],
        }
    }

    /// What makes an e-mail address a verified one.
    pub fn verified(self) -> Verified {
        match self {
            Self::EntraId => Verified::DomainOwner,
            Self::Google | Self::Keycloak | Self::Okta | Self::Gitlab | Self::Dex => {
                Verified::Standard
            }
        }
    }
}
