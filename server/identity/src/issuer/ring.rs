//! The key ring: the published signing keys in memory, so that discovery and JWKS need no database.

use std::sync::{Arc, PoisonError, RwLock};

use domain::{
    claims::IdTokenClaims,
    logout::LogoutClaims,
    signing_key::{Life, SKEW, State},
};
use jsonwebtoken::{Algorithm, Header, jwk::Jwk};
use serde::Serialize;
use time::OffsetDateTime;

use super::signer;

/// A signing key that is published, and perhaps signs.
pub struct SigningKey {
    pub kid: String,
    pub algorithm: Algorithm,
    pub life: Life,
    pub public: Jwk,
    private: signer::KeptKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey")
            .field("kid", &self.kid)
            .field("life", &self.life)
            .finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Takes a key whose private part is in PKCS#8.
    ///
    /// # Errors
    /// Where it cannot be parsed.
    pub fn new(
        kid: String,
        algorithm: Algorithm,
        life: Life,
        public: Jwk,
        pkcs8: &[u8],
    ) -> Result<Self, jsonwebtoken::errors::Error> {
        let private = signer::KeptKey::new(signer::Parsed::from_pkcs8(algorithm, pkcs8)?);
        Ok(Self {
            kid,
            algorithm,
            life,
            public,
            private,
        })
    }

    /// Signs the claims of an `id_token`.
    pub(super) fn sign(
        &self,
        claims: &IdTokenClaims,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        self.encode("JWT", claims)
    }

    /// Signs the claims of a logout token.
    pub(super) fn sign_logout(
        &self,
        claims: &LogoutClaims,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        self.encode("logout+jwt", claims)
    }

    fn encode(
        &self,
        kind: &str,
        claims: &impl Serialize,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let mut header = Header::new(self.algorithm);
        header.typ = Some(kind.to_owned());
        header.kid = Some(self.kid.clone());
        jsonwebtoken::encode(&header, claims, &self.private.encoding)
    }
}

#[derive(Serialize)]
struct Jwks<'a> {
    keys: Vec<&'a Jwk>,
}

/// The JWKS document and the keys that are in it.
#[derive(Debug, Default)]
struct Published {
    kids: Vec<String>,
    body: Arc<[u8]>,
}

#[derive(Debug, Default)]
pub struct KeyRing {
    keys: RwLock<Arc<[Arc<SigningKey>]>>,
    published: RwLock<Published>,
}

impl KeyRing {
    /// Puts other keys in the ring.
    pub fn replace(&self, keys: Vec<SigningKey>) {
        let keys: Arc<[Arc<SigningKey>]> = keys.into_iter().map(Arc::new).collect();
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    fn keys(&self) -> Arc<[Arc<SigningKey>]> {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The lives of the keys in the ring.
    pub fn lives(&self) -> Vec<Life> {
        self.keys().iter().map(|key| key.life).collect()
    }

    /// The key that signs now: of those that are active, the one that became so last. Where there is
    /// none, because a replica whose clock is ahead has let one take over at once, that one.
    pub fn active(&self, now: OffsetDateTime) -> Option<Arc<SigningKey>> {
        let keys = self.keys();
        let at = |instant| {
            let active = keys.iter();
            let active = active.filter(move |key| key.life.state(instant) == State::Active);
            active.max_by_key(|key| key.life.active_from).cloned()
        };
        at(now).or_else(|| at(now + SKEW))
    }

    /// Whether tokens of this key are still accepted.
    pub fn is_published(&self, kid: &str, now: OffsetDateTime) -> bool {
        self.published(kid, now).is_some()
    }

    /// The key of that name, while it is published.
    pub fn published(&self, kid: &str, now: OffsetDateTime) -> Option<Arc<SigningKey>> {
        let keys = self.keys();
        let mut found = keys
            .iter()
            .filter(|key| key.kid == kid && key.life.is_published(now));
        found.next().cloned()
    }

    /// The JWKS (RFC 7517 §5) as it stands now.
    pub fn jwks(&self, now: OffsetDateTime) -> Arc<[u8]> {
        let keys = self.keys();
        let published = || keys.iter().filter(|key| key.life.is_published(now));
        {
            let cached = self
                .published
                .read()
                .unwrap_or_else(PoisonError::into_inner);
            if !cached.body.is_empty() && published().map(|key| &key.kid).eq(cached.kids.iter()) {
                return cached.body.clone();
            }
        }
        let document = Jwks {
            keys: published().map(|key| &key.public).collect(),
        };
        let body: Arc<[u8]> = serde_json::to_vec(&document).unwrap_or_default().into();
        let kids = published().map(|key| key.kid.clone()).collect();
        *self
            .published
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Published {
            kids,
            body: body.clone(),
        };
        body
    }

    /// The algorithms of the published keys, for discovery.
    pub fn algorithms(&self, now: OffsetDateTime) -> Vec<&'static str> {
        let keys = self.keys();
        let mut names: Vec<_> = keys
            .iter()
            .filter(|key| key.life.is_published(now))
            .filter_map(|key| super::keys::word(key.algorithm))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
