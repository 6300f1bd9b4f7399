//! `kind`: a configuration of kind, Kubernetes in containers on one machine
//! (kubernetes-sigs/kind `pkg/apis/config/v1alpha4/types.go`).

use domain::cluster::Cluster;

use super::{AUTHENTICATION, authentication_file, quote};

/// Where the file is on the machine that runs kind.
const HERE: &str = "./shorepass";

pub(super) fn print(cluster: &Cluster, folder: &str) -> String {
    let name = quote::comment(&cluster.name);
    let (file, folder) = (
        quote::yaml(&authentication_file(folder)),
        quote::yaml(folder),
    );
    let cluster_name = quote::yaml(&cluster.name);
    // The patches stand in a block of text; what is quoted has no line breaks, so it stays inside.
    let volumes = format!(
        r#"        extraVolumes:
        - name: "shorepass"
          hostPath: {folder}
          mountPath: {folder}
          readOnly: true
          pathType: "Directory""#
    );
    format!(
        r#"# First, beside this file:
#   mkdir -p {HERE}
#   shorepass cluster config {name} --kind authentication-config > {HERE}/{AUTHENTICATION}
#   kind create cluster --config THIS_FILE
# The portal has to be reachable from inside of kind's containers by the name of the issuer.
apiVersion: "kind.x-k8s.io/v1alpha4"
kind: "Cluster"
name: {cluster_name}
nodes:
- role: "control-plane"
  extraMounts:
  - hostPath: "{HERE}"
    containerPath: {folder}
    readOnly: true
  kubeadmConfigPatches:
  # One of the two fits: up to Kubernetes 1.35 kind writes v1beta3, then v1beta4.
  - |
    apiVersion: "kubeadm.k8s.io/v1beta3"
    kind: "ClusterConfiguration"
    apiServer:
        extraArgs:
          authentication-config: {file}
{volumes}
  - |
    apiVersion: "kubeadm.k8s.io/v1beta4"
    kind: "ClusterConfiguration"
    apiServer:
        extraArgs:
        - name: "authentication-config"
          value: {file}
{volumes}
"#
    )
}
