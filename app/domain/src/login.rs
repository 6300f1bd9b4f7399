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

/// The longest way back, in bytes: a client's whole request fits.
const MAX_RETURN: usize = 6000;

/// Where to go after logging in: a path of this portal, or `/`.
///
/// Anything that a browser could read as another origin falls back to `/`: a second slash, a
/// backslash, a control character, a scheme.
pub fn safe_return(path: &str) -> &str {
    let bytes = path.as_bytes();
    let local = bytes.first() == Some(&b'/') && !matches!(bytes.get(1), Some(b'/' | b'\\'));
    let clean = path.len() <= MAX_RETURN
        && path
            .bytes()
            .all(|b| (0x21..0x7f).contains(&b) && b != b'\\');
    if local && clean && !path.starts_with("/login") && !path.starts_with("/logout") {
        path
    } else {
        "/"
    }
}

/// How people call the browser that says this of itself (`User-Agent`): *Chrome on Linux*. What is
/// no browser keeps its first word (*curl/8.5.0*).
pub fn browser_name(user_agent: &str) -> String {
    // Each claims to be those that follow it, so the order matters.
    const BROWSERS: [(&str, &str); 5] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 7] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("CrOS", "ChromeOS"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        let named = names.iter().find(|(mark, _)| user_agent.contains(mark));
        named.map(|(_, name)| *name)
    };
    match (find(&BROWSERS), find(&SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.to_owned(),
        (None, _) => {
            let word = user_agent.split_whitespace().next().unwrap_or_default();
            let visible = word.chars().filter(|c| !crate::name::is_invisible(*c));
            let name: String = visible.take(60).collect();
            if name.is_empty() {
                "an unnamed program".to_owned()
            } else {
                name
            }
        }
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

    #[test]
    fn a_browser_is_called_what_people_call_it() {
        let chrome = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/604.1";
        for (given, expected) in [
            (chrome, "Chrome on Linux"),
            (safari, "Safari on iPhone"),
            (
                "Mozilla/5.0 (Windows NT 10.0; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Windows",
            ),
            ("curl/8.5.0", "curl/8.5.0"),
            ("", "an unnamed program"),
            ("\u{202E}evil", "evil"),
        ] {
            assert_eq!(browser_name(given), expected, "{given:?}");
        }
    }
}
