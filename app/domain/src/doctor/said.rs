//! The words of the API server's log, as kubernetes/apiserver and coreos/go-oidc write them.

use serde_json::Value;
use time::OffsetDateTime;

/// All that is said where no authenticator takes a token for one of its issuer's.
pub(super) const NOBODYS: &str = "invalid bearer token";
pub(super) const SIGNATURE: &str =
    "oidc: verify token: failed to verify signature: failed to verify id token signature";
pub(super) const MALFORMED: &str = "oidc: verify token: oidc: malformed jwt: …";
pub(super) const CLAIMS: &str = "oidc: verify token: oidc: failed to unmarshal claims: …";

/// All that the API server can be told to take (oidc.go, `allowedSigningAlgs`).
pub(super) const ALGORITHMS: [&str; 9] = [
    "ES256", "ES384", "ES512", "PS256", "PS384", "PS512", "RS256", "RS384", "RS512",
];

/// What is expected depends on how the API server was told.
pub(super) fn algorithm(got: &str) -> String {
    format!(
        "oidc: verify token: oidc: id token signed with unsupported algorithm, expected … got {got:?}"
    )
}

pub(super) fn expired(at: Option<i64>) -> String {
    format!(
        "oidc: verify token: oidc: token is expired (Token Expiry: {})",
        instant(at)
    )
}

pub(super) fn not_before(at: i64) -> String {
    format!(
        "oidc: verify token: oidc: current time … before the nbf (not before) time: {}",
        instant(Some(at))
    )
}

/// As where one audience is expected; where several are, `in` and their list stand in its place.
pub(super) fn audience(expected: &str, got: &[String]) -> String {
    format!(
        "oidc: verify token: oidc: expected audience {expected:?} got {}",
        list(got)
    )
}

pub(super) fn no_username() -> String {
    "oidc: parse username claims \"sub\": claim not present".to_owned()
}

pub(super) fn username(got: &Value) -> String {
    format!(
        "oidc: parse username claims \"sub\": {}",
        unfit(got, "string")
    )
}

pub(super) fn email_verified(got: &Value) -> String {
    format!("oidc: parse 'email_verified' claim: {}", unfit(got, "bool"))
}

/// The API server tries a list, and then a single name: the words are about the latter.
pub(super) fn groups(claim: &str, got: &Value) -> String {
    format!(
        "oidc: parse groups claim {claim:?}: {}",
        unfit(got, "string")
    )
}

/// A rule of the `AuthenticationConfiguration` that we print (`identity`'s cluster/config).
pub(super) fn claim_rule(rule: &str, message: &str) -> String {
    format!(
        "oidc: error evaluating claim validation expression: validation expression '{rule}' failed: {message}"
    )
}

pub(super) fn no_such_key(rule: &str, key: &str) -> String {
    format!(
        "oidc: error evaluating claim validation expression: expression '{rule}' resulted in error: no such key: {key}"
    )
}

pub(super) fn user_rule(rule: &str, message: &str) -> String {
    format!(
        "oidc: error evaluating user info validation rule: validation expression '{rule}' failed: {message}"
    )
}

/// How Go's encoding/json says that a value does not fit a type.
fn unfit(got: &Value, wanted: &str) -> String {
    let kind = match got {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    format!("json: cannot unmarshal {kind} into Go value of type {wanted}")
}

/// How Go prints a list of strings with `%q`.
fn list(names: &[impl AsRef<str>]) -> String {
    let quoted = names.iter().map(|name| format!("{:?}", name.as_ref()));
    format!("[{}]", quoted.collect::<Vec<_>>().join(" "))
}

/// How Go prints an instant, on a machine whose clock is set to UTC; none is the year one.
fn instant(at: Option<i64>) -> String {
    let Some(at) = at.and_then(|at| OffsetDateTime::from_unix_timestamp(at).ok()) else {
        return "0001-01-01 00:00:00 +0000 UTC".to_owned();
    };
    let (date, (hour, minute, second)) = (at.date(), at.to_hms());
    let month = u8::from(date.month());
    format!(
        "{:04}-{month:02}-{:02} {hour:02}:{minute:02}:{second:02} +0000 UTC",
        date.year(),
        date.day()
    )
}
