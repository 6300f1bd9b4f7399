//! Retrieval keys: secrets that fetch `id_token`s, and nothing else.

pub mod store;

use domain::key::KeyView;
use thiserror::Error;
use time::Duration;
use uuid::Uuid;

use crate::{
    Portal,
    secret::{NoRandomness, Opaque, RetrievalKey},
    session::Viewer,
};

/// How many keys one person can have at a time.
const MAX_KEYS: i64 = 100;

#[derive(Debug, Error)]
pub enum RetrievalError {
    #[error("There is no such cluster.")]
    Cluster,
    #[error("You have {MAX_KEYS} keys already. Revoke one that you do not need.")]
    TooMany,
    #[error("A key lasts between 1 and {0} days.")]
    Days(i64),
    #[error(transparent)]
    Name(#[from] domain::key::KeyNameError),
    #[error("no randomness")]
    Randomness(#[from] NoRandomness),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// A key to be made.
#[derive(Clone, Copy, Debug)]
pub struct NewKey<'a> {
    pub name: &'a str,
    /// The one cluster that it is for, or none for all.
    pub cluster: Option<&'a str>,
    /// How long it lasts, or none for the usual time.
    pub days: Option<i64>,
}

/// Makes a key. Its secret is in the answer and nowhere else.
///
/// # Errors
/// [`RetrievalError`].
pub async fn create(
    portal: &Portal,
    viewer: &Viewer,
    new: NewKey<'_>,
) -> Result<(Opaque<RetrievalKey>, KeyView), RetrievalError> {
    let name = domain::key::check_name(new.name)?;
    let lifetimes = &portal.lifetimes;
    let most = lifetimes.retrieval_key_max.whole_days();
    let days = new
        .days
        .unwrap_or_else(|| lifetimes.retrieval_key.whole_days());
    if !(1..=most).contains(&days) {
        return Err(RetrievalError::Days(most));
    }
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let cluster = match new.cluster {
        Some(name) => Some(
            store::cluster(&mut tx, name)
                .await?
                .ok_or(RetrievalError::Cluster)?,
        ),
        None => None,
    };
    if store::count(&mut tx, viewer.user_id, now).await? >= MAX_KEYS {
        return Err(RetrievalError::TooMany);
    }
    let secret = Opaque::<RetrievalKey>::generate()?;
    let row = store::Row {
        id: Uuid::new_v4(),
        user: viewer.user_id,
        name,
        cluster,
        login: portal.bind_keys_to_login.then_some(viewer.login_id),
        created_at: now,
        expires_at: now + Duration::days(days),
    };
    store::create(&mut tx, &row, &secret.hash()).await?;
    tx.commit().await?;
    let view = KeyView {
        id: row.id,
        name: name.to_owned(),
        cluster: new.cluster.map(str::to_owned),
        created_at: now,
        expires_at: row.expires_at,
        last_used_at: None,
        last_used_from: None,
    };
    Ok((secret, view))
}
