//! Operators: who may change clusters, signing keys, and what people may, without a request.

use thiserror::Error;
use uuid::Uuid;

use crate::session::Viewer;

/// The viewer is no administrator.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("only administrators may do this")]
pub struct NotAdministrator;

/// An administrator at a page, or whoever may run commands beside the portal's database. What needs
/// one takes one, so that forgetting to ask does not compile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operator {
    name: String,
    user: Option<Uuid>,
}

impl Operator {
    /// Whoever runs `shorepass`: they hold the configuration, and so everything.
    pub fn at_the_command_line() -> Self {
        Self {
            name: "the command line".to_owned(),
            user: None,
        }
    }

    /// The viewer of a page.
    ///
    /// # Errors
    /// [`NotAdministrator`].
    pub fn of(viewer: &Viewer) -> Result<Self, NotAdministrator> {
        if viewer.person.is_administrator() {
            Ok(Self {
                name: viewer.person.username.as_str().to_owned(),
                user: Some(viewer.user_id),
            })
        } else {
            Err(NotAdministrator)
        }
    }

    /// Who it was, as people read it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is this user.
    pub fn is(&self, user: Uuid) -> bool {
        self.user == Some(user)
    }
}

#[cfg(test)]
mod tests {
    use domain::{
        portal_role::PortalRole,
        user::{Person, Username},
    };
    use uuid::Uuid;

    use super::*;

    #[test]
    fn only_administrators_are_operators() {
        let viewer = |portal_roles| Viewer {
            user_id: Uuid::nil(),
            login_id: Uuid::nil(),
            person: Person {
                username: Username::parse("carol").unwrap(),
                display_name: "Carol".into(),
                email: None,
                portal_roles,
            },
            browser: String::new(),
        };
        for roles in [vec![], vec![PortalRole::Auditor]] {
            assert_eq!(Operator::of(&viewer(roles)), Err(NotAdministrator));
        }
        let both = viewer(vec![PortalRole::Auditor, PortalRole::Administrator]);
        assert_eq!(Operator::of(&both).unwrap().name(), "carol");
    }
}
