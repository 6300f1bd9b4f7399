//! The SQL of the audit.

#![expect(
    clippy::missing_errors_doc,
    reason = "every query fails with what the database said"
)]

use sqlx::PgConnection;
use time::OffsetDateTime;

use super::Entry;

/// Appends a record. Number and hashes are the database's.
pub async fn append(
    conn: &mut PgConnection,
    entry: &Entry<'_>,
    now: OffsetDateTime,
) -> Result<(), sqlx::Error> {
    let (cluster, namespace) = entry.place.unzip();
    let (subject_id, subject) = entry.subject.unzip();
    sqlx::query!(
        "INSERT INTO audit_records (seq, at, kind, actor_id, actor, subject_id, subject, cluster, namespace, role,
                                    request_id, details, previous, hash)
         VALUES (0, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, '', '')",
        now, entry.kind.as_str(), entry.actor.id, entry.actor.name, subject_id, subject, cluster, namespace,
        entry.role, entry.request, entry.details.to_string()
    )
    .execute(conn)
    .await?;
    Ok(())
}
