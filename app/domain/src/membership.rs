//! Memberships: who is in which group, from when until when, and why.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use crate::group::GroupName;

/// Why somebody is in a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// An approved request.
    Grant,
    /// The directory puts everybody, or this person, in it.
    Mapping,
    /// An administrator put them in.
    Administrator,
}

impl Why {
    /// The word that the database stores.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Grant => "grant",
            Self::Mapping => "mapping",
            Self::Administrator => "administrator",
        }
    }

    /// Reads the word that the database stores.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Grant, Self::Mapping, Self::Administrator]
            .into_iter()
            .find(|why| why.as_str() == word)
    }
}

/// A group that somebody holds now, with its provenance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldGroup {
    pub name: GroupName,
    pub why: Why,
    /// Who granted it, or which directory maps it.
    pub from: String,
    #[serde(with = "time::serde::timestamp::option")]
    pub since: Option<OffsetDateTime>,
    /// The end, or none while nothing ends it.
    #[serde(with = "time::serde::timestamp::option")]
    pub until: Option<OffsetDateTime>,
}
