//! The roster: finds people among all whom the portal knows, and tells what they have. It changes
//! nothing.

pub mod store;

use domain::{
    cutoff::worst_case,
    roster::{Delay, Entry, Profile},
};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::cluster;

/// How many people are shown at once.
const SHOWN: i64 = 50;
/// What is looked for is no longer than this, in words.
const WORDS: usize = 8;

/// A part of the roster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// By username.
    pub entries: Vec<Entry>,
    /// The username that the next part begins after.
    pub next: Option<String>,
}

/// People in whose names or address every word of `text` begins a word, after that username. An id
/// out of a token (`uid`, `sid` or `jti`) finds its owner. Nothing finds everybody.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn search(
    conn: &mut PgConnection,
    text: &str,
    after: &str,
    now: OffsetDateTime,
) -> Result<Part, sqlx::Error> {
    let text = text.trim();
    // One more than is shown tells whether there are more.
    let mut found = if text.is_empty() {
        store::everybody(conn, after, SHOWN + 1).await?
    } else if let Ok(id) = Uuid::try_parse(text) {
        store::owner(conn, id).await?.into_iter().collect()
    } else {
        match words(text) {
            Some(query) => store::by_words(conn, &query, after, SHOWN + 1).await?,
            None => return Ok(Part::default()),
        }
    };
    let shown = usize::try_from(SHOWN).unwrap_or(found.len());
    let more = found.len() > shown;
    found.truncate(shown);
    let entries = store::entries(conn, &found, now).await?;
    let next = entries
        .last()
        .filter(|_| more)
        .map(|last| last.username.clone());
    Ok(Part { entries, next })
}

/// A text-search query for words that begin so (Postgres, *Text Search Types*, `tsquery`). None
/// where there is no word.
fn words(text: &str) -> Option<String> {
    let words = text.split(|c: char| c.is_whitespace() || c.is_ascii_punctuation());
    let words: Vec<_> = words
        .filter(|word| !word.is_empty())
        .take(WORDS)
        .map(begins)
        .collect();
    (!words.is_empty()).then(|| words.join(" & "))
}

/// A word in each case that it may be stored in: a database with the locale `C` knows of capital
/// letters in ASCII only.
fn begins(word: &str) -> String {
    let lower = word.to_lowercase();
    if word.is_ascii() {
        return format!("'{lower}':*");
    }
    let mut letters = lower.chars();
    let title: String = letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    });
    let upper = word.to_uppercase();
    format!("('{lower}':* | '{title}':* | '{upper}':*)")
}

/// Somebody, by username.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn find(
    conn: &mut PgConnection,
    username: &str,
    now: OffsetDateTime,
) -> Result<Option<Profile>, sqlx::Error> {
    store::profile(conn, username, now).await
}

/// The cluster that takes the tokens of somebody who is shut out the longest, and for how long at the
/// most, from the settings in force; none without clusters.
///
/// # Errors
/// [`sqlx::Error`].
pub async fn delay(conn: &mut PgConnection) -> Result<Option<Delay>, sqlx::Error> {
    let clusters = cluster::store::list(conn).await?.into_iter();
    let delays = clusters.map(|cluster| Delay {
        seconds: worst_case(&cluster, cluster.webhook),
        cluster: cluster.name,
    });
    // Of several that are as slow, the first by name.
    Ok(delays.rev().max_by_key(|delay| delay.seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_words_whatever_is_typed() {
        for (text, query) in [
            ("", None),
            (" ?!' ", None),
            ("Ali", Some("'ali':*")),
            ("alice@harbour", Some("'alice':* & 'harbour':*")),
            ("O'Brien | !x:*", Some("'o':* & 'brien':* & 'x':*")),
            (r"a\b", Some("'a':* & 'b':*")),
            (
                "Jean ñandú",
                Some("'jean':* & ('ñandú':* | 'Ñandú':* | 'ÑANDÚ':*)"),
            ),
        ] {
            assert_eq!(words(text).as_deref(), query, "{text}");
        }
        assert_eq!(words(&"a ".repeat(50)).unwrap().matches('&').count(), 7);
    }
}
