//! A signer that keeps its key parsed.
//!
//! jsonwebtoken parses the private key again for every signature, which more than doubles the
//! cost of RS256. Its crypto provider is the seam that it offers: ours hands it a key that was
//! parsed once. The [`EncodingKey`] that goes through jsonwebtoken is then only a number.

use std::{
    collections::HashMap,
    sync::{
        Arc, LazyLock, PoisonError, RwLock,
        atomic::{AtomicU64, Ordering},
    },
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
            Algorithm::RS256 => RsaKeyPair::from_pkcs8(der)
                .map(Self::Rs256)
                .map_err(|error| ErrorKind::InvalidRsaKey(error.to_string()).into()),
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

/// The parsed keys by the numbers that stand for them.
static PARSED: LazyLock<RwLock<HashMap<[u8; 8], Arc<Parsed>>>> = LazyLock::new(RwLock::default);
static NEXT: AtomicU64 = AtomicU64::new(0);

static PROVIDER: LazyLock<CryptoProvider> = LazyLock::new(|| CryptoProvider {
    signer_factory: signer,
    ..DEFAULT_PROVIDER.clone()
});

/// Makes our provider jsonwebtoken's. It has to come before anything else that jsonwebtoken does with
/// keys, for its first use of a provider is for good.
pub(super) fn install() {
    // Fails where it is installed already, which is just as well.
    let _ = CryptoProvider::install_default(&PROVIDER);
}

/// What stands for a parsed key in [`jsonwebtoken::encode`]. The key is forgotten with it.
pub(super) struct KeptKey {
    number: [u8; 8],
    pub(super) encoding: EncodingKey,
}

impl KeptKey {
    pub(super) fn new(key: Parsed) -> Self {
        install();
        let number = NEXT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let encoding = match key {
            Parsed::Rs256(_) => EncodingKey::from_rsa_der(&number),
            Parsed::Es256(_) => EncodingKey::from_ec_der(&number),
        };
        PARSED
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(number, Arc::new(key));
        Self { number, encoding }
    }
}

impl Drop for KeptKey {
    fn drop(&mut self) {
        PARSED
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.number);
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the type of jsonwebtoken's seam"
)]
fn signer(algorithm: &Algorithm, key: &EncodingKey) -> Result<Box<dyn JwtSigner>, Error> {
    let number = <[u8; 8]>::try_from(key.as_bytes()).ok();
    let parsed = number.and_then(|number| {
        PARSED
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&number)
            .cloned()
    });
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
                key.sign(&RSA_PKCS1_SHA256, &random, message, &mut bytes)
                    .map_err(signature::Error::from_source)?;
                Ok(bytes)
            }
            Parsed::Es256(key) => Ok(key
                .sign(&random, message)
                .map_err(signature::Error::from_source)?
                .as_ref()
                .to_vec()),
        }
    }
}

impl JwtSigner for Kept {
    fn algorithm(&self) -> Algorithm {
        self.0.algorithm()
    }
}
