//! The findings of a cluster's self-check as the browser reads them: plain words, so that the browser
//! part needs none of the rules behind them.

use serde::{Deserialize, Serialize};

/// `domain::check::Finding` in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    pub(crate) title: String,
    pub(crate) verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    /// In order; what was seen.
    Good(String),
    Bad {
        problem: String,
        cure: String,
    },
    /// Not looked at yet, or not at all because a line above is bad.
    Open,
}

#[cfg(feature = "ssr")]
impl From<domain::check::Finding> for Found {
    fn from(finding: domain::check::Finding) -> Self {
        use domain::check::Verdict as Given;
        Self {
            title: finding.line.title().to_owned(),
            verdict: match finding.verdict {
                Given::Good(seen) => Verdict::Good(seen),
                Given::Bad { problem, cure } => Verdict::Bad { problem, cure },
                Given::Open => Verdict::Open,
            },
        }
    }
}

/// All lines of a check that has not begun.
#[cfg(feature = "ssr")]
pub(crate) fn untouched() -> Vec<Found> {
    let lines = domain::check::Line::ALL.into_iter();
    lines
        .map(|line| domain::check::Finding::open(line).into())
        .collect()
}
