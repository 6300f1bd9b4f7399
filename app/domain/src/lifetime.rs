//! How long things live. Durations are `time::Duration`; the numbers are the product's defaults.

use time::{Duration, OffsetDateTime};

/// A token, or a membership in one, with less than this left is not handed out.
pub const LEAST_LEFT: Duration = Duration::seconds(60);
/// How much a cluster's current token must have left to be handed out again: [`LEAST_LEFT`], or half
/// of what its tokens live where that is less, so that short tokens are shared as well.
pub fn least_left(token_lifetime: Duration) -> Duration {
    LEAST_LEFT.min(token_lifetime / 2)
}

/// How much earlier than `exp` an `ExecCredential` says that it expires: client-go has no leeway.
pub const EXEC_MARGIN: Duration = Duration::seconds(30);
/// `nbf` lies this long before `iat`, for API servers whose clock is behind ours.
pub const NOT_BEFORE_MARGIN: Duration = Duration::seconds(120);
/// The longest lifetime of an `id_token` that a cluster may have.
pub const TOKEN_MAX: Duration = Duration::minutes(15);

/// When a token issued now has to end: at the end of its own lifetime, of the login behind it, or
/// of any membership in it, whichever comes first.
pub fn token_end(
    now: OffsetDateTime,
    lifetime: Duration,
    login_end: OffsetDateTime,
    membership_end: Option<OffsetDateTime>,
) -> OffsetDateTime {
    let end = (now + lifetime).min(login_end);
    membership_end.map_or(end, |until| end.min(until))
}

/// The settings an operator may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// From logging in to the end of the login, whatever happens in between.
    pub login: Duration,
    /// Without use of the pages, a cookie is good for this long.
    pub cookie_idle: Duration,
    /// How long a new retrieval key lasts unless its maker says otherwise.
    pub retrieval_key: Duration,
    /// How long a retrieval key can last.
    pub retrieval_key_max: Duration,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            login: Duration::hours(10),
            cookie_idle: Duration::hours(1),
            retrieval_key: Duration::days(30),
            retrieval_key_max: Duration::days(90),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_token_is_handed_out_for_half_of_its_life() {
        assert_eq!(least_left(Duration::minutes(5)), LEAST_LEFT);
        assert_eq!(least_left(Duration::minutes(2)), LEAST_LEFT);
        assert_eq!(least_left(Duration::minutes(1)), Duration::seconds(30));
    }

    #[test]
    fn a_token_ends_with_the_first_of_its_reasons() {
        let now = OffsetDateTime::UNIX_EPOCH;
        let at = |minutes| now + Duration::minutes(minutes);
        let lifetime = Duration::minutes(5);
        assert_eq!(token_end(now, lifetime, at(60), None), at(5));
        assert_eq!(token_end(now, lifetime, at(3), None), at(3));
        assert_eq!(token_end(now, lifetime, at(60), Some(at(2))), at(2));
        assert_eq!(token_end(now, lifetime, at(1), Some(at(2))), at(1));
        assert_eq!(token_end(now, lifetime, at(60), Some(at(90))), at(5));
    }
}
