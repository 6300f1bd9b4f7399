//! Keys that a provider signs with. Making one takes a while, so tests share a few.
//!
//! What they sign is put together here and not by a library, which would not let itself be talked
//! into the tokens that are wrong.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, RSA_PKCS1_SHA256, RSA_PSS_SHA256,
        RsaKeyPair,
    },
};
use base64::{Engine, prelude::*};
use serde_json::{Value, json};

enum Pair {
    Rsa(RsaKeyPair),
    Ec(EcdsaKeyPair),
}

/// A key with its id.
pub(crate) struct Key {
    pair: Pair,
    kid: &'static str,
    algorithm: &'static str,
}

static FIRST: LazyLock<Arc<Key>> = LazyLock::new(|| rsa("first", "RS256"));
static SECOND: LazyLock<Arc<Key>> = LazyLock::new(|| rsa("second", "RS256"));
static PSS: LazyLock<Arc<Key>> = LazyLock::new(|| rsa("pss", "PS256"));
static SHA_512: LazyLock<Arc<Key>> = LazyLock::new(|| rsa("sha-512", "RS512"));
static CURVE: LazyLock<Arc<Key>> = LazyLock::new(|| {
    let random = SystemRandom::new();
    let der = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der.as_ref()).unwrap();
    Arc::new(Key {
        pair: Pair::Ec(pair),
        kid: "curve",
        algorithm: "ES256",
    })
});

fn rsa(kid: &'static str, algorithm: &'static str) -> Arc<Key> {
    let pair = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    Arc::new(Key {
        pair: Pair::Rsa(pair),
        kid,
        algorithm,
    })
}

pub(crate) fn first() -> Arc<Key> {
    Arc::clone(&FIRST)
}

pub(crate) fn second() -> Arc<Key> {
    Arc::clone(&SECOND)
}

pub(crate) fn pss() -> Arc<Key> {
    Arc::clone(&PSS)
}

pub(crate) fn curve() -> Arc<Key> {
    Arc::clone(&CURVE)
}

/// Of an algorithm that nobody accepts.
pub(crate) fn sha_512() -> Arc<Key> {
    Arc::clone(&SHA_512)
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl Key {
    pub(crate) fn kid(&self) -> &'static str {
        self.kid
    }

    pub(crate) fn algorithm(&self) -> &'static str {
        self.algorithm
    }

    /// As a key set has it.
    pub(crate) fn public(&self) -> Value {
        match &self.pair {
            Pair::Rsa(pair) => {
                let public = pair.public_key();
                json!({
                    "kty": "RSA", "use": "sig", "kid": self.kid, "alg": self.algorithm,
                    "n": encode(public.modulus().big_endian_without_leading_zero()),
                    "e": encode(public.exponent().big_endian_without_leading_zero()),
                })
            }
            Pair::Ec(pair) => {
                let point = pair.public_key().as_ref();
                json!({
                    "kty": "EC", "use": "sig", "kid": self.kid, "alg": self.algorithm,
                    "crv": "P-256", "x": encode(&point[1..33]), "y": encode(&point[33..]),
                })
            }
        }
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        self.sign_text(&header.to_string(), &claims.to_string())
    }

    /// Signs what may not even be JSON.
    pub(crate) fn sign_text(&self, header: &str, claims: &str) -> String {
        let input = format!("{}.{}", encode(header), encode(claims));
        let random = SystemRandom::new();
        let signature = match &self.pair {
            Pair::Rsa(pair) => {
                let padding: &'static dyn aws_lc_rs::signature::RsaEncoding = match self.algorithm {
                    "PS256" => &RSA_PSS_SHA256,
                    _ => &RSA_PKCS1_SHA256,
                };
                let mut bytes = vec![0; pair.public_modulus_len()];
                pair.sign(padding, &random, input.as_bytes(), &mut bytes)
                    .unwrap();
                bytes
            }
            Pair::Ec(pair) => pair
                .sign(&random, input.as_bytes())
                .unwrap()
                .as_ref()
                .to_vec(),
        };
        format!("{input}.{}", encode(signature))
    }
}

/// The same claims, signed with a secret that both sides know.
pub(crate) fn with_secret(token: &str, secret: &[u8]) -> String {
    let claims = token.split('.').nth(1).unwrap();
    let input = format!("{}.{claims}", encode(r#"{"alg":"HS256"}"#));
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
    format!("{input}.{}", encode(hmac::sign(&key, input.as_bytes())))
}

/// The same claims, signed by nobody.
pub(crate) fn unsigned(token: &str) -> String {
    let claims = token.split('.').nth(1).unwrap();
    format!("{}.{claims}.", encode(r#"{"alg":"none"}"#))
}
