//! The SQL of what API servers ask.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use sqlx::PgPool;

use super::Requester;
use crate::secret::{ClusterCredential, Hash};

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
