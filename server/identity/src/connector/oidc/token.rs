//! From the code to claims that are proved (`OpenID` Connect Core 1.0 §3.1.3).

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClaimsVerificationError, ClientId, IssuerUrl, Nonce,
    OAuth2TokenResponse, PkceCodeVerifier, RequestTokenError,
    core::{
        CoreErrorResponseType, CoreIdToken, CoreIdTokenVerifier, CoreJwsSigningAlgorithm,
        CoreTokenResponse,
    },
};
use time::{Duration, OffsetDateTime};

use super::{Client, OidcError, claims::Claims, http::Http, provider::Provider};
use crate::connector::Kept;

/// How much the provider's clock and ours may differ.
const TOLERANCE: Duration = Duration::seconds(60);
/// How long ago an ID token may have been issued: it is fetched as soon as it is there.
const OLDEST: Duration = Duration::minutes(10);
/// The algorithms that are accepted (RFC 7518 §3.1).
const ALGORITHMS: [CoreJwsSigningAlgorithm; 3] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
];

/// Redeems a code.
///
/// # Errors
/// What the provider answered instead of tokens.
pub(super) async fn redeem(
    http: &Http,
    client: &Client,
    code: &str,
    verifier: &str,
) -> Result<CoreTokenResponse, OidcError> {
    let request = client
        .exchange_code(AuthorizationCode::new(code.to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(verifier.to_owned()));
    request
        .request_async(http)
        .await
        .map_err(|error| match error {
            RequestTokenError::Request(error) => OidcError::Http(error),
            RequestTokenError::Parse(error, _) => OidcError::Unreadable(error.path().to_string()),
            RequestTokenError::Other(problem) => OidcError::Description(problem),
            RequestTokenError::ServerResponse(answer) => {
                let description = answer
                    .error_description()
                    .filter(|text| !text.contains(code) && !text.contains(verifier));
                let mut said = answer.error().as_ref().to_owned();
                if let Some(description) = description {
                    said.extend([", ", description]);
                }
                match answer.error() {
                    CoreErrorResponseType::InvalidGrant => OidcError::Code(said),
                    _ => OidcError::RefusesUs(said),
                }
            }
        })
}

/// What an ID token has to be.
#[derive(Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a IssuerUrl,
    pub(super) client_id: &'a ClientId,
    pub(super) now: OffsetDateTime,
}

impl Expected<'_> {
    fn verifier(self, provider: &Provider) -> CoreIdTokenVerifier<'static> {
        let now = self.now;
        // As for a public client: no secret of ours is ever a key of theirs.
        CoreIdTokenVerifier::new_public_client(
            self.client_id.clone(),
            self.issuer.clone(),
            provider.keys.clone(),
        )
        .set_allowed_algs(ALGORITHMS)
        .set_time_fn(move || instant(now - TOLERANCE))
        .set_issue_time_verifier_fn(move |issued| {
            let span = instant(now - OLDEST - TOLERANCE)..=instant(now + TOLERANCE);
            if span.contains(&issued) {
                Ok(())
            } else {
                Err("issued at another time".to_owned())
            }
        })
    }

    /// The claims of an ID token that is signed by the provider, for us, now, and for this login.
    ///
    /// # Errors
    /// The first thing that is wrong with it.
    pub(super) fn claims(
        self,
        token: &CoreIdToken,
        response: &CoreTokenResponse,
        provider: &Provider,
        kept: &Kept,
    ) -> Result<Claims, OidcError> {
        let verifier = self.verifier(provider);
        let typed = token.claims(&verifier, &Nonce::new(kept.nonce.clone()))?;
        // OpenID Connect Core 1.0 §3.1.3.7, step 5; the library leaves it to us.
        if typed
            .authorized_party()
            .is_some_and(|party| party != self.client_id)
        {
            return Err(OidcError::Claim("azp"));
        }
        if let Some(expected) = typed.access_token_hash() {
            let algorithm = token
                .signing_alg()
                .map_err(ClaimsVerificationError::SignatureVerification)?;
            let key = token
                .signing_key(&verifier)
                .map_err(ClaimsVerificationError::SignatureVerification)?;
            let actual = AccessTokenHash::from_token(response.access_token(), algorithm, key);
            if !actual.is_ok_and(|actual| actual == *expected) {
                return Err(OidcError::Claim("at_hash"));
            }
        }
        let claims = written(token).ok_or(OidcError::NoToken)?;
        if claims.subject()? != typed.subject().as_str() {
            return Err(OidcError::Claim("sub"));
        }
        self.check_times(&claims)?;
        Ok(claims)
    }

    /// The library reads fractions and rounds them, and does not look at `nbf`.
    fn check_times(self, claims: &Claims) -> Result<(), OidcError> {
        for name in ["exp", "iat"] {
            claims.seconds(name)?.ok_or(OidcError::Claim(name))?;
        }
        claims.seconds("auth_time")?;
        let latest = (self.now + TOLERANCE).unix_timestamp();
        if claims.seconds("nbf")?.is_some_and(|from| from > latest) {
            return Err(OidcError::Claim("nbf"));
        }
        Ok(())
    }
}

fn instant(at: OffsetDateTime) -> DateTime<Utc> {
    DateTime::from_timestamp(at.unix_timestamp(), 0).unwrap_or(DateTime::<Utc>::MAX_UTC)
}

/// The claims as they stand in the token, whatever their names. Only for one that has been verified.
fn written(token: &CoreIdToken) -> Option<Claims> {
    let text = token.to_string();
    let payload = BASE64_URL_SAFE_NO_PAD
        .decode(text.split('.').nth(1)?)
        .ok()?;
    serde_json::from_slice(&payload).ok().map(Claims::new)
}
