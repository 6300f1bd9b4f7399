//! An API server that started before the portal.

use std::time::{Duration, Instant};

use identity::{
    issuer,
    secret::{Opaque, RetrievalKey},
};
use secrecy::ExposeSecret;

use crate::{api_server::ApiServer, support::Portal, world::World};

/// What happened when the portal came late.
#[derive(Debug)]
pub(crate) struct Seen {
    /// A good token, before anybody answered for it.
    accepted_before: bool,
    /// From the portal's first answer to the first token that was taken.
    recovered_after: Duration,
}

/// Opens the portal only after an API server that trusts it was ready and had refused a token.
pub(crate) async fn open_late(portal: &Portal, api: &ApiServer, open: impl FnOnce()) -> Seen {
    let key = Opaque::<RetrievalKey>::parse(&portal.key).unwrap();
    let identity = &portal.state.portal;
    let issued = issuer::by_key(identity, &key, Some("demo"), "127.0.0.1").await;
    let token = issued.unwrap().token;
    let token = token.expose_secret();
    let accepted_before = api.accepts(token).await;
    open();
    let start = Instant::now();
    while !api.accepts(token).await {
        assert!(
            start.elapsed() < Duration::from_mins(1),
            "no token is taken; the API server says:\n{}",
            api.last_words()
        );
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    Seen {
        accepted_before,
        recovered_after: start.elapsed(),
    }
}

pub(crate) async fn an_api_server_that_was_there_first_recovers_by_itself(world: &World) {
    let seen = &world.recovery;
    assert!(!seen.accepted_before, "nobody answered for that token");
    // It asks again every ten seconds.
    assert!(seen.recovered_after < Duration::from_secs(15), "{seen:?}");
    println!(
        "recovered {:.1} s after the portal opened",
        seen.recovered_after.as_secs_f64()
    );
}
