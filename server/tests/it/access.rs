//! Asking, deciding, holding, giving back: what happens, and what happens when several act at once, on
//! two replicas over one Postgres.

use std::sync::Arc;

use domain::{
    access::{Refusal, State, Verdict},
    policy::{Automatic, Policy},
    role::Role,
};
use identity::{
    Portal as Replica,
    access::{
        AccessError, Place,
        decision::{Decided, Said, decide},
        grant, people,
        people::As,
        policy,
        request::{self, Ask},
    },
    session::{self, Use, Viewer},
};
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use crate::support::{Portal, claims};

pub(crate) const PAYMENTS: Place<'_> = Place {
    cluster: "demo",
    namespace: "payments",
};

/// Somebody who is logged in.
pub(crate) async fn viewer(portal: &Portal, name: &str) -> Viewer {
    let cookie = portal.log_in(name).await;
    let (_, value) = cookie.split_once('=').unwrap();
    session::recognise(&portal.state.portal, value, Use::Person)
        .await
        .unwrap()
}

pub(crate) fn ask(role: Role) -> Ask<'static> {
    Ask {
        place: PAYMENTS,
        role,
        minutes: Some(60),
        begins_at: None,
        reason: "the pager went off",
        user: None,
    }
}

pub(crate) fn says(verdict: Verdict) -> Said<'static> {
    Said {
        verdict,
        minutes: None,
        comment: "",
    }
}

async fn replica(portal: &Portal) -> Arc<Replica> {
    let pool = portal.pool.clone();
    let again = server::state::portal(&portal.config, pool, portal.clock.clone());
    Arc::new(again.await.unwrap())
}

async fn count(portal: &Portal, statement: &'static str) -> i64 {
    sqlx::query_scalar(statement)
        .fetch_one(&portal.pool)
        .await
        .unwrap()
}

