//! What can go wrong when an island asks the server, in the words that the page uses.

use std::fmt;

/// Why the server did not answer an island as asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AppError {
    /// The login is over, or its cookie was idle for too long.
    LoginRequired,
    /// The cluster is not known, or not for this person.
    ClusterRefused,
    /// Asked too often.
    SlowDown,
    /// Nothing answers, or what answers is not able to.
    Unavailable,
    /// What the server said, a plain sentence.
    Said(String),
}

impl AppError {
    /// Reads an answer that is not a success.
    pub(crate) fn of(status: u16, body: String) -> Self {
        match status {
            401 => Self::LoginRequired,
            403 => Self::ClusterRefused,
            429 => Self::SlowDown,
            _ if is_sentence(&body) => Self::Said(body),
            _ => Self::Unavailable,
        }
    }
}

/// A proxy in between may answer with a page or a machine's words: those are for nobody's eyes.
fn is_sentence(body: &str) -> bool {
    !body.is_empty() && body.len() <= 300 && !body.starts_with(['<', '{', '['])
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LoginRequired => "Your login has ended.",
            Self::ClusterRefused => "This cluster is not connected any more. Reload the page.",
            Self::SlowDown => "That was too often. Wait a moment.",
            Self::Unavailable => "Shorepass does not answer.",
            Self::Said(sentence) => sentence,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_decides_and_only_sentences_are_shown() {
        for (status, body, error) in [
            (
                401,
                r#"{"error":"login_required"}"#,
                AppError::LoginRequired,
            ),
            (
                403,
                r#"{"error":"cluster_refused"}"#,
                AppError::ClusterRefused,
            ),
            (429, r#"{"error":"slow_down"}"#, AppError::SlowDown),
            (503, r#"{"error":"unavailable"}"#, AppError::Unavailable),
            (502, "<html>Bad gateway</html>", AppError::Unavailable),
            (500, "", AppError::Unavailable),
            (
                500,
                "This failed. Incident 7.",
                AppError::Said("This failed. Incident 7.".into()),
            ),
        ] {
            assert_eq!(AppError::of(status, body.into()), error, "{status} {body}");
        }
    }
}
