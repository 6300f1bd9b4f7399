//! The claims of an `id_token` (`OpenID` Connect Core §2, with what Kubernetes reads of them).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    cluster::Cluster, group::GroupName, lifetime::NOT_BEFORE_MARGIN, name::NameError,
    user::Username,
};

/// The payload of an `id_token`. Times are seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdTokenClaims {
    pub iss: String,
    pub sub: Username,
    /// Always an array, so that a client's id can stand beside the cluster's audience.
    pub aud: Vec<String>,
    /// The client that it was issued to, where its id stands beside the audience.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub azp: Option<String>,
    pub exp: i64,
    pub iat: i64,
    pub nbf: i64,
    /// kube-apiserver logs it as `authentication.kubernetes.io/credential-id`.
    pub jti: Uuid,
    /// The user's id, which stays when everything else about them changes.
    pub uid: Uuid,
    pub auth_time: i64,
    /// What the client gave along with the request that a person answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nonce: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub amr: Vec<String>,
    /// The public id of the login, not its cookie.
    pub sid: Uuid,
    pub preferred_username: Username,
    pub name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email_verified: Option<bool>,
    /// One entry: the cluster's groups claim, an array of strings, sorted, possibly empty.
    #[serde(flatten)]
    pub groups: BTreeMap<String, Vec<GroupName>>,
}

/// Whom a token is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subject {
    pub uid: Uuid,
    pub username: Username,
    pub display_name: String,
    pub email: Option<String>,
    pub email_verified: bool,
}

/// The login that a token stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub sid: Uuid,
    pub authenticated_at: OffsetDateTime,
    pub amr: Vec<String>,
}

/// The client that a token is issued to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party<'a> {
    pub id: &'a str,
    pub nonce: Option<&'a str>,
}

/// What the issuer puts on a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp<'a> {
    pub issuer: &'a str,
    pub jti: Uuid,
    pub validity: Validity,
}

/// When a token begins and ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    pub issued_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

impl IdTokenClaims {
    /// Puts a token's claims together. This is the last door before the signature, so it checks
    /// the names once more, as the API server will see them.
    ///
    /// # Errors
    /// [`NameError::Reserved`] where a prefixed name would belong to Kubernetes.
    pub fn assemble(
        stamp: Stamp<'_>,
        cluster: &Cluster,
        party: Option<Party<'_>>,
        subject: &Subject,
        standing: &Standing,
        mut groups: Vec<GroupName>,
    ) -> Result<Self, NameError> {
        crate::name::check_prefixed("", subject.username.as_str())?;
        crate::name::check_prefixed(&cluster.username_prefix, subject.username.as_str())?;
        for group in &groups {
            crate::name::check_prefixed("", group.as_str())?;
            crate::name::check_prefixed(&cluster.groups_prefix, group.as_str())?;
        }
        groups.sort();
        groups.dedup();
        let beside = party
            .map(|party| party.id)
            .filter(|id| *id != cluster.audience);
        let Stamp {
            issuer,
            jti,
            validity,
        } = stamp;
        Ok(Self {
            iss: issuer.to_owned(),
            sub: subject.username.clone(),
            aud: std::iter::once(cluster.audience.as_str())
                .chain(beside)
                .map(str::to_owned)
                .collect(),
            azp: beside.map(str::to_owned),
            exp: validity.expires_at.unix_timestamp(),
            iat: validity.issued_at.unix_timestamp(),
            nbf: (validity.issued_at - NOT_BEFORE_MARGIN).unix_timestamp(),
            jti,
            uid: subject.uid,
            auth_time: standing.authenticated_at.unix_timestamp(),
            nonce: party.and_then(|party| party.nonce).map(str::to_owned),
            amr: standing.amr.clone(),
            sid: standing.sid,
            preferred_username: subject.username.clone(),
            name: subject.display_name.clone(),
            email: subject.email.clone(),
            email_verified: subject.email.as_ref().map(|_| subject.email_verified),
            groups: BTreeMap::from([(cluster.groups_claim.clone(), groups)]),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cluster(groups_prefix: &str) -> Cluster {
        Cluster {
            username_prefix: String::new(),
            groups_prefix: groups_prefix.into(),
            groups_claim: "roles".into(),
            ..Cluster::new("demo", "https://127.0.0.1:6443", "kubernetes")
        }
    }

    fn assemble(cluster: &Cluster, groups: &[&str]) -> Result<IdTokenClaims, NameError> {
        assemble_for(cluster, groups, None)
    }

    fn assemble_for(
        cluster: &Cluster,
        groups: &[&str],
        party: Option<Party<'_>>,
    ) -> Result<IdTokenClaims, NameError> {
        let subject = Subject {
            uid: Uuid::nil(),
            username: Username::parse("alice").unwrap(),
            display_name: "Alice".into(),
            email: None,
            email_verified: true,
        };
        let at = OffsetDateTime::from_unix_timestamp(1_000_000).unwrap();
        let standing = Standing {
            sid: Uuid::nil(),
            authenticated_at: at,
            amr: vec![],
        };
        let groups = groups
            .iter()
            .map(|g| GroupName::parse(g).unwrap())
            .collect();
        let validity = Validity {
            issued_at: at,
            expires_at: at + time::Duration::minutes(5),
        };
        IdTokenClaims::assemble(
            Stamp {
                issuer: "https://portal.example",
                jti: Uuid::nil(),
                validity,
            },
            cluster,
            party,
            &subject,
            &standing,
            groups,
        )
    }

    #[test]
    fn groups_are_an_array_sorted_under_the_clusters_own_claim() {
        let claims = assemble(&cluster(""), &["users", "payments-viewer", "users"]).unwrap();
        let json = serde_json::to_value(&claims).unwrap();
        assert_eq!(
            json["roles"],
            serde_json::json!(["payments-viewer", "users"])
        );
        assert_eq!(json["aud"], serde_json::json!(["kubernetes"]));
        assert_eq!(json["nbf"], 1_000_000 - 120);
        assert!(json.get("groups").is_none());
    }

    #[test]
    fn no_groups_are_an_empty_array_and_no_email_is_no_claim() {
        let json = serde_json::to_value(assemble(&cluster(""), &[]).unwrap()).unwrap();
        assert_eq!(json["roles"], serde_json::json!([]));
        assert!(json.get("email").is_none() && json.get("email_verified").is_none());
    }

    #[test]
    fn a_clients_id_stands_beside_the_audience_where_it_is_another() {
        let party = |id, nonce| Some(Party { id, nonce });
        let claims = assemble_for(&cluster(""), &[], party("dashboard", Some("n"))).unwrap();
        let json = serde_json::to_value(&claims).unwrap();
        assert_eq!(json["aud"], serde_json::json!(["kubernetes", "dashboard"]));
        assert_eq!(
            (&json["azp"], &json["nonce"]),
            (&"dashboard".into(), &"n".into())
        );
        let claims = assemble_for(&cluster(""), &[], party("kubernetes", None)).unwrap();
        let json = serde_json::to_value(&claims).unwrap();
        assert_eq!(json["aud"], serde_json::json!(["kubernetes"]));
        assert!(json.get("azp").is_none() && json.get("nonce").is_none());
    }

    #[test]
    fn a_prefix_that_completes_a_reserved_name_stops_the_token() {
        assert_eq!(
            assemble(&cluster("sys"), &["tem:masters"]).unwrap_err(),
            NameError::Reserved
        );
    }
}
