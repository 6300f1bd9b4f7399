//! The probe: a user who is nobody, whose token is shown to the API server.
//!
//! They have no identity in any directory, hold one group that nothing is bound to, and are logged
//! in for as long as the check takes. What is issued for them is on record like everything else.

use domain::cluster::Cluster;
use secrecy::SecretString;
use time::Duration;
use uuid::Uuid;

use super::CheckError;
use crate::{
    Portal, issuer,
    session::{self, EndReason},
};

/// Their name, and that of their group; the schema makes both.
pub(super) const NAME: &str = "shorepass-self-check";
/// Where their tokens come from, as the record says it.
const PLACE: &str = "self-check";
/// How long their login lasts, and so a token of theirs at the most.
const LOGIN: Duration = Duration::minutes(2);

/// A token of theirs for this cluster.
pub(super) async fn token(portal: &Portal, cluster: &Cluster) -> Result<SecretString, CheckError> {
    let now = portal.clock.now();
    let mut tx = portal.pool.begin().await?;
    let user = crate::directory::store::id(&mut tx, NAME)
        .await?
        .ok_or(sqlx::Error::RowNotFound)?;
    let login = session::store::Row {
        id: Uuid::new_v4(),
        user,
        directory: PLACE,
        cookie: None,
        provisional: true,
        follows: None,
        amr: &[],
        address: PLACE,
        browser: PLACE,
        at: now,
        expires_at: now + LOGIN,
    };
    session::store::open(&mut tx, &login).await?;
    tx.commit().await?;
    let issued = issuer::by_user(portal, user, Some(&cluster.name), PLACE).await;
    let mut tx = portal.pool.begin().await?;
    session::store::end(&mut tx, user, login.id, EndReason::Logout, now).await?;
    tx.commit().await?;
    Ok(issued?.token)
}
