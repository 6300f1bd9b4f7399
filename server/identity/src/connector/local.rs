//! The directory `local`: accounts in our own database, with argon2id password hashes.

use std::sync::{Arc, LazyLock};

use argon2::{
    Argon2,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use async_trait::async_trait;
use domain::user::Username;
use secrecy::{ExposeSecret, SecretString};
use sqlx::{PgConnection, PgPool};
use thiserror::Error;
use time::OffsetDateTime;
use tokio::sync::Semaphore;

use super::{Authenticated, ConnectorError, PasswordConnector};

/// The directory's name.
pub const NAME: &str = "local";

/// Longer passwords are refused before they cost anything.
const MAX_PASSWORD: usize = 1024;
/// Hashing takes 19 MiB and one core each time, so few run at once and few wait.
const AT_ONCE: usize = 2;
const WAITING: usize = 64;

#[derive(Debug, Error)]
pub enum LocalError {
    #[error("`{0}` is no name for an account: use lower-case letters, digits and . _ - @ +")]
    Name(String),
    #[error("a password has between 1 and {MAX_PASSWORD} bytes")]
    Password,
    #[error("there is no local account `{0}`")]
    Unknown(String),
    #[error("the local account `{0}` exists already")]
    Exists(String),
    #[error("hashing the password failed: {0}")]
    Hash(argon2::password_hash::Error),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

/// Authenticates against the table `local_accounts`.
#[derive(Clone, Debug)]
pub struct Local {
    hashing: Arc<Semaphore>,
    queue: Arc<Semaphore>,
}

impl Default for Local {
    fn default() -> Self {
        Self {
            hashing: Arc::new(Semaphore::new(AT_ONCE)),
            queue: Arc::new(Semaphore::new(AT_ONCE + WAITING)),
        }
    }
}

/// The hash that a name without an account is compared with, so that it takes the same time.
static NOBODY: LazyLock<String> =
    LazyLock::new(|| hash("a password that nobody has").unwrap_or_default());

fn hash(password: &str) -> Result<String, LocalError> {
    // OWASP's minimum for argon2id, and the crate's default: 19 MiB, 2 passes, 1 lane.
    Ok(Argon2::default()
        .hash_password(password.as_bytes())
        .map_err(LocalError::Hash)?
        .to_string())
}

fn verify(hash: &str, password: &str) -> bool {
    PasswordHash::new(hash).is_ok_and(|hash| {
        Argon2::default()
            .verify_password(password.as_bytes(), &hash)
            .is_ok()
    })
}

#[async_trait]
impl PasswordConnector for Local {
    async fn authenticate(
        &self,
        pool: &PgPool,
        name: &str,
        password: &SecretString,
    ) -> Result<Authenticated, ConnectorError> {
        let unavailable = |error: sqlx::Error| ConnectorError::Unavailable(Box::new(error));
        let name = self.canonical(name);
        let account = sqlx::query!(
            "SELECT display_name, email, password_hash, disabled_at FROM local_accounts WHERE name = $1",
            name
        )
        .fetch_optional(pool)
        .await
        .map_err(unavailable)?;

        let busy = |_| ConnectorError::Busy;
        let queued = self.queue.clone().try_acquire_owned().map_err(busy)?;
        let turn = self.hashing.clone().acquire_owned().await;
        let turn = turn.map_err(|_| ConnectorError::Busy)?;
        let fits = (1..=MAX_PASSWORD).contains(&password.expose_secret().len());
        let given = if fits {
            password.clone()
        } else {
            SecretString::from("")
        };
        let stored = account
            .as_ref()
            .map(|account| account.password_hash.clone());
        // Whoever asked may be gone before the hash is done; its place is free only then.
        let matches = tokio::task::spawn_blocking(move || {
            let _places = (queued, turn);
            verify(stored.as_deref().unwrap_or(&NOBODY), given.expose_secret())
        })
        .await
        .map_err(|error| ConnectorError::Unavailable(Box::new(error)))?;

        match account {
            Some(account) if matches && fits && account.disabled_at.is_none() => {
                Ok(Authenticated {
                    subject: name.clone(),
                    name,
                    display_name: account.display_name,
                    email_verified: account.email.is_some(),
                    email: account.email,
                    groups: Vec::new(),
                    amr: vec!["pwd".to_owned()],
                })
            }
            Some(_) | None => Err(ConnectorError::Refused),
        }
    }

    fn canonical(&self, name: &str) -> String {
        let name: String = name.chars().take(200).collect();
        Username::suggest(&name).map_or_else(|_| name.trim().to_lowercase(), String::from)
    }
}

/// Makes an account.
///
/// # Errors
/// [`LocalError::Name`], [`LocalError::Password`], [`LocalError::Exists`].
pub async fn add(
    conn: &mut PgConnection,
    name: &str,
    display_name: &str,
    email: Option<&str>,
    password: &SecretString,
    now: OffsetDateTime,
) -> Result<(), LocalError> {
    // Another form would be typed in vain: logging in brings names into this one.
    let name = Username::suggest(name)
        .ok()
        .filter(|form| form.as_str() == name)
        .ok_or_else(|| LocalError::Name(name.to_owned()))?;
    let hash = checked_hash(password)?;
    let made = sqlx::query!(
        "INSERT INTO local_accounts (name, display_name, email, password_hash, changed_at)
         VALUES ($1, $2, $3, $4, $5) ON CONFLICT (name) DO NOTHING",
        name.as_str(),
        display_name,
        email,
        hash,
        now
    )
    .execute(conn)
    .await?;
    if made.rows_affected() == 1 {
        Ok(())
    } else {
        Err(LocalError::Exists(name.into()))
    }
}

/// Gives an account another password.
///
/// # Errors
/// [`LocalError::Password`], [`LocalError::Unknown`].
pub async fn set_password(
    conn: &mut PgConnection,
    name: &str,
    password: &SecretString,
    now: OffsetDateTime,
) -> Result<(), LocalError> {
    let hash = checked_hash(password)?;
    let changed = sqlx::query!(
        "UPDATE local_accounts SET password_hash = $2, changed_at = $3 WHERE name = $1",
        name,
        hash,
        now
    )
    .execute(conn)
    .await?;
    if changed.rows_affected() == 1 {
        Ok(())
    } else {
        Err(LocalError::Unknown(name.to_owned()))
    }
}

/// Closes or opens an account whose person has never logged in, and so is no user yet. False where
/// there is no such account.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn set_disabled(
    conn: &mut PgConnection,
    name: &str,
    at: Option<OffsetDateTime>,
) -> Result<bool, sqlx::Error> {
    let changed = sqlx::query!(
        "UPDATE local_accounts SET disabled_at = $2 WHERE name = $1
         AND NOT EXISTS (SELECT FROM identities WHERE directory = $3 AND subject = $1)",
        name,
        at,
        NAME
    )
    .execute(conn)
    .await?;
    Ok(changed.rows_affected() == 1)
}

fn checked_hash(password: &SecretString) -> Result<String, LocalError> {
    let password = password.expose_secret();
    if !(1..=MAX_PASSWORD).contains(&password.len()) {
        return Err(LocalError::Password);
    }
    hash(password)
}
