//! Clusters: the Kubernetes API servers that tokens are for.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use url::Url;

use crate::{
    group::GroupName,
    name::{self, NameError},
    role::Role,
};

/// Claims that mean something already, in every token or to the API server, so that a groups claim
/// cannot have their names.
const TAKEN_CLAIMS: [&str; 22] = [
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
    "at_hash",
    "c_hash",
    "preferred_username",
    "name",
    "email",
    "email_verified",
    "_claim_names",
    "_claim_sources",
];

/// The template of role groups where nothing else is said.
pub const GROUP_TEMPLATE: &str = "{namespace}-{role}";
/// What the API server puts before names where nothing else is said.
pub const PREFIX: &str = "shorepass:";
/// The groups claim where nothing else is said.
pub const GROUPS_CLAIM: &str = "groups";
/// Seconds that a token lives where nothing else is said.
pub const TOKEN_LIFETIME: u32 = 300;

/// Why a cluster's record is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ClusterError {
    #[error("a name has lower-case letters, digits and hyphens between them, at most 63 in all")]
    Name,
    #[error("the API URL is https://, a host and maybe a port and a path: {0}")]
    ApiUrl(&'static str),
    #[error("the audience is not fit for tokens")]
    Audience(#[source] NameError),
    #[error("the claim `{0}` has a meaning of its own in every token")]
    Claim(String),
    #[error("the name of the groups claim cannot be used")]
    ClaimName(#[source] NameError),
    #[error("a token lives between 1 and 15 minutes: 60 to 900 seconds")]
    Lifetime,
    #[error("the prefix is not fit for names")]
    Prefix(#[source] NameError),
    #[error("to API servers the prefix `-` means that there is none; leave it empty")]
    Dash,
    #[error("the template of groups needs {{namespace}} and {{role}}, once each")]
    Template,
    #[error("the template does not give names for groups")]
    TemplateName(#[source] NameError),
}

/// What people of a cluster show its API server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TokenKind {
    /// An `id_token`, which the API server verifies by itself, and which is good until it ends.
    #[default]
    IdToken,
    /// An opaque token, about which the API server asks the portal each time (`TokenReview`).
    Opaque,
}

impl TokenKind {
    pub const ALL: [Self; 2] = [Self::IdToken, Self::Opaque];

    /// As it is stored and typed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IdToken => "id-token",
            Self::Opaque => "opaque",
        }
    }

    /// Reads what [`TokenKind::as_str`] writes.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

/// What the portal knows of a cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cluster {
    /// A DNS label; it stands in URLs and file names.
    pub name: String,
    /// Where kubectl finds the API server.
    pub api_url: String,
    /// What signed the API server's certificate, in PEM; none where everybody trusts it anyway.
    pub ca_certificate: Option<String>,
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
    /// How the group of a role in a namespace is called; `{namespace}` and `{role}` stand for the two.
    pub group_template: String,
    /// What its people show the API server.
    pub tokens: TokenKind,
    /// Whether its API server was told of the authorization webhook: only then are requests of
    /// logins that have ended denied before their tokens end.
    pub webhook: bool,
}

impl Cluster {
    /// A cluster of which only what differs from cluster to cluster is said.
    pub fn new(name: &str, api_url: &str, audience: &str) -> Self {
        Self {
            name: name.to_owned(),
            api_url: api_url.to_owned(),
            ca_certificate: None,
            audience: audience.to_owned(),
            username_prefix: PREFIX.to_owned(),
            groups_prefix: PREFIX.to_owned(),
            groups_claim: GROUPS_CLAIM.to_owned(),
            token_lifetime: TOKEN_LIFETIME,
            group_template: GROUP_TEMPLATE.to_owned(),
            tokens: TokenKind::default(),
            webhook: false,
        }
    }

    /// Every rule but one: whether the certificate can be read is seen where it is stored.
    ///
    /// # Errors
    /// The first rule that the record breaks.
    pub fn check(&self) -> Result<(), ClusterError> {
        if !is_label(&self.name) {
            return Err(ClusterError::Name);
        }
        check_url(&self.api_url).map_err(ClusterError::ApiUrl)?;
        name::check(&self.audience).map_err(ClusterError::Audience)?;
        let claim = &self.groups_claim;
        if claim.is_empty() || TAKEN_CLAIMS.contains(&claim.as_str()) {
            return Err(ClusterError::Claim(claim.clone()));
        }
        name::check(claim).map_err(ClusterError::ClaimName)?;
        if !(60..=900).contains(&self.token_lifetime) {
            return Err(ClusterError::Lifetime);
        }
        for prefix in [&self.username_prefix, &self.groups_prefix] {
            if !prefix.is_empty() {
                name::check(prefix).map_err(ClusterError::Prefix)?;
            }
        }
        // kube-apiserver, pkg/kubeapiserver/options/authentication.go: `--oidc-username-prefix=-`.
        if self.username_prefix == "-" {
            return Err(ClusterError::Dash);
        }
        self.check_template()
    }

    /// Whether an `id_token` is of any use there. Where it is not, none is made, for clients neither.
    pub fn takes_id_tokens(&self) -> bool {
        match self.tokens {
            TokenKind::IdToken => true,
            TokenKind::Opaque => false,
        }
    }

    fn check_template(&self) -> Result<(), ClusterError> {
        let once = |part| self.group_template.matches(part).count() == 1;
        if !once("{namespace}") || !once("{role}") {
            return Err(ClusterError::Template);
        }
        self.group("n", Role::Viewer)
            .map(drop)
            .map_err(ClusterError::TemplateName)
    }

    /// The group of a role in a namespace.
    ///
    /// # Errors
    /// The rule that the name breaks.
    pub fn group(&self, namespace: &str, role: Role) -> Result<GroupName, NameError> {
        GroupName::of_role(&self.group_template, namespace, role.as_str())
    }
}

/// Whether it is a DNS label (RFC 1123 §2.1), as the names of clusters and namespaces are.
pub fn is_label(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&name.len())
        && name.bytes().all(allowed)
        && !name.starts_with('-')
        && !name.ends_with('-')
}

