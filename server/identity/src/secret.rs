//! Opaque secrets: 256 random bits, each kind with a type of its own, stored as hashes only.
//!
//! A kind says in its text what it is, and its hash is looked up in the table of that kind only,
//! so that none is ever accepted in another's place.

use std::marker::PhantomData;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};

/// Bytes of randomness in a secret.
const BYTES: usize = 32;

/// A kind of opaque secret.
pub trait Kind {
    /// What its text begins with.
    const PREFIX: &'static str;
}

/// The cookie of a login.
#[derive(Debug)]
pub struct Cookie;
impl Kind for Cookie {
    const PREFIX: &'static str = "";
}

/// The cookie that ties a login at a provider to the browser that began it.
#[derive(Debug)]
pub struct FlowCookie;
impl Kind for FlowCookie {
    const PREFIX: &'static str = "flow_";
}

/// The `state` of a login at a provider (RFC 6749 §4.1.1).
#[derive(Debug)]
pub struct FlowState;
impl Kind for FlowState {
    const PREFIX: &'static str = "state_";
}

/// A retrieval key.
#[derive(Debug)]
pub struct RetrievalKey;
impl Kind for RetrievalKey {
    const PREFIX: &'static str = domain::key::PREFIX;
}

/// The operating system gave no randomness.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the operating system gave no randomness")]
pub struct NoRandomness;

/// An opaque secret of kind `K`. It does not print itself.
#[derive(Debug)]
pub struct Opaque<K: Kind> {
    text: SecretString,
    kind: PhantomData<K>,
}

impl<K: Kind> Opaque<K> {
    /// A new secret.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0; BYTES];
        rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
        let text = format!("{}{}", K::PREFIX, BASE64_URL_SAFE_NO_PAD.encode(bytes));
        Ok(Self {
            text: text.into(),
            kind: PhantomData,
        })
    }

    /// Reads what somebody presents; none where it cannot be a secret of this kind.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(text.strip_prefix(K::PREFIX)?)
            .ok()?;
        (bytes.len() == BYTES).then(|| Self {
            text: text.into(),
            kind: PhantomData,
        })
    }

    /// What is stored. The secret has 256 bits, so that a fast hash is enough.
    pub fn hash(&self) -> Hash<K> {
        let hashed = digest(&SHA256, self.text.expose_secret().as_bytes());
        Hash {
            bytes: hashed.as_ref().to_vec(),
            kind: PhantomData,
        }
    }

    /// The text, for those who pass it on.
    pub fn secret(&self) -> &SecretString {
        &self.text
    }

    /// The text, to be given to its owner.
    pub fn expose(&self) -> &str {
        self.text.expose_secret()
    }
}

/// The SHA-256 of a secret of kind `K`.
#[derive(Debug)]
pub struct Hash<K: Kind> {
    bytes: Vec<u8>,
    kind: PhantomData<K>,
}

impl<K: Kind> Hash<K> {
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// As text, to name the row that holds it.
    pub fn to_text(&self) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(&self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_reads_back_as_its_own_kind_only() {
        let key = Opaque::<RetrievalKey>::generate().unwrap();
        let again = Opaque::<RetrievalKey>::parse(key.expose()).unwrap();
        assert_eq!(key.hash().as_bytes(), again.hash().as_bytes());
        assert!(Opaque::<Cookie>::parse(key.expose()).is_none());
        let cookie = Opaque::<Cookie>::generate().unwrap();
        assert!(Opaque::<RetrievalKey>::parse(cookie.expose()).is_none());
    }

    #[test]
    fn every_truncation_and_extension_is_refused() {
        let key = Opaque::<RetrievalKey>::generate().unwrap();
        let text = key.expose();
        for end in 0..text.len() {
            assert!(
                Opaque::<RetrievalKey>::parse(&text[..end]).is_none(),
                "a prefix of {end} bytes passed"
            );
        }
        for extra in ["A", "=", " ", "\n", "AAAA"] {
            assert!(Opaque::<RetrievalKey>::parse(&format!("{text}{extra}")).is_none());
        }
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        let key = Opaque::<RetrievalKey>::generate().unwrap();
        assert!(!format!("{key:?}").contains(&key.expose()[4..]));
    }
}
