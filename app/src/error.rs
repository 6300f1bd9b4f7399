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
}

impl AppError {
    /// Reads an answer that is not a success by its status. Its body is for machines, or some
    /// proxy's page: for nobody's eyes.
    pub(crate) fn of(status: u16) -> Self {
        match status {
            401 => Self::LoginRequired,
            403 => Self::ClusterRefused,
            429 => Self::SlowDown,
            _ => Self::Unavailable,
        }
    }
}

impl fmt::Display for AppError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::LoginRequired => "Your login has ended.",
            Self::ClusterRefused => "This cluster is not connected any more. Reload the page.",
            Self::SlowDown => "That was too often. Wait a moment.",
            Self::Unavailable => "Shorepass does not answer.",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_status_decides() {
        for (status, error) in [
            (401, AppError::LoginRequired),
            (403, AppError::ClusterRefused),
            (429, AppError::SlowDown),
            (408, AppError::Unavailable),
            (500, AppError::Unavailable),
            (502, AppError::Unavailable),
            (503, AppError::Unavailable),
        ] {
            assert_eq!(AppError::of(status), error, "{status}");
        }
    }
}
