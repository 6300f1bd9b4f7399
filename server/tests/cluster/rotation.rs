//! The portal's keys change, and the API server has to follow.

use domain::signing_key::Overlap;
use identity::{issuer::keys, seal::Sealer};
use jsonwebtoken::Algorithm;
use server::tasks;
use time::Duration;

use crate::{support::KEK, world::World};

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

fn sealer() -> Sealer {
    Sealer::new(&KEK.to_owned().into(), &[]).unwrap()
}

async fn rotate(world: &World, overlap: Overlap) {
    let portal = &world.portal;
    let mut tx = portal.pool.begin().await.unwrap();
    keys::rotate(&mut tx, &sealer(), Algorithm::RS256, overlap, portal.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    tasks::reload(&portal.state).await.unwrap();
}

/// Each is new to the API server, and asked about once. Between two of them the portal's clock goes
/// on a little, so that a rotation with its full overlap, and one in an emergency, fall into them.
pub(crate) async fn a_thousand_fresh_tokens_are_accepted_at_once_across_rotations(world: &World) {
    const STEP: Duration = Duration::milliseconds(160);
    let portal = &world.portal;
    portal.log_in("alice").await;
    let max_age = portal.state.portal.issuer.jwks_max_age;
    let mut kids = Vec::new();
    let mut refused = Vec::new();
    for number in 0..1000 {
        match number {
            100 => rotate(world, Overlap::unnoticed(max_age, Duration::ZERO)).await,
            950 => rotate(world, Overlap::immediate(max_age)).await,
            _ => portal.advance(STEP),
        }
        world.forget_current().await;
        let token = portal.token(&portal.key).await;
        kids.push(kid(&token));
        if !world.api.accepts(&token).await {
            refused.push(number);
        }
    }
    let changes: Vec<usize> = (1..kids.len())
        .filter(|at| kids[at - 1] != kids[*at])
        .collect();
    println!(
        "{} of 1000 accepted at once; other keys from {changes:?} on",
        1000 - refused.len()
    );
    assert_eq!(
        refused, [0; 0],
        "refused; other keys signed from {changes:?} on"
    );
    assert_eq!(changes.len(), 2, "{changes:?}");
}

pub(crate) async fn a_removed_key_is_refused_once_the_keys_are_fetched_again(world: &World) {
    let portal = &world.portal;
    let mut old = Vec::new();
    for _ in 0..3 {
        old.push(world.fresh_token("alice").await);
    }
    assert!(world.api.accepts(&old[0]).await);
    let removed = kid(&old[0]);
    let mut tx = portal.pool.begin().await.unwrap();
    keys::revoke(&mut tx, &sealer(), Algorithm::RS256, &removed, portal.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    tasks::reload(&portal.state).await.unwrap();
    // It has the key still. That is why a removal alone stops nobody at once.
    assert!(world.api.accepts(&old[1]).await);
    let new = world.fresh_token("alice").await;
    assert_ne!(kid(&new), removed);
    assert!(
        world.api.accepts(&new).await,
        "an unknown key makes it fetch"
    );
    assert!(
        !world.api.accepts(&old[2]).await,
        "the key was fetched away"
    );
    world.with(&old[2], &["get", "pods"]).unauthorized();
    world.api.says("failed to verify id token signature").await;
}
