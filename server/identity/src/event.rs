//! Telling open pages that something changed for them, whichever replica they hang on (Postgres
//! `NOTIFY`). What is told holds no secret and no fact: whoever hears it looks again.

use sqlx::PgConnection;
use uuid::Uuid;

/// The channel of `LISTEN`.
pub const CHANNEL: &str = "shorepass";

/// Something about access in a namespace changed, above all for these people. It is heard once the
/// transaction is committed.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn access(
    conn: &mut PgConnection,
    namespace: Uuid,
    people: &[Uuid],
) -> Result<(), sqlx::Error> {
    let mut payload = namespace.to_string();
    for person in people {
        payload.push(' ');
        payload.push_str(&person.to_string());
    }
    sqlx::query!("SELECT pg_notify($1, $2)", CHANNEL, payload)
        .execute(conn)
        .await?;
    Ok(())
}

/// What was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub namespace: Uuid,
    pub people: Vec<Uuid>,
}

impl Told {
    /// Reads a notification.
    pub fn parse(payload: &str) -> Option<Self> {
        let mut ids = payload.split(' ').map(Uuid::parse_str);
        let namespace = ids.next()?.ok()?;
        let people = ids.collect::<Result<_, _>>().ok()?;
        Some(Self { namespace, people })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_read_back() {
        let (namespace, person) = (Uuid::new_v4(), Uuid::new_v4());
        let told = Told::parse(&format!("{namespace} {person}")).unwrap();
        assert_eq!((told.namespace, told.people), (namespace, vec![person]));
        assert!(
            Told::parse(&namespace.to_string())
                .unwrap()
                .people
                .is_empty()
        );
        assert_eq!(Told::parse("x"), None);
        assert_eq!(Told::parse(&format!("{namespace} x")), None);
    }
}
