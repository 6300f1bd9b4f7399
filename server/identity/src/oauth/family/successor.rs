//! What a rotation answered, sealed under the refresh token that asked for it: only whoever holds that
//! token can read it, and the database cannot.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey},
    hkdf::{HKDF_SHA256, Salt},
};
use secrecy::ExposeSecret;
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::super::{Failure, Granted};
use crate::{
    seal::SealError,
    secret::{Member, RefreshToken},
};

/// Bytes of the key.
const KEY: usize = 32;

#[derive(Debug, Error)]
pub(super) enum SuccessorError {
    #[error(transparent)]
    Seal(#[from] SealError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
}

impl From<SuccessorError> for Failure {
    fn from(error: SuccessorError) -> Self {
        match error {
            SuccessorError::Seal(error) => error.into(),
            SuccessorError::Json(error) => error.into(),
        }
    }
}

/// An answer as it is kept.
#[derive(Serialize, Deserialize)]
struct Kept<'a> {
    access_token: &'a str,
    refresh_token: Option<&'a str>,
    id_token: &'a str,
    scope: &'a str,
    expires_in: i64,
}

/// The key that a refresh token, which is random enough to be one, gives (RFC 5869).
fn key(token: &Member<RefreshToken>) -> Result<RandomizedNonceKey, SealError> {
    let mut bytes = [0; KEY];
    Salt::new(HKDF_SHA256, b"shorepass")
        .extract(token.secret().expose_secret().as_bytes())
        .expand(&[b"successor of a refresh token"], &AES_256_GCM)
        .and_then(|key| key.fill(&mut bytes))
        .map_err(|_| SealError::Failed)?;
    RandomizedNonceKey::new(&AES_256_GCM, &bytes).map_err(|_| SealError::Failed)
}

pub(super) fn seal(
    token: &Member<RefreshToken>,
    granted: &Granted,
) -> Result<Vec<u8>, SuccessorError> {
    let mut data = serde_json::to_vec(&Kept {
        access_token: granted.access_token.expose_secret(),
        refresh_token: granted
            .refresh_token
            .as_ref()
            .map(ExposeSecret::expose_secret),
        id_token: granted.id_token.expose_secret(),
        scope: &granted.scope,
        expires_in: granted.expires_in,
    })?;
    let nonce = key(token)?
        .seal_in_place_append_tag(Aad::empty(), &mut data)
        .map_err(|_| SealError::Failed)?;
    Ok([nonce.as_ref().as_slice(), &data].concat())
}

pub(super) fn open(token: &Member<RefreshToken>, sealed: &[u8]) -> Result<Granted, SuccessorError> {
    let (nonce, body) = sealed
        .split_at_checked(NONCE_LEN)
        .ok_or(SealError::Broken)?;
    let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealError::Broken)?;
    let mut body = body.to_vec();
    let plain = key(token)?
        .open_in_place(nonce, Aad::empty(), &mut body)
        .map_err(|_| SealError::Broken)?;
    let kept: Kept<'_> = serde_json::from_slice(plain)?;
    Ok(Granted {
        access_token: kept.access_token.into(),
        refresh_token: kept.refresh_token.map(Into::into),
        id_token: kept.id_token.into(),
        scope: kept.scope.to_owned(),
        expires_in: kept.expires_in,
    })
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::secret::Mark;

    #[test]
    fn only_the_token_that_asked_opens_the_answer() {
        let (family, mark) = (Uuid::new_v4(), Mark::generate().unwrap());
        let token = || Member::<RefreshToken>::generate(family, &mark).unwrap();
        let (old, other) = (token(), token());
        let granted = Granted {
            access_token: "a".into(),
            refresh_token: Some("r".into()),
            id_token: "i".into(),
            scope: "openid".into(),
            expires_in: 300,
        };
        let sealed = seal(&old, &granted).unwrap();
        let opened = open(&old, &sealed).unwrap();
        assert_eq!(opened.refresh_token.unwrap().expose_secret(), "r");
        assert_eq!(opened.id_token.expose_secret(), "i");
        assert!(open(&other, &sealed).is_err());
        assert!(open(&old, &sealed[..5]).is_err());
    }
}
