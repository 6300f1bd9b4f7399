//! Users: people known to Shorepass, and the names that they get.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};

use crate::{
    name::{self, NameError},
    portal_role::PortalRole,
};

/// The longest username, so that a directory's name still fits behind it.
const MAX_BYTES: usize = 120;

/// A user's name in Shorepass and in tokens (`sub`).
///
/// Assigned at the first login, never changed, never given to another. It consists of lower-case
/// ASCII letters, digits and `. _ - @ +`, so that equality is the same for people, databases and
/// clusters: no case, no normal forms, no look-alike letters.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Username(String);

impl Username {
    /// Accepts a name that is already in the form of usernames.
    ///
    /// # Errors
    /// The rule that it breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        name::check(text)?;
        if text.chars().all(is_allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Character)
        }
    }

    /// The username that a directory's name for a person suggests, as readable as can be.
    ///
    /// # Errors
    /// [`NameError::Empty`] where nothing of the name can be kept.
    pub fn suggest(directory_name: &str) -> Result<Self, NameError> {
        let mut kept = String::new();
        for c in directory_name
            .nfkd()
            .filter(|c| !is_combining_mark(*c) && !name::is_invisible(*c))
        {
            for lower in c.to_lowercase() {
                let next = if is_allowed(lower) { lower } else { '-' };
                if kept.len() < MAX_BYTES && !(next == '-' && kept.ends_with('-')) {
                    kept.push(next);
                }
            }
        }
        Self::parse(kept.trim_matches(|c: char| !c.is_ascii_alphanumeric()))
    }

    /// What to try next when the name is taken: first the directory's name behind it
    /// (`alice.partners`), then a number as well.
    ///
    /// # Errors
    /// As [`Username::suggest`].
    pub fn alternative(&self, directory: &str, attempt: u32) -> Result<Self, NameError> {
        match attempt {
            0 => Ok(self.clone()),
            1 => Self::suggest(&format!("{self}.{directory}")),
            _ => Self::suggest(&format!("{self}.{directory}.{attempt}")),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_allowed(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '@' | '+')
}

impl fmt::Display for Username {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Username {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<Username> for String {
    fn from(name: Username) -> Self {
        name.0
    }
}

/// A person as the pages show them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    pub username: Username,
    /// The name that the directory gives, or the username where it gives none.
    pub display_name: String,
    pub email: Option<String>,
    /// What they may do in the portal. It stays on the server, and enters no token.
    #[serde(skip)]
    pub portal_roles: Vec<PortalRole>,
}

impl Person {
    /// Whether they may change clusters.
    pub fn is_administrator(&self) -> bool {
        self.portal_roles.contains(&PortalRole::Administrator)
    }

    /// Whether they may look at what administrators see of people and signing keys.
    pub fn may_oversee(&self) -> bool {
        self.portal_roles.iter().any(|role| match role {
            PortalRole::Administrator | PortalRole::Auditor => true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usernames_are_readable_lower_case_ascii() {
        for (given, expected) in [
            ("Alice", "alice"),
            ("Ａｌｉｃｅ", "alice"),
            ("José Ñandú", "jose-nandu"),
            ("alice@harbour.example", "alice@harbour.example"),
            ("DOMAIN\\bob", "domain-bob"),
            ("system:admin", "system-admin"),
            ("  -- x --  ", "x"),
        ] {
            assert_eq!(
                Username::suggest(given).map(String::from).as_deref(),
                Ok(expected),
                "{given:?}"
            );
        }
    }

    #[test]
    fn a_name_of_which_nothing_is_left_is_refused() {
        for given in ["", "   ", "\u{200B}", "---", "日本"] {
            assert!(Username::suggest(given).is_err(), "{given:?}");
        }
    }

    #[test]
    fn a_collision_gets_the_directory_behind_it() {
        let alice = Username::suggest("alice").unwrap();
        assert_eq!(alice.alternative("partners", 0).unwrap().as_str(), "alice");
        assert_eq!(
            alice.alternative("partners", 1).unwrap().as_str(),
            "alice.partners"
        );
        assert_eq!(
            alice.alternative("partners", 2).unwrap().as_str(),
            "alice.partners.2"
        );
    }

    #[test]
    fn only_the_stored_form_is_read_back() {
        for text in ["Alice", "al ice", "ali\u{0301}ce", "system:x", "a/b"] {
            assert!(Username::parse(text).is_err(), "{text:?}");
        }
    }
}
