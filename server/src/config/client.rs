//! `[[client]]`: OAuth clients that are the operator's to write down, beside those of clusters.

use std::{collections::BTreeSet, path::PathBuf};

use domain::client::{Client, GrantType, Source};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::{ConfigError, secret::secret, wrong};

/// The shortest secret, in characters: it is hashed fast, so it has to be random.
const SECRET: usize = 32;

/// A client, checked, and its secret if it is confidential.
#[derive(Clone, Debug)]
pub struct Configured {
    pub client: Client,
    pub secret: Option<SecretString>,
}

/// A client as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    id: String,
    title: Option<String>,
    cluster: String,
    secret: Option<String>,
    secret_file: Option<PathBuf>,
    #[serde(default)]
    redirect_uris: Vec<String>,
    #[serde(default)]
    post_logout_redirect_uris: Vec<String>,
    backchannel_logout_uri: Option<String>,
    #[serde(default = "usual")]
    grants: Vec<GrantType>,
    #[serde(default = "required")]
    pkce_required: bool,
    #[serde(default)]
    first_party: bool,
}

fn usual() -> Vec<GrantType> {
    vec![GrantType::AuthorizationCode, GrantType::RefreshToken]
}

fn required() -> bool {
    true
}

/// Checks all of them, one by one and together.
pub(super) fn clients(written: Vec<Written>) -> Result<Vec<Configured>, ConfigError> {
    let mut ids = BTreeSet::new();
    let mut clients = Vec::new();
    for (place, written) in written.into_iter().enumerate() {
        let at = |key: &str| format!("client[{place}].{key}");
        let confidential = written.secret.is_some() || written.secret_file.is_some();
        let client = Client {
            title: written.title.unwrap_or_else(|| written.id.clone()),
            id: written.id,
            cluster: written.cluster,
            confidential,
            redirect_uris: written.redirect_uris,
            post_logout_redirect_uris: written.post_logout_redirect_uris,
            backchannel_logout_uri: written.backchannel_logout_uri,
            grants: written.grants,
            pkce_required: written.pkce_required,
            first_party: written.first_party,
            source: Source::Configuration,
        };
        client
            .check()
            .map_err(|error| wrong(format!("client[{place}]"), error))?;
        if !ids.insert(client.id.clone()) {
            return Err(wrong(
                at("id"),
                format!("{} is the id of another one", client.id),
            ));
        }
        let secret = confidential
            .then(|| secret(&at("secret"), written.secret, written.secret_file))
            .transpose()?;
        if secret
            .as_ref()
            .is_some_and(|secret| secret.expose_secret().len() < SECRET)
        {
            return Err(wrong(
                at("secret"),
                format!("has fewer than {SECRET} characters"),
            ));
        }
        clients.push(Configured { client, secret });
    }
    Ok(clients)
}
