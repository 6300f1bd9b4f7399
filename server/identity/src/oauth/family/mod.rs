//! Families: what a client may do for one login, and the tokens in which it shows that.
//!
//! A refresh token is good once. Clients race and repeat themselves, though: kubectl sends a refresh
//! that failed a second time, and four kubectls start with the same token at once. So whoever shows
//! the token *before* the good one, soon after it was replaced, gets the answer that replaced it; it
//! is kept sealed under the very token that asked for it. Nobody can have used the good one by then,
//! for that would have made it the one before. Any older token, or a later time, is reuse: it was
//! stolen from the one who replaced it or by them, and the family ends (RFC 9700 §4.14.2).

pub mod store;
mod successor;

use domain::{
    authorization::{Scope, Scopes},
    claims::{Party, Validity},
    client::GrantType,
};
use sqlx::PgConnection;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{
    Failure, Granted, Refusal, Spent,
    client::{Proof, Registered},
};
use crate::{
    Portal,
    issuer::{self, mint, store::Standing},
    secret::{AccessToken, FamilySecret, Hash, Mark, Member, Opaque, RefreshToken, same},
    session::Viewer,
};

/// How long the refresh token before the good one still gets the answer that replaced it.
pub const WINDOW: Duration = Duration::seconds(30);
/// How often somebody who loses a race for the next token looks again.
const ROUNDS: usize = 3;

/// Why a family ended before its login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndReason {
    /// A refresh token came back after it was replaced.
    Reused,
    /// The code that it stems from was used again.
    Replayed,
    /// Another client showed one of its tokens.
    Misused,
    /// The client gave it back.
    Revoked,
    /// Its owner ended it, or the client is gone.
    Ended,
}

impl EndReason {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reused => "reused",
            Self::Replayed => "replayed",
            Self::Misused => "misused",
            Self::Revoked => "revoked",
            Self::Ended => "ended",
        }
    }
}

/// A family to be opened.
#[derive(Clone, Copy, Debug)]
pub struct Opening<'a> {
    pub registered: &'a Registered,
    pub cluster_id: Uuid,
    pub user: Uuid,
    pub login: Uuid,
    pub scope: &'a str,
    pub nonce: Option<&'a str>,
    /// A secret that the client has to show with this family's tokens.
    pub secret: Option<&'a Hash<FamilySecret>>,
    pub address: &'a str,
}

/// A family whose tokens are made, and nothing of it stored yet.
#[derive(Debug)]
pub struct Opened {
    pub family: Uuid,
    pub granted: Granted,
    tokens: Tokens,
}

/// The tokens of one step.
#[derive(Debug)]
struct Tokens {
    mark: Mark,
    refresh: Option<Member<RefreshToken>>,
    access: Member<AccessToken>,
    username: String,
    groups: Vec<String>,
    cluster: String,
    jti: Uuid,
    kid: String,
    validity: Validity,
}

/// What is made for one step of a family.
struct Step<'a> {
    family: Uuid,
    mark: &'a Mark,
    client: &'a str,
    refreshable: bool,
    scope: &'a str,
    nonce: Option<&'a str>,
}

/// Makes the tokens of one step. None without a login.
fn make(
    portal: &Portal,
    standing: &Standing,
    step: &Step<'_>,
    now: OffsetDateTime,
) -> Result<Option<(Tokens, Granted)>, Failure> {
    let party = Party {
        id: step.client,
        nonce: step.nonce,
    };
    let (Some(cluster), Some(signed)) = (
        &standing.cluster,
        mint::sign(portal, standing, Some(party), now)?,
    ) else {
        return Ok(None);
    };
    let refresh = step
        .refreshable
        .then(|| Member::generate(step.family, step.mark))
        .transpose()?;
    let tokens = Tokens {
        mark: step.mark.clone(),
        refresh,
        access: Member::generate(step.family, step.mark)?,
        username: standing.subject.username.as_str().to_owned(),
        groups: standing.groups.clone(),
        cluster: cluster.record.name.clone(),
        jti: signed.jti,
        kid: signed.kid,
        validity: signed.validity,
    };
    let granted = Granted {
        access_token: tokens.access.secret().clone(),
        refresh_token: tokens.refresh.as_ref().map(|token| token.secret().clone()),
        id_token: signed.token.into(),
        scope: step.scope.to_owned(),
        expires_in: (signed.validity.expires_at - signed.validity.issued_at).whole_seconds(),
    };
    Ok(Some((tokens, granted)))
}

