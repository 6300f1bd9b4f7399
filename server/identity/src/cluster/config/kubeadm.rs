//! `kubeadm`: the part of kubeadm's `ClusterConfiguration` that hands the file to the API server
//! (k/k `cmd/kubeadm/app/apis/kubeadm/v1beta4/types.go`).

use domain::cluster::Cluster;

use super::{authentication_file, quote};

pub(super) fn print(cluster: &Cluster, folder: &str) -> String {
    let (name, path) = (
        quote::comment(&cluster.name),
        quote::comment(&authentication_file(folder)),
    );
    let (file, folder) = (
        quote::yaml(&authentication_file(folder)),
        quote::yaml(folder),
    );
    format!(
        r#"# For kubeadm 1.31 and newer. First, on every control-plane node, save as {path}
# what `shorepass cluster config {name} --kind authentication-config` prints.
# A new cluster: kubeadm init --config with this beside your own settings.
# A cluster that runs: put this into its settings (kubectl -n kube-system edit configmap kubeadm-config),
# and on every control-plane node: kubeadm upgrade node
# kubeadm 1.30 (v1beta3) writes extraArgs as a map: authentication-config: {file}
apiVersion: "kubeadm.k8s.io/v1beta4"
kind: "ClusterConfiguration"
apiServer:
  extraArgs:
  - name: "authentication-config"
    value: {file}
  extraVolumes:
  # The folder and not the file, so that a file that is replaced is seen.
  - name: "shorepass"
    hostPath: {folder}
    mountPath: {folder}
    readOnly: true
    pathType: "Directory"
"#
    )
}
