//! Our own `id_token`s when they come back: as a hint whom a client means (`OpenID` Connect Core 1.0
//! §3.1.2.1 `id_token_hint`, RP-Initiated Logout 1.0 §2). They prove nothing about who is there.

use jsonwebtoken::{DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use uuid::Uuid;

use crate::Portal;

/// What a hint says.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
pub struct Hint {
    /// The user.
    pub uid: Uuid,
    /// The login.
    pub sid: Uuid,
    pub aud: Vec<String>,
    /// The client that it was issued to; none where it is the audience itself.
    pub azp: Option<String>,
}

impl Hint {
    /// The client that it was issued to.
    pub fn party(&self) -> Option<&str> {
        self.azp.as_deref().or(self.aud.first().map(String::as_str))
    }
}

/// Reads a token that this portal signed, with a key that is published still; it may have expired.
pub fn read(portal: &Portal, token: &str) -> Option<Hint> {
    let issuer = &portal.issuer;
    let header = decode_header(token).ok()?;
    let key = issuer.ring.published(&header.kid?, portal.clock.now())?;
    let mut validation = Validation::new(key.algorithm);
    validation.set_issuer(&[&issuer.url]);
    validation.set_required_spec_claims(&["iss", "exp"]);
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false; // it is the client's, whoever that is; the caller compares
    let public = DecodingKey::from_jwk(&key.public).ok()?;
    decode::<Hint>(token, &public, &validation)
        .ok()
        .map(|data| data.claims)
}
