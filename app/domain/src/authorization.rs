//! What a client may ask of a person at the authorization endpoint (RFC 6749 §4.1.1, `OpenID` Connect
//! Core 1.0 §3.1.2.1), as far as it can be judged without knowing anybody.

use std::collections::BTreeSet;

use time::Duration;

/// What a client may learn of a person (`OpenID` Connect Core 1.0 §5.4; `groups` is ours).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    OpenId,
    Profile,
    Email,
    Groups,
    /// Asks for a refresh token. Every client that may have one gets it anyway: it lasts no longer
    /// than the login (§11).
    OfflineAccess,
}

impl Scope {
    pub const ALL: [Self; 5] = [
        Self::OpenId,
        Self::Profile,
        Self::Email,
        Self::Groups,
        Self::OfflineAccess,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenId => "openid",
            Self::Profile => "profile",
            Self::Email => "email",
            Self::Groups => "groups",
            Self::OfflineAccess => "offline_access",
        }
    }
}

/// Several scopes, each once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(BTreeSet<Scope>);

impl Scopes {
    /// Reads the words between spaces (RFC 6749 §3.3). Those that mean nothing here are left out.
    pub fn parse(text: &str) -> Self {
        let known = |word: &str| Scope::ALL.into_iter().find(|scope| scope.as_str() == word);
        Self(text.split(' ').filter_map(known).collect())
    }

    pub fn contains(&self, scope: Scope) -> bool {
        self.0.contains(&scope)
    }

    pub fn is_within(&self, other: &Self) -> bool {
        self.0.is_subset(&other.0)
    }

    pub fn to_text(&self) -> String {
        let words: Vec<_> = self.0.iter().map(|scope| scope.as_str()).collect();
        words.join(" ")
    }
}

/// What the person has to do, whatever is known of them (`prompt`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Prompt {
    /// Nothing may be shown.
    pub none: bool,
    /// They have to log in, though they are logged in.
    pub login: bool,
    /// They have to agree, though they have agreed.
    pub consent: bool,
}

impl Prompt {
    /// Reads the words between spaces. None where a word means nothing, or `none` is not alone.
    /// Choosing an account is done by logging in.
    pub fn parse(text: &str) -> Option<Self> {
        let mut prompt = Self::default();
        for word in text.split(' ').filter(|word| !word.is_empty()) {
            match word {
                "none" => prompt.none = true,
                "login" | "select_account" => prompt.login = true,
                "consent" => prompt.consent = true,
                _ => return None,
            }
        }
        (!prompt.none || (!prompt.login && !prompt.consent)).then_some(prompt)
    }
}

/// Reads `max_age`: whole seconds since the person authenticated.
pub fn max_age(text: &str) -> Option<Duration> {
    let digits =
        !text.is_empty() && text.len() <= 9 && text.bytes().all(|byte| byte.is_ascii_digit());
    digits
        .then(|| text.parse().ok())
        .flatten()
        .map(Duration::seconds)
}

/// Whether this can be a code challenge of the method S256: the 43 characters that SHA-256 makes in
/// base64url (RFC 7636 §4.2).
pub fn is_challenge(text: &str) -> bool {
    text.len() == 43
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
}

/// Whether this can be a code verifier: 43 to 128 unreserved characters (RFC 7636 §4.1).
pub fn is_verifier(text: &str) -> bool {
    (43..=128).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_that_mean_nothing_are_left_out() {
        let scopes = Scopes::parse("email offline openid  openid OPENID");
        assert_eq!(scopes.to_text(), "openid email");
        assert!(scopes.contains(Scope::OpenId) && !scopes.contains(Scope::Groups));
        assert!(Scopes::parse("openid").is_within(&scopes));
        assert!(!Scopes::parse("openid groups").is_within(&scopes));
        assert_eq!(Scopes::parse("").to_text(), "");
    }

    #[test]
    fn nothing_may_be_asked_beside_nothing() {
        let prompt = |none, login, consent| {
            Some(Prompt {
                none,
                login,
                consent,
            })
        };
        for (text, expected) in [
            ("", prompt(false, false, false)),
            ("none", prompt(true, false, false)),
            ("login", prompt(false, true, false)),
            ("select_account", prompt(false, true, false)),
            ("login consent", prompt(false, true, true)),
            ("none login", None),
            ("consent none", None),
            ("bogus", None),
            ("None", None),
        ] {
            assert_eq!(Prompt::parse(text), expected, "{text}");
        }
    }

    #[test]
    fn an_age_is_whole_seconds() {
        assert_eq!(max_age("0"), Some(Duration::ZERO));
        assert_eq!(max_age("10000"), Some(Duration::seconds(10_000)));
        for text in [
            "",
            "-1",
            "+1",
            "abc",
            "1.5",
            "18446744073709551616",
            " 1",
            "1e3",
        ] {
            assert_eq!(max_age(text), None, "{text}");
        }
    }

    #[test]
    fn challenge_and_verifier_have_their_alphabets_and_lengths() {
        let of = |length: usize| "a".repeat(length);
        assert!(is_challenge(&of(43)) && !is_challenge(&of(42)) && !is_challenge(&of(44)));
        assert!(!is_challenge(&format!("{}+", of(42))) && !is_challenge(&format!("{}=", of(42))));
        assert!(
            is_verifier(&of(43)) && is_verifier(&of(128)) && is_verifier(&format!("{}.~", of(41)))
        );
        assert!(!is_verifier(&of(42)) && !is_verifier(&of(129)));
        assert!(!is_verifier(&format!("{}+/", of(43))) && !is_verifier(&format!("{}é", of(43))));
    }
}
