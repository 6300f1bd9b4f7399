//! The life of a signing key: pending → active → retired → removed.
//!
//! A key's state is a function of the clock and of instants that were written down when it was
//! made or replaced, so that replicas need no leader and no job to agree on it.

use serde::{Deserialize, Serialize};
use time::{Duration, OffsetDateTime};

use crate::lifetime::TOKEN_MAX;

/// How often replicas read the signing keys again.
pub const RELOAD: Duration = Duration::seconds(5);
/// How far the clocks of replicas and API servers may be apart.
pub const SKEW: Duration = Duration::seconds(60);
/// go-oidc v2, and so kube-apiserver, takes cached keys for current for 30 s longer than we say.
const VERIFIER_MARGIN: Duration = Duration::seconds(30);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Published, so that every API server knows it before it signs.
    Pending,
    /// Signs.
    Active,
    /// Signs no more, but is still published while its tokens live.
    Retired,
    /// Published no more.
    Removed,
}

/// The instants that decide a key's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Life {
    pub active_from: OffsetDateTime,
    pub retired_at: Option<OffsetDateTime>,
    pub removed_at: Option<OffsetDateTime>,
}

impl Life {
    pub fn state(&self, now: OffsetDateTime) -> State {
        let reached = |instant: Option<OffsetDateTime>| instant.is_some_and(|at| at <= now);
        if reached(self.removed_at) {
            State::Removed
        } else if reached(self.retired_at) {
            State::Retired
        } else if self.active_from <= now {
            State::Active
        } else {
            State::Pending
        }
    }

    /// Whether the key belongs in the JWKS.
    pub fn is_published(&self, now: OffsetDateTime) -> bool {
        self.state(now) != State::Removed
    }
}

/// How a new key takes over from the one that signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// Published for this long before it signs.
    pub lead: Duration,
    /// The old key stays published for this long after it signed last.
    pub tail: Duration,
}

impl Overlap {
    /// The overlap that no verifier notices, for a JWKS that may be cached for `max_age`:
    /// the new key is known everywhere before it signs, and the old one until its last token ends.
    pub fn unnoticed(max_age: Duration, lead: Duration) -> Self {
        let least = max_age + VERIFIER_MARGIN + SKEW;
        Self {
            lead: lead.max(least),
            tail: TOKEN_MAX + max_age + SKEW,
        }
    }

    /// The new key signs at once. Verifiers that have cached the JWKS refuse its tokens until
    /// their cache runs out; for emergencies.
    pub fn immediate(max_age: Duration) -> Self {
        Self {
            lead: Duration::ZERO,
            tail: TOKEN_MAX + max_age + SKEW,
        }
    }
}

/// How keys are replaced without anybody asking for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Schedule {
    /// From one key's first signature to its successor's.
    pub every: Duration,
    pub overlap: Overlap,
}

impl Schedule {
    /// When the next key is to be published, so that it signs in time. None while one is pending.
    pub fn next(
        &self,
        keys: impl IntoIterator<Item = Life>,
        now: OffsetDateTime,
    ) -> Option<OffsetDateTime> {
        let mut signs = None;
        for key in keys {
            match key.state(now) {
                State::Pending => return None,
                State::Active => signs = signs.max(Some(key.active_from)),
                State::Retired | State::Removed => {}
            }
        }
        Some(signs? + self.every - self.overlap.lead)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + Duration::seconds(seconds)
    }

    #[test]
    fn a_key_goes_through_its_states_by_the_clock_alone() {
        let life = Life {
            active_from: at(10),
            retired_at: Some(at(20)),
            removed_at: Some(at(30)),
        };
        for (second, state) in [
            (9, State::Pending),
            (10, State::Active),
            (19, State::Active),
            (20, State::Retired),
            (29, State::Retired),
            (30, State::Removed),
        ] {
            assert_eq!(life.state(at(second)), state, "at {second}");
        }
        assert_eq!(
            Life {
                retired_at: None,
                removed_at: None,
                ..life
            }
            .state(at(1000)),
            State::Active
        );
        assert_eq!(
            Life {
                retired_at: None,
                removed_at: Some(at(5)),
                ..life
            }
            .state(at(6)),
            State::Removed
        );
    }

    #[test]
    fn the_lead_outlasts_every_cache_however_short_it_was_asked_for() {
        let overlap = Overlap::unnoticed(Duration::seconds(40), Duration::ZERO);
        assert_eq!(overlap.lead, Duration::seconds(130));
        assert_eq!(overlap.tail, Duration::seconds(900 + 40 + 60));
        assert_eq!(
            Overlap::unnoticed(Duration::seconds(30), Duration::hours(24)).lead,
            Duration::hours(24)
        );
    }

    #[test]
    fn the_next_key_is_published_so_that_it_signs_when_the_period_is_over() {
        let schedule = Schedule {
            every: Duration::seconds(1000),
            overlap: Overlap {
                lead: Duration::seconds(100),
                tail: Duration::seconds(50),
            },
        };
        let life = |active, retired: Option<i64>| Life {
            active_from: at(active),
            retired_at: retired.map(at),
            removed_at: None,
        };
        for (keys, next) in [
            (vec![], None),
            (vec![life(0, None)], Some(900)),
            (vec![life(0, Some(200)), life(200, None)], Some(1100)),
            (vec![life(0, Some(600)), life(600, None)], None),
            // Of two that sign, the newer one counts.
            (vec![life(0, None), life(300, None)], Some(1200)),
        ] {
            assert_eq!(
                schedule.next(keys.clone(), at(500)),
                next.map(at),
                "{keys:?}"
            );
        }
    }
}
