//! `webhook`: how the API server comes to ask the portal before it obeys.
//!
//! The authorization webhook is named in an `AuthorizationConfiguration` (k/k
//! `staging/src/k8s.io/apiserver/pkg/apis/apiserver/v1/types.go`, KEP-3221); the token webhook, for
//! clusters whose people show opaque tokens, by flags. Both reach the portal by a kubeconfig with the
//! cluster's credential. As these are several files, a script writes them.

use base64::{Engine, prelude::BASE64_STANDARD};
use domain::{
    cluster::{Cluster, TokenKind},
    cutoff::{TOKEN_WEBHOOK_TTL, UNAUTHORIZED_TTL, WEBHOOK_TIMEOUT, worst_case},
};
use secrecy::{ExposeSecret, SecretString};

use super::{ApiVersion, FOLDER, Issuer, quote};

/// The `AuthorizationConfiguration`, in the folder.
const AUTHORIZATION: &str = "authorization.yaml";
/// How the API server reaches the authorization webhook.
const AUTHORIZE: &str = "authorize.kubeconfig";
/// How it reaches the token webhook.
const TOKEN_REVIEW: &str = "tokenreview.kubeconfig";

/// Webhook first, then what an API server does by itself.
pub(super) fn authorization(cluster: &Cluster, version: ApiVersion, folder: &str) -> String {
    let (version, releases) = match version {
        ApiVersion::V1 => (
            "v1",
            "Kubernetes 1.32 and newer; for 1.30 and 1.31: --api-version v1beta1",
        ),
        ApiVersion::V1beta1 => ("v1beta1", "Kubernetes 1.30 and newer"),
    };
    let name = quote::comment(&cluster.name);
    let path = quote::comment(&format!("{folder}/{AUTHORIZATION}"));
    let kubeconfig = quote::yaml(&format!("{folder}/{AUTHORIZE}"));
    let ours = quote::yaml(&ours(cluster));
    let without = worst_case(cluster, false);
    let with = worst_case(cluster, true);
    format!(
        r#"# Who may do what in the cluster {name}: first Shorepass says who was shut out, then what was there decides.
# {releases}.
# Save it as {path} and start kube-apiserver with
#   --authorization-config={path}
# in place of --authorization-mode and of all flags that begin with --authorization-webhook-; it refuses
# to start with both. A change of this file is in force some seconds later, without a restart.
#
# It fails open: trouble of the portal is no trouble of the cluster. While the portal does not answer,
# nobody is denied here, and whoever was shut out goes on for as long as without this file: {without} s at
# the most, instead of {with} s.
apiVersion: "apiserver.config.k8s.io/{version}"
kind: "AuthorizationConfiguration"
authorizers:
- type: "Webhook"
  name: "shorepass"
  webhook:
    connectionInfo:
      type: "KubeConfigFile"
      kubeConfigFile: {kubeconfig}
    timeout: "{WEBHOOK_TIMEOUT}s"
    failurePolicy: "NoOpinion"
    # For how long it may believe an answer. Having nothing against a request counts as unauthorized, so
    # this bounds how long somebody who was shut out goes on: that, and the timeout.
    unauthorizedTTL: "{UNAUTHORIZED_TTL}s"
    # The portal never allows anything by itself.
    authorizedTTL: "{UNAUTHORIZED_TTL}s"
    subjectAccessReviewVersion: "v1"
    matchConditionSubjectAccessReviewVersion: "v1"
    # Our people only: about nodes, controllers and service accounts the portal is never asked.
    matchConditions:
    - expression: {ours}
- type: "Node"
  name: "node"
- type: "RBAC"
  name: "rbac"
"#
    )
}

/// Whether a request is one of our people's, in CEL.
fn ours(cluster: &Cluster) -> String {
    match cluster.username_prefix.as_str() {
        "" => "!request.user.startsWith('system:')".to_owned(),
        prefix => format!("request.user.startsWith({})", quote::cel(prefix)),
    }
}

/// A script that writes everything, and says what comes next.
pub fn script(
    cluster: &Cluster,
    issuer: &Issuer<'_>,
    version: ApiVersion,
    folder: Option<&str>,
    secret: &SecretString,
) -> String {
    let folder = folder.unwrap_or(FOLDER).trim_end_matches('/');
    let name = quote::comment(&cluster.name);
    let mut flags = vec![format!("--authorization-config={folder}/{AUTHORIZATION}")];
    let mut files = vec![
        (AUTHORIZATION, authorization(cluster, version, folder)),
        (AUTHORIZE, kubeconfig(issuer, "authorize", secret)),
    ];
    match cluster.tokens {
        TokenKind::IdToken => {}
        TokenKind::Opaque => {
            files.push((TOKEN_REVIEW, kubeconfig(issuer, "tokenreview", secret)));
            flags.extend([
                format!("--authentication-token-webhook-config-file={folder}/{TOKEN_REVIEW}"),
                "--authentication-token-webhook-version=v1".to_owned(),
                format!("--authentication-token-webhook-cache-ttl={TOKEN_WEBHOOK_TTL}s"),
            ]);
        }
    }
    let mut parts = vec![format!(
        "# The webhooks of Shorepass for the cluster {name}. As root, on every control-plane node:\n\
         #   shorepass cluster config {name} --kind webhook | ssh NODE sudo sh\n\
         # It holds a secret, by which the portal knows this cluster.\n\
         set -eu\numask 077\nmkdir -p {}\n",
        quote::shell(folder)
    )];
    for (file, content) in files {
        let path = quote::shell(&format!("{folder}/{file}"));
        parts.push(format!("cat > {path} <<'SHOREPASS'\n{content}SHOREPASS\n"));
    }
    parts.push("cat <<'SHOREPASS'\nStart kube-apiserver with\n".to_owned());
    let flags = flags.iter().map(|flag| quote::comment(flag));
    parts.extend(flags.map(|flag| format!("  {flag}\n")));
    parts.push(format!(
        "without --authorization-mode, and tell the portal:\n  shorepass cluster set {name} --webhook yes\nSHOREPASS\n"
    ));
    parts.concat()
}

/// How an API server reaches one of the webhooks.
fn kubeconfig(issuer: &Issuer<'_>, webhook: &str, secret: &SecretString) -> String {
    let server = quote::yaml(&format!("{}/k8s/{webhook}", issuer.url));
    let token = quote::yaml(secret.expose_secret());
    let authority = match issuer.ca {
        Some(ca) => format!(
            "    certificate-authority-data: \"{}\"\n",
            BASE64_STANDARD.encode(ca.to_pem())
        ),
        None => String::new(),
    };
    format!(
        r#"# A secret: by this token the portal knows the cluster.
apiVersion: "v1"
kind: "Config"
clusters:
- name: "shorepass"
  cluster:
    server: {server}
{authority}users:
- name: "api-server"
  user:
    token: {token}
contexts:
- name: "webhook"
  context:
    cluster: "shorepass"
    user: "api-server"
current-context: "webhook"
"#
    )
}
