//! `flags`: kube-apiserver's flags for an `OpenID` issuer (k/k
//! `pkg/kubeapiserver/options/authentication.go`).

use domain::cluster::Cluster;

use super::{CA, Issuer, quote};

pub(super) fn print(cluster: &Cluster, issuer: &Issuer<'_>, folder: &str) -> String {
    let Cluster {
        audience,
        username_prefix,
        groups_prefix,
        groups_claim,
        ..
    } = cluster;
    // Without the flag, or with an empty value, the API server would put the issuer before each name.
    let username_prefix = match username_prefix.as_str() {
        "" => "-",
        prefix => prefix,
    };
    let mut flags = vec![
        ("issuer-url", issuer.url.to_owned()),
        ("client-id", audience.clone()),
        ("username-claim", "sub".to_owned()),
        ("username-prefix", username_prefix.to_owned()),
        ("groups-claim", groups_claim.clone()),
        ("groups-prefix", groups_prefix.clone()),
    ];
    let (name, path) = (quote::comment(&cluster.name), format!("{folder}/{CA}"));
    let mut lines = vec![
        format!("# Flags of kube-apiserver for the cluster {name}, quoted as a shell needs them."),
        "# From Kubernetes 1.30 on, prefer `--kind authentication-config`: it also refuses tokens that live".into(),
        "# too long and names of Kubernetes' own (`system:`), and changes need no restart. Flags cannot.".into(),
    ];
    if issuer.ca.is_some() {
        lines.push(format!(
            "# {} holds what `shorepass cluster config {name} --kind ca` prints.",
            quote::comment(&path)
        ));
        flags.push(("ca-file", path));
    }
    if issuer.es256 {
        lines.push(
            "# Without the last flag only RS256 is accepted. Both, for keys that were made before."
                .into(),
        );
        flags.push(("signing-algs", "RS256,ES256".to_owned()));
    }
    lines.extend(
        flags
            .iter()
            .map(|(flag, value)| quote::shell(&format!("--oidc-{flag}={value}"))),
    );
    lines.join("\n") + "\n"
}
