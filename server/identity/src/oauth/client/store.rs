//! The SQL of clients.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use domain::client::{Client, GrantType, Source};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use super::{ClientRefusal, Registered};
use crate::secret::{ClientSecret, Hash};

struct Row {
    cluster_id: Uuid,
    cluster: String,
    audience: String,
    id: Option<String>,
    title: Option<String>,
    source: Option<String>,
    secret_hash: Option<Vec<u8>>,
    redirect_uris: Option<Vec<String>>,
    post_logout_redirect_uris: Option<Vec<String>>,
    backchannel_logout_uri: Option<String>,
    grant_types: Option<Vec<String>>,
    pkce_required: Option<bool>,
    first_party: Option<bool>,
}

impl From<Row> for Registered {
    fn from(row: Row) -> Self {
        let grants = row.grant_types.unwrap_or_default();
        let written = |id| Client {
            id,
            title: row.title.unwrap_or_default(),
            cluster: row.cluster.clone(),
            confidential: row.secret_hash.is_some(),
            redirect_uris: row.redirect_uris.unwrap_or_default(),
            post_logout_redirect_uris: row.post_logout_redirect_uris.unwrap_or_default(),
            backchannel_logout_uri: row.backchannel_logout_uri,
            grants: grants
                .iter()
                .filter_map(|word| GrantType::parse(word))
                .collect(),
            // What is not known is not waived.
            pkce_required: row.pkce_required.unwrap_or(true),
            first_party: row.first_party.unwrap_or(false),
            source: match row.source.as_deref() {
                Some("configuration") => Source::Configuration,
                _ => Source::Page,
            },
        };
        let client = match row.id {
            Some(id) => written(id),
            None => Client::built_in(&row.cluster, &row.audience),
        };
        Self {
            client,
            cluster_id: row.cluster_id,
            secret: row.secret_hash,
        }
    }
}

/// A client by its id: a registered one, or that of the cluster whose audience this is. A cluster that
/// takes opaque tokens has none: what a client needs are `id_token`s.
pub async fn find(conn: &mut PgConnection, id: &str) -> Result<Option<Registered>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT c.id AS cluster_id, c.name AS cluster, c.audience, k.id AS "id?", k.title AS "title?", k.source AS "source?",
                  k.secret_hash, k.redirect_uris AS "redirect_uris?",
                  k.post_logout_redirect_uris AS "post_logout_redirect_uris?", k.backchannel_logout_uri,
                  k.grant_types AS "grant_types?", k.pkce_required AS "pkce_required?", k.first_party AS "first_party?"
           FROM clusters c LEFT JOIN clients k ON k.cluster_id = c.id AND k.id = $1 AND k.disabled_at IS NULL
           WHERE (k.id IS NOT NULL OR c.audience = $1) AND c.tokens = 'id-token'"#,
        id
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(Into::into))
}

/// All clients but those of clusters, by title.
pub async fn list(conn: &mut PgConnection) -> Result<Vec<Client>, sqlx::Error> {
    let rows = sqlx::query_as!(
        Row,
        r#"SELECT c.id AS cluster_id, c.name AS cluster, c.audience, k.id AS "id?", k.title AS "title?", k.source AS "source?",
                  k.secret_hash, k.redirect_uris AS "redirect_uris?",
                  k.post_logout_redirect_uris AS "post_logout_redirect_uris?", k.backchannel_logout_uri,
                  k.grant_types AS "grant_types?", k.pkce_required AS "pkce_required?", k.first_party AS "first_party?"
           FROM clients k JOIN clusters c ON k.cluster_id = c.id WHERE k.disabled_at IS NULL ORDER BY k.title, k.id"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Registered::from(row).client)
        .collect())
}

fn words(client: &Client) -> Vec<String> {
    client
        .grants
        .iter()
        .map(|grant| grant.as_str().to_owned())
        .collect()
}

