//! Logins: one authentication of a person in a browser, and where they may go after it.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::Uuid;

/// A login as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoginView {
    pub id: Uuid,
    pub directory: String,
    /// What the browser called itself, shortened.
    pub browser: String,
    pub address: String,
    #[serde(with = "time::serde::timestamp")]
    pub authenticated_at: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    pub last_used_at: OffsetDateTime,
    #[serde(with = "time::serde::timestamp")]
    pub expires_at: OffsetDateTime,
    /// The one that is asking.
    pub current: bool,
}

/// Where to go after logging in: a path of this portal, or `/`.
///
/// Anything that a browser could read as another origin falls back to `/`: a second slash, a
/// backslash, a control character, a scheme.
pub fn safe_return(path: &str) -> &str {
    let bytes = path.as_bytes();
    let local = bytes.first() == Some(&b'/') && !matches!(bytes.get(1), Some(b'/' | b'\\'));
    let clean = path.len() <= 2000
        && path
            .bytes()
            .all(|b| (0x21..0x7f).contains(&b) && b != b'\\');
    if local && clean && !path.starts_with("/login") && !path.starts_with("/logout") {
        path
    } else {
        "/"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_return_never_leaves_the_portal() {
        for path in [
            "https://evil.example/",
            "//evil.example",
            "/\\evil.example",
            "\\/evil",
            "javascript:alert(1)",
            "",
            "evil",
            "/a\r\nSet-Cookie: x=y",
            "/\tx",
            "/ /evil",
            "/x\\y",
            "/é",
            "/login",
            "/logout",
        ] {
            assert_eq!(safe_return(path), "/", "{path:?}");
        }
    }

    #[test]
    fn a_return_keeps_the_page_and_its_query() {
        for path in [
            "/sessions",
            "/access?cluster=demo&namespace=payments",
            "/namespaces/demo/payments",
        ] {
            assert_eq!(safe_return(path), path);
        }
    }
}
