//! What an API server and the portal tell each other about a request beyond names: the extra fields of
//! its user (k/k `staging/src/k8s.io/apiserver/pkg/authentication/user/user.go`).

use std::collections::BTreeMap;

use serde::Serialize;
use uuid::Uuid;

use crate::{
    cluster::Cluster,
    group::GroupName,
    name::{NameError, check_prefixed},
    user::Username,
};

/// Which token a request came with. The API server itself fills it in from an `id_token`'s `jti`, since
/// 1.32.
pub const CREDENTIAL_ID: &str = "authentication.kubernetes.io/credential-id";
/// The login behind a request.
pub const SESSION: &str = "shorepass/session";
/// What a credential id that is a token's begins with.
const JTI: &str = "JTI=";

/// The credential id of a token.
pub fn credential_id(jti: Uuid) -> String {
    format!("{JTI}{jti}")
}

/// The token that a credential id names, where it can be one of ours.
pub fn jti(credential_id: &str) -> Option<Uuid> {
    let id = credential_id.strip_prefix(JTI)?;
    Uuid::try_parse(id).ok().filter(|jti| jti.to_string() == id)
}

/// A person as an API server is told of them, with the cluster's prefixes: it puts none before what a
/// webhook says (authentication.k8s.io, `UserInfo`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    pub username: String,
    pub uid: Uuid,
    pub groups: Vec<String>,
    pub extra: BTreeMap<&'static str, [String; 1]>,
}

/// The bearer of an opaque token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    pub uid: Uuid,
    pub username: Username,
    pub groups: Vec<GroupName>,
    /// The token.
    pub jti: Uuid,
    /// The public id of the login.
    pub sid: Uuid,
}

impl Bearer {
    /// What the API server is told: the same that it would make of an `id_token`.
    ///
    /// # Errors
    /// [`NameError::Reserved`] where a prefixed name would belong to Kubernetes.
    pub fn seen_by(self, cluster: &Cluster) -> Result<UserInfo, NameError> {
        let named = |prefix: &str, name: &str| {
            check_prefixed("", name)?;
            check_prefixed(prefix, name)?;
            Ok(format!("{prefix}{name}"))
        };
        let groups = self.groups.iter();
        let mut groups = groups
            .map(|group| named(&cluster.groups_prefix, group.as_str()))
            .collect::<Result<Vec<_>, NameError>>()?;
        groups.sort();
        groups.dedup();
        Ok(UserInfo {
            username: named(&cluster.username_prefix, self.username.as_str())?,
            uid: self.uid,
            groups,
            extra: BTreeMap::from([
                (CREDENTIAL_ID, [credential_id(self.jti)]),
                (SESSION, [self.sid.to_string()]),
            ]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bearer(groups: &[&str]) -> Bearer {
        Bearer {
            uid: Uuid::from_u128(1),
            username: Username::parse("alice").unwrap(),
            groups: groups
                .iter()
                .map(|name| GroupName::parse(name).unwrap())
                .collect(),
            jti: Uuid::from_u128(2),
            sid: Uuid::from_u128(3),
        }
    }

    fn cluster(username_prefix: &str, groups_prefix: &str) -> Cluster {
        Cluster {
            username_prefix: username_prefix.into(),
            groups_prefix: groups_prefix.into(),
            ..Cluster::new("demo", "https://127.0.0.1:6443", "kubernetes")
        }
    }

    #[test]
    fn names_carry_the_clusters_prefixes() {
        let seen = bearer(&["users", "payments-viewer", "users"]).seen_by(&cluster("u:", "g:"));
        let seen = serde_json::to_value(seen.unwrap()).unwrap();
        assert_eq!(
            seen,
            serde_json::json!({
                "username": "u:alice",
                "uid": "00000000-0000-0000-0000-000000000001",
                "groups": ["g:payments-viewer", "g:users"],
                "extra": {
                    "authentication.kubernetes.io/credential-id":
                        ["JTI=00000000-0000-0000-0000-000000000002"],
                    "shorepass/session": ["00000000-0000-0000-0000-000000000003"],
                },
            })
        );
    }

    #[test]
    fn no_prefix_makes_a_name_of_kubernetes_own() {
        let seen = bearer(&["tem:masters"]).seen_by(&cluster("", "sys"));
        assert_eq!(seen, Err(NameError::Reserved));
        assert!(bearer(&["tem:masters"]).seen_by(&cluster("", "")).is_ok());
    }

    #[test]
    fn a_credential_id_names_a_token_in_one_spelling() {
        let id = Uuid::from_u128(7);
        assert_eq!(jti(&credential_id(id)), Some(id));
        for text in [
            "",
            "JTI=",
            "JTI=x",
            "X509SHA256=00",
            "jti=00000000-0000-0000-0000-000000000007",
            "JTI=00000000000000000000000000000007",
            "JTI={00000000-0000-0000-0000-000000000007}",
            "JTI=00000000-0000-0000-0000-00000000000A",
        ] {
            assert_eq!(jti(text), None, "{text}");
        }
    }
}
