//! Authorization codes: good once, for a minute, for the client that asked, with the verifier that
//! only it knows (RFC 6749 §4.1.3, RFC 7636 §4.6).

pub mod store;

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use domain::{authorization::is_verifier, client::GrantType};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    Granted, Refusal, Spent,
    client::{Proof, Registered},
    family::{self, EndReason, Opened},
};
use crate::{
    Portal,
    secret::{Code, Opaque, same},
};

/// How long a code is good (RFC 9700 §4.5.3 wants it short).
pub const LIFETIME: Duration = Duration::seconds(60);

/// A code as it is stored.
#[derive(Debug)]
pub struct Row {
    pub client_id: String,
    pub cluster_id: Uuid,
    pub user_id: Uuid,
    pub login_id: Uuid,
    pub redirect_uri: String,
    pub scope: String,
    pub nonce: Option<String>,
    pub challenge: Option<String>,
    pub expires_at: OffsetDateTime,
    pub used_at: Option<OffsetDateTime>,
    pub family_id: Option<Uuid>,
}

/// What a client sends along with a code.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub code: &'a str,
    pub redirect_uri: Option<&'a str>,
    pub verifier: Option<&'a str>,
}

/// Makes a code of what a person agreed to.
///
/// # Errors
/// [`Refusal::Unavailable`].
pub async fn issue(portal: &Portal, row: &Row) -> Result<Opaque<Code>, Refusal> {
    let code = Opaque::<Code>::generate()?;
    let mut conn = portal.pool.acquire().await?;
    store::insert(&mut conn, &code.hash(), row).await?;
    Ok(code)
}

/// Redeems a code. Whatever was wrong with it, it is not good again; used twice, what came of it ends.
///
/// # Errors
/// [`Refusal`].
pub async fn redeem(
    portal: &Portal,
    registered: &Registered,
    proof: &Proof,
    shown: Shown<'_>,
    address: &str,
) -> Result<Granted, Refusal> {
    let client = &registered.client;
    if matches!(proof, Proof::Family(_)) {
        return Err(Refusal::Client);
    }
    if !client.may(GrantType::AuthorizationCode) {
        return Err(Refusal::Unauthorized);
    }
    let code = Opaque::<Code>::parse(shown.code).ok_or(Spent::Unknown)?;
    let hash = code.hash();
    let now = portal.clock.now();
    let mut conn = portal.pool.acquire().await?;
    let row = store::find(&mut conn, &hash).await?.ok_or(Spent::Unknown)?;
    if let Some(spent) = spent(&row, &client.id, shown, now) {
        match (row.used_at, row.family_id) {
            (None, _) => store::spoil(&mut conn, &hash, now).await?,
            (Some(_), Some(family)) => {
                let ended = family::store::end(&mut conn, family, EndReason::Replayed, now).await?;
                if ended {
                    tracing::warn!(client = client.id, %family, "a code was used twice");
                }
            }
            (Some(_), None) => {}
        }
        return Err(spent.into());
    }
    drop(conn);
    let opening = family::Opening {
        registered,
        cluster_id: row.cluster_id,
        user: row.user_id,
        login: row.login_id,
        scope: &row.scope,
        nonce: row.nonce.as_deref(),
        secret: None,
        address,
    };
    let opened = family::prepare(portal, &opening, now)
        .await?
        .ok_or(Spent::LoggedOut)?;
    let mut tx = portal.pool.begin().await?;
    if !store::take(&mut tx, &hash, now).await? {
        return Err(Spent::Replayed.into());
    }
    let Opened {
        family, granted, ..
    } = &opened;
    if !family::insert(&mut tx, &opening, &opened, now).await? {
        return Err(Spent::LoggedOut.into());
    }
    store::lead_to(&mut tx, &hash, *family).await?;
    tx.commit().await?;
    Ok(granted.clone())
}

/// What is wrong with a code.
fn spent(row: &Row, client: &str, shown: Shown<'_>, now: OffsetDateTime) -> Option<Spent> {
    if row.used_at.is_some() {
        Some(Spent::Replayed)
    } else if row.client_id != client {
        Some(Spent::Misused)
    } else if row.expires_at <= now {
        Some(Spent::Expired)
    } else if shown.redirect_uri != Some(&row.redirect_uri)
        || !proves(row.challenge.as_deref(), shown.verifier)
    {
        Some(Spent::Unproved)
    } else {
        None
    }
}

/// Whether a verifier belongs to a challenge of the method S256. One without the other is none: it was
/// taken out on the way (RFC 9700 §4.8.2).
fn proves(challenge: Option<&str>, verifier: Option<&str>) -> bool {
    match (challenge, verifier) {
        (None, None) => true,
        (Some(challenge), Some(verifier)) => {
            let hashed = digest(&SHA256, verifier.as_bytes());
            let made = BASE64_URL_SAFE_NO_PAD.encode(hashed.as_ref());
            is_verifier(verifier) && same(made.as_bytes(), challenge.as_bytes())
        }
        (Some(_), None) | (None, Some(_)) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_verifier_of_the_challenge_proves_it() {
        // RFC 7636, appendix B.
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        assert!(proves(Some(challenge), Some(verifier)));
        assert!(proves(None, None));
        for (challenge, verifier) in [
            (Some(challenge), None),
            (None, Some(verifier)),
            (Some(challenge), Some(challenge)),
            (Some(challenge), Some("")),
            (Some(challenge), Some(&verifier[1..])),
            (Some(verifier), Some(verifier)),
        ] {
            assert!(!proves(challenge, verifier), "{challenge:?} {verifier:?}");
        }
    }
}
