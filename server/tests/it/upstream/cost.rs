//! What a login at a provider costs of our own time.

use std::time::{Duration, Instant};

use sqlx::PgPool;

use super::World;

const LOGINS: usize = 100;

/// Alone on a machine, the slowest of a hundred is the figure; beside other tests, the median is.
/// `cargo test -p server --test it -- upstream::cost --nocapture` prints both.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn people_do_not_wait_for_us_when_they_come_back(pool: PgPool) {
    let world = World::start(pool).await;
    world.corp.script().thin = true; // so that all of the way is gone
    assert_eq!(world.log_in().await.status(), 303);
    let mut own = Vec::new();
    for _ in 0..LOGINS {
        world.portal.advance(time::Duration::seconds(2));
        let away = world.leave("corp", "").await;
        let back = world.corp.log_in(&away.to);
        let (start, theirs) = (Instant::now(), world.corp.spent());
        assert_eq!(world.come_back(&back, &away.cookie).await.status(), 303);
        let theirs = world.corp.spent().saturating_sub(theirs);
        own.push(start.elapsed().saturating_sub(theirs));
    }
    own.sort();
    let (median, p99) = (own[LOGINS / 2], own[LOGINS - 1]);
    println!("our own time of {LOGINS} logins at a provider: median {median:?}, p99 {p99:?}");
    assert!(
        median < Duration::from_millis(150),
        "median {median:?}, p99 {p99:?}"
    );
}
