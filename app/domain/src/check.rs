//! The self-check of a cluster: what is looked at, what was found, and how it is mended.

use serde::{Deserialize, Serialize};

/// What is looked at, in this order: each line needs those above it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// The issuer's discovery document, fetched as the API server fetches it.
    Issuer,
    /// The JWKS that it names.
    Keys,
    /// The API server, at the address and with the authority of the record.
    Server,
    /// The difference between the two clocks.
    Clock,
    /// A token of ours, shown to the API server.
    Token,
    /// The name by which the API server knows its bearer.
    Name,
    /// The groups that it puts them in.
    Groups,
}

impl Line {
    pub const ALL: [Self; 7] = [
        Self::Issuer,
        Self::Keys,
        Self::Server,
        Self::Clock,
        Self::Token,
        Self::Name,
        Self::Groups,
    ];

    /// What people call it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Issuer => "The issuer answers over https, with a certificate that is trusted",
            Self::Keys => "The signing keys are published",
            Self::Server => "The API server answers, with a certificate that is trusted",
            Self::Clock => "The clocks agree",
            Self::Token => "The API server accepts a token",
            Self::Name => "It knows its bearer by the right name",
            Self::Groups => "It puts them in the right groups",
        }
    }
}

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// In order, with what was seen.
    Good(String),
    Bad {
        problem: String,
        cure: String,
    },
    /// Not looked at, because a line above is bad.
    Open,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub line: Line,
    pub verdict: Verdict,
}

impl Finding {
    pub fn good(line: Line, seen: impl Into<String>) -> Self {
        let verdict = Verdict::Good(seen.into());
        Self { line, verdict }
    }

    pub fn bad(line: Line, problem: impl Into<String>, cure: impl Into<String>) -> Self {
        let (problem, cure) = (problem.into(), cure.into());
        Self {
            line,
            verdict: Verdict::Bad { problem, cure },
        }
    }

    pub fn open(line: Line) -> Self {
        Self {
            line,
            verdict: Verdict::Open,
        }
    }

    pub fn is_good(&self) -> bool {
        matches!(self.verdict, Verdict::Good(_))
    }
}
