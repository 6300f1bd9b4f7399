//! Who of a directory may enter.

use serde::{Deserialize, Serialize};

/// A directory's statement about who may enter. Without one, nobody may.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entry {
    #[default]
    Nobody,
    Everyone,
    /// Those with a verified e-mail address in one of these domains.
    Domains(Vec<String>),
    /// Those whom the directory puts in one of these groups.
    Groups(Vec<String>),
}

impl Entry {
    /// Whether somebody with this verified e-mail address and these directory groups may enter.
    pub fn permits(&self, verified_email: Option<&str>, groups: &[String]) -> bool {
        match self {
            Self::Nobody => false,
            Self::Everyone => true,
            Self::Domains(domains) => verified_email.is_some_and(|email| {
                let mut parts = email.split('@');
                match (parts.next(), parts.next(), parts.next()) {
                    (Some(local), Some(domain), None) if !local.is_empty() => domains
                        .iter()
                        .any(|allowed| allowed.eq_ignore_ascii_case(domain)),
                    _ => false,
                }
            }),
            Self::Groups(allowed) => groups.iter().any(|group| allowed.contains(group)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_statement_nobody_enters() {
        assert!(!Entry::default().permits(Some("a@b.example"), &["g".into()]));
    }

    #[test]
    fn a_domain_is_compared_whole_and_only_behind_one_at_sign() {
        let entry = Entry::Domains(vec!["corp.example".into()]);
        assert!(entry.permits(Some("a@Corp.example"), &[]));
        for email in [
            None,
            Some("a@badcorp.example"),
            Some("a@evil@corp.example"),
            Some("@corp.example"),
            Some("corp.example"),
        ] {
            assert!(!entry.permits(email, &[]), "{email:?}");
        }
    }

    #[test]
    fn one_of_the_groups_is_enough() {
        let entry = Entry::Groups(vec!["crew".into()]);
        assert!(entry.permits(None, &["x".into(), "crew".into()]));
        assert!(!entry.permits(None, &["Crew".into()]));
    }
}
