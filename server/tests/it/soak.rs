//! Twenty scheduled rotations with three replicas, second by second of a clock that the test moves,
//! under verifiers that cache as an API server does: `make soak`.

use std::collections::{BTreeSet, VecDeque};

use domain::signing_key::Overlap;
use futures_util::future::join_all;
use server::{AppState, edge::limits::Limits, tasks};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};

use crate::{
    support::{Portal, claims},
    verifier::Verifier,
};

const ROTATIONS: usize = 20;
/// As short as `jwks_max_age` below allows: a key is published 100 s before it signs.
const EVERY: Duration = Duration::seconds(120);
const MAX_AGE: Duration = Duration::seconds(10);
/// In which of five seconds each replica looks after its keys: two of them at once.
const PHASES: [i64; 3] = [0, 0, 2];

struct Fleet {
    portal: Portal,
    replicas: Vec<(AppState, String)>,
}

impl Fleet {
    /// The portal of the tests holds the data and does not rotate; its replicas do.
    async fn start(pool: PgPool, overlap: Overlap, replicas: usize) -> Self {
        let max_age = format!("jwks_max_age = {}", MAX_AGE.whole_seconds());
        let portal = Portal::with(pool, &max_age, Limits::default()).await;
        let mut fleet = Self {
            portal,
            replicas: Vec::new(),
        };
        for _ in 0..replicas {
            let adjust = |issuer: &mut identity::issuer::Issuer| {
                issuer.rotate_every = Some(EVERY);
                issuer.overlap = overlap;
            };
            fleet.replicas.push(fleet.portal.another(adjust).await);
        }
        fleet
    }

    /// What each replica does every five seconds.
    async fn look_after_keys(&self, second: i64) {
        let due = self.replicas.iter().zip(PHASES);
        let due = due.filter(|(_, phase)| second % 5 == *phase);
        let each = due.map(async |((state, _), _)| {
            tasks::reload(state).await.unwrap();
            tasks::rotate(state).await.unwrap();
        });
        join_all(each).await;
    }

    async fn fresh_token(&self, replica: usize) -> String {
        self.portal.sql("DELETE FROM current_tokens").await;
        let (_, url) = &self.replicas[replica % self.replicas.len()];
        let request = self.portal.client.get(format!("{url}/k8stoken"));
        let request = request.header("host", self.portal.host());
        let response = request.bearer_auth(&self.portal.key).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }

    /// When each key began to sign, or will.
    async fn signs_from(&self) -> Vec<OffsetDateTime> {
        sqlx::query_scalar("SELECT active_from FROM signing_keys ORDER BY active_from")
            .fetch_all(&self.portal.pool)
            .await
            .unwrap()
    }

