//! Opaque secrets: 256 random bits, each kind with a type of its own, stored as hashes only.
//!
//! A kind says in its text what it is, and its hash is looked up in the table of that kind only,
//! so that none is ever accepted in another's place.

use std::marker::PhantomData;

use aws_lc_rs::{
    constant_time::verify_slices_are_equal,
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use secrecy::{ExposeSecret, SecretString};
use uuid::Uuid;

/// Bytes of randomness in a secret.
const BYTES: usize = 32;
/// Bytes of a family's mark.
const MARK: usize = 16;

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

/// An authorization code (RFC 6749 §4.1.2).
#[derive(Debug)]
pub struct Code;
impl Kind for Code {
    const PREFIX: &'static str = "code_";
}

/// The code with which a program that cannot open a browser asks for its tokens (RFC 8628 §3.2).
#[derive(Debug)]
pub struct DeviceCode;
impl Kind for DeviceCode {
    const PREFIX: &'static str = "device_";
}

/// A client's secret (RFC 6749 §2.3.1).
#[derive(Debug)]
pub struct ClientSecret;
impl Kind for ClientSecret {
    const PREFIX: &'static str = "client_";
}

/// A client secret that is good with one family of tokens only.
#[derive(Debug)]
pub struct FamilySecret;
impl Kind for FamilySecret {
    const PREFIX: &'static str = "family_";
}

/// What a cluster's API server shows the portal's webhooks.
#[derive(Debug)]
pub struct ClusterCredential;
impl Kind for ClusterCredential {
    const PREFIX: &'static str = "k8w_";
}

/// What people show the API server of a cluster that takes no `id_token`s.
#[derive(Debug)]
pub struct ClusterToken;
impl Kind for ClusterToken {
    const PREFIX: &'static str = "k8t_";
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
        Hash::of(self.text.expose_secret())
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

/// 128 random bits that all tokens of a family have in common.
#[derive(Clone)]
pub struct Mark([u8; MARK]);

impl std::fmt::Debug for Mark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Mark")
    }
}

impl Mark {
    /// # Errors
    /// [`NoRandomness`].
    pub fn generate() -> Result<Self, NoRandomness> {
        let mut bytes = [0; MARK];
        rand::fill(&mut bytes).map_err(|_| NoRandomness)?;
        Ok(Self(bytes))
    }

    /// What is stored.
    pub fn hash(&self) -> Vec<u8> {
        digest(&SHA256, &self.0).as_ref().to_vec()
    }
}

/// A token of a family, of kind `K`: it says which family (16 bytes), shows the family's mark (16),
/// and has 256 random bits of its own. So a token that is long replaced is still known for what it
/// was, and one that was made up is not.
#[derive(Debug)]
pub struct Member<K: Kind> {
    pub family: Uuid,
    pub mark: Mark,
    text: SecretString,
    kind: PhantomData<K>,
}

impl<K: Kind> Member<K> {
    /// A new token of this family.
    ///
    /// # Errors
    /// [`NoRandomness`].
    pub fn generate(family: Uuid, mark: &Mark) -> Result<Self, NoRandomness> {
        let mut own = [0; BYTES];
        rand::fill(&mut own).map_err(|_| NoRandomness)?;
        let bytes = [family.as_bytes(), mark.0.as_slice(), &own].concat();
        let text = format!("{}{}", K::PREFIX, BASE64_URL_SAFE_NO_PAD.encode(bytes));
        Ok(Self {
            family,
            mark: mark.clone(),
            text: text.into(),
            kind: PhantomData,
        })
    }

    /// Reads what somebody presents; none where it cannot be a token of this kind.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = BASE64_URL_SAFE_NO_PAD
            .decode(text.strip_prefix(K::PREFIX)?)
            .ok()?;
        let (family, rest) = bytes.split_first_chunk::<16>()?;
        let (mark, own) = rest.split_first_chunk::<MARK>()?;
        (own.len() == BYTES).then(|| Self {
            family: Uuid::from_bytes(*family),
            mark: Mark(*mark),
            text: text.into(),
            kind: PhantomData,
        })
    }

    /// What is stored.
    pub fn hash(&self) -> Hash<K> {
        Hash::of(self.text.expose_secret())
    }

    /// The text, for those who pass it on.
    pub fn secret(&self) -> &SecretString {
        &self.text
    }
}

/// The refresh token of a family (RFC 6749 §1.5).
#[derive(Debug)]
pub struct RefreshToken;
impl Kind for RefreshToken {
    const PREFIX: &'static str = "refresh_";
}

/// The access token of a family: opaque, and good at this portal only (RFC 6749 §1.4).
#[derive(Debug)]
pub struct AccessToken;
impl Kind for AccessToken {
    const PREFIX: &'static str = "access_";
}

/// Whether two hashes are the same, in a time that does not tell where they differ.
pub fn same(one: &[u8], other: &[u8]) -> bool {
    verify_slices_are_equal(one, other).is_ok()
}

/// The SHA-256 of a secret of kind `K`.
#[derive(Debug)]
pub struct Hash<K: Kind> {
    bytes: Vec<u8>,
    kind: PhantomData<K>,
}

impl<K: Kind> Hash<K> {
    /// The hash of a text that somebody presents as a secret of this kind.
    pub fn of(text: &str) -> Self {
        Self {
            bytes: digest(&SHA256, text.as_bytes()).as_ref().to_vec(),
            kind: PhantomData,
        }
    }

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
        let credential = Opaque::<ClusterCredential>::generate().unwrap();
        assert!(Opaque::<ClusterToken>::parse(credential.expose()).is_none());
        let token = Opaque::<ClusterToken>::generate().unwrap();
        assert!(Opaque::<ClusterCredential>::parse(token.expose()).is_none());
        assert!(Opaque::<RetrievalKey>::parse(token.expose()).is_none());
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
    fn a_token_of_a_family_tells_its_family_and_reads_back_as_its_own_kind_only() {
        let (family, mark) = (Uuid::new_v4(), Mark::generate().unwrap());
        let token = Member::<RefreshToken>::generate(family, &mark).unwrap();
        let text = token.secret().expose_secret();
        let again = Member::<RefreshToken>::parse(text).unwrap();
        assert_eq!((again.family, again.mark.hash()), (family, mark.hash()));
        assert_eq!(again.hash().as_bytes(), token.hash().as_bytes());
        assert!(Member::<AccessToken>::parse(text).is_none());
        for end in 0..text.len() {
            assert!(
                Member::<RefreshToken>::parse(&text[..end]).is_none(),
                "cut at {end}"
            );
        }
        assert!(Member::<RefreshToken>::parse(&format!("{text}AAAA")).is_none());
        assert!(!format!("{token:?}").contains(&text[30..]));
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        let key = Opaque::<RetrievalKey>::generate().unwrap();
        assert!(!format!("{key:?}").contains(&key.expose()[4..]));
    }
}
