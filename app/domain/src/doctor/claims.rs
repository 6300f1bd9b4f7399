//! Claims as Go reads them from JSON.

use serde_json::Value;

use super::parts::Fields;

/// What is in the place of a number of seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Seconds {
    Missing,
    At(i64),
    /// Nothing that Go takes for a number.
    Unfit,
}

/// Reads an instant: a number, whole or not, or one in quotes (encoding/json `Number`).
pub(super) fn seconds(claims: &Fields, name: &str) -> Seconds {
    let number = match claims.get(name) {
        None => return Seconds::Missing,
        Some(Value::Number(number)) => number.to_string(),
        Some(Value::String(text)) => text.clone(),
        Some(_) => return Seconds::Unfit,
    };
    if let Ok(at) = number.parse() {
        return Seconds::At(at);
    }
    match number
        .parse::<serde_json::Number>()
        .ok()
        .and_then(|number| number.as_f64())
    {
        #[expect(clippy::cast_possible_truncation, reason = "as Go does it")]
        Some(at) => Seconds::At(at as i64),
        None => Seconds::Unfit,
    }
}

/// Reads names: one, or a list of them. Null is none in either place (encoding/json leaves strings
/// empty for it).
pub(super) fn names(value: &Value) -> Option<Vec<String>> {
    match value {
        Value::String(one) => Some(vec![one.clone()]),
        Value::Null => Some(Vec::new()),
        Value::Array(several) => several.iter().map(name).collect(),
        Value::Bool(_) | Value::Number(_) | Value::Object(_) => None,
    }
}

pub(super) fn name(value: &Value) -> Option<String> {
    match value {
        Value::String(name) => Some(name.clone()),
        Value::Null => Some(String::new()),
        Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}