/// What kubectl can take for an API server, and nothing that could be read in two ways.
fn check_url(text: &str) -> Result<(), &'static str> {
    if text.len() > 2048 {
        return Err("it is too long");
    }
    // Parsers drop white space and control characters, and mend backslashes.
    if text
        .chars()
        .any(|c| c.is_whitespace() || name::is_invisible(c) || c == '\\')
    {
        return Err("it has a character that does not belong there");
    }
    if !text.starts_with("https://") {
        return Err("it does not begin with https://");
    }
    let url = Url::parse(text).map_err(|_| "it cannot be read")?;
    if url.host().is_none() {
        return Err("it has no host");
    }
    if !url.username().is_empty() || url.password().is_some() || text.contains('@') {
        return Err("it has a user");
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it has a query or a fragment");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demo() -> Cluster {
        Cluster {
            groups_prefix: String::new(),
            ..Cluster::new("demo", "https://127.0.0.1:6443", "kubernetes")
        }
    }

    fn with(change: impl FnOnce(&mut Cluster)) -> Result<(), ClusterError> {
        let mut cluster = demo();
        change(&mut cluster);
        cluster.check()
    }

    #[test]
    fn a_good_record_passes() {
        assert_eq!(demo().check(), Ok(()));
        for url in [
            "https://k8s.example",
            "https://[::1]:6443",
            "https://rancher.example/k8s/clusters/c-1",
        ] {
            assert_eq!(
                with(|cluster| cluster.api_url = url.into()),
                Ok(()),
                "{url}"
            );
        }
    }

    #[test]
    fn a_kind_of_tokens_reads_back_and_nothing_else_is_one() {
        for kind in TokenKind::ALL {
            assert_eq!(TokenKind::parse(kind.as_str()), Some(kind));
            let json = serde_json::to_value(kind).unwrap();
            assert_eq!(json, kind.as_str());
        }
        for text in ["", "Opaque", "jwt", "opaque "] {
            assert_eq!(TokenKind::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_groups_claim_cannot_overload_another_claim() {
        for claim in ["sub", "iss", "exp", "aud", "", "_claim_names", "at_hash"] {
            let checked = with(|cluster| cluster.groups_claim = claim.into());
            assert!(matches!(checked, Err(ClusterError::Claim(_))), "{claim}");
        }
        for claim in [" groups", "a\nb", &"a".repeat(254)] {
            let checked = with(|cluster| cluster.groups_claim = claim.into());
            assert!(
                matches!(checked, Err(ClusterError::ClaimName(_))),
                "{claim}"
            );
        }
    }

    #[test]
    fn names_and_lifetimes_are_bounded() {
        for name in ["", "Demo", "a/b", "-a", "a-", &"a".repeat(64)] {
            let checked = with(|cluster| cluster.name = name.into());
            assert_eq!(checked, Err(ClusterError::Name), "{name}");
        }
        for seconds in [0, 59, 901, u32::MAX] {
            let checked = with(|cluster| cluster.token_lifetime = seconds);
            assert_eq!(checked, Err(ClusterError::Lifetime), "{seconds}");
        }
        for audience in ["", " a", "a\nb", "system:x", &"a".repeat(254)] {
            let checked = with(|cluster| cluster.audience = audience.into());
            assert!(
                matches!(checked, Err(ClusterError::Audience(_))),
                "{audience}"
            );
        }
    }

    #[test]
    fn an_api_url_is_https_and_read_in_one_way_only() {
        for url in [
            "",
            "k8s.example",
            "http://k8s.example",
            "HTTPS://k8s.example",
            "https://",
            "https://user@k8s.example",
            "https://user:word@k8s.example",
            "https://@k8s.example",
            "https://k8s.example?a",
            "https://k8s.example/#a",
            "https://k8s.example\\@evil.example",
            "https://k8s.exa\nmple",
            " https://k8s.example",
            "https://k8s.example/\u{202E}",
            "https://k8s.example:99999",
        ] {
            let checked = with(|cluster| cluster.api_url = url.into());
            assert!(matches!(checked, Err(ClusterError::ApiUrl(_))), "{url}");
        }
    }

    #[test]
    fn a_prefix_is_visible_and_not_what_the_api_server_takes_for_none() {
        for prefix in ["system:", "SYSTEM:x", " a", "a\u{200B}", "a\n"] {
            let user = with(|cluster| cluster.username_prefix = prefix.into());
            let group = with(|cluster| cluster.groups_prefix = prefix.into());
            assert!(matches!(user, Err(ClusterError::Prefix(_))), "{prefix}");
            assert!(matches!(group, Err(ClusterError::Prefix(_))), "{prefix}");
        }
        let dash = with(|cluster| cluster.username_prefix = "-".into());
        assert_eq!(dash, Err(ClusterError::Dash));
    }

    #[test]
    fn a_template_tells_namespaces_and_roles_apart() {
        for (template, good) in [
            ("{namespace}-{role}", true),
            ("k8s/{role}/{namespace}", true),
            ("{namespace}", false),
            ("{role}", false),
            ("", false),
            ("{namespace}-{role}-{role}", false),
            ("system:{namespace}-{role}", false),
            (" {namespace}-{role}", false),
        ] {
            let checked = with(|cluster| cluster.group_template = template.into());
            assert_eq!(checked.is_ok(), good, "{template}");
        }
    }
}
