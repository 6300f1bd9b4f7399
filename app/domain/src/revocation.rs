//! What has to be done at API servers after a signing key was revoked.
//!
//! kube-apiserver tries the keys that it has fetched, however old they are, before it fetches again
//! (go-oidc v2, `jwks.go`). So it goes on trusting a key that is published no more, until a token
//! of a key that it does not know makes it fetch, which it does once its cache has run out.

use time::Duration;

use crate::{cluster::Cluster, posix::quoted, signing_key::RELOAD};

/// What to do with [`present`].
pub const PRESENT: &str = "Present a token of the new key to each API server, from a computer that is set up. Name every \
    server of the control plane after “in”, not only what balances between them. An answer with its version says \
    that it has fetched the keys; at Unauthorized wait, and try again.";
/// What to do with [`reload`].
pub const RELOAD_INSTEAD: &str = "Or, on each server of the control plane, change the AuthenticationConfiguration: a comment \
    is enough, and is in force within a minute. With flags instead of the file, restart kube-apiserver.";

/// How long after a revocation every API server is ready to fetch the keys again: until all
/// replicas have left the key out, and what was fetched just before has run out.
pub fn wait(jwks_max_age: Duration) -> Duration {
    RELOAD + jwks_max_age
}

/// For a POSIX shell: presents a token of the key that signs now to the API servers of a cluster.
/// `portal` is the portal's URL, without a slash at the end.
pub fn present(portal: &str, cluster: &Cluster) -> String {
    let Cluster { name, api_url, .. } = cluster;
    let url = quoted(&format!(
        "{portal}/k8stoken?cluster={name}&format=kubeconfig&user=token"
    ));
    let server = quoted(api_url);
    // With a kubeconfig of its own, so that no other credentials are presented instead.
    format!(
        r#"(
  umask 077; new="$HOME/.shorepass/{name}.yaml"
  curl -sS -H "@$HOME/.shorepass/{name}" {url} >"$new"
  if grep -q '^kind: Config' "$new"; then
    for server in {server}; do
      kubectl --kubeconfig="$new" --server="$server" get --raw /version
    done
  else cat "$new"; fi
  rm -f "$new"
)"#
    )
}

/// For a POSIX shell on a server of the control plane: makes it read its configuration again, with
/// nothing changed in it. `authentication` is the path of the `AuthenticationConfiguration`.
pub fn reload(authentication: &str) -> String {
    let file = quoted(authentication);
    format!(
        r#"printf '# signing keys fetched anew, %s\n' "$(date -u +%FT%TZ)" | sudo tee -a {file}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_outlasts_replicas_and_caches() {
        assert_eq!(wait(Duration::seconds(30)), Duration::seconds(35));
    }

    #[test]
    fn a_command_names_the_cluster_and_carries_no_secret() {
        let cluster = Cluster::new("east", "https://it's.example:6443", "east");
        let present = present("https://pass.example", &cluster);
        for part in [
            "'https://pass.example/k8stoken?cluster=east&format=kubeconfig&user=token'",
            r"'https://it'\''s.example:6443'",
            r#""@$HOME/.shorepass/east""#,
        ] {
            assert!(present.contains(part), "{present}");
        }
        assert!(!present.contains("--token"), "{present}");
        assert!(reload("/etc/a b.yaml").ends_with("'/etc/a b.yaml'"));
    }
}
