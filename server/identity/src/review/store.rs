//! The SQL of what API servers ask.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use domain::{cluster::Cluster, group::GroupName, review::Bearer, user::Username};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use super::Requester;
use crate::{
    group::store::interval,
    secret::{ClusterCredential, ClusterToken, Hash},
};

/// What is known of the person and the login behind a request; nothing of strangers.
#[derive(Clone, Copy, Debug)]
pub struct Found {
    pub disabled: bool,
    pub ended: bool,
}

/// Looks a request's user and token up for the cluster with this credential; none where no cluster has
/// it. The token counts whatever the user is called: the prefix may just be changing.
pub async fn requester(
    pool: &PgPool,
    credential: &Hash<ClusterCredential>,
    requester: Requester<'_>,
) -> Result<Option<Found>, sqlx::Error> {
    sqlx::query_as!(
        Found,
        r#"SELECT (named.disabled_at IS NOT NULL OR bearer.disabled_at IS NOT NULL) AS "disabled!",
                  (l.ended_at IS NOT NULL) AS "ended!"
           FROM cluster_credentials k JOIN clusters c ON c.id = k.cluster_id
           LEFT JOIN users named ON starts_with($2, c.username_prefix)
                AND named.username = substr($2, length(c.username_prefix) + 1)
           LEFT JOIN issued_tokens t ON t.jti = $3 AND t.cluster = c.name
           LEFT JOIN logins l ON l.id = t.login_id
           LEFT JOIN users bearer ON bearer.id = t.user_id
           WHERE k.secret_hash = $1"#,
        credential.as_bytes(),
        requester.user,
        requester.jti
    )
    .fetch_optional(pool)
    .await
}

/// Reads an opaque token of the cluster with this credential, with whoever bears it; no cluster where
/// none has the credential, and no bearer where the token is not good there now.
pub async fn bearer(
    pool: &PgPool,
    credential: &Hash<ClusterCredential>,
    token: Option<&Hash<ClusterToken>>,
    now: OffsetDateTime,
    least_left: Duration,
) -> Result<Option<(Cluster, Option<Bearer>)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT c.name, c.api_url, c.audience, c.username_prefix, c.groups_prefix,
                  o.jti AS "jti?", l.id AS "sid?", u.id AS "uid?", u.username AS "username?: String",
                  ARRAY(SELECT name FROM token_groups(u.id, c.id, $3, $4)) AS "groups!"
           FROM cluster_credentials k JOIN clusters c ON c.id = k.cluster_id
           LEFT JOIN opaque_tokens o ON o.secret_hash = $2 AND o.cluster_id = c.id AND o.expires_at > $3
                AND c.tokens = 'opaque'
           LEFT JOIN logins l ON l.id = o.login_id AND l.user_id = o.user_id
                AND l.ended_at IS NULL AND l.expires_at > $3
           LEFT JOIN users u ON u.id = l.user_id AND u.disabled_at IS NULL
           WHERE k.secret_hash = $1"#,
        credential.as_bytes(),
        token.map(Hash::as_bytes),
        now,
        interval(least_left)
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let cluster = Cluster {
        username_prefix: row.username_prefix,
        groups_prefix: row.groups_prefix,
        ..Cluster::new(&row.name, &row.api_url, &row.audience)
    };
    let (Some(jti), Some(sid), Some(uid), Some(username)) =
        (row.jti, row.sid, row.uid, row.username)
    else {
        return Ok(Some((cluster, None)));
    };
    let decode = |error| sqlx::Error::Decode(Box::new(error));
    let groups = row.groups.iter().map(|name| GroupName::parse(name));
    let bearer = Bearer {
        uid,
        username: Username::parse(&username).map_err(decode)?,
        groups: groups.collect::<Result<_, _>>().map_err(decode)?,
        jti,
        sid,
    };
    Ok(Some((cluster, Some(bearer))))
}
