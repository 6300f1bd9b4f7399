//! Clusters: the records of API servers that tokens are for, and the namespaces in them.
//!
//! A record says what the API server was told, so whoever changes one has to tell the server, too.
//! What it says goes into the next token: one that is current says what the record said when it was
//! made, and is not handed out again (`issuer`).

pub mod check;
pub mod config;
pub mod credential;
pub mod kubeconfig;
pub mod store;

use domain::{
    cluster::{Cluster, ClusterError, TokenKind, is_label},
    group::GroupName,
    name::NameError,
    role::Role,
};
use sqlx::PgConnection;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    certificate::{CertificateError, Certificates},
    operator::Operator,
};

/// Why something about a cluster is refused.
#[derive(Debug, Error)]
pub enum Refusal {
    #[error("there is no cluster `{0}`")]
    Unknown(String),
    #[error("there is a cluster `{0}` already")]
    Exists(String),
    #[error("the audience `{0}` is that of another cluster: each would accept the other's tokens")]
    AudienceTaken(String),
    #[error("the record is not in order")]
    Record(#[from] ClusterError),
    #[error("the certificate of the API server's authority cannot be used")]
    Certificate(#[from] CertificateError),
    #[error(
        "a namespace has lower-case letters, digits and hyphens between them, at most 63 in all: not `{0}`"
    )]
    Namespace(String),
    #[error("a role in the namespace cannot have a group by the cluster's template")]
    Group(#[from] NameError),
    #[error("the group `{0}` exists already, and stands for something else")]
    GroupTaken(String),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// What to change of a record; what is none stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    pub api_url: Option<String>,
    /// An empty text takes the certificate out: everybody trusts the API server anyway.
    pub ca_certificate: Option<String>,
    pub audience: Option<String>,
    pub username_prefix: Option<String>,
    pub groups_prefix: Option<String>,
    pub groups_claim: Option<String>,
    pub token_lifetime: Option<u32>,
    /// For namespaces that are added from now on; groups keep their names.
    pub group_template: Option<String>,
    pub tokens: Option<TokenKind>,
    pub webhook: Option<bool>,
}

impl Changes {
    /// Makes them.
    pub fn apply(self, cluster: &mut Cluster) {
        let put = |into: &mut String, value: Option<String>| {
            if let Some(value) = value {
                *into = value;
            }
        };
        put(&mut cluster.api_url, self.api_url);
        put(&mut cluster.audience, self.audience);
        put(&mut cluster.username_prefix, self.username_prefix);
        put(&mut cluster.groups_prefix, self.groups_prefix);
        put(&mut cluster.groups_claim, self.groups_claim);
        put(&mut cluster.group_template, self.group_template);
        if let Some(certificate) = self.ca_certificate {
            cluster.ca_certificate = Some(certificate).filter(|text| !text.is_empty());
        }
        cluster.token_lifetime = self.token_lifetime.unwrap_or(cluster.token_lifetime);
        cluster.tokens = self.tokens.unwrap_or(cluster.tokens);
        cluster.webhook = self.webhook.unwrap_or(cluster.webhook);
    }
}

/// Everything that a record says.
impl From<Cluster> for Changes {
    fn from(cluster: Cluster) -> Self {
        Self {
            api_url: Some(cluster.api_url),
            ca_certificate: Some(cluster.ca_certificate.unwrap_or_default()),
            audience: Some(cluster.audience),
            username_prefix: Some(cluster.username_prefix),
            groups_prefix: Some(cluster.groups_prefix),
            groups_claim: Some(cluster.groups_claim),
            token_lifetime: Some(cluster.token_lifetime),
            group_template: Some(cluster.group_template),
            tokens: Some(cluster.tokens),
            webhook: Some(cluster.webhook),
        }
    }
}

/// A namespace and the groups of its roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Namespace {
    pub name: String,
    /// From the role that can do most to the one that can do least.
    pub groups: Vec<(Role, GroupName)>,
}