/// Makes the tokens of a new family. None where the login behind it is not alive.
///
/// # Errors
/// [`Failure`].
pub async fn prepare(
    portal: &Portal,
    opening: &Opening<'_>,
    now: OffsetDateTime,
) -> Result<Option<Opened>, Failure> {
    let client = &opening.registered.client;
    let standing = issuer::store::by_login(
        &portal.pool,
        opening.user,
        opening.login,
        opening.cluster_id,
        now,
    )
    .await?;
    let Some(standing) = standing.filter(|standing| !standing.disabled) else {
        return Ok(None);
    };
    let (family, mark) = (Uuid::new_v4(), Mark::generate()?);
    let step = Step {
        family,
        mark: &mark,
        client: &client.id,
        refreshable: client.may(GrantType::RefreshToken),
        scope: opening.scope,
        nonce: opening.nonce,
    };
    let made = make(portal, &standing, &step, now)?;
    Ok(made.map(|(tokens, granted)| Opened {
        family,
        granted,
        tokens,
    }))
}

/// Stores a new family and the record of its `id_token`; false where the login ended meanwhile.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn insert(
    conn: &mut PgConnection,
    opening: &Opening<'_>,
    opened: &Opened,
    now: OffsetDateTime,
) -> Result<bool, sqlx::Error> {
    let tokens = &opened.tokens;
    let client = &opening.registered.client.id;
    let refresh = tokens.refresh.as_ref().map(Member::hash);
    let row = store::NewFamily {
        id: opened.family,
        client,
        cluster: opening.cluster_id,
        user: opening.user,
        login: opening.login,
        scope: opening.scope,
        mark: &tokens.mark.hash(),
        refresh: refresh.as_ref(),
        access: &tokens.access.hash(),
        access_expires_at: tokens.validity.expires_at,
        secret: opening.secret,
        address: opening.address,
        at: now,
    };
    if !store::insert(&mut *conn, &row).await? {
        return Ok(false);
    }
    let token = issuer::store::ClientToken {
        jti: tokens.jti,
        kid: &tokens.kid,
        client,
        login: opening.login,
        cluster_name: &tokens.cluster,
        user: opening.user,
        username: &tokens.username,
        groups: &tokens.groups,
        validity: tokens.validity,
        address: opening.address,
    };
    issuer::store::record_for_client(conn, &token).await?;
    mint::count(&tokens.cluster);
    Ok(true)
}

/// Opens a family without a code, for the owner of the login themselves: what kubectl's own `oidc`
/// provider keeps in a kubeconfig. Its secret goes with this family alone, so that nobody shares one.
/// None where the login ended meanwhile.
///
/// # Errors
/// [`Refusal`].
pub async fn hand_out(
    portal: &Portal,
    viewer: &Viewer,
    registered: &Registered,
    address: &str,
) -> Result<Option<(Granted, Opaque<FamilySecret>)>, Refusal> {
    if !registered.client.may(GrantType::RefreshToken) {
        return Err(Refusal::Unauthorized);
    }
    let now = portal.clock.now();
    let secret = Opaque::<FamilySecret>::generate()?;
    let hash = secret.hash();
    let opening = Opening {
        registered,
        cluster_id: registered.cluster_id,
        user: viewer.user_id,
        login: viewer.login_id,
        scope: Scope::OpenId.as_str(),
        nonce: None,
        secret: Some(&hash),
        address,
    };
    let Some(opened) = prepare(portal, &opening, now).await? else {
        return Ok(None);
    };
    let mut tx = portal.pool.begin().await?;
    if !insert(&mut tx, &opening, &opened, now).await? {
        return Ok(None);
    }
    tx.commit().await?;
    Ok(Some((opened.granted, secret)))
}

/// What a client shows for its next tokens.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    pub refresh_token: &'a str,
    /// Asks for less than was granted.
    pub scope: Option<&'a str>,
}