    /// Every second a token is minted, by one replica after another. It, the oldest that has not
    /// ended and one between them are presented to a verifier that never restarts, and to others
    /// that started within the last seconds, so that their caches run out at every possible moment.
    /// How many were refused, and how many keys signed.
    async fn refusals(&self, rotations: usize) -> (usize, usize) {
        let urls: Vec<&str> = self.replicas.iter().map(|(_, url)| url.as_str()).collect();
        let mut steady = Verifier::new(&urls, &self.portal.clock);
        let mut started = VecDeque::new();
        let mut tokens: VecDeque<(OffsetDateTime, String)> = VecDeque::new();
        let mut kids = BTreeSet::new();
        let mut refused = 0;
        let seconds = EVERY.whole_seconds() * i64::try_from(rotations).unwrap() + 60;
        self.portal.log_in("alice").await;
        for second in 0..seconds {
            self.look_after_keys(second).await;
            let turn = usize::try_from(second).unwrap();
            let token = self.fresh_token(turn).await;
            kids.insert(jsonwebtoken::decode_header(&token).unwrap().kid.unwrap());
            let end = claims(&token)["exp"].as_i64().unwrap();
            tokens.push_back((OffsetDateTime::from_unix_timestamp(end).unwrap(), token));
            tokens.retain(|(end, _)| *end > self.portal.now());
            let mut urls = urls.clone();
            urls.rotate_left(turn % 3);
            if second % 3 == 0 {
                started.push_back(Verifier::new(&urls, &self.portal.clock));
            }
            if started.len() > 4 {
                started.pop_front();
            }
            for verifier in started.iter_mut().chain([&mut steady]) {
                for (_, token) in [tokens.front(), tokens.get(tokens.len() / 2), tokens.back()]
                    .into_iter()
                    .flatten()
                {
                    refused += usize::from(!verifier.accepts(token).await);
                }
            }
            self.portal.advance(Duration::seconds(1));
        }
        (refused, kids.len())
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn twenty_rotations_go_unnoticed_by_verifiers_that_cache(pool: PgPool) {
    let overlap = Overlap::unnoticed(MAX_AGE, Duration::ZERO);
    let fleet = Fleet::start(pool, overlap, PHASES.len()).await;
    let start = std::time::Instant::now();
    let (refused, keys) = fleet.refusals(ROTATIONS).await;
    println!(
        "{refused} refused over {} rotations by {} replicas, in {:.0?}",
        keys - 1,
        PHASES.len(),
        start.elapsed()
    );
    assert_eq!((refused, keys), (0, ROTATIONS + 1));
    let signs_from = fleet.signs_from().await;
    for pair in signs_from.windows(2) {
        let period = pair[1] - pair[0];
        // Late by as much as it takes until a replica looks.
        let right = EVERY..EVERY + Duration::seconds(5);
        assert!(
            right.contains(&period),
            "{period} between two keys: {signs_from:?}"
        );
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn rotations_without_overlap_are_noticed_so_the_soak_can_fail(pool: PgPool) {
    let none = Overlap {
        lead: Duration::ZERO,
        tail: Duration::ZERO,
    };
    let fleet = Fleet::start(pool, none, PHASES.len()).await;
    let (refused, keys) = fleet.refusals(2).await;
    println!(
        "{refused} refused over {} rotations without overlap",
        keys - 1
    );
    assert!(refused > 0, "they went unnoticed");
    assert_eq!(keys, 3);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn of_replicas_that_find_a_key_due_at_once_one_makes_it(pool: PgPool) {
    let overlap = Overlap::unnoticed(MAX_AGE, Duration::ZERO);
    let fleet = Fleet::start(pool, overlap, 6).await;
    for keys in 2..6 {
        fleet.portal.advance(EVERY);
        for _ in 0..2 {
            let each = fleet.replicas.iter();
            let each = each.map(async |(state, _)| tasks::rotate(state).await.is_ok());
            let well = join_all(each).await;
            assert!(well.iter().all(|well| *well), "one had trouble: {well:?}");
            assert_eq!(fleet.signs_from().await.len(), keys);
        }
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn where_nothing_is_scheduled_nothing_is_rotated(pool: PgPool) {
    let portal = Portal::with(pool, "rotate_days = 0", Limits::default()).await;
    portal.advance(Duration::days(400));
    tasks::rotate(&portal.state).await.unwrap();
    let keys: i64 = sqlx::query_scalar("SELECT count(*) FROM signing_keys")
        .fetch_one(&portal.pool)
        .await
        .unwrap();
    assert_eq!(keys, 1);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_key_is_published_a_lead_before_the_month_is_over_and_erased_after_its_time(
    pool: PgPool,
) {
    let portal = Portal::start(pool).await;
    let count = async |what: &'static str| {
        sqlx::query_scalar::<_, i64>(what)
            .fetch_one(&portal.pool)
            .await
            .unwrap()
    };
    let keys = "SELECT count(*) FROM signing_keys";
    let opened = "SELECT count(*) FROM signing_keys WHERE sealed IS NOT NULL";
    portal.advance(Duration::days(29) - Duration::seconds(1));
    tasks::rotate(&portal.state).await.unwrap();
    assert_eq!(count(keys).await, 1, "a day and a second before");
    portal.advance(Duration::seconds(1));
    tasks::rotate(&portal.state).await.unwrap();
    assert_eq!(count(keys).await, 2, "a day before");
    portal.advance(Duration::days(2));
    tasks::tidy(&portal.state).await.unwrap();
    assert_eq!(count(opened).await, 1, "the old private key is kept");
}
