//! The mint: [`sign`] is the only function that signs an `id_token`. A token that is handed out to its
//! owner becomes the current one ([`mint`]); one that a client gets is recorded with what it stems from
//! (`oauth`).

use domain::{
    claims::{IdTokenClaims, Party, Stamp, Standing as Basis, Validity},
    lifetime::token_end,
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use super::{IssueError, Issued, MAX_TOKEN, PURPOSE, place, store};
use crate::Portal;

/// For the record of what was issued: for which key, and from where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked<'a> {
    pub(super) key: Option<Uuid>,
    pub(super) address: &'a str,
}

/// A signed token that nobody has seen yet: it has to be recorded first.
pub(crate) struct Signed {
    pub(crate) token: String,
    pub(crate) jti: Uuid,
    pub(crate) kid: String,
    pub(crate) validity: Validity,
}

/// Signs what the standing says, for a client or for its owner themselves. None without a login.
pub(crate) fn sign(
    portal: &Portal,
    standing: &store::Standing,
    party: Option<Party<'_>>,
    now: OffsetDateTime,
) -> Result<Option<Signed>, IssueError> {
    let (Some(login), Some(cluster)) = (&standing.login, &standing.cluster) else {
        return Ok(None);
    };
    cluster.record.check()?;
    let key = portal.issuer.ring.active(now).ok_or(IssueError::NoKey)?;
    // `exp` and `iat` are whole seconds, and so is what is compared with them later.
    let now = now.replace_nanosecond(0).unwrap_or(now);
    let lifetime = Duration::seconds(cluster.record.token_lifetime.into());
    let end = token_end(now, lifetime, login.expires_at, standing.groups_until);
    let validity = Validity {
        issued_at: now,
        expires_at: end.replace_nanosecond(0).unwrap_or(end),
    };
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
    let Some(signed) = sign(portal, standing, None, now)? else {
        return Ok(None);
    };
    let issuer = &portal.issuer;
    let new = store::NewToken {
        jti: signed.jti,
        kid: &signed.kid,
        login: login.id,
        cluster: cluster.id,
        cluster_name: &cluster.record.name,
        cluster_revision: cluster.revision,
        user: standing.subject.uid,
        username: standing.subject.username.as_str(),
        groups: &standing.groups,
        validity: signed.validity,
        sealed: &issuer.sealer.seal(
            PURPOSE,
            &place(issuer, login.id, cluster.id, signed.jti),
            signed.token.as_bytes(),
        )?,
        replaces: standing.current.as_ref().map(|current| current.jti),
        key: asked.key,
        address: asked.address,
    };
    if !store::record(&portal.pool, &new).await? {
        return Ok(None);
    }
    count(&cluster.record.name);
    Ok(Some(Issued {
        token: signed.token.into(),
        cluster: cluster.record.clone(),
        issued_at: signed.validity.issued_at,
        expires_at: signed.validity.expires_at,
    }))
}