/// The next tokens of a family, for its refresh token (RFC 6749 §6).
///
/// # Errors
/// [`Refusal`].
pub async fn refresh(
    portal: &Portal,
    registered: &Registered,
    proof: &Proof,
    shown: Shown<'_>,
    address: &str,
) -> Result<Granted, Refusal> {
    let client = &registered.client;
    if !client.may(GrantType::RefreshToken) {
        return Err(Refusal::Unauthorized);
    }
    let token = Member::<RefreshToken>::parse(shown.refresh_token).ok_or(Spent::Unknown)?;
    for _ in 0..ROUNDS {
        let now = portal.clock.now();
        let family = store::find(&portal.pool, token.family, now).await?;
        let family = family.filter(|family| same(&family.mark_hash, &token.mark.hash()));
        let family = family.ok_or(Spent::Unknown)?;
        judge(portal, &family, &client.id, proof, now).await?;
        if let Some(asked) = shown.scope {
            let granted = Scopes::parse(&family.scope);
            if !Scopes::parse(asked).is_within(&granted) {
                return Err(Refusal::Scope);
            }
        }
        let hash = token.hash();
        if family.is_good(&hash) {
            let next = next(portal, &family, &token, &client.id, address, now).await?;
            if let Some(granted) = next {
                return Ok(granted);
            }
        } else if let Some(sealed) = family.answered(&hash, now) {
            return Ok(successor::open(&token, sealed).map_err(Failure::from)?);
        } else {
            end(portal, &family, EndReason::Reused, now).await?;
            return Err(Spent::Replayed.into());
        }
    }
    Err(Failure::Contended.into())
}

/// Whether somebody may show this family's tokens.
async fn judge(
    portal: &Portal,
    family: &store::Family,
    client: &str,
    proof: &Proof,
    now: OffsetDateTime,
) -> Result<(), Refusal> {
    if family.client_id != client {
        end(portal, family, EndReason::Misused, now).await?;
        return Err(Spent::Misused.into());
    }
    if !proof.fits(family.secret_hash.as_deref()) {
        return Err(Refusal::Client);
    }
    if family.ended {
        return Err(Spent::Revoked.into());
    }
    if !family.live {
        return Err(Spent::LoggedOut.into());
    }
    Ok(())
}

async fn end(
    portal: &Portal,
    family: &store::Family,
    reason: EndReason,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let mut conn = portal.pool.acquire().await?;
    if store::end(&mut conn, family.id, reason, now).await? {
        let (client, family, reason) = (&family.client_id, family.id, reason.as_str());
        tracing::warn!(client, %family, reason, "a client's tokens were revoked");
    }
    Ok(())
}

/// Replaces the good refresh token; none where somebody else did first.
async fn next(
    portal: &Portal,
    family: &store::Family,
    token: &Member<RefreshToken>,
    client: &str,
    address: &str,
    now: OffsetDateTime,
) -> Result<Option<Granted>, Refusal> {
    let standing = issuer::store::by_login(
        &portal.pool,
        family.user_id,
        family.login_id,
        family.cluster_id,
        now,
    )
    .await?;
    let standing = standing
        .filter(|standing| !standing.disabled)
        .ok_or(Spent::LoggedOut)?;
    let step = Step {
        family: family.id,
        mark: &token.mark,
        client,
        refreshable: true,
        scope: &family.scope,
        nonce: None,
    };
    let made = make(portal, &standing, &step, now)?;
    let (tokens, granted) = made.ok_or(Spent::LoggedOut)?;
    let Some(refresh) = &tokens.refresh else {
        return Ok(None);
    };
    let rotation = store::Rotation {
        family: family.id,
        from: &token.hash(),
        to: &refresh.hash(),
        access: &tokens.access.hash(),
        sealed: &successor::seal(token, &granted).map_err(Failure::from)?,
        address,
        at: now,
        token: issuer::store::ClientToken {
            jti: tokens.jti,
            kid: &tokens.kid,
            client,
            login: family.login_id,
            cluster_name: &tokens.cluster,
            user: family.user_id,
            username: &tokens.username,
            groups: &tokens.groups,
            validity: tokens.validity,
            address,
        },
    };
    if !store::rotate(&portal.pool, &rotation).await? {
        return Ok(None);
    }
    mint::count(&tokens.cluster);
    Ok(Some(granted))
}

/// A family whose access token somebody shows.
#[derive(Debug)]
pub struct Bearer {
    pub family: store::Family,
    pub scopes: Scopes,
    pub expires_at: OffsetDateTime,
}

/// For whom an access token stands now, if it is good.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn by_access_token(portal: &Portal, text: &str) -> Result<Option<Bearer>, sqlx::Error> {
    let Some(token) = Member::<AccessToken>::parse(text) else {
        return Ok(None);
    };
    let now = portal.clock.now();
    let family = store::find(&portal.pool, token.family, now).await?;
    Ok(family.and_then(|family| {
        let expires_at = family.accepts(&token.hash())?;
        (family.live && !family.ended && expires_at > now).then(|| Bearer {
            scopes: Scopes::parse(&family.scope),
            family,
            expires_at,
        })
    }))
}