async fn groups(portal: &Portal, key: &str) -> Vec<String> {
    let token = claims(&portal.token(key).await);
    let groups = token["groups"].as_array().unwrap().iter();
    groups
        .map(|group| group.as_str().unwrap().to_owned())
        .collect()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_approved_is_in_the_next_token_until_its_end_and_not_a_second_longer(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (alice, bob) = (viewer(&portal, "alice").await, viewer(&portal, "bob").await);
    let it = &portal.state.portal;
    assert!(
        !groups(&portal, &portal.key)
            .await
            .contains(&"payments-editor".into())
    );
    let asked = request::submit(it, &alice, ask(Role::Editor))
        .await
        .unwrap();
    assert_eq!(asked.state, State::Pending);
    assert!(
        !groups(&portal, &portal.key)
            .await
            .contains(&"payments-editor".into())
    );
    portal.advance(Duration::minutes(10));
    let decided = decide(it, &bob, asked.id, says(Verdict::Approve))
        .await
        .unwrap();
    assert_eq!(decided.state, State::Approved);
    let token = claims(&portal.token(&portal.key).await);
    assert_eq!(
        token["groups"],
        serde_json::json!(["new-namespace-viewer", "payments-editor", "users"])
    );
    // The clock started with the approval.
    portal.advance(Duration::minutes(58));
    let token = claims(&portal.token(&portal.key).await);
    assert!(
        token["groups"]
            .as_array()
            .unwrap()
            .contains(&"payments-editor".into())
    );
    assert_eq!(
        token["exp"],
        (portal.now() + Duration::minutes(2)).unix_timestamp()
    );
    portal.advance(Duration::minutes(2));
    assert!(
        !groups(&portal, &portal.key)
            .await
            .contains(&"payments-editor".into())
    );
    assert_eq!(
        count(&portal, "SELECT count(*) FROM audit_records WHERE kind IN ('request.submitted', 'request.decided', 'grant.begun')").await,
        3
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nobody_decides_about_their_own_access_by_whatever_account(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let it = &portal.state.portal;
    let (bob, carol) = (viewer(&portal, "bob").await, viewer(&portal, "carol").await);
    // An owner, and an administrator.
    for viewer in [&bob, &carol] {
        let asked = request::submit(it, viewer, ask(Role::Viewer))
            .await
            .unwrap();
        let refused = decide(it, viewer, asked.id, says(Verdict::Approve)).await;
        assert!(
            matches!(refused, Err(AccessError::Refused(Refusal::Own))),
            "{refused:?}"
        );
    }
    // Who asks for another decides as little as the one whom it is for.
    policy::set(
        it,
        &bob,
        PAYMENTS,
        &Policy {
            for_others: true,
            ..Policy::default()
        },
    )
    .await
    .unwrap();
    let for_alice = Ask {
        user: Some("alice"),
        ..ask(Role::Viewer)
    };
    let asked = request::submit(it, &bob, for_alice).await.unwrap();
    let refused = decide(it, &bob, asked.id, says(Verdict::Approve)).await;
    assert!(
        matches!(refused, Err(AccessError::Refused(Refusal::Own))),
        "{refused:?}"
    );
    // The same person behind a second account.
    let erin = viewer(&portal, "erin").await;
    people::add(it, &carol, PAYMENTS, "erin", As::Approver)
        .await
        .unwrap();
    portal.sql("UPDATE users SET email = 'ALICE@harbour.example', email_verified = false WHERE username = 'erin'").await;
    let refused = decide(it, &erin, asked.id, says(Verdict::Approve)).await;
    assert!(
        matches!(refused, Err(AccessError::Refused(Refusal::Own))),
        "{refused:?}"
    );
    decide(it, &carol, asked.id, says(Verdict::Approve))
        .await
        .unwrap();
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn to_others_a_request_does_not_exist_and_who_only_looks_does_not_decide(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let it = &portal.state.portal;
    let alice = viewer(&portal, "alice").await;
    let asked = request::submit(it, &alice, ask(Role::Viewer))
        .await
        .unwrap();
    for (name, expected) in [("erin", Refusal::NotFound), ("dave", Refusal::NotEntitled)] {
        let other = viewer(&portal, name).await;
        for verdict in [Verdict::Approve, Verdict::Deny] {
            let refused = decide(it, &other, asked.id, says(verdict)).await;
            assert!(
                matches!(refused, Err(AccessError::Refused(given)) if given == expected),
                "{name}"
            );
        }
        let refused = request::withdraw(it, &other, asked.id).await;
        assert!(
            matches!(refused, Err(AccessError::Refused(given)) if given == expected),
            "{name}"
        );
    }
    // An owner of another namespace.
    let carol = viewer(&portal, "carol").await;
    let search = Place {
        namespace: "search",
        ..PAYMENTS
    };
    people::add(it, &carol, search, "erin", As::Owner)
        .await
        .unwrap();
    let erin = viewer(&portal, "erin").await;
    let refused = decide(it, &erin, asked.id, says(Verdict::Approve)).await;
    assert!(matches!(
        refused,
        Err(AccessError::Refused(Refusal::NotFound))
    ));
    let unknown = decide(it, &erin, Uuid::new_v4(), says(Verdict::Approve)).await;
    assert!(matches!(
        unknown,
        Err(AccessError::Refused(Refusal::NotFound))
    ));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn only_what_the_policy_offers_can_be_asked_for(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let it = &portal.state.portal;
    let (alice, bob) = (viewer(&portal, "alice").await, viewer(&portal, "bob").await);
    policy::set(
        it,
        &bob,
        PAYMENTS,
        &Policy {
            roles: vec![Role::Viewer],
            ..Policy::default()
        },
    )
    .await
    .unwrap();
    let long = "x".repeat(2001);
    let at = portal.now();
    for (what, ask) in [
        ("a role", ask(Role::Admin)),
        (
            "a time",
            Ask {
                minutes: Some(61),
                ..ask(Role::Viewer)
            },
        ),
        (
            "no end",
            Ask {
                minutes: None,
                ..ask(Role::Viewer)
            },
        ),
        (
            "no reason",
            Ask {
                reason: " \u{200B} ",
                ..ask(Role::Viewer)
            },
        ),
        (
            "a long reason",
            Ask {
                reason: &long,
                ..ask(Role::Viewer)
            },
        ),
        (
            "another",
            Ask {
                user: Some("bob"),
                ..ask(Role::Viewer)
            },
        ),
        (
            "nobody",
            Ask {
                user: Some("nobody"),
                ..ask(Role::Viewer)
            },
        ),
        (
            "the past",
            Ask {
                begins_at: Some(at),
                ..ask(Role::Viewer)
            },
        ),
        (
            "the far future",
            Ask {
                begins_at: Some(at + Duration::days(91)),
                ..ask(Role::Viewer)
            },
        ),
        (
            "a namespace",
            Ask {
                place: Place {
                    namespace: "nowhere",
                    ..PAYMENTS
                },
                ..ask(Role::Viewer)
            },
        ),
    ] {
        assert!(request::submit(it, &alice, ask).await.is_err(), "{what}");
    }
    let asked = request::submit(it, &alice, ask(Role::Viewer))
        .await
        .unwrap();
    let again = request::submit(it, &alice, ask(Role::Viewer)).await;
    assert!(matches!(again, Err(AccessError::Waiting(id)) if id == asked.id));
    assert_eq!(count(&portal, "SELECT count(*) FROM requests").await, 1);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_hidden_namespace_exists_for_those_who_have_to_do_with_it(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let it = &portal.state.portal;
    let (alice, bob) = (viewer(&portal, "alice").await, viewer(&portal, "bob").await);
    policy::set(
        it,
        &bob,
        PAYMENTS,
        &Policy {
            hidden: true,
            ..Policy::default()
        },
    )
    .await
    .unwrap();
    let hidden = request::submit(it, &alice, ask(Role::Viewer))
        .await
        .unwrap_err();
    let nowhere = Ask {
        place: Place {
            namespace: "payment5",
            ..PAYMENTS
        },
        ..ask(Role::Viewer)
    };
    let none = request::submit(it, &alice, nowhere).await.unwrap_err();
    assert_eq!(
        hidden.to_string(),
        none.to_string().replace("payment5", "payments")
    );
    request::submit(it, &bob, ask(Role::Viewer)).await.unwrap();
}

/// Who wins is who came first; the loser hears of it, and there is one of everything.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn of_two_who_decide_at_once_one_decides(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (one, other) = (replica(&portal).await, replica(&portal).await);
    let (alice, bob, carol) = (
        viewer(&portal, "alice").await,
        viewer(&portal, "bob").await,
        viewer(&portal, "carol").await,
    );
    let (mut approved, mut denied) = (0, 0);
    for round in 0..ROUNDS {
        let asked = request::submit(&one, &alice, ask(Role::Viewer))
            .await
            .unwrap();
        let (yes, no) = tokio::join!(
            decide(&one, &bob, asked.id, says(Verdict::Approve)),
            decide(&other, &carol, asked.id, says(Verdict::Deny)),
        );
        match (yes, no) {
            (
                Ok(Decided {
                    state: State::Approved,
                    grant: Some(grant),
                }),
                Err(AccessError::Settled { state, by }),
            ) => {
                assert_eq!((state, by.as_str()), (State::Approved, "bob"), "{round}");
                approved += 1;
                grant::end(&one, &carol, grant, "next round").await.unwrap();
            }
            (
                Err(AccessError::Settled { state, by }),
                Ok(Decided {
                    state: State::Denied,
                    grant: None,
                }),
            ) => {
                assert_eq!((state, by.as_str()), (State::Denied, "carol"), "{round}");
                denied += 1;
            }
            both => panic!("{round}: {both:?}"),
        }
    }
    let decided = "SELECT count(*) FROM audit_records WHERE kind = 'request.decided'";
    assert_eq!(count(&portal, decided).await, i64::from(ROUNDS));
    assert_eq!(
        count(&portal, "SELECT count(*) FROM decisions").await,
        i64::from(ROUNDS)
    );
    assert_eq!(
        count(&portal, "SELECT count(*) FROM grants").await,
        approved
    );
    assert_eq!(
        count(
            &portal,
            "SELECT count(*) FROM memberships WHERE why = 'grant'"
        )
        .await,
        approved
    );
    println!("{approved} approved, {denied} denied");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_request_is_approved_or_withdrawn_and_never_both(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (one, other) = (replica(&portal).await, replica(&portal).await);
    let (alice, bob) = (viewer(&portal, "alice").await, viewer(&portal, "bob").await);
    let mut approved = 0;
    for round in 0..ROUNDS {
        let asked = request::submit(&one, &alice, ask(Role::Viewer))
            .await
            .unwrap();
        let (yes, back) = tokio::join!(
            decide(&one, &bob, asked.id, says(Verdict::Approve)),
            request::withdraw(&other, &alice, asked.id),
        );
        match (yes, back) {
            (
                Ok(Decided {
                    grant: Some(grant), ..
                }),
                Err(AccessError::Settled {
                    state: State::Approved,
                    ..
                }),
            ) => {
                approved += 1;
                grant::end(&one, &alice, grant, "").await.unwrap();
            }
            (
                Err(AccessError::Settled {
                    state: State::Withdrawn,
                    ..
                }),
                Ok(()),
            ) => {}
            both => panic!("{round}: {both:?}"),
        }
    }
    assert_eq!(
        count(&portal, "SELECT count(*) FROM grants").await,
        approved
    );
    let settled =
        "SELECT count(*) FROM audit_records WHERE kind IN ('request.decided', 'request.withdrawn')";
    assert_eq!(count(&portal, settled).await, i64::from(ROUNDS));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_approver_who_loses_the_right_decides_before_or_not_at_all(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (one, other) = (replica(&portal).await, replica(&portal).await);
    let (alice, erin, carol) = (
        viewer(&portal, "alice").await,
        viewer(&portal, "erin").await,
        viewer(&portal, "carol").await,
    );
    for round in 0..ROUNDS {
        people::add(&one, &carol, PAYMENTS, "erin", As::Approver)
            .await
            .unwrap();
        let asked = request::submit(&one, &alice, ask(Role::Viewer))
            .await
            .unwrap();
        let (yes, removed) = tokio::join!(
            decide(&one, &erin, asked.id, says(Verdict::Approve)),
            people::remove(&other, &carol, PAYMENTS, "erin", As::Approver),
        );
        removed.unwrap();
        let kinds: Vec<String> = sqlx::query_scalar(
            "SELECT kind FROM audit_records WHERE kind IN ('request.decided', 'person.removed') ORDER BY seq DESC LIMIT 2",
        )
        .fetch_all(&portal.pool)
        .await
        .unwrap();
        match yes {
            Ok(Decided {
                grant: Some(grant), ..
            }) => {
                assert_eq!(kinds, ["person.removed", "request.decided"], "{round}");
                grant::end(&one, &carol, grant, "next round").await.unwrap();
            }
            Err(AccessError::Refused(Refusal::NotFound)) => {
                request::withdraw(&one, &alice, asked.id).await.unwrap();
            }
            other => panic!("{round}: {other:?}"),
        }
    }
}

/// A quorum of two, and one of them in two tabs.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn one_person_in_two_tabs_is_one_person(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (one, other) = (replica(&portal).await, replica(&portal).await);
    let (alice, bob, carol) = (
        viewer(&portal, "alice").await,
        viewer(&portal, "bob").await,
        viewer(&portal, "carol").await,
    );
    policy::set(
        &one,
        &bob,
        PAYMENTS,
        &Policy {
            approvals: 2,
            ..Policy::default()
        },
    )
    .await
    .unwrap();
    for round in 0..ROUNDS {
        let asked = request::submit(&one, &alice, ask(Role::Viewer))
            .await
            .unwrap();
        let (first, second) = tokio::join!(
            decide(&one, &bob, asked.id, says(Verdict::Approve)),
            decide(&other, &bob, asked.id, says(Verdict::Approve)),
        );
        for decided in [first, second] {
            let waits = Decided {
                state: State::Pending,
                grant: None,
            };
            assert_eq!(decided.unwrap(), waits, "{round}");
        }
        let decided = decide(&one, &carol, asked.id, says(Verdict::Approve))
            .await
            .unwrap();
        assert_eq!(decided.state, State::Approved, "{round}");
        // Said once more it is the same answer, and nothing more happens.
        assert_eq!(
            decide(&other, &carol, asked.id, says(Verdict::Approve))
                .await
                .unwrap(),
            decided
        );
        grant::end(&one, &alice, decided.grant.unwrap(), "")
            .await
            .unwrap();
    }
    assert_eq!(
        count(&portal, "SELECT count(*) FROM grants").await,
        i64::from(ROUNDS)
    );
    assert_eq!(
        count(&portal, "SELECT count(*) FROM decisions").await,
        2 * i64::from(ROUNDS)
    );
}

/// Together with the others of this file a thousand.
const ROUNDS: i32 = 250;

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_shortest_time_that_somebody_agreed_to_counts(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let it = &portal.state.portal;
    let (alice, bob, carol) = (
        viewer(&portal, "alice").await,
        viewer(&portal, "bob").await,
        viewer(&portal, "carol").await,
    );
    policy::set(
        it,
        &bob,
        PAYMENTS,
        &Policy {
            approvals: 2,
            ..Policy::default()
        },
    )
    .await
    .unwrap();
    let asked = request::submit(it, &alice, ask(Role::Viewer))
        .await
        .unwrap();
    let longer = Said {
        minutes: Some(61),
        ..says(Verdict::Approve)
    };
    assert!(matches!(
        decide(it, &bob, asked.id, longer).await,
        Err(AccessError::NotShorter)
    ));
    let shorter = Said {
        minutes: Some(20),
        ..says(Verdict::Approve)
    };
    decide(it, &bob, asked.id, shorter).await.unwrap();
    decide(it, &carol, asked.id, says(Verdict::Approve))
        .await
        .unwrap();
    portal.advance(Duration::minutes(18));
    assert!(
        groups(&portal, &portal.key)
            .await
            .contains(&"payments-viewer".into())
    );
    portal.advance(Duration::minutes(2));
    assert!(
        !groups(&portal, &portal.key)
            .await
            .contains(&"payments-viewer".into())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_policy_may_decide_by_itself_and_it_is_recorded_as_such(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let it = &portal.state.portal;
    let (alice, bob) = (viewer(&portal, "alice").await, viewer(&portal, "bob").await);
    let on_call = Policy {
        automatic: Automatic::OnCall,
        approvals: 2,
        ..Policy::default()
    };
    policy::set(it, &bob, PAYMENTS, &on_call).await.unwrap();
    let asked = request::submit(it, &alice, ask(Role::Viewer))
        .await
        .unwrap();
    assert_eq!(asked.state, State::Pending);
    sqlx::query(
        "INSERT INTO on_call SELECT gen_random_uuid(), n.id, u.id, $1, $2 FROM namespaces n, users u
         WHERE n.name = 'payments' AND u.username = 'alice'",
    )
    .bind(portal.now())
    .bind(portal.now() + Duration::hours(8))
    .execute(&portal.pool)
    .await
    .unwrap();
    let asked = request::submit(it, &alice, ask(Role::Editor))
        .await
        .unwrap();
    assert_eq!(asked.state, State::Approved);
    assert!(
        groups(&portal, &portal.key)
            .await
            .contains(&"payments-editor".into())
    );
    let actor: String =
        sqlx::query_scalar("SELECT actor FROM audit_records WHERE kind = 'request.decided'")
            .fetch_one(&portal.pool)
            .await
            .unwrap();
    assert_eq!(actor, "the policy");
    // Somebody looks at it later, and not the one whom it is for.
    let grant: Uuid = sqlx::query_scalar("SELECT id FROM grants WHERE review_due")
        .fetch_one(&portal.pool)
        .await
        .unwrap();
    assert!(grant::review(it, &alice, grant).await.is_err());
    grant::review(it, &bob, grant).await.unwrap();
    grant::review(it, &bob, grant).await.unwrap();
    assert_eq!(
        count(
            &portal,
            "SELECT count(*) FROM audit_records WHERE kind = 'grant.reviewed'"
        )
        .await,
        1
    );
    portal.advance(Duration::hours(8));
    let asked = request::submit(it, &alice, ask(Role::Admin)).await.unwrap();
    assert_eq!(asked.state, State::Pending);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_later_start_is_looked_at_once_more_before_it_gives_anything(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let it = &portal.state.portal;
    let (alice, bob) = (viewer(&portal, "alice").await, viewer(&portal, "bob").await);
    for role in [Role::Viewer, Role::Editor] {
        let later = Ask {
            begins_at: Some(portal.now() + Duration::hours(1)),
            ..ask(role)
        };
        let asked = request::submit(it, &alice, later).await.unwrap();
        decide(it, &bob, asked.id, says(Verdict::Approve))
            .await
            .unwrap();
    }
    grant::begin_due(it).await.unwrap();
    assert_eq!(
        count(
            &portal,
            "SELECT count(*) FROM memberships WHERE why = 'grant'"
        )
        .await,
        0
    );
    policy::set(
        it,
        &bob,
        PAYMENTS,
        &Policy {
            roles: vec![Role::Viewer],
            ..Policy::default()
        },
    )
    .await
    .unwrap();
    portal.advance(Duration::hours(1));
    assert!(
        !groups(&portal, &portal.key)
            .await
            .contains(&"payments-viewer".into())
    );
    let (one, other) = (replica(&portal).await, replica(&portal).await);
    let (first, second) = tokio::join!(grant::begin_due(&one), grant::begin_due(&other));
    first.unwrap();
    second.unwrap();
    let held = groups(&portal, &portal.key).await;
    assert!(
        held.contains(&"payments-viewer".into()) && !held.contains(&"payments-editor".into()),
        "{held:?}"
    );
    assert_eq!(
        count(
            &portal,
            "SELECT count(*) FROM grants WHERE end_reason = 'refused'"
        )
        .await,
        1
    );
    portal.advance(Duration::hours(1));
    assert!(
        !groups(&portal, &portal.key)
            .await
            .contains(&"payments-viewer".into())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_nobody_decides_within_a_week_is_over(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let it = &portal.state.portal;
    let (alice, bob) = (viewer(&portal, "alice").await, viewer(&portal, "bob").await);
    let asked = request::submit(it, &alice, ask(Role::Viewer))
        .await
        .unwrap();
    portal.advance(Duration::days(7));
    // Before anybody wrote it down.
    let late = decide(it, &bob, asked.id, says(Verdict::Approve)).await;
    assert!(
        matches!(
            late,
            Err(AccessError::Settled {
                state: State::Lapsed,
                ..
            })
        ),
        "{late:?}"
    );
    request::submit(it, &alice, ask(Role::Viewer))
        .await
        .unwrap();
    request::submit(it, &alice, ask(Role::Editor))
        .await
        .unwrap();
    portal.advance(Duration::days(7));
    request::lapse_due(it).await.unwrap();
    assert_eq!(
        count(
            &portal,
            "SELECT count(*) FROM requests WHERE state = 'lapsed'"
        )
        .await,
        3
    );
    assert_eq!(
        count(
            &portal,
            "SELECT count(*) FROM audit_records WHERE kind = 'request.lapsed'"
        )
        .await,
        3
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_is_held_is_given_back_or_taken_away_with_a_reason_at_once(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let it = &portal.state.portal;
    let (alice, bob, erin) = (
        viewer(&portal, "alice").await,
        viewer(&portal, "bob").await,
        viewer(&portal, "erin").await,
    );
    for (who, comment) in [(&alice, ""), (&bob, "the incident is over")] {
        let asked = request::submit(it, &alice, ask(Role::Viewer))
            .await
            .unwrap();
        let grant = decide(it, &bob, asked.id, says(Verdict::Approve))
            .await
            .unwrap()
            .grant
            .unwrap();
        assert!(
            groups(&portal, &portal.key)
                .await
                .contains(&"payments-viewer".into())
        );
        let stranger = grant::end(it, &erin, grant, "why not").await;
        assert!(matches!(
            stranger,
            Err(AccessError::Refused(Refusal::NotFound))
        ));
        let silent = grant::end(it, &bob, grant, " ").await;
        assert!(matches!(silent, Err(AccessError::Reason)));
        grant::end(it, who, grant, comment).await.unwrap();
        assert!(
            !groups(&portal, &portal.key)
                .await
                .contains(&"payments-viewer".into())
        );
        assert!(matches!(
            grant::end(it, who, grant, "again").await,
            Err(AccessError::Ended)
        ));
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn only_owners_and_administrators_say_who_owns_and_the_last_owner_stays(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let it = &portal.state.portal;
    let (alice, bob, carol) = (
        viewer(&portal, "alice").await,
        viewer(&portal, "bob").await,
        viewer(&portal, "carol").await,
    );
    assert!(
        people::add(it, &alice, PAYMENTS, "alice", As::Owner)
            .await
            .is_err()
    );
    assert!(
        policy::set(it, &alice, PAYMENTS, &Policy::default())
            .await
            .is_err()
    );
    people::add(it, &bob, PAYMENTS, "alice", As::Approver)
        .await
        .unwrap();
    // An approver decides, and owns nothing.
    assert!(
        people::add(it, &alice, PAYMENTS, "erin", As::Approver)
            .await
            .is_err()
    );
    let last = people::remove(it, &carol, PAYMENTS, "bob", As::Owner).await;
    assert!(matches!(last, Err(AccessError::LastOwner)));
    people::add(it, &carol, PAYMENTS, "alice", As::Owner)
        .await
        .unwrap();
    let (one, other) = (replica(&portal).await, replica(&portal).await);
    let (first, second) = tokio::join!(
        people::remove(&one, &carol, PAYMENTS, "bob", As::Owner),
        people::remove(&other, &carol, PAYMENTS, "alice", As::Owner),
    );
    assert_eq!(
        usize::from(first.is_ok()) + usize::from(second.is_ok()),
        1,
        "{first:?} {second:?}"
    );
}
