//! A signer that keeps its key parsed.
//!
//! jsonwebtoken parses the private key again for every signature, which more than doubles the
//! cost of RS256. Its crypto provider is the seam that it offers: ours hands it a key that was
//! parsed once. The [`EncodingKey`] that goes through jsonwebtoken is then only a name.

use std::{
    collections::HashMap,
    sync::{Arc, LazyLock, PoisonError, RwLock},
};

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use jsonwebtoken::{
    Algorithm, EncodingKey,
    crypto::{CryptoProvider, JwtSigner, aws_lc::DEFAULT_PROVIDER},
    errors::{Error, ErrorKind},
};
use signature::Signer;

/// A private key, ready to sign.
pub(super) enum Parsed {
    Rs256(RsaKeyPair),
    Es256(EcdsaKeyPair),
}

impl Parsed {
    /// Reads a key from PKCS#8.
    pub(super) fn from_pkcs8(algorithm: Algorithm, der: &[u8]) -> Result<Self, Error> {
        match algorithm {
            Algorithm::RS256 => {
                RsaKeyPair::from_pkcs8(der).map(Self::Rs256).map_err(|error| ErrorKind::InvalidRsaKey(error.to_string()).into())
            }
            Algorithm::ES256 => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der)
                .map(Self::Es256)
                .map_err(|_| ErrorKind::InvalidEcdsaKey.into()),
            _ => Err(ErrorKind::InvalidAlgorithm.into()),
        }
    }

    fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rs256(_) => Algorithm::RS256,
            Self::Es256(_) => Algorithm::ES256,
        }
    }
}

/// The parsed keys by their names.
static PARSED: LazyLock<RwLock<HashMap<Vec<u8>, Arc<Parsed>>>> = LazyLock::new(RwLock::default);

static PROVIDER: LazyLock<CryptoProvider> =
    LazyLock::new(|| CryptoProvider { signer_factory: signer, ..DEFAULT_PROVIDER.clone() });

/// Keeps a parsed key under its name, and returns what stands for it in [`jsonwebtoken::encode`].
pub(super) fn keep(kid: &str, key: Parsed) -> EncodingKey {
    // Fails where it is installed already, which is just as well.
    let _ = CryptoProvider::install_default(&PROVIDER);
    let algorithm = key.algorithm();
    PARSED.write().unwrap_or_else(PoisonError::into_inner).insert(kid.as_bytes().to_vec(), Arc::new(key));
    match algorithm {
        Algorithm::ES256 => EncodingKey::from_ec_der(kid.as_bytes()),
        _ => EncodingKey::from_rsa_der(kid.as_bytes()),
    }
}

/// Forgets the keys that have other names than these.
pub(super) fn forget_others(kids: &[&str]) {
    let mut parsed = PARSED.write().unwrap_or_else(PoisonError::into_inner);
    parsed.retain(|kid, _| kids.iter().any(|kept| kept.as_bytes() == kid));
}

fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    let parsed = PARSED.read().unwrap_or_else(PoisonError::into_inner).get(key.as_bytes()).cloned();
    match parsed {
        Some(parsed) if parsed.algorithm() == *algorithm => Ok(Box::new(Kept(parsed))),
        Some(_) => Err(ErrorKind::InvalidAlgorithm.into()),
        None => (DEFAULT_PROVIDER.signer_factory)(algorithm, key),
    }
}

struct Kept(Arc<Parsed>);

impl Signer<Vec<u8>> for Kept {
    fn try_sign(&self, message: &[u8]) -> Result<Vec<u8>, signature::Error> {
        let random = SystemRandom::new();
        match &*self.0 {
            Parsed::Rs256(key) => {
                let mut bytes = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut bytes).map_err(signature::Error::from_source)?;
                Ok(bytes)
            }
            Parsed::Es256(key) => {
                Ok(key.sign(&random, message).map_err(signature::Error::from_source)?.as_ref().to_vec())
            }
        }
    }
}

impl JwtSigner for Kept {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }
}
