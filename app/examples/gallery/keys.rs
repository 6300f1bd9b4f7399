//! The states of the page of signing keys.

use app::{Aftermath, Page, Rotation, SigningKey, SigningKeysPage};
use domain::{cluster::Cluster, revocation, signing_key::Life};
use time::Duration;

use crate::fixtures::now;

/// Instants in hours from now.
fn key(
    kid: &str,
    created: i64,
    active: i64,
    retired: Option<i64>,
    removed: Option<i64>,
) -> SigningKey {
    let at = |hours| now() + Duration::hours(hours);
    SigningKey {
        kid: kid.into(),
        algorithm: "RS256".into(),
        created_at: at(created),
        life: Life {
            active_from: at(active),
            retired_at: retired.map(at),
            removed_at: removed.map(at),
        },
        revoked_at: None,
    }
}

const FIRST: &str = "H6sJ1mS0dkgVJq2yYw3c5vTBFjLxX8mG2kq7dQyHn4E";
const SECOND: &str = "t0vZ4n9Rk1pQdB6xYcL2wEoUfM8hJ3gSaV5iT7rNuKs";
const THIRD: &str = "Zx3cV9bN1mA5sD7fG2hJ4kL6qW8eR0tY_uI-oPzXcVb";

pub(crate) fn all() -> Vec<(&'static str, Page)> {
    let day = Duration::DAY;
    let page = |keys, next: Option<Duration>, may_change| SigningKeysPage {
        keys,
        schedule: Some(Rotation {
            every: day * 30,
            next: next.map(|next| now() + next),
        }),
        lead: day,
        may_change,
        aftermath: None,
        problem: None,
    };
    let one = || vec![key(FIRST, -200, -200, None, None)];
    let rotating = || {
        vec![
            key(THIRD, -8, 16, None, None),
            key(SECOND, -728, -704, Some(16), Some(17)),
            key(FIRST, -1448, -1424, Some(-704), Some(-703)),
        ]
    };
    let retired = vec![
        key(SECOND, -24, -1, None, None),
        SigningKey {
            algorithm: "ES256".into(),
            ..key(FIRST, -744, -720, Some(-1), Some(1))
        },
    ];
    let mut revoked = vec![
        key(SECOND, -1, 0, None, None),
        key(FIRST, -720, -700, None, Some(0)),
    ];
    for key in &mut revoked {
        key.revoked_at = key.life.removed_at;
    }
    let present = ["demo", "harbour-east"].map(|name| {
        let url = format!("https://api.{name}.example:6443");
        let cluster = Cluster::new(name, &url, name);
        let present = revocation::present("https://pass.harbour.example", &cluster);
        (name.to_owned(), present)
    });
    let aftermath = Aftermath {
        kid: FIRST.into(),
        revoked_at: now() - Duration::seconds(12),
        ready_at: now() + Duration::seconds(23),
        present: present.into(),
        reload: revocation::reload("/etc/kubernetes/shorepass/authentication.yaml"),
    };
    let keys = |page| Page::SigningKeys(page);
    vec![
        ("keys-one", keys(page(one(), Some(day * 20), true))),
        ("keys-rotating", keys(page(rotating(), None, true))),
        ("keys-retired", keys(page(retired, Some(day * 28), true))),
        ("keys-auditor", keys(page(rotating(), None, false))),
        (
            "keys-never",
            keys(SigningKeysPage {
                schedule: None,
                problem: Some("A new key is on its way already. It is in the list below.".into()),
                ..page(one(), None, true)
            }),
        ),
        (
            "keys-revoked",
            keys(SigningKeysPage {
                aftermath: Some(aftermath),
                ..page(revoked, Some(day * 29), true)
            }),
        ),
    ]
}
