//! Groups: the names in a token's groups claim.

use std::fmt;

use serde::{Deserialize, Serialize};
use unicode_normalization::is_nfc;

use crate::name::{self, NameError};

/// A name in the groups claim: NFC, visible, trimmed, at most 253 bytes, never `system:`.
/// Compared byte for byte, as RBAC does.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct GroupName(String);

impl GroupName {
    /// # Errors
    /// The rule that the name breaks.
    pub fn parse(text: &str) -> Result<Self, NameError> {
        name::check(text)?;
        if is_nfc(text) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NameError::Character)
        }
    }

    /// The group of a role in a namespace by a cluster's template, in which `{namespace}` and
    /// `{role}` stand for the two names. The default template is `{namespace}-{role}`.
    ///
    /// # Errors
    /// The rule that the resulting name breaks.
    pub fn of_role(template: &str, namespace: &str, role: &str) -> Result<Self, NameError> {
        Self::parse(
            &template
                .replace("{namespace}", namespace)
                .replace("{role}", role),
        )
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for GroupName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for GroupName {
    type Error = NameError;
    fn try_from(text: String) -> Result<Self, NameError> {
        Self::parse(&text)
    }
}

impl From<GroupName> for String {
    fn from(name: GroupName) -> Self {
        name.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_role_has_the_group_of_the_template() {
        let group = GroupName::of_role("{namespace}-{role}", "payments", "viewer").unwrap();
        assert_eq!(group.as_str(), "payments-viewer");
        assert_eq!(
            GroupName::of_role("system:{role}", "x", "masters"),
            Err(NameError::Reserved)
        );
    }

    #[test]
    fn two_normal_forms_of_one_name_are_not_two_groups() {
        assert!(GroupName::parse("caf\u{e9}").is_ok());
        assert_eq!(GroupName::parse("cafe\u{301}"), Err(NameError::Character));
    }
}
