//! A token taken apart, as go-jose v2 takes it apart: nothing in it is believed yet.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::general_purpose::{GeneralPurpose, NO_PAD},
    prelude::BASE64_URL_SAFE_NO_PAD,
};
use serde_json::{Map, Value};

/// Go takes a last letter whose spare bits are not zero.
const LENIENT: GeneralPurpose =
    GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// Claims, or a header's fields.
pub(super) type Fields = Map<String, Value>;

/// What a token says of its signature (RFC 7515 §4.1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    pub alg: String,
    /// Empty counts as none, as it does to verifiers.
    pub kid: Option<String>,
}

/// What is wrong with a token's form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    /// So many parts, and not three.
    Parts(usize),
    /// The middle one is no base64url without padding.
    Payload,
    /// It is, and of no JSON object.
    Json,
}

pub(super) fn payload(token: &str) -> Result<Fields, Broken> {
    let parts: Vec<&str> = token.split('.').collect();
    let [_, payload, _] = parts[..] else {
        return Err(Broken::Parts(parts.len()));
    };
    let bytes = decode(payload).ok_or(Broken::Payload)?;
    serde_json::from_slice(&bytes).map_err(|_| Broken::Json)
}

/// The header of a token; none where it cannot be read.
pub fn header(token: &str) -> Option<Header> {
    let (first, rest) = token.split_once('.')?;
    let (_, signature) = rest.split_once('.')?;
    decode(signature)?;
    let fields: Fields = serde_json::from_slice(&decode(first)?).ok()?;
    let text = |name: &str| match fields.get(name) {
        None => Some(String::new()),
        Some(value) => value.as_str().map(str::to_owned),
    };
    Some(Header {
        alg: text("alg")?,
        kid: text("kid").filter(|kid| !kid.is_empty()),
    })
}

fn decode(part: &str) -> Option<Vec<u8>> {
    LENIENT.decode(part).ok()
}

/// What was signed, and the signature, written in the one right way, as go-jose writes them again before
/// it verifies; none where they cannot be read.
pub fn signed(token: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else {
        return None;
    };
    let again = |part| decode(part).map(|bytes| BASE64_URL_SAFE_NO_PAD.encode(bytes));
    let message = format!("{}.{}", again(header)?, again(payload)?);
    Some((message, again(signature)?))
}
