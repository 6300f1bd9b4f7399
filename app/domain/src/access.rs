//! Access to namespaces: who may do what about a request and what comes of it. Here is the whole of
//! who is entitled; `identity` asks within the transaction that acts on the answer.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The longest reason or comment, in bytes.
pub const MAX_WORDS: usize = 2000;

/// What has become of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    Pending,
    Approved,
    Denied,
    /// Whoever asked took it back, or left.
    Withdrawn,
    /// Nobody decided in time.
    Lapsed,
}

impl State {
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Approved,
        Self::Denied,
        Self::Withdrawn,
        Self::Lapsed,
    ];

    /// The word that the database stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Withdrawn => "withdrawn",
            Self::Lapsed => "lapsed",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}

/// One approver's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Approve,
    Deny,
}

impl Verdict {
    /// The word that the database stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Approve, Self::Deny]
            .into_iter()
            .find(|verdict| verdict.as_str() == word)
    }
}

/// What somebody has to do with a request or a grant, and with its namespace.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and every combination occurs"
)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Relation {
    /// They asked, or it is for them; or whoever did or it is for has their e-mail address, and so is
    /// taken for the same person behind another account.
    pub involved: bool,
    /// They asked or it is for them, by this very account.
    pub requester: bool,
    pub owner: bool,
    pub approver: bool,
    pub administrator: bool,
    pub auditor: bool,
}

/// What can be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    See,
    Decide,
    Withdraw,
    /// Of a grant: by whom it is for.
    GiveBack,
    /// Of a grant: by others.
    TakeAway,
    /// Of a grant that the policy gave.
    Review,
}

impl Action {
    pub const ALL: [Self; 6] = [
        Self::See,
        Self::Decide,
        Self::Withdraw,
        Self::GiveBack,
        Self::TakeAway,
        Self::Review,
    ];
}

/// Why somebody may not.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum Refusal {
    /// Said also of what exists and is none of theirs.
    #[error("There is no such request.")]
    NotFound,
    #[error("Nobody decides about their own access.")]
    Own,
    #[error("Only owners and approvers of the namespace decide, and administrators.")]
    NotEntitled,
}

/// Whether somebody may.
///
/// # Errors
/// [`Refusal`].
pub fn may(action: Action, relation: Relation) -> Result<(), Refusal> {
    let entitled = relation.owner || relation.approver || relation.administrator;
    let sees = relation.requester || entitled || relation.auditor;
    if !sees {
        return Err(Refusal::NotFound);
    }
    match action {
        Action::See => Ok(()),
        Action::Withdraw | Action::GiveBack if relation.requester => Ok(()),
        Action::Decide | Action::Review if relation.involved || relation.requester => {
            Err(Refusal::Own)
        }
        // Taking away is never too much, so it is no decision about oneself.
        Action::Decide | Action::Review | Action::TakeAway if entitled => Ok(()),
        Action::Withdraw
        | Action::GiveBack
        | Action::Decide
        | Action::Review
        | Action::TakeAway => Err(Refusal::NotEntitled),
    }
}

/// What several verdicts come to: nothing yet, or a state.
pub fn outcome(needed: u8, verdicts: &[Verdict]) -> Option<State> {
    if verdicts.contains(&Verdict::Deny) {
        return Some(State::Denied);
    }
    let agreed = verdicts
        .iter()
        .filter(|verdict| **verdict == Verdict::Approve)
        .count();
    (agreed >= usize::from(needed.max(1))).then_some(State::Approved)
}

/// Words that people write for each other: what cannot be seen is taken out, except line ends. None
/// where nothing is left, or too much.
pub fn words(text: &str) -> Option<String> {
    let seen: String = text
        .replace("\r\n", "\n")
        .chars()
        .filter(|c| *c == '\n' || !crate::name::is_invisible(*c))
        .collect();
    let seen = seen.trim();
    (!seen.is_empty() && seen.len() <= MAX_WORDS).then(|| seen.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every relation that there is.
    fn relations() -> impl Iterator<Item = Relation> {
        (0..64).map(|bits: u8| Relation {
            involved: bits & 1 != 0,
            requester: bits & 2 != 0,
            owner: bits & 4 != 0,
            approver: bits & 8 != 0,
            administrator: bits & 16 != 0,
            auditor: bits & 32 != 0,
        })
    }

    #[test]
    fn nobody_decides_about_themselves_whatever_else_they_are() {
        for relation in relations().filter(|relation| relation.involved || relation.requester) {
            for action in [Action::Decide, Action::Review] {
                assert!(may(action, relation).is_err(), "{action:?} {relation:?}");
            }
        }
    }

    #[test]
    fn only_owners_approvers_and_administrators_decide_and_take_away() {
        for relation in relations() {
            let entitled = relation.owner || relation.approver || relation.administrator;
            let own = relation.involved || relation.requester;
            for action in [Action::Decide, Action::Review] {
                let allowed = may(action, relation).is_ok();
                assert_eq!(allowed, entitled && !own, "{action:?} {relation:?}");
            }
            assert_eq!(
                may(Action::TakeAway, relation).is_ok(),
                entitled,
                "{relation:?}"
            );
        }
    }

    #[test]
    fn only_who_asked_takes_back_and_gives_back() {
        for relation in relations() {
            for action in [Action::Withdraw, Action::GiveBack] {
                assert_eq!(
                    may(action, relation).is_ok(),
                    relation.requester,
                    "{relation:?}"
                );
            }
        }
    }

    #[test]
    fn to_those_who_have_nothing_to_do_with_it_it_does_not_exist() {
        for relation in relations() {
            let Relation {
                involved: _,
                requester,
                owner,
                approver,
                administrator,
                auditor,
            } = relation;
            let sees = requester || owner || approver || administrator || auditor;
            for action in Action::ALL {
                let hidden = may(action, relation) == Err(Refusal::NotFound);
                assert_eq!(hidden, !sees, "{action:?} {relation:?}");
            }
        }
    }

    #[test]
    fn one_no_is_enough_and_as_many_yes_as_the_policy_wants() {
        use Verdict::{Approve, Deny};
        for (needed, verdicts, expected) in [
            (1, &[][..], None),
            (1, &[Approve], Some(State::Approved)),
            (1, &[Deny], Some(State::Denied)),
            (2, &[Approve], None),
            (2, &[Approve, Approve], Some(State::Approved)),
            (2, &[Approve, Deny], Some(State::Denied)),
            (0, &[], None),
        ] {
            assert_eq!(outcome(needed, verdicts), expected, "{needed} {verdicts:?}");
        }
    }

    #[test]
    fn words_are_what_can_be_seen() {
        assert_eq!(
            words(" on\u{200B} call\r\nagain\0 ").as_deref(),
            Some("on call\nagain")
        );
        for text in ["", " \n ", "\u{200B}", &"x".repeat(MAX_WORDS + 1)] {
            assert_eq!(words(text), None);
        }
        assert!(words("=cmd()").is_some());
    }
}
