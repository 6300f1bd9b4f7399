//! People, passes, keys and logins that do not exist.

#![expect(
    clippy::unwrap_used,
    reason = "what is made up here is known to be right"
)]

use domain::{
    group::GroupName,
    holding::{HoldingView, IncidentView, Misuse},
    key::KeyView,
    login::LoginView,
    membership::{HeldGroup, Why},
    pass::{Pass, SeenAs},
    portal_role::PortalRole,
    user::{Person, Username},
};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

pub(crate) fn now() -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(1_795_480_447).unwrap()
}

pub(crate) fn alice() -> Person {
    person("alice", "Alice Almeida", Some("alice@harbour.example"))
}

pub(crate) fn carol() -> Person {
    Person {
        portal_roles: vec![PortalRole::Administrator],
        ..person("carol", "Carol Castro", Some("carol@harbour.example"))
    }
}

pub(crate) fn dave() -> Person {
    Person {
        portal_roles: vec![PortalRole::Auditor],
        ..person("dave", "Dave Dahl", Some("dave@harbour.example"))
    }
}

pub(crate) fn longwinded() -> Person {
    person(
        "wolfeschlegelsteinhausenbergerdorff.directory-of-partners.2",
        "Hubert Blaine Wolfeschlegelsteinhausenbergerdorff Sr. of the Northern Harbour Authority",
        Some(
            "hubert.blaine.wolfeschlegelsteinhausenbergerdorff@northern-harbour-authority.example",
        ),
    )
}

fn person(username: &str, display_name: &str, email: Option<&str>) -> Person {
    Person {
        username: Username::parse(username).unwrap(),
        display_name: display_name.into(),
        email: email.map(Into::into),
        portal_roles: Vec::new(),
    }
}

pub(crate) fn group(name: &str, why: Why, from: &str, left: Option<Duration>) -> HeldGroup {
    HeldGroup {
        name: GroupName::parse(name).unwrap(),
        why,
        from: from.into(),
        since: None,
        until: left.map(|left| now() + left),
    }
}

pub(crate) fn groups() -> Vec<HeldGroup> {
    vec![
        group(
            "new-namespace-viewer",
            Why::Grant,
            "bob",
            Some(Duration::minutes(192)),
        ),
        group(
            "payments-editor",
            Why::Administrator,
            "carol",
            Some(Duration::days(12)),
        ),
        group("users", Why::Mapping, "local", None),
    ]
}

pub(crate) fn many_groups() -> Vec<HeldGroup> {
    (1..=60)
        .map(|n| match n % 3 {
            0 => group(
                &format!("namespace-{n:02}-viewer"),
                Why::Grant,
                "bob",
                Some(Duration::minutes(n * 37)),
            ),
            1 => group(
                &format!("a-rather-long-namespace-name-{n:02}-for-the-harbour-admin"),
                Why::Administrator,
                "carol",
                None,
            ),
            _ => group(
                &format!("team-{n:02}"),
                Why::Mapping,
                "corporate directory",
                None,
            ),
        })
        .collect()
}

pub(crate) fn pass(person: Person, cluster: &str, groups: Vec<HeldGroup>, left: i64) -> Pass {
    let names: Vec<String> = groups.iter().map(|group| group.name.to_string()).collect();
    let claims = serde_json::json!({
        "iss": "https://pass.harbour.example", "sub": person.username, "aud": ["kubernetes"],
        "exp": 1_795_480_699, "iat": 1_795_480_399, "nbf": 1_795_480_279,
        "jti": Uuid::from_u128(7), "uid": Uuid::from_u128(1), "auth_time": 1_795_472_000, "amr": ["pwd"],
        "sid": Uuid::from_u128(3), "preferred_username": person.username, "name": person.display_name,
        "email": person.email, "email_verified": true, "groups": names,
    });
    Pass {
        seen_as: SeenAs {
            user: format!("shorepass:{}", person.username),
            groups: names
                .iter()
                .map(|name| format!("shorepass:{name}"))
                .collect(),
        },
        person,
        cluster: cluster.into(),
        claims: serde_json::to_string_pretty(&claims).unwrap(),
        size: 1_104 + names.len() * 20,
        groups,
        issued_at: now() + Duration::seconds(left - 300),
        expires_at: now() + Duration::seconds(left),
        now: now(),
    }
}

pub(crate) fn key(name: &str, cluster: Option<&str>, used: Option<Duration>) -> KeyView {
    KeyView {
        id: Uuid::from_u128(name.len() as u128),
        name: name.into(),
        cluster: cluster.map(Into::into),
        created_at: now() - Duration::days(8),
        expires_at: now() + Duration::days(22),
        last_used_at: used.map(|ago| now() - ago),
        last_used_from: used.map(|_| "192.0.2.17".into()),
    }
}

pub(crate) fn login(browser: &str, address: &str, minutes: i64, current: bool) -> LoginView {
    LoginView {
        id: Uuid::from_u128(u128::from(minutes.unsigned_abs())),
        directory: "local".into(),
        browser: browser.into(),
        address: address.into(),
        authenticated_at: now() - Duration::minutes(minutes),
        last_used_at: now() - Duration::minutes(minutes / 9),
        expires_at: now() + Duration::minutes(600 - minutes),
        current,
    }
}

/// What a program holds for the login that began `login` minutes ago.
pub(crate) fn holding(title: &str, cluster: &str, login: i64, minutes: i64) -> HoldingView {
    HoldingView {
        id: Uuid::from_u128(u128::from(minutes.unsigned_abs())),
        login: Uuid::from_u128(u128::from(login.unsigned_abs())),
        title: title.into(),
        cluster: cluster.into(),
        since: now() - Duration::minutes(minutes),
        last_used_at: now() - Duration::minutes(minutes / 7),
        address: "192.0.2.17".into(),
    }
}

pub(crate) fn incident(title: &str, cluster: &str, misuse: Misuse, minutes: i64) -> IncidentView {
    IncidentView {
        title: title.into(),
        cluster: cluster.into(),
        misuse,
        at: now() - Duration::minutes(minutes),
    }
}

pub(crate) fn token() -> String {
    format!(
        "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.{}.{}",
        "eyJpc3MiOiJodHRwczovL3Bhc3MuaGFyYm91ciI".repeat(16),
        "c2lnbmF0dXJl".repeat(28)
    )
}
