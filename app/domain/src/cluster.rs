//! Clusters: the Kubernetes API servers that tokens are for.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::name::NameError;

/// A claim that every token has already, so that a groups claim cannot have its name.
const TAKEN_CLAIMS: [&str; 18] = [
    "iss",
    "sub",
    "aud",
    "azp",
    "exp",
    "iat",
    "nbf",
    "jti",
    "uid",
    "auth_time",
    "amr",
    "acr",
    "nonce",
    "sid",
    "preferred_username",
    "name",
    "email",
    "email_verified",
];

/// Why a cluster's record is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ClusterError {
    #[error("a cluster's name has lower-case letters, digits and hyphens, at most 63 of them")]
    Name,
    #[error("the claim `{0}` has a meaning of its own in every token")]
    Claim(String),
    #[error("a token lives between 1 and 15 minutes")]
    Lifetime,
    #[error("the prefix is not fit for names")]
    Prefix(#[source] NameError),
}

/// What the portal knows of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// A DNS label; it stands in URLs and file names.
    pub name: String,
    /// Where kubectl finds the API server.
    pub api_url: String,
    /// The audience that the API server is told to expect (`--oidc-client-id`).
    pub audience: String,
    /// What the API server puts before user names.
    pub username_prefix: String,
    /// What the API server puts before group names.
    pub groups_prefix: String,
    /// The claim that carries the groups (`--oidc-groups-claim`).
    pub groups_claim: String,
    /// Seconds from `iat` to `exp`, at the most.
    pub token_lifetime: u32,
}

impl Cluster {
    /// # Errors
    /// The first rule that the record breaks.
    pub fn check(&self) -> Result<(), ClusterError> {
        let label = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        let name = &self.name;
        if name.is_empty()
            || name.len() > 63
            || !name.chars().all(label)
            || name.starts_with('-')
            || name.ends_with('-')
        {
            return Err(ClusterError::Name);
        }
        if self.groups_claim.is_empty() || TAKEN_CLAIMS.contains(&self.groups_claim.as_str()) {
            return Err(ClusterError::Claim(self.groups_claim.clone()));
        }
        if !(60..=900).contains(&self.token_lifetime) {
            return Err(ClusterError::Lifetime);
        }
        for prefix in [&self.username_prefix, &self.groups_prefix] {
            if crate::name::is_reserved(prefix) {
                return Err(ClusterError::Prefix(NameError::Reserved));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demo() -> Cluster {
        Cluster {
            name: "demo".into(),
            api_url: "https://127.0.0.1:6443".into(),
            audience: "kubernetes".into(),
            username_prefix: "shorepass:".into(),
            groups_prefix: String::new(),
            groups_claim: "groups".into(),
            token_lifetime: 300,
        }
    }

    #[test]
    fn a_good_record_passes() {
        assert_eq!(demo().check(), Ok(()));
    }

    #[test]
    fn a_groups_claim_cannot_overload_another_claim() {
        for claim in ["sub", "iss", "exp", "aud", ""] {
            assert!(
                matches!(
                    Cluster {
                        groups_claim: claim.into(),
                        ..demo()
                    }
                    .check(),
                    Err(ClusterError::Claim(_))
                ),
                "{claim}"
            );
        }
    }

    #[test]
    fn names_prefixes_and_lifetimes_are_bounded() {
        for name in ["", "Demo", "a/b", "-a", "a-", &"a".repeat(64)] {
            assert_eq!(
                Cluster {
                    name: name.into(),
                    ..demo()
                }
                .check(),
                Err(ClusterError::Name),
                "{name}"
            );
        }
        assert_eq!(
            Cluster {
                token_lifetime: 59,
                ..demo()
            }
            .check(),
            Err(ClusterError::Lifetime)
        );
        assert_eq!(
            Cluster {
                token_lifetime: 901,
                ..demo()
            }
            .check(),
            Err(ClusterError::Lifetime)
        );
        assert!(
            Cluster {
                groups_prefix: "system:".into(),
                ..demo()
            }
            .check()
            .is_err()
        );
    }
}
