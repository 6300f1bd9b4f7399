//! Clients: who they are, and whether somebody is one.
//!
//! Each cluster has one, which needs no record. Others are written in the configuration, and kept in
//! the table while they stand there, or registered by administrators.

pub mod store;

use domain::client::{Client, ClientError, Source};
use sqlx::PgConnection;
use thiserror::Error;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    operator::Operator,
    secret::{ClientSecret, Hash, NoRandomness, Opaque, same},
};

/// Why something about a client is refused.
#[derive(Debug, Error)]
pub enum ClientRefusal {
    #[error("there is no client `{0}`")]
    Unknown(String),
    #[error("there is a client `{0}` already")]
    Exists(String),
    #[error("`{0}` is the audience of a cluster: it would take this client's tokens")]
    Audience(String),
    #[error("there is no cluster `{0}`")]
    Cluster(String),
    #[error("the client `{0}` is written in the configuration, and changed there")]
    Configured(String),
    #[error("a secret has at least 32 characters")]
    Secret,
    #[error(transparent)]
    Record(#[from] ClientError),
    #[error(transparent)]
    Randomness(#[from] NoRandomness),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// A client that may be used.
#[derive(Debug)]
pub struct Registered {
    pub client: Client,
    pub cluster_id: Uuid,
    /// SHA-256 of its secret.
    secret: Option<Vec<u8>>,
}

/// What somebody shows to be a client (RFC 6749 §2.3).
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    pub id: &'a str,
    /// None, or an empty one as client-go sends it for public clients.
    pub secret: Option<&'a str>,
}

/// How a client proved itself.
#[derive(Debug)]
pub enum Proof {
    /// As far as it has to.
    Whole,
    /// A public client with a secret: it has to be that of the family of the tokens that it shows.
    Family(Vec<u8>),
}

impl Proof {
    /// Whether it is proof enough for tokens that go with a secret of their own, or with none.
    pub fn fits(&self, secret: Option<&[u8]>) -> bool {
        match (self, secret) {
            (Self::Whole, None) => true,
            (Self::Family(shown), Some(hash)) => same(shown, hash),
            (Self::Whole, Some(_)) | (Self::Family(_), None) => false,
        }
    }
}

/// Who shows these credentials. None where no client does.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn authenticate(
    conn: &mut PgConnection,
    shown: Credentials<'_>,
) -> Result<Option<(Registered, Proof)>, sqlx::Error> {
    let Some(registered) = store::find(conn, shown.id).await? else {
        return Ok(None);
    };
    let secret = shown.secret.filter(|secret| !secret.is_empty());
    let proof = match (&registered.secret, secret) {
        (Some(hash), Some(secret)) => {
            same(hash, Hash::<ClientSecret>::of(secret).as_bytes()).then_some(Proof::Whole)
        }
        (Some(_), None) => None,
        (None, Some(secret)) => {
            let hash = Hash::<crate::secret::FamilySecret>::of(secret);
            Some(Proof::Family(hash.as_bytes().to_vec()))
        }
        (None, None) => Some(Proof::Whole),
    };
    Ok(proof.map(|proof| (registered, proof)))
}

/// Registers a client. Its secret, where it is confidential, is in the answer and nowhere else.
///
/// # Errors
/// [`ClientRefusal`].
pub async fn register(
    conn: &mut PgConnection,
    operator: &Operator,
    client: &Client,
    now: OffsetDateTime,
) -> Result<Option<Opaque<ClientSecret>>, ClientRefusal> {
    client.check()?;
    let secret = client
        .confidential
        .then(Opaque::<ClientSecret>::generate)
        .transpose()?;
    let hash = secret.as_ref().map(Opaque::hash);
    if !store::insert(conn, client, Source::Page, hash.as_ref(), now).await? {
        return Err(ClientRefusal::Exists(client.id.clone()));
    }
    tracing::info!(
        client = client.id,
        by = operator.name(),
        "a client was registered"
    );
    Ok(secret)
}

/// Gives a confidential client another secret, and ends the one before.
///
/// # Errors
/// [`ClientRefusal`].
pub async fn renew_secret(
    conn: &mut PgConnection,
    operator: &Operator,
    id: &str,
) -> Result<Opaque<ClientSecret>, ClientRefusal> {
    let secret = Opaque::<ClientSecret>::generate()?;
    if !store::set_secret(conn, id, &secret.hash()).await? {
        return Err(ClientRefusal::Unknown(id.to_owned()));
    }
    tracing::info!(
        client = id,
        by = operator.name(),
        "a client got another secret"
    );
    Ok(secret)
}

/// Takes a client away, and ends what it could do for anybody.
///
/// # Errors
/// [`ClientRefusal`].
pub async fn remove(
    conn: &mut PgConnection,
    operator: &Operator,
    id: &str,
    now: OffsetDateTime,
) -> Result<(), ClientRefusal> {
    if !store::remove(conn, id, Source::Page).await? {
        return Err(ClientRefusal::Unknown(id.to_owned()));
    }
    super::family::store::end_of_client(conn, id, now).await?;
    tracing::info!(client = id, by = operator.name(), "a client was removed");
    Ok(())
}

/// Makes the table say what the configuration says. Clients that are written there no more are
/// removed, and what they could do ends. One whose cluster is not there yet waits for the next start:
/// clusters are connected while the portal runs.
///
/// # Errors
/// [`ClientRefusal`].
pub async fn configure(
    conn: &mut PgConnection,
    clients: &[(Client, Option<Hash<ClientSecret>>)],
    now: OffsetDateTime,
) -> Result<(), ClientRefusal> {
    for (client, secret) in clients {
        client.check()?;
        if crate::retrieval::store::cluster(conn, &client.cluster)
            .await?
            .is_none()
        {
            let (client, cluster) = (&client.id, &client.cluster);
            tracing::warn!(
                client,
                cluster,
                "there is no such cluster yet, and so no such client"
            );
            continue;
        }
        if !store::put(conn, client, secret.as_ref(), now).await? {
            return Err(ClientRefusal::Exists(client.id.clone()));
        }
    }
    let kept: Vec<String> = clients
        .iter()
        .map(|(client, _)| client.id.clone())
        .collect();
    for id in store::configured(conn).await? {
        if !kept.contains(&id) {
            store::remove(conn, &id, Source::Configuration).await?;
            super::family::store::end_of_client(conn, &id, now).await?;
        }
    }
    Ok(())
}
