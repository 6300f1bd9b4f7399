//! `format=kubeconfig`: a complete kubeconfig for the owner of the key.
//!
//! `user=` chooses how kubectl comes by its tokens: `wrapper` (a script around curl, the usual
//! one), `curl` (with `key_file=`, its absolute path), `token` (the current one, which ends),
//! `kubelogin` (a plug-in that people install).

use axum::response::{IntoResponse, Response};
use http::header;
use identity::{
    cluster::{
        self,
        kubeconfig::{self, Credential, KeyFile, Reached},
    },
    issuer::{self, IssueError, Refusal},
    secret::{Opaque, RetrievalKey},
};

use super::{Word, word};
use crate::{edge::address::ClientAddress, state::AppState};

/// Which user entries are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum User {
    Wrapper,
    Curl(KeyFile),
    Token,
    Kubelogin,
}

impl User {
    /// Reads the two parameters. A key file belongs to `curl`, which cannot do without.
    pub(super) fn read(user: Option<&str>, key_file: Option<&str>) -> Result<Self, Word> {
        match (user, key_file) {
            (None | Some("wrapper"), None) => Ok(Self::Wrapper),
            (Some("curl"), Some(path)) => {
                KeyFile::parse(path).map(Self::Curl).ok_or(Word::BadRequest)
            }
            (Some("token"), None) => Ok(Self::Token),
            (Some("kubelogin"), None) => Ok(Self::Kubelogin),
            _ => Err(Word::BadRequest),
        }
    }
}

pub(super) async fn answer(
    state: &AppState,
    key: &Opaque<RetrievalKey>,
    cluster: Option<&str>,
    user: &User,
    address: ClientAddress,
) -> Result<Response, Word> {
    let address = address.to_string();
    let mut reached = reached(state, key, cluster, &address).await.map_err(word)?;
    reached.retain(|each| each.takes_id_tokens || *user != User::Kubelogin);
    if reached.is_empty() {
        return Err(Word::ClusterRefused);
    }
    let portal = state.portal.issuer.url.as_str();
    let authority = state.authority().map(|certificates| certificates.to_pem());
    let mut entries = Vec::with_capacity(reached.len());
    for each in reached {
        let credential = match user {
            User::Wrapper => Credential::wrapper(portal, &each.cluster),
            User::Curl(file) => Credential::curl(portal, &each.cluster, file),
            User::Kubelogin => Credential::kubelogin(portal, &each.audience, authority.as_deref()),
            User::Token => {
                let issued = issuer::by_key(&state.portal, key, Some(&each.cluster), &address);
                Credential::token(issued.await.map_err(word)?.token)
            }
        };
        entries.push((each, credential));
    }
    let kind = [(header::CONTENT_TYPE, "application/yaml")];
    Ok((kind, kubeconfig::write(&entries)).into_response())
}

async fn reached(
    state: &AppState,
    key: &Opaque<RetrievalKey>,
    cluster: Option<&str>,
    address: &str,
) -> Result<Vec<Reached>, Refusal> {
    let portal = &state.portal;
    let database = |error: sqlx::Error| Refusal::Unavailable(IssueError::from(error));
    let holder = issuer::holder(portal, key, cluster, address).await?;
    let mut conn = portal.pool.acquire().await.map_err(database)?;
    let now = portal.clock.now();
    cluster::store::reached(&mut conn, holder.user, holder.cluster, now)
        .await
        .map_err(database)
}