fn source(source: Source) -> &'static str {
    match source {
        Source::BuiltIn | Source::Page => "page",
        Source::Configuration => "configuration",
    }
}

/// What the database's rules say of a client's record.
fn refused(client: &Client, error: sqlx::Error) -> ClientRefusal {
    let constraint = error
        .as_database_error()
        .and_then(|error| error.constraint());
    match constraint {
        Some("one_audience") => ClientRefusal::Audience(client.id.clone()),
        _ => ClientRefusal::Database(error),
    }
}

/// Stores a new client; false where there is one of that id.
pub async fn insert(
    conn: &mut PgConnection,
    client: &Client,
    from: Source,
    secret: Option<&Hash<ClientSecret>>,
    now: OffsetDateTime,
) -> Result<bool, ClientRefusal> {
    let Some(cluster) = crate::retrieval::store::cluster(conn, &client.cluster).await? else {
        return Err(ClientRefusal::Cluster(client.cluster.clone()));
    };
    let stored = sqlx::query!(
        "INSERT INTO clients (id, title, cluster_id, source, secret_hash, redirect_uris, post_logout_redirect_uris,
                              backchannel_logout_uri, grant_types, pkce_required, first_party, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) ON CONFLICT (id) DO NOTHING",
        client.id, client.title, cluster, source(from), secret.map(Hash::as_bytes), &client.redirect_uris,
        &client.post_logout_redirect_uris, client.backchannel_logout_uri, &words(client), client.pkce_required,
        client.first_party, now
    )
    .execute(conn)
    .await
    .map_err(|error| refused(client, error))?;
    Ok(stored.rows_affected() == 1)
}

/// Stores a client of the configuration, new or changed; false where the page has one of that id.
pub async fn put(
    conn: &mut PgConnection,
    client: &Client,
    secret: Option<&Hash<ClientSecret>>,
    now: OffsetDateTime,
) -> Result<bool, ClientRefusal> {
    if insert(&mut *conn, client, Source::Configuration, secret, now).await? {
        return Ok(true);
    }
    let stored = sqlx::query!(
        "UPDATE clients SET title = $2, cluster_id = (SELECT id FROM clusters WHERE name = $3), secret_hash = $4,
                redirect_uris = $5, post_logout_redirect_uris = $6, backchannel_logout_uri = $7, grant_types = $8,
                pkce_required = $9, first_party = $10
         WHERE id = $1 AND source = 'configuration'",
        client.id, client.title, client.cluster, secret.map(Hash::as_bytes), &client.redirect_uris,
        &client.post_logout_redirect_uris, client.backchannel_logout_uri, &words(client), client.pkce_required,
        client.first_party
    )
    .execute(conn)
    .await?;
    Ok(stored.rows_affected() == 1)
}

/// The ids of the clients that the configuration wrote.
pub async fn configured(conn: &mut PgConnection) -> Result<Vec<String>, sqlx::Error> {
    sqlx::query_scalar!("SELECT id FROM clients WHERE source = 'configuration'")
        .fetch_all(conn)
        .await
}

/// Replaces the secret of a confidential client of the page; false where there is none such.
pub async fn set_secret(
    conn: &mut PgConnection,
    id: &str,
    secret: &Hash<ClientSecret>,
) -> Result<bool, sqlx::Error> {
    let set = sqlx::query!(
        "UPDATE clients SET secret_hash = $2 WHERE id = $1 AND source = 'page' AND secret_hash IS NOT NULL",
        id,
        secret.as_bytes()
    )
    .execute(conn)
    .await?;
    Ok(set.rows_affected() == 1)
}

/// Takes a client of this source away; false where there is none such.
pub async fn remove(conn: &mut PgConnection, id: &str, from: Source) -> Result<bool, sqlx::Error> {
    let removed = sqlx::query!(
        "DELETE FROM clients WHERE id = $1 AND source = $2",
        id,
        source(from)
    )
    .execute(conn)
    .await?;
    Ok(removed.rows_affected() == 1)
}
