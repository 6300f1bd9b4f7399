//! The SQL of families.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use super::{EndReason, WINDOW};
use crate::{
    issuer::store::ClientToken,
    secret::{AccessToken, FamilySecret, Hash, RefreshToken, same},
};

/// A family as it stands.
#[derive(Debug)]
pub struct Family {
    pub id: Uuid,
    pub client_id: String,
    pub cluster_id: Uuid,
    pub user_id: Uuid,
    pub username: String,
    pub login_id: Uuid,
    pub scope: String,
    pub mark_hash: Vec<u8>,
    refresh_hash: Option<Vec<u8>>,
    previous_hash: Option<Vec<u8>>,
    rotated_at: Option<OffsetDateTime>,
    sealed: Option<Vec<u8>>,
    access_hash: Option<Vec<u8>>,
    access_expires_at: Option<OffsetDateTime>,
    previous_access_hash: Option<Vec<u8>>,
    previous_access_expires_at: Option<OffsetDateTime>,
    pub secret_hash: Option<Vec<u8>>,
    pub created_at: OffsetDateTime,
    /// It was ended by itself.
    pub ended: bool,
    /// The login behind it is alive, and its owner is not disabled.
    pub live: bool,
    pub login_expires_at: OffsetDateTime,
}

fn is(hash: Option<&Vec<u8>>, shown: &[u8]) -> bool {
    hash.is_some_and(|hash| same(hash, shown))
}

impl Family {
    /// Whether this is the refresh token that is good.
    pub fn is_good(&self, token: &Hash<RefreshToken>) -> bool {
        is(self.refresh_hash.as_ref(), token.as_bytes())
    }

    /// Whether it has a refresh token at all.
    pub fn is_refreshable(&self) -> bool {
        self.refresh_hash.is_some()
    }

    /// Whether this was ever a refresh token that could be told from others: the good one, or the one
    /// before it.
    pub fn is_recent(&self, token: &Hash<RefreshToken>) -> bool {
        self.is_good(token) || is(self.previous_hash.as_ref(), token.as_bytes())
    }

    /// What replaced this refresh token, while that may be said again.
    pub fn answered(&self, token: &Hash<RefreshToken>, now: OffsetDateTime) -> Option<&[u8]> {
        let soon = self.rotated_at.is_some_and(|at| now < at + WINDOW);
        let before = is(self.previous_hash.as_ref(), token.as_bytes());
        (soon && before).then_some(self.sealed.as_deref()).flatten()
    }

    /// Until when this access token is good, where it is one of the last two.
    pub fn accepts(&self, token: &Hash<AccessToken>) -> Option<OffsetDateTime> {
        if is(self.access_hash.as_ref(), token.as_bytes()) {
            self.access_expires_at
        } else if is(self.previous_access_hash.as_ref(), token.as_bytes()) {
            self.previous_access_expires_at
        } else {
            None
        }
    }
}

pub async fn find(
    pool: &PgPool,
    id: Uuid,
    now: OffsetDateTime,
) -> Result<Option<Family>, sqlx::Error> {
    sqlx::query_as!(
        Family,
        r#"SELECT f.id, f.client_id, f.cluster_id, f.user_id, u.username AS "username: String",
                  f.login_id, f.scope, f.mark_hash, f.refresh_hash,
                  f.previous_hash, f.rotated_at, f.sealed, f.access_hash, f.access_expires_at, f.previous_access_hash,
                  f.previous_access_expires_at, f.secret_hash, f.created_at, f.ended_at IS NOT NULL AS "ended!",
                  l.ended_at IS NULL AND l.expires_at > $2 AND u.disabled_at IS NULL AS "live!",
                  l.expires_at AS login_expires_at
           FROM families f JOIN logins l ON l.id = f.login_id JOIN users u ON u.id = f.user_id
           WHERE f.id = $1"#,
        id,
        now
    )
    .fetch_optional(pool)
    .await
}

/// A family to be stored.
#[derive(Debug)]
pub struct NewFamily<'a> {
    pub id: Uuid,
    pub client: &'a str,
    pub cluster: Uuid,
    pub user: Uuid,
    pub login: Uuid,
    pub scope: &'a str,
    pub mark: &'a [u8],
    pub refresh: Option<&'a Hash<RefreshToken>>,
    pub access: &'a Hash<AccessToken>,
    pub access_expires_at: OffsetDateTime,
    pub secret: Option<&'a Hash<FamilySecret>>,
    pub address: &'a str,
    pub at: OffsetDateTime,
}

