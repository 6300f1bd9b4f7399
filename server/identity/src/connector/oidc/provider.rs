//! What a provider says of itself, and its keys: fetched when somebody first needs it, kept, and
//! fetched again now and then. So a provider that is down when we start, or later, is a problem of
//! those who log in by it at that moment and of nobody else.
//!
//! One request fetches while others wait; after a failure nobody asks for a while.

use std::sync::{Arc, PoisonError, RwLock};

use openidconnect::{
    AdditionalProviderMetadata, AsyncHttpClient, AuthType, AuthUrl, HttpRequest, IssuerUrl,
    JsonWebKeySetUrl, ProviderMetadata, TokenUrl,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType,
        CoreJsonWebKey, CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm,
        CoreJweKeyManagementAlgorithm, CoreResponseMode, CoreResponseType,
        CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};
use tokio::sync::{Mutex, MutexGuard};
use url::Url;

use super::{
    OidcError,
    http::{Answering, Http},
    keys::strong,
};
use crate::outgoing::HttpError;

/// How long what was fetched is taken for current. A key that the provider withdraws is trusted for
/// no longer; a new one is noticed at once.
const FRESH: Duration = Duration::minutes(10);
/// How long nobody asks after a failure.
const REST: Duration = Duration::seconds(5);
/// How often unknown keys make us look for new ones.
const RENEWAL: Duration = Duration::seconds(10);

/// What OAuth 2.0 adds to the provider's description.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct More {
    /// Whether every answer names its issuer (RFC 9207 §3).
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl AdditionalProviderMetadata for More {}

type Metadata = ProviderMetadata<
    More,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// A provider, as it described itself.
#[derive(Clone, Debug)]
pub(super) struct Provider {
    pub(super) authorization: AuthUrl,
    pub(super) token: TokenUrl,
    pub(super) user_info: Option<Url>,
    /// How it wants to be shown the client's secret.
    pub(super) auth: AuthType,
    /// Whether every answer names its issuer.
    pub(super) names_issuer: bool,
    pub(super) keys: CoreJsonWebKeySet,
    keys_at: JsonWebKeySetUrl,
}

impl Provider {
    fn read(metadata: &Metadata, http: &Http) -> Result<Self, OidcError> {
        let authorization = metadata.authorization_endpoint().clone();
        http.check(authorization.url())?;
        let token = metadata.token_endpoint().cloned();
        let token =
            token.ok_or_else(|| OidcError::Description("it names no token endpoint".to_owned()))?;
        let methods = metadata.token_endpoint_auth_methods_supported();
        // Basic where nothing is said (OpenID Connect Discovery 1.0 §3).
        let basic = methods
            .is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        Ok(Self {
            authorization,
            token,
            user_info: metadata.userinfo_endpoint().map(|at| at.url().clone()),
            auth: if basic {
                AuthType::BasicAuth
            } else {
                AuthType::RequestBody
            },
            names_issuer: metadata
                .additional_metadata()
                .authorization_response_iss_parameter_supported,
            keys: metadata.jwks().clone(),
            keys_at: metadata.jwks_uri().clone(),
        })
    }
}

/// Asks, and takes the weak keys out of the answers.
#[derive(Debug)]
struct Asker(Http);

impl<'c> AsyncHttpClient<'c> for Asker {
    type Error = HttpError;
    type Future = Answering<'c>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async { self.0.send(request).await.map(strong) })
    }
}

#[derive(Clone, Debug)]
struct Known {
    provider: Arc<Provider>,
    at: OffsetDateTime,
}

/// When something was tried last.
#[derive(Debug, Default)]
struct Tried {
    failed: Option<OffsetDateTime>,
    renewed: Option<OffsetDateTime>,
}

/// The provider of one directory.
#[derive(Debug)]
pub(super) struct Discovery {
    issuer: IssuerUrl,
    asker: Asker,
    known: RwLock<Option<Known>>,
    tried: Mutex<Tried>,
}

impl Discovery {
    pub(super) fn new(issuer: IssuerUrl, http: Http) -> Self {
        Self {
            issuer,
            asker: Asker(http),
            known: RwLock::default(),
            tried: Mutex::default(),
        }
    }

    fn known(&self) -> Option<Known> {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    fn keep(&self, provider: Provider, at: OffsetDateTime) -> Arc<Provider> {
        let provider = Arc::new(provider);
        let known = Known {
            provider: Arc::clone(&provider),
            at,
        };
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Some(known);
        provider
    }

    /// The provider. What is known already is good enough where nothing newer can be had.
    ///
    /// # Errors
    /// Where nothing is known and nothing comes.
    pub(super) async fn provider(&self, now: OffsetDateTime) -> Result<Arc<Provider>, OidcError> {
        match self.known() {
            Some(known) if now - known.at < FRESH => Ok(known.provider),
            Some(known) => {
                let Ok(tried) = self.tried.try_lock() else {
                    return Ok(known.provider); // somebody else is fetching
                };
                match self.fetch(tried, now).await {
                    Ok(provider) => Ok(provider),
                    Err(error) => {
                        tracing::warn!(issuer = %self.issuer, error = %error, "going on with what is known of a provider");
                        Ok(known.provider)
                    }
                }
            }
            None => {
                let tried = self.tried.lock().await;
                match self.known() {
                    Some(known) => Ok(known.provider), // fetched while we waited
                    None => self.fetch(tried, now).await,
                }
            }
        }
    }

    async fn fetch(
        &self,
        mut tried: MutexGuard<'_, Tried>,
        now: OffsetDateTime,
    ) -> Result<Arc<Provider>, OidcError> {
        if tried.failed.is_some_and(|failed| now - failed < REST) {
            return Err(OidcError::Resting);
        }
        // Whoever waits may go away in the middle of it: then it counts as failed.
        tried.failed = Some(now);
        let metadata = Metadata::discover_async(self.issuer.clone(), &self.asker).await?;
        let provider = Provider::read(&metadata, &self.asker.0)?;
        tried.failed = None;
        Ok(self.keep(provider, now))
    }

    /// The provider with the keys that it has now, because `seen` had not the right one; none where
    /// there is nothing newer, or it is too soon to ask.
    ///
    /// # Errors
    /// Where the keys cannot be fetched.
    pub(super) async fn renew(
        &self,
        seen: &Arc<Provider>,
        now: OffsetDateTime,
    ) -> Result<Option<Arc<Provider>>, OidcError> {
        let mut tried = self.tried.lock().await;
        if let Some(known) = self
            .known()
            .filter(|known| !Arc::ptr_eq(&known.provider, seen))
        {
            return Ok(Some(known.provider));
        }
        if tried.renewed.is_some_and(|renewed| now - renewed < RENEWAL) {
            return Ok(None);
        }
        tried.renewed = Some(now);
        let keys = CoreJsonWebKeySet::fetch_async(&seen.keys_at, &self.asker).await?;
        let at = self.known().map_or(now, |known| known.at);
        Ok(Some(self.keep(
            Provider {
                keys,
                ..seen.as_ref().clone()
            },
            at,
        )))
    }
}
