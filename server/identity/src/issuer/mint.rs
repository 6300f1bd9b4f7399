//! The mint: the only function that signs an `id_token`.

use domain::{
    claims::{IdTokenClaims, Standing as Basis, Validity},
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
    let groups = standing.group_names()?;
    let jti = Uuid::new_v4();
    let issuer = &portal.issuer;
    let claims = IdTokenClaims::assemble(
        &issuer.url,
        &cluster.record,
        &standing.subject,
        &basis,
        groups,
        validity,
        jti,
    )?;

    let token = key.sign(&claims)?;
    if token.len() > MAX_TOKEN {
        return Err(IssueError::TooLarge(token.len()));
    }
    let new = store::NewToken {
        jti,
        kid: &key.kid,
        login: login.id,
        cluster: cluster.id,
        cluster_name: &cluster.record.name,
        cluster_revision: cluster.revision,
        user: standing.subject.uid,
        username: standing.subject.username.as_str(),
        groups: &standing.groups,
        validity,
        sealed: &issuer.sealer.seal(
            PURPOSE,
            &place(issuer, login.id, cluster.id, jti),
            token.as_bytes(),
        )?,
        replaces: standing.current.as_ref().map(|current| current.jti),
        key: asked.key,
        address: asked.address,
    };
    if !store::record(&portal.pool, &new).await? {
        return Ok(None);
    }
    metrics::counter!("shorepass_tokens_issued_total", "cluster" => cluster.record.name.clone())
        .increment(1);
    Ok(Some(Issued {
        token: token.into(),
        cluster: cluster.record.clone(),
        issued_at: validity.issued_at,
        expires_at: validity.expires_at,
    }))
}
