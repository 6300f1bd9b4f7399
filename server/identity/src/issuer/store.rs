//! The SQL of tokens: what one would say, which is current, and what was issued.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use std::collections::BTreeMap;

use domain::{
    claims::{Subject, Validity},
    cluster::{Cluster, TokenKind},
    group::GroupName,
    lifetime::LEAST_LEFT,
    name::NameError,
    user::Username,
};
use sqlx::{PgConnection, PgPool};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::{
    group::store::interval,
    secret::{ClusterToken, Hash, RetrievalKey},
};

/// What a token for somebody would say now.
#[derive(Debug)]
pub struct Standing {
    pub subject: Subject,
    pub disabled: bool,
    pub login: Option<Login>,
    pub cluster: Option<ClusterRow>,
    pub groups: Vec<String>,
    /// When the first of the groups ends.
    pub groups_until: Option<OffsetDateTime>,
    pub current: Option<Current>,
}

impl Standing {
    /// The groups, checked once more.
    ///
    /// # Errors
    /// [`NameError`].
    pub fn group_names(&self) -> Result<Vec<GroupName>, NameError> {
        self.groups
            .iter()
            .map(|name| GroupName::parse(name))
            .collect()
    }
}

/// The live login that a token stands on.
#[derive(Debug)]
pub struct Login {
    pub id: Uuid,
    pub authenticated_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    pub amr: Vec<String>,
}

#[derive(Debug)]
pub struct ClusterRow {
    pub id: Uuid,
    pub record: Cluster,
    /// Counts the changes of the record.
    pub revision: i32,
}

/// The token that was issued last.
#[derive(Debug)]
pub struct Current {
    pub jti: Uuid,
    /// The key that signed it; none where it is opaque.
    pub kid: Option<String>,
    pub groups: Vec<String>,
    /// The cluster's, when it was made.
    pub revision: i32,
    pub issued_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
    pub sealed: Vec<u8>,
}

/// A retrieval key, as far as it matters for whether it works.
#[derive(Debug)]
pub struct Key {
    pub id: Uuid,
    pub cluster_id: Option<Uuid>,
    pub expires_at: OffsetDateTime,
    pub revoked_at: Option<OffsetDateTime>,
    pub last_used_at: Option<OffsetDateTime>,
}

/// The row of the SQL function `standing`.
struct Row {
    uid: Uuid,
    username: String,
    display_name: String,
    email: Option<String>,
    email_verified: bool,
    disabled: bool,
    login_id: Option<Uuid>,
    authenticated_at: Option<OffsetDateTime>,
    login_expires_at: Option<OffsetDateTime>,
    amr: Option<Vec<String>>,
    cluster_id: Option<Uuid>,
    cluster: Option<String>,
    api_url: Option<String>,
    ca_certificate: Option<String>,
    audience: Option<String>,
    username_prefix: Option<String>,
    groups_prefix: Option<String>,
    groups_claim: Option<String>,
    token_lifetime: Option<i32>,
    group_template: Option<String>,
    tokens: Option<String>,
    webhook: Option<bool>,
    revision: Option<i32>,
    groups: Option<Vec<String>>,
    groups_until: Option<Vec<Option<OffsetDateTime>>>,
    jti: Option<Uuid>,
    kid: Option<String>,
    current_groups: Option<Vec<String>>,
    current_revision: Option<i32>,
    issued_at: Option<OffsetDateTime>,
    expires_at: Option<OffsetDateTime>,
    sealed: Option<Vec<u8>>,
}

