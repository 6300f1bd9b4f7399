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
}
