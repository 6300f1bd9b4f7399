//! The mint: [`sign`] is the only function that signs an `id_token`. A token that is handed out to its
//! owner becomes the current one ([`mint`]); one that a client gets is recorded with what it stems from
//! (`oauth`).

use domain::{
    claims::{IdTokenClaims, Party, Stamp, Standing as Basis, Validity},
    cluster::TokenKind,
    lifetime::token_end,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{IssueError, Issued, MAX_TOKEN, PURPOSE, opaque, place, store};
use crate::{
    Portal,
    secret::{ClusterToken, Hash},
};

/// For the record of what was issued: for which key, and from where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) key: Option<Uuid>,
    pub(super) address: &'a str,
    /// Where it is time to write down that the key is used.
    pub(super) used_at: Option<OffsetDateTime>,
}

/// A signed token that nobody has seen yet: it has to be recorded first.
pub(crate) struct Signed {
    pub(crate) token: String,
    pub(crate) jti: Uuid,
    pub(crate) kid: String,
    pub(crate) validity: Validity,
}

/// A token of either kind that is about to become the current one.
pub(super) struct Fresh {
    pub(super) token: String,
    pub(super) jti: Uuid,
    /// The key that signed it, where one did.
    pub(super) kid: Option<String>,
    /// What an opaque token is looked up by.
    pub(super) opaque: Option<Hash<ClusterToken>>,
    pub(super) validity: Validity,
}

impl From<Signed> for Fresh {
    fn from(signed: Signed) -> Self {
        Self {
            token: signed.token,
            jti: signed.jti,
            kid: Some(signed.kid),
            opaque: None,
            validity: signed.validity,
        }
    }
}

/// Signs what the standing says, for a client or for its owner themselves. None without a login.
///
/// # Errors
/// [`IssueError`]: above all [`IssueError::Opaque`] where the cluster's people show opaque tokens, so
/// that none is signed that somebody could take for good there.
pub(crate) fn sign(
    portal: &Portal,
    standing: &store::Standing,
    party: Option<Party<'_>>,
    now: OffsetDateTime,
) -> Result<Option<Signed>, IssueError> {
    let (Some(login), Some(cluster)) = (&standing.login, &standing.cluster) else {
        return Ok(None);
    };
    if !cluster.record.takes_id_tokens() {
        return Err(IssueError::Opaque);
    }
    cluster.record.check()?;
    let key = portal.issuer.ring.active(now).ok_or(IssueError::NoKey)?;
    let validity = validity(login, cluster, standing.groups_until, now);
    let basis = Basis {
        sid: login.id,
        authenticated_at: login.authenticated_at,
        amr: login.amr.clone(),
    };
    let jti = Uuid::new_v4();
    let claims = IdTokenClaims::assemble(
        Stamp {
            issuer: &portal.issuer.url,
            jti,
            validity,
        },
        &cluster.record,
        party,
        &standing.subject,
        &basis,
        standing.group_names()?,
    )?;
    let token = key.sign(&claims)?;
    if token.len() > MAX_TOKEN {
        return Err(IssueError::TooLarge(token.len()));
    }
    Ok(Some(Signed {
        token,
        jti,
        kid: key.kid.clone(),
        validity,
    }))
}

/// From when until when a token is good that is made now, whatever its kind.
pub(super) fn validity(
    login: &store::Login,
    cluster: &store::ClusterRow,
    groups_until: Option<OffsetDateTime>,
    now: OffsetDateTime,
) -> Validity {
    // `exp` and `iat` are whole seconds, and so is what is compared with them later.
    let now = now.replace_nanosecond(0).unwrap_or(now);
    let lifetime = Duration::seconds(cluster.record.token_lifetime.into());
    let end = token_end(now, lifetime, login.expires_at, groups_until);
    Validity {
        issued_at: now,
        expires_at: end.replace_nanosecond(0).unwrap_or(end),
    }
}

/// Counts a token that was recorded.
pub(crate) fn count(cluster: &str) {
    metrics::counter!("shorepass_tokens_issued_total", "cluster" => cluster.to_owned())
        .increment(1);
}

/// Makes a token of what the standing says, records it, and makes it current, in one statement.
/// None where somebody else made one in the meantime, and theirs is current, or where the login has
/// ended in the meantime.
pub(super) async fn mint(
    portal: &Portal,
    standing: &store::Standing,
    asked: Asked<'_>,
    now: OffsetDateTime,
) -> Result<Option<Issued>, IssueError> {
    let (Some(login), Some(cluster)) = (&standing.login, &standing.cluster) else {
        return Ok(None);
    };
    let fresh = match cluster.record.tokens {
        TokenKind::IdToken => sign(portal, standing, None, now)?.map(Fresh::from),
        TokenKind::Opaque => opaque::make(standing, now)?,
    };
    let Some(fresh) = fresh else {
        return Ok(None);
    };
    let issuer = &portal.issuer;
    let new = store::NewToken {
        jti: fresh.jti,
        kid: fresh.kid.as_deref(),
        opaque: fresh.opaque.as_ref(),
        login: login.id,
        cluster: cluster.id,
        cluster_name: &cluster.record.name,
        cluster_revision: cluster.revision,
        user: standing.subject.uid,
        username: standing.subject.username.as_str(),
        groups: &standing.groups,
        validity: fresh.validity,
        sealed: &issuer.sealer.seal(
            PURPOSE,
            &place(issuer, login.id, cluster.id, fresh.jti),
            fresh.token.as_bytes(),
        )?,
        replaces: standing.current.as_ref().map(|current| current.jti),
        key: asked.key,
        address: asked.address,
        key_used_at: asked.used_at,
    };
    if !store::record(&portal.pool, &new).await? {
        return Ok(None);
    }
    count(&cluster.record.name);
    Ok(Some(Issued {
        token: fresh.token.into(),
        cluster: cluster.record.clone(),
        groups: standing.groups.clone(),
        issued_at: fresh.validity.issued_at,
        expires_at: fresh.validity.expires_at,
    }))
}