impl Row {
    fn into_standing(self) -> Result<Standing, sqlx::Error> {
        let username = Username::parse(&self.username)
            .map_err(|error| sqlx::Error::Decode(Box::new(error)))?;
        let subject = Subject {
            uid: self.uid,
            username,
            display_name: self.display_name,
            email: self.email,
            email_verified: self.email_verified,
        };
        let login = (|| {
            Some(Login {
                id: self.login_id?,
                authenticated_at: self.authenticated_at?,
                expires_at: self.login_expires_at?,
                amr: self.amr?,
            })
        })();
        let cluster = (|| {
            let record = Cluster {
                name: self.cluster?,
                api_url: self.api_url?,
                ca_certificate: self.ca_certificate,
                audience: self.audience?,
                username_prefix: self.username_prefix?,
                groups_prefix: self.groups_prefix?,
                groups_claim: self.groups_claim?,
                token_lifetime: u32::try_from(self.token_lifetime?).ok()?,
                group_template: self.group_template?,
                tokens: TokenKind::parse(&self.tokens?)?,
                webhook: self.webhook?,
            };
            Some(ClusterRow {
                id: self.cluster_id?,
                record,
                revision: self.revision?,
            })
        })();
        let current = (|| {
            Some(Current {
                jti: self.jti?,
                kid: self.kid,
                groups: self.current_groups?,
                revision: self.current_revision?,
                issued_at: self.issued_at?,
                expires_at: self.expires_at?,
                sealed: self.sealed?,
            })
        })();
        let (groups, groups_until) = fold(
            self.groups.unwrap_or_default(),
            self.groups_until.unwrap_or_default(),
        );
        Ok(Standing {
            subject,
            disabled: self.disabled,
            login,
            cluster,
            groups,
            groups_until,
            current,
        })
    }
}

/// Makes of memberships and their ends the groups, in order, and the end of the first one to end. Of
/// several memberships in a group the longest counts, and one without an end is the longest.
fn fold(
    names: Vec<String>,
    ends: Vec<Option<OffsetDateTime>>,
) -> (Vec<String>, Option<OffsetDateTime>) {
    let mut groups = BTreeMap::<String, Option<OffsetDateTime>>::new();
    for (name, end) in names.into_iter().zip(ends) {
        groups
            .entry(name)
            .and_modify(|longest| *longest = longest.and_then(|longest| Some(longest.max(end?))))
            .or_insert(end);
    }
    let first = groups.values().flatten().min().copied();
    (groups.into_keys().collect(), first)
}

/// Reads the standing of a user.
pub async fn by_user(
    pool: &PgPool,
    user: Uuid,
    cluster: Option<&str>,
    now: OffsetDateTime,
) -> Result<Option<Standing>, sqlx::Error> {
    standing(pool, user, None, None, cluster, now).await
}

/// Reads the standing of a user by one login, for one cluster.
pub async fn by_login(
    pool: &PgPool,
    user: Uuid,
    login: Uuid,
    cluster: Uuid,
    now: OffsetDateTime,
) -> Result<Option<Standing>, sqlx::Error> {
    standing(pool, user, Some(login), Some(cluster), None, now).await
}

async fn standing(
    pool: &PgPool,
    user: Uuid,
    only_login: Option<Uuid>,
    only_cluster: Option<Uuid>,
    cluster: Option<&str>,
    now: OffsetDateTime,
) -> Result<Option<Standing>, sqlx::Error> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT $1::uuid AS "uid!", username AS "username!", display_name AS "display_name!", email,
                  email_verified AS "email_verified!", disabled AS "disabled!",
                  login_id, authenticated_at, login_expires_at, amr,
                  cluster_id, cluster, api_url, ca_certificate, audience, username_prefix, groups_prefix, groups_claim,
                  token_lifetime, group_template, tokens, webhook, revision,
                  groups, groups_until AS "groups_until: Vec<Option<OffsetDateTime>>", jti, kid, current_groups,
                  current_revision, issued_at, expires_at, sealed
           FROM standing($1, $2, $3, $4, $5, $6)"#,
        user, only_login, only_cluster, cluster, now, interval(LEAST_LEFT)
    )
    .fetch_optional(pool)
    .await?;
    row.map(Row::into_standing).transpose()
}

