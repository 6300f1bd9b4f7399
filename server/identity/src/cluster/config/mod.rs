//! What an operator pastes so that an API server takes our tokens, and so that its people may do
//! something there: one text for each [`Kind`], one file for each text.
//!
//! Pure: the record, the namespaces and the issuer go in, text comes out. Names come from people, so
//! each is written as a quoted scalar (`quote`) or where nothing can be broken out of, and nowhere else.

mod authentication;
mod flags;
mod k3s;
mod kind;
mod kubeadm;
mod quote;
mod rbac;
mod webhook;

use domain::cluster::Cluster;

pub use self::webhook::script as webhook_script;
use super::Namespace;
use crate::certificate::Certificates;

/// Where the API server's machine keeps what is pasted, unless said otherwise.
pub const FOLDER: &str = "/etc/kubernetes/shorepass";
/// The same for k3s.
pub const K3S_FOLDER: &str = "/etc/rancher/k3s/shorepass";
/// The `AuthenticationConfiguration`, in that folder.
const AUTHENTICATION: &str = "authentication.yaml";
/// The root that signed the portal's certificate, in that folder.
const CA: &str = "portal-ca.crt";

/// The portal, as an API server sees it.
#[derive(Clone, Debug)]
pub struct Issuer<'a> {
    /// The issuer, byte for byte as tokens say it.
    pub url: &'a str,
    /// What signed the portal's certificate; none where everybody trusts it anyway.
    pub ca: Option<&'a Certificates>,
    /// Whether tokens are, or soon will be, signed with ES256.
    pub es256: bool,
}

/// The version of `apiserver.config.k8s.io`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ApiVersion {
    /// Kubernetes 1.34 and newer; about authorization, 1.32.
    #[default]
    V1,
    /// Kubernetes 1.30 to 1.33, or 1.31; newer ones still read it.
    V1beta1,
}

/// Whose roles the groups are bound to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Roles {
    /// The `ClusterRoles` that every cluster has: admin, edit, view.
    #[default]
    BuiltIn,
    /// Roles of our own in each namespace.
    Own,
}

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The root that signed the portal's certificate.
    Ca,
    /// Flags of kube-apiserver.
    Flags,
    /// The file for kube-apiserver's `--authentication-config`.
    AuthenticationConfig(ApiVersion),
    /// The file for kube-apiserver's `--authorization-config`, which names the authorization webhook.
    AuthorizationConfig(ApiVersion),
    /// What kubeadm has to know.
    Kubeadm,
    /// What kind has to know.
    Kind,
    /// What k3s has to know.
    K3s,
    /// What the groups may do in their namespaces.
    Rbac(Roles),
}

/// The text; none where a root is asked for that nobody needs to be told.
pub fn print(
    kind: Kind,
    cluster: &Cluster,
    namespaces: &[Namespace],
    issuer: &Issuer<'_>,
    folder: Option<&str>,
) -> Option<String> {
    let default = match kind {
        Kind::K3s => K3S_FOLDER,
        Kind::Ca
        | Kind::Flags
        | Kind::AuthenticationConfig(_)
        | Kind::AuthorizationConfig(_)
        | Kind::Kubeadm
        | Kind::Kind
        | Kind::Rbac(_) => FOLDER,
    };
    let folder = folder.unwrap_or(default).trim_end_matches('/');
    Some(match kind {
        Kind::Ca => issuer.ca?.to_pem(),
        Kind::Flags => flags::print(cluster, issuer, folder),
        Kind::AuthenticationConfig(version) => {
            authentication::print(cluster, issuer, version, folder)
        }
        Kind::AuthorizationConfig(version) => webhook::authorization(cluster, version, folder),
        Kind::Kubeadm => kubeadm::print(cluster, folder),
        Kind::Kind => kind::print(cluster, folder),
        Kind::K3s => k3s::print(cluster, folder),
        Kind::Rbac(roles) => rbac::print(cluster, namespaces, roles),
    })
}

/// Where the installers that we print for are told to find the `AuthenticationConfiguration`.
pub fn authentication_path() -> String {
    authentication_file(FOLDER)
}

fn authentication_file(folder: &str) -> String {
    format!("{folder}/{AUTHENTICATION}")
}

#[cfg(test)]
mod tests;