/// Connects a cluster.
///
/// # Errors
/// [`Refusal`].
pub async fn add(
    conn: &mut PgConnection,
    _: &Operator,
    mut cluster: Cluster,
    now: OffsetDateTime,
) -> Result<Cluster, Refusal> {
    check(&mut cluster)?;
    match store::insert(conn, &cluster, now).await {
        Ok(Some(_)) => Ok(cluster),
        Ok(None) => Err(Refusal::Exists(cluster.name)),
        Err(error) => Err(taken(&cluster, error)),
    }
}

/// Changes a cluster's record, and returns what it is now.
///
/// # Errors
/// [`Refusal`].
pub async fn set(
    conn: &mut PgConnection,
    _: &Operator,
    name: &str,
    changes: Changes,
) -> Result<Cluster, Refusal> {
    let (id, mut cluster) = store::lock(conn, name)
        .await?
        .ok_or_else(|| Refusal::Unknown(name.to_owned()))?;
    changes.apply(&mut cluster);
    check(&mut cluster)?;
    store::update(conn, id, &cluster)
        .await
        .map_err(|error| taken(&cluster, error))?;
    Ok(cluster)
}

/// The record of a cluster.
///
/// # Errors
/// [`Refusal::Unknown`] or [`Refusal::Database`].
pub async fn get(conn: &mut PgConnection, name: &str) -> Result<Cluster, Refusal> {
    let found = store::find(conn, name).await?;
    let (_, cluster) = found.ok_or_else(|| Refusal::Unknown(name.to_owned()))?;
    Ok(cluster)
}

/// Adds a namespace of a cluster, with a group for each role that can be held in it; nothing where
/// it is there already.
///
/// # Errors
/// [`Refusal`].
pub async fn add_namespace(
    conn: &mut PgConnection,
    _: &Operator,
    cluster: &str,
    namespace: &str,
) -> Result<Namespace, Refusal> {
    if !is_label(namespace) {
        return Err(Refusal::Namespace(namespace.to_owned()));
    }
    let (id, record) = store::lock(conn, cluster)
        .await?
        .ok_or_else(|| Refusal::Unknown(cluster.to_owned()))?;
    ensure_namespace(conn, id, &record, namespace).await?;
    let found = namespaces(conn, cluster).await?;
    let found = found.into_iter().find(|found| found.name == namespace);
    found.ok_or_else(|| sqlx::Error::RowNotFound.into())
}

/// The namespace's id, with a group for each role, made where they are missing.
pub(crate) async fn ensure_namespace(
    conn: &mut PgConnection,
    id: Uuid,
    cluster: &Cluster,
    namespace: &str,
) -> Result<Uuid, Refusal> {
    let namespace_id = store::ensure_namespace(conn, id, namespace).await?;
    for role in Role::ALL {
        let group = cluster.group(namespace, role)?;
        store::ensure_role_group(conn, id, namespace_id, role, &group)
            .await
            .map_err(|error| {
                if is_taken(&error) {
                    Refusal::GroupTaken(group.to_string())
                } else {
                    error.into()
                }
            })?;
    }
    Ok(namespace_id)
}

/// The namespaces of a cluster by name, with the groups of their roles.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn namespaces(
    conn: &mut PgConnection,
    cluster: &str,
) -> Result<Vec<Namespace>, sqlx::Error> {
    let mut namespaces = Vec::<Namespace>::new();
    for (name, role, group) in store::role_groups(conn, cluster).await? {
        match namespaces.last_mut() {
            Some(last) if last.name == name => last.groups.push((role, group)),
            _ => namespaces.push(Namespace {
                name,
                groups: vec![(role, group)],
            }),
        }
    }
    Ok(namespaces)
}

/// Every rule, and the certificates as nothing but certificates.
fn check(cluster: &mut Cluster) -> Result<(), Refusal> {
    cluster.check()?;
    if let Some(text) = &cluster.ca_certificate {
        cluster.ca_certificate = Some(Certificates::parse_public(text.as_bytes())?.to_pem());
    }
    Ok(())
}

fn taken(cluster: &Cluster, error: sqlx::Error) -> Refusal {
    if is_taken(&error) {
        Refusal::AudienceTaken(cluster.audience.clone())
    } else {
        error.into()
    }
}

fn is_taken(error: &sqlx::Error) -> bool {
    error
        .as_database_error()
        .is_some_and(sqlx::error::DatabaseError::is_unique_violation)
}
