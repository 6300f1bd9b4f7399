//! What a client may learn of a person who let it act for them (`OpenID` Connect Core 1.0 §5.3.2, §5.4).

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    authorization::{Scope, Scopes},
    claims::Subject,
    user::Username,
};

/// The claims about a person that some scopes allow.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct UserInfo {
    pub sub: Username,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub preferred_username: Option<Username>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// One entry, named by the cluster, or none.
    #[serde(flatten)]
    pub groups: BTreeMap<String, Vec<String>>,
}

impl UserInfo {
    /// `groups_claim` is what the cluster calls its groups; its record has seen to it that no other
    /// claim is called so.
    pub fn of(subject: &Subject, scopes: &Scopes, groups_claim: &str, groups: &[String]) -> Self {
        let profile = scopes.contains(Scope::Profile);
        let email = subject.email.clone();
        let email = email.filter(|_| scopes.contains(Scope::Email));
        let groups = scopes
            .contains(Scope::Groups)
            .then(|| (groups_claim.to_owned(), groups.to_vec()));
        Self {
            sub: subject.username.clone(),
            name: profile.then(|| subject.display_name.clone()),
            preferred_username: profile.then(|| subject.username.clone()),
            email_verified: email.is_some().then_some(subject.email_verified),
            email,
            groups: groups.into_iter().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn each_scope_tells_its_own_and_no_more() {
        let subject = |email: Option<&str>| Subject {
            uid: Uuid::nil(),
            username: Username::parse("alice").unwrap(),
            display_name: "Alice".into(),
            email: email.map(str::to_owned),
            email_verified: false,
        };
        let address = Some("a@b.example");
        for (scopes, email, expected) in [
            ("openid", address, json!({ "sub": "alice" })),
            (
                "openid profile",
                address,
                json!({ "sub": "alice", "name": "Alice", "preferred_username": "alice" }),
            ),
            (
                "openid email",
                address,
                json!({ "sub": "alice", "email": "a@b.example", "email_verified": false }),
            ),
            ("openid email", None, json!({ "sub": "alice" })),
            (
                "openid groups",
                address,
                json!({ "sub": "alice", "roles": ["users"] }),
            ),
            ("openid offline_access", address, json!({ "sub": "alice" })),
        ] {
            let groups = ["users".to_owned()];
            let claims = UserInfo::of(&subject(email), &Scopes::parse(scopes), "roles", &groups);
            assert_eq!(serde_json::to_value(claims).unwrap(), expected, "{scopes}");
        }
    }
}
