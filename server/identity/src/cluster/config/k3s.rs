//! `k3s`: a file of k3s's configuration.

use domain::cluster::Cluster;

use super::{authentication_file, quote};

pub(super) fn print(cluster: &Cluster, folder: &str) -> String {
    let name = quote::comment(&cluster.name);
    let path = authentication_file(folder);
    let argument = quote::yaml(&format!("authentication-config={path}"));
    let path = quote::comment(&path);
    format!(
        r"# On every server of k3s save as {path}
# what `shorepass cluster config {name} --kind authentication-config` prints, and this file as
# /etc/rancher/k3s/config.yaml.d/shorepass.yaml; then: systemctl restart k3s
# The plus adds to arguments of other files; later files need it, too.
kube-apiserver-arg+:
- {argument}
"
    )
}
