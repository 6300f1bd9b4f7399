//! Directories of kind `oidc`: an `OpenID` Connect provider, by the authorization code flow with PKCE.
//!
//! 1. [`depart`](RedirectConnector::depart): the browser is sent to the provider with a `state`, a
//!    nonce and a challenge, all new (`OpenID` Connect Core 1.0 §3.1.2.1, RFC 7636 §4.2).
//! 2. The person logs in there, and the browser comes back to a callback that is this directory's
//!    alone (RFC 9700 §4.4.2.2). Whether it is the same browser, and the first time that it comes
//!    back, is the business of `flow`.
//! 3. [`arrive`](RedirectConnector::arrive): the answer comes from this issuer (RFC 9207 §2.4); the
//!    code is redeemed, the ID token verified (`OpenID` Connect Core 1.0 §3.1.3.7), and what it does
//!    not say of the person is asked for (§5.3).
//!
//! The protocol is `openidconnect`'s; what it leaves to its users is here: where requests may go
//! (`http`), keys that change (`provider`), weak keys (`keys`), times and parties (`token`).

mod claims;
mod error;
mod http;
mod keys;
pub mod preset;
mod provider;
pub mod settings;
mod token;
pub mod username;

use std::{borrow::Cow, sync::Arc, time::Duration};

use async_trait::async_trait;
use openidconnect::{
    ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeChallenge, RedirectUrl, Scope, TokenResponse,
    core::{CoreAuthenticationFlow, CoreClient, CoreTokenResponse},
};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

pub use self::error::OidcError;
use self::{
    claims::Claims,
    http::Http,
    provider::{Discovery, Provider},
    settings::Settings,
    token::Expected,
};
use crate::outgoing::SetupError;

use super::{
    Answer, Authenticated, Cause, Declined, Departure, Kept, Leaving, RedirectConnector, Return,
    ReturnError,
};

/// How long all that one arrival takes may take together: less than a request may.
const WHOLE: Duration = Duration::from_secs(8);

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
    EndpointNotSet,
>;

/// Authenticates at an `OpenID` Connect provider.
#[derive(Debug)]
pub struct Oidc {
    settings: Settings,
    issuer: IssuerUrl,
    client_id: ClientId,
    http: Http,
    discovery: Discovery,
}

impl Oidc {
    /// Gets ready; the provider is not asked yet.
    ///
    /// # Errors
    /// [`SetupError`].
    pub fn new(issuer: &Url, settings: Settings) -> Result<Self, SetupError> {
        let http = Http::new(issuer, &settings)?;
        // Compared as text, so as it is written (OpenID Connect Discovery 1.0 §4.3).
        let issuer = IssuerUrl::new(settings.issuer.clone())
            .unwrap_or_else(|_| IssuerUrl::from_url(issuer.clone()));
        Ok(Self {
            client_id: ClientId::new(settings.client_id.clone()),
            discovery: Discovery::new(issuer.clone(), http.clone()),
            settings,
            issuer,
            http,
        })
    }

