//! The keys that a provider publishes: those too weak to trust are taken out before anything is
//! verified with them.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::HttpResponse;
use serde_json::Value;

/// The shortest RSA modulus in bits (RFC 7518 §3.3).
const LEAST_BITS: usize = 2048;

/// Takes weak keys out of an answer that is a key set; any other answer stays as it is.
pub(super) fn strong(mut response: HttpResponse) -> HttpResponse {
    if let Ok(Value::Object(mut set)) = serde_json::from_slice(response.body())
        && let Some(Value::Array(keys)) = set.get_mut("keys")
    {
        keys.retain(is_strong);
        *response.body_mut() = Value::Object(set).to_string().into_bytes();
    }
    response
}

fn is_strong(key: &Value) -> bool {
    match key["kty"].as_str() {
        Some("RSA") => {
            let exponent = number(&key["e"]);
            let odd = exponent.last().is_some_and(|last| last % 2 == 1);
            bits(&number(&key["n"])) >= LEAST_BITS && odd && exponent != [1]
        }
        Some("EC") => key["crv"] == "P-256",
        // A symmetric key in public is none; the other kinds sign with algorithms that we refuse.
        _ => false,
    }
}

/// An unsigned number (RFC 7518 §2, `Base64urlUInt`) without leading zeros; nothing where it is none.
fn number(value: &Value) -> Vec<u8> {
    let bytes = value
        .as_str()
        .and_then(|text| BASE64_URL_SAFE_NO_PAD.decode(text).ok());
    bytes
        .unwrap_or_default()
        .into_iter()
        .skip_while(|byte| *byte == 0)
        .collect()
}

fn bits(number: &[u8]) -> usize {
    let unused = number
        .first()
        .map_or(0, |first| first.leading_zeros() as usize);
    number.len() * 8 - unused
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rsa(bytes: usize, exponent: &str) -> Value {
        let modulus: Vec<u8> = std::iter::once(0)
            .chain(std::iter::repeat_n(0xff, bytes))
            .collect();
        json!({ "kty": "RSA", "n": BASE64_URL_SAFE_NO_PAD.encode(modulus), "e": exponent })
    }

    #[test]
    fn weak_keys_are_taken_out() {
        for (key, strong) in [
            (rsa(256, "AQAB"), true),
            (rsa(512, "Aw"), true),
            (rsa(255, "AQAB"), false),
            (rsa(128, "AQAB"), false),
            (rsa(256, "AQ"), false),
            (rsa(256, "Ag"), false),
            (rsa(256, ""), false),
            (json!({ "kty": "RSA", "e": "AQAB" }), false),
            (json!({ "kty": "oct", "k": "c2VjcmV0" }), false),
            (json!({ "kty": "EC", "crv": "P-256" }), true),
            (json!({ "kty": "EC", "crv": "P-192" }), false),
            (json!({}), false),
            (json!("x"), false),
        ] {
            assert_eq!(is_strong(&key), strong, "{key}");
        }
    }

    #[test]
    fn what_is_no_key_set_stays_as_it_is() {
        for body in ["", "x", "[]", r#"{"issuer":"x"}"#, r#"{"keys":7}"#] {
            let response = strong(HttpResponse::new(body.as_bytes().to_vec()));
            assert_eq!(response.body(), body.as_bytes());
        }
        let response = strong(HttpResponse::new(br#"{"keys":[{"kty":"oct"}]}"#.to_vec()));
        assert_eq!(response.body(), br#"{"keys":[]}"#);
    }
}
