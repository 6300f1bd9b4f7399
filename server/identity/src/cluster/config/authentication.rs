//! `authentication-config`: the file for `--authentication-config` (k/k
//! `staging/src/k8s.io/apiserver/pkg/apis/apiserver/v1/types.go`, KEP-3331).

use domain::{cluster::Cluster, review::SESSION};

use super::{ApiVersion, Issuer, authentication_file, quote};

pub(super) fn print(
    cluster: &Cluster,
    issuer: &Issuer<'_>,
    version: ApiVersion,
    folder: &str,
) -> String {
    let (version, releases) = match version {
        ApiVersion::V1 => (
            "v1",
            "Kubernetes 1.34 and newer; for 1.30 to 1.33: --api-version v1beta1",
        ),
        ApiVersion::V1beta1 => ("v1beta1", "Kubernetes 1.30 and newer"),
    };
    let path = quote::comment(&authentication_file(folder));
    let name = quote::comment(&cluster.name);
    let issuer_url = quote::yaml(issuer.url);
    let audience = quote::yaml(&cluster.audience);
    let username_prefix = quote::yaml(&cluster.username_prefix);
    let groups_claim = quote::yaml(&cluster.groups_claim);
    let groups_prefix = quote::yaml(&cluster.groups_prefix);
    let lifetime = cluster.token_lifetime;
    let authority = authority(issuer);
    format!(
        r#"# How the API server of the cluster {name} knows people: by tokens of Shorepass.
# {releases}.
# Save it as {path} and start kube-apiserver with
#   --authentication-config={path}
# in place of all flags that begin with --oidc-; it refuses to start with both.
# A change of this file is in force some seconds later, without a restart.
apiVersion: "apiserver.config.k8s.io/{version}"
kind: "AuthenticationConfiguration"
jwt:
- issuer:
    # The same, byte for byte, in tokens and in what the issuer says of itself: no slash at the end.
    url: {issuer_url}
    # Of this cluster alone, so that no other cluster's tokens are good here.
    audiences:
    - {audience}
{authority}  claimMappings:
    username:
      claim: "sub"
      prefix: {username_prefix}
    groups:
      claim: {groups_claim}
      prefix: {groups_prefix}
    # Stays the same for a person, whatever else changes.
    uid:
      claim: "uid"
    extra:
    # The login behind a request, for the audit log and for webhooks.
    - key: "{SESSION}"
      valueExpression: "claims.?sid.orValue('')"
  claimValidationRules:
  - expression: "claims.exp - claims.iat <= {lifetime}"
    message: "the token lives longer than {lifetime} seconds"
  userValidationRules:
  # Kubernetes gives these names a meaning, and bans them from no issuer by itself.
  - expression: "!user.username.startsWith('system:')"
    message: "user names that begin with system: belong to Kubernetes"
  - expression: "user.groups.all(group, !group.startsWith('system:'))"
    message: "group names that begin with system: belong to Kubernetes"
"#
    )
}

/// The root as a block of text: Base64 between its two lines, for which nothing has to be quoted.
fn authority(issuer: &Issuer<'_>) -> String {
    let Some(ca) = issuer.ca else {
        return "    # No certificateAuthority: the portal's certificate is one that everybody trusts.\n"
            .to_owned();
    };
    let mut text =
        "    # It signed the portal's certificate.\n    certificateAuthority: |\n".to_owned();
    for line in ca.to_pem().lines() {
        text += "      ";
        text += line;
        text.push('\n');
    }
    text
}