/// Stores a family; false where the login behind it is not alive.
pub async fn insert(conn: &mut PgConnection, new: &NewFamily<'_>) -> Result<bool, sqlx::Error> {
    let stored = sqlx::query!(
        "INSERT INTO families (id, client_id, cluster_id, user_id, login_id, scope, mark_hash, refresh_hash, access_hash,
                               access_expires_at, secret_hash, address, created_at, last_used_at)
         SELECT $1, $2, $3, $4, l.id, $6, $7, $8, $9, $10, $11, $12, $13, $13
         FROM logins l JOIN users u ON u.id = l.user_id
         WHERE l.id = $5 AND l.user_id = $4 AND l.ended_at IS NULL AND l.expires_at > $13 AND u.disabled_at IS NULL
         FOR SHARE OF l",
        new.id, new.client, new.cluster, new.user, new.login, new.scope, new.mark, new.refresh.map(Hash::as_bytes),
        new.access.as_bytes(), new.access_expires_at, new.secret.map(Hash::as_bytes), new.address, new.at
    )
    .execute(conn)
    .await?;
    Ok(stored.rows_affected() == 1)
}

/// A refresh token's replacement.
#[derive(Debug)]
pub struct Rotation<'a> {
    pub family: Uuid,
    pub from: &'a Hash<RefreshToken>,
    pub to: &'a Hash<RefreshToken>,
    pub access: &'a Hash<AccessToken>,
    pub sealed: &'a [u8],
    pub address: &'a str,
    pub at: OffsetDateTime,
    pub token: ClientToken<'a>,
}

/// Replaces a refresh token and records the `id_token` that goes with it: both or neither. False where
/// it is not the good one any more, or the login behind it ended.
pub async fn rotate(pool: &PgPool, rotation: &Rotation<'_>) -> Result<bool, sqlx::Error> {
    let token = &rotation.token;
    let rotated = sqlx::query!(
        "WITH won AS (
             UPDATE families f
             SET refresh_hash = $3, previous_hash = $2, rotated_at = $6, sealed = $5, last_used_at = $6, address = $7,
                 previous_access_hash = access_hash, previous_access_expires_at = access_expires_at,
                 access_hash = $4, access_expires_at = $8
             FROM logins l JOIN users u ON u.id = l.user_id
             WHERE f.id = $1 AND f.refresh_hash = $2 AND f.ended_at IS NULL
               AND l.id = f.login_id AND l.ended_at IS NULL AND u.disabled_at IS NULL
             RETURNING 1)
         INSERT INTO issued_tokens (jti, user_id, username, cluster, groups, issued_at, expires_at, kid, login_id,
                                    client_id, address)
         SELECT $9, $10, $11, $12, $13, $14, $8, $15, $16, $17, $7 FROM won",
        rotation.family, rotation.from.as_bytes(), rotation.to.as_bytes(), rotation.access.as_bytes(), rotation.sealed,
        rotation.at, rotation.address, token.validity.expires_at, token.jti, token.user, token.username,
        token.cluster_name, token.groups, token.validity.issued_at, token.kid, token.login, token.client
    )
    .execute(pool)
    .await?;
    Ok(rotated.rows_affected() == 1)
}

/// Ends a family; false where it had ended.
pub async fn end(
    conn: &mut PgConnection,
    id: Uuid,
    reason: EndReason,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let ended = sqlx::query!(
        "UPDATE families SET ended_at = $2, end_reason = $3, sealed = NULL WHERE id = $1 AND ended_at IS NULL",
        id,
        now,
        reason.as_str()
    )
    .execute(conn)
    .await?;
    Ok(ended.rows_affected() == 1)
}

/// Ends one of the last two access tokens, and nothing else.
pub async fn forget_access(
    conn: &mut PgConnection,
    id: Uuid,
    token: &Hash<AccessToken>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE families SET access_hash = nullif(access_hash, $2), previous_access_hash = nullif(previous_access_hash, $2)
         WHERE id = $1",
        id,
        token.as_bytes()
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Ends all that a client could do, for whomever.
pub async fn end_of_client(
    conn: &mut PgConnection,
    client: &str,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "UPDATE families SET ended_at = $2, end_reason = 'ended', sealed = NULL WHERE client_id = $1 AND ended_at IS NULL",
        client,
        now
    )
    .execute(conn)
    .await?;
    Ok(())
}
