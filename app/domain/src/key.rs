//! Retrieval keys: opaque secrets for fetching `id_token`s, and nothing else.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::name;

/// What every retrieval key begins with, so that no other secret can be taken for one.
pub const PREFIX: &str = "k8r_";

/// The longest name of a key, in characters.
const MAX_NAME: usize = 60;

/// Why a key cannot be made.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum KeyNameError {
    #[error("Give the key a name, for example that of the computer it is for.")]
    Empty,
    #[error("A key's name has at most 60 characters.")]
    TooLong,
    #[error("A key's name has visible characters only.")]
    Invisible,
}

/// Checks and trims the name that a person gives a key.
///
/// # Errors
/// The rule that the name breaks.
pub fn check_name(text: &str) -> Result<&str, KeyNameError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(KeyNameError::Empty);
    }
    if text.chars().count() > MAX_NAME {
        return Err(KeyNameError::TooLong);
    }
    if text.chars().any(name::is_invisible) {
        return Err(KeyNameError::Invisible);
    }
    Ok(text)
}

/// A name for the computer on which a browser runs, by what people call the browser (*Chrome on
/// Linux*), and none that is `taken`.
pub fn suggest_name(browser: &str, taken: &[KeyView]) -> String {
    let name = match browser.rsplit_once(" on ") {
        Some((_, system @ ("Linux" | "Windows"))) => format!("{system} computer"),
        Some((_, "macOS")) => "Mac".to_owned(),
        _ => "computer".to_owned(),
    };
    let is_taken = |name: &str| taken.iter().any(|key| key.name == name);
    let numbered = (2..=taken.len() + 1).map(|number| format!("{name} {number}"));
    std::iter::once(name.clone())
        .chain(numbered)
        .find(|name| !is_taken(name))
        .unwrap_or(name)
}

/// A key as its owner sees it. The secret is shown once, when the key is made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyView {
    pub id: Uuid,
    pub name: String,
    /// The one cluster that it is for, or none for all.
    pub cluster: Option<String>,
    #[serde(with = "time::serde::timestamp")]
    pub created_at: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    pub expires_at: OffsetDateTime,
    #[serde(with = "time::serde::timestamp::option")]
    pub last_used_at: Option<OffsetDateTime>,
    pub last_used_from: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_keys_name_is_short_and_visible() {
        assert_eq!(check_name("  laptop "), Ok("laptop"));
        assert_eq!(check_name(" "), Err(KeyNameError::Empty));
        assert_eq!(check_name(&"x".repeat(61)), Err(KeyNameError::TooLong));
        assert_eq!(check_name("a\u{202E}b"), Err(KeyNameError::Invisible));
    }

    #[test]
    fn a_suggested_name_is_the_computers_and_not_taken() {
        let key = |name: &str| KeyView {
            id: Uuid::nil(),
            name: name.into(),
            cluster: None,
            created_at: OffsetDateTime::UNIX_EPOCH,
            expires_at: OffsetDateTime::UNIX_EPOCH,
            last_used_at: None,
            last_used_from: None,
        };
        for (browser, taken, name) in [
            ("Chrome on Linux", &[][..], "Linux computer"),
            ("Edge on Windows", &["laptop"], "Windows computer"),
            ("Safari on macOS", &["Mac"], "Mac 2"),
            ("Safari on iPhone", &[], "computer"),
            ("curl/8.5.0", &["computer", "computer 2"], "computer 3"),
        ] {
            let taken: Vec<_> = taken.iter().map(|name| key(name)).collect();
            let suggested = suggest_name(browser, &taken);
            assert_eq!(suggested, name);
            assert_eq!(check_name(&suggested), Ok(name));
        }
    }
}
