//! The token doctor: what an API server makes of a token, check by check, and what the words of
//! kubectl mean. Pure: whoever asks says what the clock, the keys and the cluster's record say.
//!
//! The checks are those of kube-apiserver 1.36, in its order (kubernetes/apiserver
//! `plugin/pkg/authenticator/token/oidc/oidc.go`, coreos/go-oidc v2.5.0 `verify.go`), with the words
//! that stand in its log. Its clients hear `Unauthorized` and nothing more. Older ones look at the
//! times before they look at the signature.

mod claims;
mod forbidden;
mod given;
mod holder;
mod known;
pub mod message;
mod parts;
mod said;
#[cfg(test)]
mod tests;
mod time;
mod token;

use ::time::OffsetDateTime;

use crate::{name as rules, pass::SeenAs};

pub use given::{Given, Secret, given};
pub use message::Explained;
pub use parts::{Header, header, signed};
pub use token::{Keyed, Told, examine};

/// What is looked at, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Check {
    /// Three parts, the middle one JSON.
    Form,
    Issuer,
    Algorithm,
    Key,
    Signature,
    Audience,
    Expiry,
    NotBefore,
    Username,
    Email,
    Groups,
    Lifetime,
    Reserved,
    Size,
}

impl Check {
    pub const ALL: [Self; 14] = [
        Self::Form,
        Self::Issuer,
        Self::Algorithm,
        Self::Key,
        Self::Signature,
        Self::Audience,
        Self::Expiry,
        Self::NotBefore,
        Self::Username,
        Self::Email,
        Self::Groups,
        Self::Lifetime,
        Self::Reserved,
        Self::Size,
    ];

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Form => "It is a token: three parts, and JSON in them",
            Self::Issuer => "The issuer is the one that the API server was told, byte for byte",
            Self::Algorithm => "It is signed in a way that API servers take",
            Self::Key => "The key that signed it is published",
            Self::Signature => "The signature is right",
            Self::Audience => "It is for this cluster",
            Self::Expiry => "It has not expired",
            Self::NotBefore => "Its time has come",
            Self::Username => "It names a user",
            Self::Email => "What it says of the e-mail address is of the right type",
            Self::Groups => "The groups are a list of names",
            Self::Lifetime => "It lives no longer than the cluster allows",
            Self::Reserved => "No name in it belongs to Kubernetes itself",
            Self::Size => "It fits through proxies",
        }
    }
}

/// How to mend a token that cannot be one of ours.
const FETCH: &str = "No token of this portal's is like that: fetch one here.";

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// In order, with what was seen.
    Good(String),
    /// The API server takes it; something else may not.
    Careful { problem: String, cure: String },
    /// The API server refuses it.
    Bad {
        problem: String,
        /// What stands in the API server's log, with an ellipsis where it goes on in words that cannot
        /// be told. None where it depends on how the API server was told whether it refuses at all.
        log: Option<String>,
        cure: String,
    },
    /// Not looked at: what it needs is not there.
    Open,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub check: Check,
    pub verdict: Verdict,
}

/// What is wrong with a token, or that nothing is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    pub cluster: String,
    pub findings: Vec<Finding>,
    /// Whom the API server takes its bearer for.
    pub seen_as: Option<SeenAs>,
    /// Until when it works, where it does: whoever has it acts as its owner.
    pub live_until: Option<OffsetDateTime>,
}

/// What there is to say about what somebody pasted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Diagnosis {
    Token(Report),
    Words(Explained),
    /// A secret in a token's place.
    Secret(Secret),
    /// Words that mean nothing here.
    Unknown,
    Nothing,
    TooLong,
}

impl Report {
    /// What the API server stops at.
    pub fn first_bad(&self) -> Option<&Finding> {
        let mut bad = self.findings.iter();
        bad.find(|finding| matches!(finding.verdict, Verdict::Bad { .. }))
    }

    /// Whether the API server takes the token.
    pub fn is_good(&self) -> bool {
        self.first_bad().is_none()
    }
}

impl Finding {
    fn open(check: Check) -> Self {
        Self {
            check,
            verdict: Verdict::Open,
        }
    }

    fn good(check: Check, seen: impl Into<String>) -> Self {
        Self {
            check,
            verdict: Verdict::Good(seen.into()),
        }
    }
}

fn bad(
    check: Check,
    problem: impl Into<String>,
    log: impl Into<String>,
    cure: impl Into<String>,
) -> Finding {
    Finding {
        check,
        verdict: Verdict::Bad {
            problem: problem.into(),
            log: Some(log.into()),
            cure: cure.into(),
        },
    }
}

/// What a token says, fit to be shown.
fn shown(text: &str) -> String {
    let visible = text.chars().filter(|c| !rules::is_invisible(*c));
    let mut short: String = visible.take(120).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("“{short}”")
}

fn careful(check: Check, problem: impl Into<String>, cure: impl Into<String>) -> Finding {
    Finding {
        check,
        verdict: Verdict::Careful {
            problem: problem.into(),
            cure: cure.into(),
        },
    }
}
