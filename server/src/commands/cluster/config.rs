//! `shorepass cluster config`: what to paste where.

use std::{fs, path::PathBuf};

use clap::{Args, ValueEnum};
use identity::{
    certificate::Certificates,
    clock::Clock,
    cluster::{
        self,
        config::{ApiVersion, Issuer, Kind, Roles, print, webhook_script},
        credential::{self, Which},
    },
    operator::Operator,
};
use sqlx::PgConnection;

use super::{Failure, clock, sealer};
use crate::config::{Algorithm, Config};

#[derive(Debug, Args)]
pub(in crate::commands) struct Asked {
    /// The cluster.
    name: String,
    #[arg(long, value_enum)]
    kind: Word,
    /// The version of `AuthenticationConfiguration` and `AuthorizationConfiguration`: v1 for Kubernetes
    /// 1.34 (1.32 for authorization) and newer, v1beta1 for what is older, from 1.30 on.
    #[arg(long, value_enum, default_value = "v1")]
    api_version: Version,
    /// With `--kind rbac`, whose roles: those that every cluster has, or some of our own.
    #[arg(long, value_enum, default_value = "built-in")]
    roles: Whose,
    /// The root that signed the portal's certificate, in PEM. Without it, the one at the end of
    /// `tls.cert`; where none is there either, everybody trusts the portal anyway.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// The folder on the API server's machine that holds what is pasted.
    #[arg(long, value_name = "DIR")]
    folder: Option<String>,
    /// With `--kind webhook`, make a new secret. The one before ends at once, so tell the API server
    /// soon: until then, nobody is shut out before their token ends, and opaque tokens are refused.
    #[arg(long)]
    new_secret: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Word {
    /// Flags of kube-apiserver, one a line.
    Flags,
    /// The file for kube-apiserver's `--authentication-config`.
    AuthenticationConfig,
    /// A part of kubeadm's `ClusterConfiguration`.
    Kubeadm,
    /// A configuration of kind.
    Kind,
    /// A part of k3s's configuration.
    K3s,
    /// Bindings of the groups of the cluster's namespaces, for `kubectl apply`.
    Rbac,
    /// The root that signed the portal's certificate.
    Ca,
    /// A script that writes what the API server needs to ask the portal, with a secret in it.
    Webhook,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Version {
    V1,
    V1beta1,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Whose {
    BuiltIn,
    Own,
}

impl Asked {
    /// None where it is more than one text.
    fn kind(&self) -> Option<Kind> {
        let version = self.version();
        Some(match self.kind {
            Word::Flags => Kind::Flags,
            Word::AuthenticationConfig => Kind::AuthenticationConfig(version),
            Word::Kubeadm => Kind::Kubeadm,
            Word::Kind => Kind::Kind,
            Word::K3s => Kind::K3s,
            Word::Rbac => Kind::Rbac(match self.roles {
                Whose::BuiltIn => Roles::BuiltIn,
                Whose::Own => Roles::Own,
            }),
            Word::Ca => Kind::Ca,
            Word::Webhook => return None,
        })
    }

    fn version(&self) -> ApiVersion {
        match self.api_version {
            Version::V1 => ApiVersion::V1,
            Version::V1beta1 => ApiVersion::V1beta1,
        }
    }

    /// The root that an API server has to be told of.
    fn ca(&self, config: &Config) -> Result<Option<Certificates>, Failure> {
        let read = |path: &PathBuf| {
            fs::read(path)
                .map_err(|error| -> Failure { format!("{}: {error}", path.display()).into() })
        };
        match &self.ca {
            Some(path) => Ok(Some(Certificates::parse_public(&read(path)?)?)),
            None => Ok(config.authority()?),
        }
    }
}

/// The text to be printed, once what it says is stored.
pub(super) async fn run(
    config: &Config,
    conn: &mut PgConnection,
    operator: &Operator,
    asked: &Asked,
) -> Result<String, Failure> {
    if asked.new_secret && !matches!(asked.kind, Word::Webhook) {
        return Err("--new-secret belongs to --kind webhook".into());
    }
    let cluster = cluster::get(conn, &asked.name).await?;
    let namespaces = cluster::namespaces(conn, &asked.name).await?;
    let ca = asked.ca(config)?;
    let url = config.issuer();
    if !url.starts_with("https://") && !matches!(asked.kind, Word::Rbac) {
        return Err(
            "API servers trust https issuers only, and the issuer of this configuration is http"
                .into(),
        );
    }
    let issuer = Issuer {
        url: &url,
        ca: ca.as_ref(),
        es256: config.signing.algorithm == Algorithm::Es256,
    };
    let folder = asked.folder.as_deref();
    let Some(kind) = asked.kind() else {
        let which = if asked.new_secret {
            Which::New
        } else {
            Which::Present
        };
        let (sealer, now) = (sealer(config)?, clock().now());
        let secret = credential::reveal(conn, &sealer, operator, &asked.name, which, now).await?;
        let version = asked.version();
        return Ok(webhook_script(&cluster, &issuer, version, folder, &secret));
    };
    let text = print(kind, &cluster, &namespaces, &issuer, folder);
    Ok(text.ok_or("the portal's certificate has no root of its own: everybody trusts it anyway, or it is told with --ca")?)
}