    fn client(&self, provider: &Provider, callback: &Url) -> Client {
        let client = CoreClient::new(
            self.client_id.clone(),
            self.issuer.clone(),
            provider.keys.clone(),
        );
        let client = match &self.settings.client_secret {
            Some(secret) => {
                client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()))
            }
            None => client,
        };
        client
            .set_auth_type(provider.auth.clone())
            .set_auth_uri(provider.authorization.clone())
            .set_token_uri(provider.token.clone())
            .set_redirect_uri(RedirectUrl::from_url(callback.clone()))
    }

    async fn prove(&self, code: &str, back: &Return<'_>) -> Result<Authenticated, OidcError> {
        let provider = self.discovery.provider(back.now).await?;
        self.check_issuer(&provider, back.issuer)?;
        let client = self.client(&provider, back.callback);
        let response = token::redeem(&self.http, &client, code, &back.kept.verifier).await?;
        let mut claims = self.verified(provider.clone(), &response, back).await?;
        if let Some(at) = provider
            .user_info
            .as_ref()
            .filter(|_| claims.lack(self.wanted()))
        {
            let token = SecretString::from(response.access_token().secret().clone());
            let more = self.http.object(at, &token).await?;
            // OpenID Connect Core 1.0 §5.3.2.
            if more.get("sub").and_then(|subject| subject.as_str()) != Some(claims.subject()?) {
                return Err(OidcError::SomebodyElse);
            }
            claims.complete(more);
        }
        claims.person(&self.settings)
    }

    /// RFC 9207 §2.4.
    fn check_issuer(&self, provider: &Provider, named: Option<&str>) -> Result<(), OidcError> {
        match named {
            Some(named) if named == self.issuer.as_str() => Ok(()),
            Some(_) => Err(OidcError::Issuer),
            None if provider.names_issuer => Err(OidcError::Issuer),
            None => Ok(()),
        }
    }

    /// The claims of the ID token. Where its key is not known, or does not fit any more, the keys are
    /// fetched again once: the provider may have new ones.
    async fn verified(
        &self,
        mut provider: Arc<Provider>,
        response: &CoreTokenResponse,
        back: &Return<'_>,
    ) -> Result<Claims, OidcError> {
        use openidconnect::{
            ClaimsVerificationError::SignatureVerification,
            SignatureVerificationError::{AmbiguousKeyId, CryptoError, InvalidKey, NoMatchingKey},
        };
        let token = response.id_token().ok_or(OidcError::NoToken)?;
        let expected = Expected {
            issuer: &self.issuer,
            client_id: &self.client_id,
            now: back.now,
        };
        let mut claims = expected.claims(token, response, &provider, &back.kept);
        if let Err(OidcError::Token(SignatureVerification(
            NoMatchingKey | AmbiguousKeyId(_) | InvalidKey(_) | CryptoError(_),
        ))) = &claims
            && let Some(renewed) = self.discovery.renew(&provider, back.now).await?
        {
            provider = renewed;
            claims = expected.claims(token, response, &provider, &back.kept);
        }
        claims
    }

    /// What we would like to know of a person.
    fn wanted(&self) -> impl Iterator<Item = &str> {
        let groups = self.settings.groups_claim.as_deref();
        self.settings
            .username
            .claims()
            .chain(groups)
            .chain(["name", "email"])
    }

    fn way(&self, provider: &Provider, leaving: Leaving<'_>) -> Departure {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let client = self.client(provider, leaving.callback);
        let state = CsrfToken::new(leaving.state.expose_secret().to_owned());
        let scopes = self
            .settings
            .scopes
            .iter()
            .map(|scope| Scope::new(scope.clone()));
        let mut request = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                move || state,
                Nonce::new_random,
            )
            .add_scopes(scopes)
            .set_pkce_challenge(challenge);
        if let Some(prompt) = self.settings.prompt {
            request = request.add_extra_param("prompt", Cow::from(prompt.as_str()));
        }
        let (url, _, nonce) = request.url();
        let kept = Kept {
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        };
        Departure { url, kept }
    }
}

#[async_trait]
impl RedirectConnector for Oidc {
    async fn depart(&self, leaving: Leaving<'_>) -> Result<Departure, Cause> {
        let provider = in_time(self.discovery.provider(leaving.now)).await?;
        Ok(self.way(&provider, leaving))
    }

    async fn arrive(&self, back: Return<'_>) -> Result<Authenticated, ReturnError> {
        match back.answer {
            Answer::Code(code) => Ok(in_time(self.prove(code, &back)).await?),
            Answer::Error { error, description } => {
                let provider = in_time(self.discovery.provider(back.now)).await?;
                self.check_issuer(&provider, back.issuer)?;
                let declined = Declined {
                    error: shown(error),
                    description: description.map(shown),
                };
                Err(ReturnError::Declined(declined))
            }
        }
    }
}

async fn in_time<T>(work: impl Future<Output = Result<T, OidcError>>) -> Result<T, OidcError> {
    tokio::time::timeout(WHOLE, work)
        .await
        .unwrap_or(Err(OidcError::Late))
}

/// What a provider says, as far as it can be shown: short, and in visible characters.
fn shown(text: &str) -> String {
    text.chars()
        .filter(|c| !domain::name::is_invisible(*c))
        .take(200)
        .collect()
}
