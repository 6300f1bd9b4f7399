//! The SQL of devices.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{LENIENCE_SECONDS, LIFETIME, PACE_SECONDS, Stage};
use crate::{
    secret::{DeviceCode, Hash},
    session::Viewer,
};

/// A device to be stored.
#[derive(Debug)]
pub struct New<'a> {
    pub device: &'a Hash<DeviceCode>,
    pub user_code: &'a [u8],
    pub client: &'a str,
    pub cluster: Uuid,
    pub scope: &'a str,
    pub address: &'a str,
    pub at: OffsetDateTime,
}

/// Stores a device; false where its user code is taken.
pub async fn insert(conn: &mut PgConnection, new: &New<'_>) -> Result<bool, sqlx::Error> {
    let stored = sqlx::query!(
        "INSERT INTO devices (device_hash, user_code_hash, client_id, cluster_id, scope, address, created_at, expires_at,
                              pace_seconds)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
         ON CONFLICT (user_code_hash) DO NOTHING",
        new.device.as_bytes(), new.user_code, new.client, new.cluster, new.scope, new.address, new.at,
        new.at + LIFETIME, PACE_SECONDS
    )
    .execute(conn)
    .await?;
    Ok(stored.rows_affected() == 1)
}

/// A device as the page needs it.
#[derive(Debug)]
pub struct Shown {
    pub client_id: String,
    pub cluster_id: Uuid,
    pub address: String,
    pub created_at: OffsetDateTime,
    pub decided: bool,
}

/// The device that shows this code, while it is good.
pub async fn by_user_code(
    conn: &mut PgConnection,
    user_code: &[u8],
    now: OffsetDateTime,
) -> Result<Option<Shown>, sqlx::Error> {
    sqlx::query_as!(
        Shown,
        r#"SELECT client_id, cluster_id, address, created_at, decided_at IS NOT NULL AS "decided!"
           FROM devices WHERE user_code_hash = $1 AND expires_at > $2"#,
        user_code,
        now
    )
    .fetch_optional(conn)
    .await
}

/// Notes what somebody decided; false where somebody did before, or it is too late.
pub async fn decide(
    conn: &mut PgConnection,
    user_code: &[u8],
    viewer: &Viewer,
    allowed: bool,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let decided = sqlx::query!(
        "UPDATE devices SET decided_at = $2, allowed = $3, user_id = $4, login_id = $5
         WHERE user_code_hash = $1 AND decided_at IS NULL AND expires_at > $2",
        user_code,
        now,
        allowed,
        viewer.user_id,
        viewer.login_id
    )
    .execute(conn)
    .await?;
    Ok(decided.rows_affected() == 1)
}

/// A device as the program's questions need it.
#[derive(Debug)]
pub struct Asking {
    pub cluster_id: Uuid,
    pub scope: String,
    expires_at: OffsetDateTime,
    allowed: Option<bool>,
    user_id: Option<Uuid>,
    login_id: Option<Uuid>,
    redeemed: bool,
}

impl Asking {
    /// How far it has come.
    pub fn stage(&self, now: OffsetDateTime) -> Stage {
        match (self.allowed, self.user_id, self.login_id) {
            _ if self.redeemed => Stage::Used,
            (Some(false), ..) => Stage::Denied,
            _ if self.expires_at <= now => Stage::Expired,
            (Some(true), Some(user), Some(login)) => Stage::Allowed { user, login },
            (Some(true) | None, ..) => Stage::Waiting,
        }
    }
}

pub async fn by_device_code(
    conn: &mut PgConnection,
    device: &Hash<DeviceCode>,
    client: &str,
) -> Result<Option<Asking>, sqlx::Error> {
    sqlx::query_as!(
        Asking,
        r#"SELECT cluster_id, scope, expires_at, allowed, user_id, login_id, redeemed_at IS NOT NULL AS "redeemed!"
           FROM devices WHERE device_hash = $1 AND client_id = $2"#,
        device.as_bytes(),
        client
    )
    .fetch_optional(conn)
    .await
}

/// Notes that a program asked. True where it did so too soon, and has to wait longer from now on.
pub async fn note_question(
    conn: &mut PgConnection,
    device: &Hash<DeviceCode>,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let early = sqlx::query_scalar!(
        r#"WITH before AS (
               SELECT device_hash,
                      coalesce(polled_at + make_interval(secs => pace_seconds - $3::integer) > $2, false) AS early
               FROM devices WHERE device_hash = $1 FOR UPDATE)
           UPDATE devices d
           SET polled_at = $2,
               pace_seconds = d.pace_seconds + CASE WHEN b.early THEN $4::integer ELSE 0 END
           FROM before b WHERE d.device_hash = b.device_hash
           RETURNING b.early AS "early!""#,
        device.as_bytes(), now, LENIENCE_SECONDS, PACE_SECONDS
    )
    .fetch_optional(conn)
    .await?;
    Ok(early.unwrap_or(false))
}

/// Uses a device up for this family, which is stored after it; false where somebody else did.
pub async fn take(
    conn: &mut PgConnection,
    device: &Hash<DeviceCode>,
    family: Uuid,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let taken = sqlx::query!(
        "UPDATE devices SET redeemed_at = $3, family_id = $2
         WHERE device_hash = $1 AND allowed AND redeemed_at IS NULL AND expires_at > $3",
        device.as_bytes(),
        family,
        now
    )
    .execute(conn)
    .await?;
    Ok(taken.rows_affected() == 1)
}

/// Forgets devices that nobody can use; for an hour their programs still hear what happened.
pub async fn forget(conn: &mut PgConnection, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "DELETE FROM devices WHERE expires_at < $1",
        now - Duration::hours(1)
    )
    .execute(conn)
    .await?;
    Ok(())
}
