//! Policies: what may be asked for in a namespace, and how it is decided.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::role::Role;

/// The longest time that can be granted, in minutes: 90 days.
pub const LONGEST: u32 = 90 * 24 * 60;

/// Whether a policy decides by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Automatic {
    /// People decide.
    Never,
    /// Whoever asks gets it, and somebody looks at it later.
    Always,
    /// Whoever is on call gets it, and somebody looks at it later.
    OnCall,
}

impl Automatic {
    pub const ALL: [Self; 3] = [Self::Never, Self::Always, Self::OnCall];

    /// The word that the database stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Always => "always",
            Self::OnCall => "on_call",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|automatic| automatic.as_str() == word)
    }
}

/// The policy of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Whether it exists only for those who have to do with it.
    pub hidden: bool,
    /// The roles that are offered.
    pub roles: Vec<Role>,
    /// The times that can be chosen, in minutes.
    pub minutes: Vec<u32>,
    /// The one that stands there at first.
    pub usual: u32,
    /// Whether a grant may have no end.
    pub endless: bool,
    /// How many have to agree.
    pub approvals: u8,
    pub automatic: Automatic,
    /// Whether people may ask for others.
    pub for_others: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            hidden: false,
            roles: Role::ALL.to_vec(),
            minutes: vec![60, 4 * 60, 8 * 60, 24 * 60, 7 * 24 * 60, 30 * 24 * 60],
            usual: 8 * 60,
            endless: false,
            approvals: 1,
            automatic: Automatic::Never,
            for_others: false,
        }
    }
}

/// Why a policy is refused.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum PolicyError {
    #[error("between 1 and 12 times can be offered, each once, of a minute to 90 days")]
    Minutes,
    #[error("the usual time has to be one of those that are offered")]
    Usual,
    #[error("between 1 and 5 people have to agree")]
    Approvals,
    #[error("each role is offered once")]
    Roles,
}

impl Policy {
    /// # Errors
    /// The first rule that the policy breaks.
    pub fn check(&self) -> Result<(), PolicyError> {
        let once = |mut all: Vec<u32>| {
            all.sort_unstable();
            all.windows(2).all(|pair| pair[0] != pair[1])
        };
        let times = &self.minutes;
        if !(1..=12).contains(&times.len())
            || !times.iter().all(|minutes| (1..=LONGEST).contains(minutes))
            || !once(times.clone())
        {
            return Err(PolicyError::Minutes);
        }
        if !times.contains(&self.usual) {
            return Err(PolicyError::Usual);
        }
        if !(1..=5).contains(&self.approvals) {
            return Err(PolicyError::Approvals);
        }
        if !once(self.roles.iter().map(|role| *role as u32).collect()) {
            return Err(PolicyError::Roles);
        }
        Ok(())
    }

    /// Whether this can be asked for; no minutes are without an end.
    pub fn offers(&self, role: Role, minutes: Option<u32>) -> bool {
        self.roles.contains(&role)
            && minutes.map_or(self.endless, |minutes| self.minutes.contains(&minutes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_offers_what_it_names_and_nothing_else() {
        let policy = Policy {
            roles: vec![Role::Viewer],
            ..Policy::default()
        };
        assert_eq!(policy.check(), Ok(()));
        assert!(policy.offers(Role::Viewer, Some(480)));
        for (role, minutes) in [
            (Role::Admin, Some(480)),
            (Role::Viewer, Some(481)),
            (Role::Viewer, None),
        ] {
            assert!(!policy.offers(role, minutes), "{role:?} {minutes:?}");
        }
    }

    #[test]
    fn a_policy_in_which_something_is_wrong_is_refused() {
        let changed = |change: fn(&mut Policy)| {
            let mut policy = Policy::default();
            change(&mut policy);
            policy.check().unwrap_err()
        };
        assert_eq!(
            changed(|policy| policy.minutes.clear()),
            PolicyError::Minutes
        );
        assert_eq!(
            changed(|policy| policy.minutes.push(0)),
            PolicyError::Minutes
        );
        assert_eq!(
            changed(|policy| policy.minutes.push(LONGEST + 1)),
            PolicyError::Minutes
        );
        assert_eq!(
            changed(|policy| policy.minutes.push(60)),
            PolicyError::Minutes
        );
        assert_eq!(changed(|policy| policy.usual = 61), PolicyError::Usual);
        assert_eq!(
            changed(|policy| policy.approvals = 0),
            PolicyError::Approvals
        );
        assert_eq!(
            changed(|policy| policy.approvals = 6),
            PolicyError::Approvals
        );
        assert_eq!(
            changed(|policy| policy.roles.push(Role::Admin)),
            PolicyError::Roles
        );
    }
}
