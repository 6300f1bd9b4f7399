//! The pass as the browser reads it.
//!
//! The same JSON as `domain::pass::Pass`, with names as plain text: the server has judged them,
//! the browser only shows them. So the browser part needs neither the rules for names nor the
//! tables of Unicode behind them.

use serde::{Deserialize, Serialize};

/// `domain::pass::Pass`, without its types.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Face {
    pub(crate) person: Bearer,
    pub(crate) cluster: String,
    pub(crate) seen_as: Seen,
    pub(crate) groups: Vec<Held>,
    pub(crate) claims: String,
    pub(crate) size: usize,
    pub(crate) issued_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) now: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bearer {
    pub(crate) username: String,
    pub(crate) display_name: String,
    pub(crate) email: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Seen {
    pub(crate) user: String,
    pub(crate) groups: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    pub(crate) name: String,
    pub(crate) why: Why,
    pub(crate) from: String,
    pub(crate) until: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Why {
    Grant,
    Mapping,
    Administrator,
}

impl Held {
    /// Where the group comes from, in words.
    pub(crate) fn provenance(&self) -> String {
        match self.why {
            Why::Grant => format!("granted by {}", self.from),
            Why::Mapping => format!("from the directory {}", self.from),
            Why::Administrator => format!("added by {}", self.from),
        }
    }
}

/// The answer of `POST /api/token`. It has no `Debug`, so that nothing prints the token by accident.
#[derive(Clone, Deserialize)]
pub(crate) struct Issued {
    pub(crate) token: String,
    pub(crate) pass: Face,
}

#[cfg(feature = "ssr")]
impl From<domain::pass::Pass> for Face {
    fn from(pass: domain::pass::Pass) -> Self {
        let held = |group: domain::membership::HeldGroup| Held {
            name: group.name.into(),
            why: group.why.into(),
            from: group.from,
            until: group.until.map(time::OffsetDateTime::unix_timestamp),
        };
        Self {
            person: Bearer {
                username: pass.person.username.into(),
                display_name: pass.person.display_name,
                email: pass.person.email,
            },
            cluster: pass.cluster,
            seen_as: Seen {
                user: pass.seen_as.user,
                groups: pass.seen_as.groups,
            },
            groups: pass.groups.into_iter().map(held).collect(),
            claims: pass.claims,
            size: pass.size,
            issued_at: pass.issued_at.unix_timestamp(),
            expires_at: pass.expires_at.unix_timestamp(),
            now: pass.now.unix_timestamp(),
        }
    }
}

#[cfg(feature = "ssr")]
impl From<domain::membership::Why> for Why {
    fn from(why: domain::membership::Why) -> Self {
        match why {
            domain::membership::Why::Grant => Self::Grant,
            domain::membership::Why::Mapping => Self::Mapping,
            domain::membership::Why::Administrator => Self::Administrator,
        }
    }
}

#[cfg(test)]
#[cfg(feature = "ssr")]
mod tests {
    use domain::{
        group::GroupName,
        membership::HeldGroup,
        pass::{CurrentToken, Pass, SeenAs},
        user::{Person, Username},
    };
    use time::{Duration, OffsetDateTime};

    use super::*;

    fn pass(why: domain::membership::Why) -> Pass {
        let now = OffsetDateTime::UNIX_EPOCH + Duration::days(20_000);
        let group = HeldGroup {
            name: GroupName::parse("payments-viewer").unwrap(),
            why,
            from: "bob".into(),
            since: None,
            until: Some(now + Duration::hours(3)),
        };
        Pass {
            person: Person {
                username: Username::parse("alice").unwrap(),
                display_name: "Alice".into(),
                email: None,
                portal_roles: Vec::new(),
            },
            cluster: "demo".into(),
            seen_as: SeenAs {
                user: "shorepass:alice".into(),
                groups: vec!["shorepass:users".into()],
            },
            groups: vec![
                HeldGroup {
                    until: None,
                    ..group.clone()
                },
                group,
            ],
            claims: "{}".into(),
            size: 1_104,
            issued_at: now,
            expires_at: now + Duration::minutes(5),
            now,
        }
    }

    #[test]
    fn the_browser_reads_what_the_server_writes() {
        use domain::membership::Why as Reason;
        for why in [Reason::Grant, Reason::Mapping, Reason::Administrator] {
            let current = CurrentToken {
                token: "a.b.c".into(),
                pass: pass(why),
            };
            let read: Issued =
                serde_json::from_str(&serde_json::to_string(&current).unwrap()).unwrap();
            assert_eq!(read.token, "a.b.c");
            assert_eq!(read.pass, Face::from(current.pass));
        }
    }
}
