//! Signing keys: rotated without anybody noticing, revoked, sealed again.

use std::collections::{HashSet, VecDeque};

use domain::signing_key::Overlap;
use identity::{issuer::keys, seal::Sealer};
use jsonwebtoken::{Algorithm, jwk::JwkSet};
use server::{edge::limits::Limits, state, tasks};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use crate::{
    support::{KEK, Portal, claims, config},
    verifier::Verifier,
};

fn sealer() -> Sealer {
    Sealer::new(&KEK.to_owned().into(), &[]).unwrap()
}

async fn rotate(portal: &Portal, overlap: Overlap) -> String {
    let mut tx = portal.pool.begin().await.unwrap();
    let kid = keys::rotate(&mut tx, &sealer(), Algorithm::RS256, overlap, portal.now())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    tasks::reload(&portal.state).await.unwrap();
    kid
}

fn kid(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// For half an hour around a rotation, a token is minted every five seconds. It and the oldest that
/// has not ended are presented to verifiers, of which another starts each time, so that their caches
/// run out at every possible moment. Returns how many were refused, and how many keys signed.
async fn refusals_during(portal: &Portal, overlap: Overlap) -> (usize, usize) {
    let mut verifiers = VecDeque::new();
    let mut tokens: VecDeque<(OffsetDateTime, String)> = VecDeque::new();
    let mut kids = HashSet::new();
    let mut refused = 0;
    portal.log_in("alice").await;
    for step in 0..360 {
        verifiers.push_back(Verifier::new(&[&portal.url], &portal.clock));
        if verifiers.len() > 9 {
            verifiers.pop_front();
        }
        if step == 10 {
            rotate(portal, overlap).await;
        }
        portal.sql("DELETE FROM current_tokens").await;
        let token = portal.token(&portal.key).await;
        kids.insert(kid(&token));
        let end = claims(&token)["exp"].as_i64().unwrap();
        tokens.push_back((OffsetDateTime::from_unix_timestamp(end).unwrap(), token));
        tokens.retain(|(end, _)| *end > portal.now());
        for verifier in &mut verifiers {
            for (_, token) in tokens.front().into_iter().chain(tokens.back()) {
                refused += usize::from(!verifier.accepts(token).await);
            }
        }
        portal.advance(Duration::seconds(5));
    }
    (refused, kids.len())
}

const MAX_AGE: &str = "jwks_max_age = 40";

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_rotation_with_overlap_goes_unnoticed_by_a_verifier_that_caches(pool: PgPool) {
    let portal = Portal::with(pool, MAX_AGE, Limits::default()).await;
    let overlap = Overlap::unnoticed(Duration::seconds(40), Duration::ZERO);
    assert_eq!(refusals_during(&portal, overlap).await, (0, 2));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_rotation_without_a_lead_or_a_tail_is_noticed_so_the_test_can_fail(pool: PgPool) {
    let portal = Portal::with(pool, MAX_AGE, Limits::default()).await;
    let unnoticed = Overlap::unnoticed(Duration::seconds(40), Duration::ZERO);
    let without_lead = Overlap {
        lead: Duration::ZERO,
        ..unnoticed
    };
    let without_tail = Overlap {
        tail: Duration::ZERO,
        ..unnoticed
    };
    for overlap in [without_lead, without_tail] {
        let (refused, kids) = refusals_during(&portal, overlap).await;
        assert!(refused > 0, "{overlap:?} went unnoticed");
        assert_eq!(kids, 2);
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_verifier_fetches_again_only_once_its_cache_runs_out(pool: PgPool) {
    let portal = Portal::with(pool, MAX_AGE, Limits::default()).await;
    // Warm the verifier's cache just before the new key signs: that is where the lead matters.
    let mut verifier = Verifier::new(&[&portal.url], &portal.clock);
    assert!(verifier.accepts(&portal.token(&portal.key).await).await);
    rotate(
        &portal,
        Overlap {
            lead: Duration::ZERO,
            tail: Duration::ZERO,
        },
    )
    .await;
    let token = portal.token(&portal.key).await;
    assert_ne!(
        Some(kid(&token).as_str()),
        verifier.keys.keys[0].common.key_id.as_deref()
    );
    assert!(
        !verifier.accepts(&token).await,
        "the verifier fetched although its cache was fresh"
    );
    portal.advance(Duration::seconds(11));
    assert!(
        verifier.accepts(&token).await,
        "it fetches once its cache runs out"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_rotated_key_is_pending_then_signs_while_the_old_one_stays_published(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let published = async || {
        let set: JwkSet = portal
            .get("/oauth2/jwks")
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        set.keys
            .into_iter()
            .filter_map(|key| key.common.key_id)
            .collect::<Vec<_>>()
    };
    let old = kid(&portal.token(&portal.key).await);
    let new = rotate(
        &portal,
        Overlap::unnoticed(Duration::seconds(30), Duration::hours(1)),
    )
    .await;
    assert_eq!(published().await, [old.clone(), new.clone()]);
    portal.advance(Duration::minutes(55));
    assert_eq!(kid(&portal.token(&portal.key).await), old);
    portal.advance(Duration::minutes(5));
    assert_eq!(
        kid(&portal.token(&portal.key).await),
        new,
        "a token of the retired key is not handed out again"
    );
    assert_eq!(published().await, [old, new.clone()]);
    portal.advance(Duration::minutes(17));
    assert_eq!(published().await, [new]);
    rotate(
        &portal,
        Overlap::unnoticed(Duration::seconds(30), Duration::hours(1)),
    )
    .await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_revoked_key_is_out_of_the_jwks_and_its_tokens_are_handed_out_no_more(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let token = portal.token(&portal.key).await;
    let mut tx = portal.pool.begin().await.unwrap();
    let successor = keys::revoke(
        &mut tx,
        &sealer(),
        Algorithm::RS256,
        &kid(&token),
        portal.now(),
    )
    .await
    .unwrap();
    tx.commit().await.unwrap();
    tasks::reload(&portal.state).await.unwrap();
    let set = portal
        .get("/oauth2/jwks")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(!set.contains(&kid(&token)));
    assert_eq!(Some(kid(&portal.token(&portal.key).await)), successor);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_key_that_takes_over_within_a_second_signs_at_once(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let old = kid(&portal.token(&portal.key).await);
    portal.advance(Duration::milliseconds(500));
    let (sealer, now) = (sealer(), portal.now());
    let mut tx = portal.pool.begin().await.unwrap();
    let successor = keys::revoke(&mut tx, &sealer, Algorithm::RS256, &old, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    tasks::reload(&portal.state).await.unwrap();
    assert_eq!(Some(kid(&portal.token(&portal.key).await)), successor);
}

/// Revokes the key that signs by a clock that is ahead of the portal's by this much.
async fn revoked_ahead(portal: &Portal, ahead: Duration) -> (u16, String) {
    let old = kid(&portal.token(&portal.key).await);
    let (sealer, now) = (sealer(), portal.now() + ahead);
    let mut tx = portal.pool.begin().await.unwrap();
    keys::revoke(&mut tx, &sealer, Algorithm::RS256, &old, now)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    tasks::reload(&portal.state).await.unwrap();
    portal.refusal(portal.fetch(&portal.key)).await
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_key_that_takes_over_by_a_clock_that_is_ahead_signs_as_well(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let (status, token) = revoked_ahead(&portal, Duration::seconds(50)).await;
    assert_eq!(status, 200, "{token}");
    let (status, _) = revoked_ahead(&portal, Duration::minutes(10)).await;
    assert_eq!(status, 503, "so far apart no two clocks are");
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn es256_works_as_well(pool: PgPool) {
    let portal = Portal::with(pool, "algorithm = \"ES256\"", Limits::default()).await;
    let token = portal.token(&portal.key).await;
    assert_eq!(
        jsonwebtoken::decode_header(&token).unwrap().alg,
        Algorithm::ES256
    );
    assert!(
        Verifier::new(&[&portal.url], &portal.clock)
            .accepts(&token)
            .await
    );
    assert_eq!(
        portal.token(&portal.key).await,
        token,
        "ES256 signs differently each time, so it has to be kept"
    );
    let discovery: serde_json::Value = portal
        .get("/.well-known/openid-configuration")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        discovery["id_token_signing_alg_values_supported"],
        serde_json::json!(["ES256"])
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_wrong_key_encryption_key_refuses_to_start_and_an_earlier_one_is_replaced(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let token = portal.token(&portal.key).await;
    let other = "YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXphYmNkZWY=";
    let mut config = config(&portal.url, "");
    config.signing.key_encryption_key = other.to_owned().into();
    let refused = state::portal(&config, portal.pool.clone(), portal.clock.clone()).await;
    assert!(refused.is_err(), "new keys were made silently");
    config.signing.previous_key_encryption_keys = vec![KEK.to_owned().into()];
    state::portal(&config, portal.pool.clone(), portal.clock.clone())
        .await
        .unwrap();
    config.signing.previous_key_encryption_keys = vec![];
    let resealed = state::portal(&config, portal.pool.clone(), portal.clock.clone())
        .await
        .unwrap();
    assert!(
        resealed
            .issuer
            .ring
            .is_published(&kid(&token), portal.now())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn no_private_part_of_a_key_is_published_or_stored_in_the_clear(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let set: serde_json::Value = portal
        .get("/oauth2/jwks")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    for key in set["keys"].as_array().unwrap() {
        for private in ["d", "p", "q", "dp", "dq", "qi", "k", "oth"] {
            assert!(key.get(private).is_none(), "{private} is published");
        }
        assert_eq!(key["use"], "sig");
    }
    let token = portal.token(&portal.key).await;
    let signature = token.rsplit('.').next().unwrap().to_owned();
    let dump: String = sqlx::query_scalar(
        "SELECT string_agg(t::text, '') FROM (SELECT c::text FROM current_tokens c UNION ALL SELECT i::text FROM issued_tokens i
         UNION ALL SELECT k::text FROM retrieval_keys k UNION ALL SELECT l::text FROM logins l) AS t",
    )
    .fetch_one(&portal.pool)
    .await
    .unwrap();
    assert!(!dump.contains(&signature) && !dump.contains(&portal.key));
    assert!(
        dump.contains(claims(&token)["jti"].as_str().unwrap()),
        "the dump is not what it should be"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn with_a_wrong_key_encryption_key_no_key_is_made_or_revoked(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let wrong = "d3JvbmctMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc=".to_owned();
    let wrong = Sealer::new(&wrong.into(), &[]).unwrap();
    let mut conn = portal.pool.acquire().await.unwrap();
    let overlap = Overlap::immediate(Duration::seconds(30));
    let now = portal.now();
    let rotated = keys::rotate(&mut conn, &wrong, Algorithm::RS256, overlap, now).await;
    assert!(matches!(rotated, Err(keys::KeyError::Seal { .. })));
    let kid = keys::list(&mut conn).await.unwrap()[0].kid.clone();
    let revoked = keys::revoke(&mut conn, &wrong, Algorithm::RS256, &kid, now).await;
    assert!(matches!(revoked, Err(keys::KeyError::Seal { .. })));
    assert_eq!(keys::list(&mut conn).await.unwrap().len(), 1);
    tasks::reload(&portal.state).await.unwrap();
    portal.token(&portal.key).await;
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn in_an_emergency_a_pending_key_takes_over_at_once(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let old = kid(&portal.token(&portal.key).await);
    let max_age = Duration::seconds(30);
    let pending = rotate(&portal, Overlap::unnoticed(max_age, Duration::hours(24))).await;
    assert_eq!(rotate(&portal, Overlap::immediate(max_age)).await, pending);
    portal.advance(Duration::minutes(5));
    assert_eq!(kid(&portal.token(&portal.key).await), pending);
    assert_ne!(old, pending);
}