/// Reads a retrieval key and the standing of its owner.
pub async fn by_key(
    pool: &PgPool,
    key: &Hash<RetrievalKey>,
    cluster: Option<&str>,
    now: OffsetDateTime,
) -> Result<Option<(Key, Standing)>, sqlx::Error> {
    let row = sqlx::query!(
        r#"SELECT k.id AS key_id, k.user_id, k.cluster_id AS key_cluster, k.expires_at AS key_expires_at, k.revoked_at,
                  k.last_used_at,
                  username AS "username!", display_name AS "display_name!", email AS "email?",
                  email_verified AS "email_verified!", disabled AS "disabled!",
                  s.login_id AS "login_id?", authenticated_at AS "authenticated_at?",
                  login_expires_at AS "login_expires_at?", amr AS "amr?", s.cluster_id AS "cluster_id?",
                  cluster AS "cluster?", api_url AS "api_url?", ca_certificate AS "ca_certificate?", audience AS "audience?",
                  username_prefix AS "username_prefix?", groups_prefix AS "groups_prefix?",
                  groups_claim AS "groups_claim?", token_lifetime AS "token_lifetime?",
                  group_template AS "group_template?", tokens AS "tokens?", webhook AS "webhook?", revision AS "revision?", groups AS "groups?",
                  groups_until AS "groups_until?: Vec<Option<OffsetDateTime>>", jti AS "jti?", kid AS "kid?", current_groups AS "current_groups?",
                  current_revision AS "current_revision?",
                  issued_at AS "issued_at?", s.expires_at AS "expires_at?", sealed AS "sealed?"
           FROM retrieval_keys k
           CROSS JOIN LATERAL standing(k.user_id, k.login_id, k.cluster_id, $2, $3, $4) s
           WHERE k.secret_hash = $1"#,
        key.as_bytes(), cluster, now, interval(LEAST_LEFT)
    )
    .fetch_optional(pool)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let key = Key {
        id: row.key_id,
        cluster_id: row.key_cluster,
        expires_at: row.key_expires_at,
        revoked_at: row.revoked_at,
        last_used_at: row.last_used_at,
    };
    let standing = Row {
        uid: row.user_id,
        username: row.username,
        display_name: row.display_name,
        email: row.email,
        email_verified: row.email_verified,
        disabled: row.disabled,
        login_id: row.login_id,
        authenticated_at: row.authenticated_at,
        login_expires_at: row.login_expires_at,
        amr: row.amr,
        cluster_id: row.cluster_id,
        cluster: row.cluster,
        api_url: row.api_url,
        ca_certificate: row.ca_certificate,
        audience: row.audience,
        username_prefix: row.username_prefix,
        groups_prefix: row.groups_prefix,
        groups_claim: row.groups_claim,
        token_lifetime: row.token_lifetime,
        group_template: row.group_template,
        tokens: row.tokens,
        webhook: row.webhook,
        revision: row.revision,
        groups: row.groups,
        groups_until: row.groups_until,
        jti: row.jti,
        kid: row.kid,
        current_groups: row.current_groups,
        current_revision: row.current_revision,
        issued_at: row.issued_at,
        expires_at: row.expires_at,
        sealed: row.sealed,
    };
    Ok(Some((key, standing.into_standing()?)))
}

/// A token to be recorded.
#[derive(Debug)]
pub struct NewToken<'a> {
    pub jti: Uuid,
    /// The key that signed it, where one did.
    pub kid: Option<&'a str>,
    /// What an opaque token is looked up by.
    pub opaque: Option<&'a Hash<ClusterToken>>,
    pub login: Uuid,
    pub cluster: Uuid,
    pub cluster_name: &'a str,
    pub cluster_revision: i32,
    pub user: Uuid,
    pub username: &'a str,
    pub groups: &'a [String],
    pub validity: Validity,
    pub sealed: &'a [u8],
    /// The token that was current when this one was decided on.
    pub replaces: Option<Uuid>,
    pub key: Option<Uuid>,
    pub address: &'a str,
    /// Notes that the key was used.
    pub key_used_at: Option<OffsetDateTime>,
}

