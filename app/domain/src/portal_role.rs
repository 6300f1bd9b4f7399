//! Portal roles: what somebody may do in the portal itself. They are no groups and never enter tokens.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PortalRole {
    Administrator,
    Auditor,
}

impl PortalRole {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
        }
    }

    pub fn parse(word: &str) -> Option<Self> {
        [Self::Administrator, Self::Auditor]
            .into_iter()
            .find(|role| role.as_str() == word)
    }
}
