//! The states of the pages of users.

use app::{Page, UserPage, UsersPage};
use domain::{
    membership::Why,
    portal_role::PortalRole,
    roster::{Delay, Entry, IdentityView, MembershipView, Profile},
};
use time::Duration;
use uuid::Uuid;

use crate::fixtures::{key, login, longwinded, now};

fn entry(username: &str, name: &str, logins: i64, keys: i64) -> Entry {
    Entry {
        username: username.into(),
        display_name: name.into(),
        email: Some(format!("{username}@harbour.example")),
        portal_roles: Vec::new(),
        disabled: false,
        logins,
        keys,
    }
}

fn membership(group: &str, cluster: Option<&str>, why: Why, from: &str) -> MembershipView {
    MembershipView {
        group: group.into(),
        cluster: cluster.map(Into::into),
        why,
        from: from.into(),
        since: now() - Duration::hours(5),
        until: (why == Why::Grant).then(|| now() + Duration::minutes(192)),
    }
}

fn profile(empty: bool) -> Profile {
    let mut profile = Profile {
        id: Uuid::from_u128(0x6f1d_8c1e_4b5a_4c3f_9d2e_0a1b_2c3d_4e5f),
        username: "alice".into(),
        display_name: "Alice Almeida".into(),
        email: Some("alice@harbour.example".into()),
        portal_roles: Vec::new(),
        created_at: now() - Duration::days(212),
        disabled_at: None,
        shut_out_at: None,
        identities: vec![
            IdentityView {
                directory: "local".into(),
                subject: "alice".into(),
                last_login_at: Some(now() - Duration::hours(2)),
            },
            IdentityView {
                directory: "corp".into(),
                subject: "00u1a2b3c4d5e6f7g8h9".into(),
                last_login_at: None,
            },
        ],
        logins: vec![
            login("Firefox on Linux", "192.0.2.17", 120, false),
            login("Chrome on Windows", "2001:db8::17", 14, false),
        ],
        keys: vec![
            key("laptop", None, Some(Duration::minutes(3))),
            key("build host", Some("harbour-east"), None),
        ],
        memberships: vec![
            membership("users", None, Why::Mapping, "local"),
            membership("new-namespace-viewer", Some("demo"), Why::Grant, "bob"),
            membership(
                "payments-editor",
                Some("harbour-east"),
                Why::Administrator,
                "carol",
            ),
        ],
    };
    if empty {
        profile.logins.clear();
        profile.keys.clear();
        profile.memberships.clear();
        profile.identities.truncate(1);
    }
    profile
}

fn one(profile: Profile, may_change: bool, is_self: bool, problem: Option<&str>) -> Page {
    Page::User(Box::new(UserPage {
        profile,
        delay: Some(Delay {
            cluster: "harbour-east".into(),
            seconds: 310,
        }),
        may_change,
        is_self,
        problem: problem.map(str::to_owned),
    }))
}

pub(crate) fn all() -> Vec<(&'static str, Page)> {
    let list = |query: &str, after: &str, entries, next: Option<&str>| {
        Page::Users(UsersPage {
            query: query.into(),
            entries,
            after: after.into(),
            next: next.map(str::to_owned),
        })
    };
    let long = longwinded();
    let everybody = vec![
        entry("alice", "Alice Almeida", 2, 3),
        entry("bob", "Bob Brandt", 1, 1),
        Entry {
            portal_roles: vec![PortalRole::Administrator],
            ..entry("carol", "Carol Castro", 1, 0)
        },
        Entry {
            portal_roles: vec![PortalRole::Auditor],
            ..entry("dave", "Dave Dahl", 0, 0)
        },
        Entry {
            disabled: true,
            ..entry("erin", "Erin Eriksen", 0, 0)
        },
        Entry {
            email: long.email,
            portal_roles: vec![PortalRole::Administrator, PortalRole::Auditor],
            disabled: true,
            ..entry(long.username.as_str(), &long.display_name, 1, 12)
        },
    ];
    let many = (0..50)
        .map(|n| {
            entry(
                &format!("crew-{n:05}"),
                &format!("Crew Member {n}"),
                n % 3,
                n % 5,
            )
        })
        .collect();
    let disabled = Profile {
        disabled_at: Some(now() - Duration::seconds(12)),
        shut_out_at: Some(now() - Duration::seconds(12)),
        ..profile(true)
    };
    let signed_out = Profile {
        shut_out_at: Some(now() - Duration::seconds(95)),
        logins: Vec::new(),
        keys: Vec::new(),
        ..profile(false)
    };
    let carol = Profile {
        portal_roles: vec![PortalRole::Administrator],
        ..profile(false)
    };
    vec![
        ("users", list("", "", everybody, None)),
        (
            "users-many",
            list("crew", "crew-00000", many, Some("crew-00050")),
        ),
        ("users-nobody", list("zebra", "", vec![], None)),
        ("user", one(profile(false), true, false, None)),
        ("user-empty", one(profile(true), true, false, None)),
        ("user-auditor", one(profile(false), false, false, None)),
        ("user-disabled", one(disabled, true, false, None)),
        ("user-signed-out", one(signed_out, true, false, None)),
        (
            "user-self",
            one(
                carol,
                true,
                true,
                Some("You cannot disable yourself; another administrator can."),
            ),
        ),
    ]
}
