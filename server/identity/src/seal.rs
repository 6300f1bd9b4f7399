//! Secrets at rest: AES-256-GCM under a key-encryption key that only the configuration holds.
//!
//! What is sealed is bound to its purpose and to the row that holds it (associated data), so that
//! one row's secret cannot be put in another's place. Layout: version (1 byte), id of the
//! key-encryption key (8), nonce (12), ciphertext and tag.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    digest::{SHA256, digest},
};
use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

const VERSION: u8 = 1;
const ID: usize = 8;
const HEADER: usize = 1 + ID;

#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum SealError {
    #[error("a key-encryption key has to be 32 bytes in base64")]
    Malformed,
    #[error("sealed under a key-encryption key that the configuration does not hold")]
    UnknownKey,
    #[error("the sealed data was altered, or belongs elsewhere")]
    Broken,
    #[error("sealing failed")]
    Failed,
}

#[derive(Debug)]
struct KeyEncryptionKey {
    id: [u8; ID],
    key: RandomizedNonceKey,
}

impl KeyEncryptionKey {
    fn parse(text: &SecretString) -> Result<Self, SealError> {
        let bytes = BASE64_STANDARD
            .decode(text.expose_secret().trim())
            .map_err(|_| SealError::Malformed)?;
        if bytes.len() != 32 {
            return Err(SealError::Malformed);
        }
        let mut id = [0; ID];
        let hash = digest(
            &SHA256,
            &[b"shorepass key-encryption key id ".as_slice(), &bytes].concat(),
        );
        id.copy_from_slice(&hash.as_ref()[..ID]);
        let key =
            RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| SealError::Malformed)?;
        Ok(Self { id, key })
    }
}

/// Seals under the current key-encryption key; opens under it or an earlier one.
#[derive(Debug)]
pub struct Sealer {
    current: KeyEncryptionKey,
    previous: Vec<KeyEncryptionKey>,
}

impl Sealer {
    /// Reads the keys, 32 bytes in base64 each.
    ///
    /// # Errors
    /// [`SealError::Malformed`].
    pub fn new(current: &SecretString, previous: &[SecretString]) -> Result<Self, SealError> {
        Ok(Self {
            current: KeyEncryptionKey::parse(current)?,
            previous: previous
                .iter()
                .map(KeyEncryptionKey::parse)
                .collect::<Result<_, _>>()?,
        })
    }

    /// Seals `plain` for the row `row` of what `purpose` names.
    ///
    /// # Errors
    /// [`SealError::Failed`].
    pub fn seal(&self, purpose: &str, row: &str, plain: &[u8]) -> Result<Vec<u8>, SealError> {
        let mut data = plain.to_vec();
        let nonce = self
            .current
            .key
            .seal_in_place_append_tag(Aad::from(associated(purpose, row)), &mut data)
            .map_err(|_| SealError::Failed)?;
        Ok([
            &[VERSION],
            self.current.id.as_slice(),
            nonce.as_ref(),
            &data,
        ]
        .concat())
    }

    /// Opens what [`Sealer::seal`] made for the same purpose and row.
    ///
    /// # Errors
    /// [`SealError::UnknownKey`], or [`SealError::Broken`].
    pub fn open(&self, purpose: &str, row: &str, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let (header, rest) = sealed.split_at_checked(HEADER).ok_or(SealError::Broken)?;
        let (nonce, body) = rest.split_at_checked(NONCE_LEN).ok_or(SealError::Broken)?;
        if header[0] != VERSION {
            return Err(SealError::Broken);
        }
        let key = std::iter::once(&self.current)
            .chain(&self.previous)
            .find(|key| key.id == header[1..])
            .ok_or(SealError::UnknownKey)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Broken)?;
        let mut body = body.to_vec();
        let length = key
            .key
            .open_in_place(nonce, Aad::from(associated(purpose, row)), &mut body)
            .map_err(|_| SealError::Broken)?
            .len();
        body.truncate(length);
        Ok(body)
    }

    /// Whether this was sealed under the current key-encryption key.
    pub fn is_current(&self, sealed: &[u8]) -> bool {
        sealed.get(1..HEADER) == Some(self.current.id.as_slice())
    }
}

fn associated(purpose: &str, row: &str) -> Vec<u8> {
    format!("shorepass\0{purpose}\0{row}").into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> SecretString {
        BASE64_STANDARD.encode([byte; 32]).into()
    }

    #[test]
    fn what_is_sealed_opens_in_its_own_place_only() {
        let sealer = Sealer::new(&key(1), &[]).unwrap();
        let sealed = sealer.seal("signing key", "a", b"secret").unwrap();
        assert_eq!(sealer.open("signing key", "a", &sealed).unwrap(), b"secret");
        assert_eq!(
            sealer.open("signing key", "b", &sealed),
            Err(SealError::Broken)
        );
        assert_eq!(sealer.open("token", "a", &sealed), Err(SealError::Broken));
    }

    #[test]
    fn every_altered_byte_is_noticed() {
        let sealer = Sealer::new(&key(1), &[]).unwrap();
        let sealed = sealer.seal("p", "r", b"secret").unwrap();
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(sealer.open("p", "r", &altered).is_err(), "byte {at}");
            assert!(sealer.open("p", "r", &sealed[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn an_earlier_key_opens_and_an_unknown_one_is_named_as_such() {
        let old = Sealer::new(&key(1), &[]).unwrap();
        let sealed = old.seal("p", "r", b"secret").unwrap();
        let new = Sealer::new(&key(2), &[key(1)]).unwrap();
        assert_eq!(new.open("p", "r", &sealed).unwrap(), b"secret");
        assert!(!new.is_current(&sealed) && old.is_current(&sealed));
        let stranger = Sealer::new(&key(3), &[]).unwrap();
        assert_eq!(stranger.open("p", "r", &sealed), Err(SealError::UnknownKey));
    }

    #[test]
    fn a_key_of_another_length_is_refused() {
        for text in ["", "x", "AAAA", &BASE64_STANDARD.encode([0; 31])] {
            assert_eq!(
                Sealer::new(&text.to_owned().into(), &[]).unwrap_err(),
                SealError::Malformed
            );
        }
    }
}