/// Makes a token current and records it: both or neither. False where another token was made
/// current in the meantime, or the login behind it ended.
pub async fn record(pool: &PgPool, new: &NewToken<'_>) -> Result<bool, sqlx::Error> {
    let recorded = sqlx::query!(
        "WITH won AS (
             INSERT INTO current_tokens AS t (login_id, cluster_id, jti, kid, groups, issued_at, expires_at, sealed,
                                               cluster_revision)
             SELECT l.id, $2, $3, $4, $5, $6, $7, $8, $15
             FROM logins l JOIN users u ON u.id = l.user_id
             WHERE l.id = $1 AND l.ended_at IS NULL AND u.disabled_at IS NULL
             ON CONFLICT (login_id, cluster_id) DO UPDATE
             SET jti = excluded.jti, kid = excluded.kid, groups = excluded.groups, issued_at = excluded.issued_at,
                 expires_at = excluded.expires_at, sealed = excluded.sealed, cluster_revision = excluded.cluster_revision
             WHERE t.jti = $9
             RETURNING 1),
         noted AS (
             UPDATE retrieval_keys k SET last_used_at = $17, last_used_from = $14 FROM won
             WHERE k.id = $13 AND $17::timestamptz IS NOT NULL),
         looked_up AS (
             INSERT INTO opaque_tokens (secret_hash, jti, login_id, cluster_id, user_id, expires_at)
             SELECT $16, $3, $1, $2, $10, $7 FROM won WHERE $16::bytea IS NOT NULL)
         INSERT INTO issued_tokens (jti, user_id, username, cluster, groups, issued_at, expires_at, kid, login_id,
                                    retrieval_key_id, address)
         SELECT $3, $10, $11, $12, $5, $6, $7, $4, $1, $13, $14 FROM won",
        new.login, new.cluster, new.jti, new.kid, new.groups, new.validity.issued_at, new.validity.expires_at,
        new.sealed, new.replaces, new.user, new.username, new.cluster_name, new.key, new.address,
        new.cluster_revision, new.opaque.map(Hash::as_bytes), new.key_used_at
    )
    .execute(pool)
    .await?;
    Ok(recorded.rows_affected() == 1)
}

/// A client's token to be recorded.
#[derive(Debug)]
pub struct ClientToken<'a> {
    pub jti: Uuid,
    pub kid: &'a str,
    pub client: &'a str,
    pub login: Uuid,
    pub cluster_name: &'a str,
    pub user: Uuid,
    pub username: &'a str,
    pub groups: &'a [String],
    pub validity: Validity,
    pub address: &'a str,
}

/// Records a token that a client gets.
pub async fn record_for_client(
    conn: &mut PgConnection,
    new: &ClientToken<'_>,
) -> Result<(), sqlx::Error> {
    sqlx::query!(
        "INSERT INTO issued_tokens (jti, user_id, username, cluster, groups, issued_at, expires_at, kid, login_id,
                                    client_id, address)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        new.jti, new.user, new.username, new.cluster_name, new.groups, new.validity.issued_at,
        new.validity.expires_at, new.kid, new.login, new.client, new.address
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Forgets the tokens that have ended. Nothing depends on it but the table's size.
pub async fn forget_ended(conn: &mut PgConnection, now: OffsetDateTime) -> Result<(), sqlx::Error> {
    sqlx::query!("DELETE FROM current_tokens WHERE expires_at < $1", now)
        .execute(&mut *conn)
        .await?;
    sqlx::query!("DELETE FROM opaque_tokens WHERE expires_at < $1", now)
        .execute(conn)
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use time::Duration;

    use super::*;

    #[test]
    fn the_longest_membership_counts_and_the_first_end_is_the_tokens() {
        let at = |minutes| Some(OffsetDateTime::UNIX_EPOCH + Duration::minutes(minutes));
        for (held, groups, until) in [
            (&[][..], &[][..], None),
            (&[("b", None), ("a", None)], &["a", "b"], None),
            (&[("b", at(2)), ("a", at(3))], &["a", "b"], at(2)),
            (&[("a", at(2)), ("a", at(3))], &["a"], at(3)),
            (&[("a", at(3)), ("a", at(2))], &["a"], at(3)),
            (&[("a", at(2)), ("a", None), ("a", at(1))], &["a"], None),
            (
                &[("B", None), ("a", at(9)), ("Z", at(8))],
                &["B", "Z", "a"],
                at(8),
            ),
        ] {
            let (names, ends) = held
                .iter()
                .map(|(name, end)| ((*name).to_owned(), *end))
                .unzip();
            let (names, end) = fold(names, ends);
            assert_eq!(
                (names.iter().map(String::as_str).collect::<Vec<_>>(), end),
                (groups.to_vec(), until)
            );
        }
    }
}
