//! Which addresses a provider may have.

use std::{
    fmt::Write as _,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener},
    sync::Arc,
    time::Instant,
};

use server::edge::limits::Limits;
use sqlx::PgPool;

use crate::{
    provider::Provider,
    support::{Portal, clock},
};

/// Listens, and tells who knocked. On IPv6 as well, where there is any.
struct Inside(Vec<TcpListener>);

impl Inside {
    fn listen() -> (Self, u16) {
        let first = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = first.local_addr().unwrap().port();
        let second = TcpListener::bind(SocketAddr::from((Ipv6Addr::LOCALHOST, port)));
        let both: Vec<_> = [first].into_iter().chain(second).collect();
        for listener in &both {
            listener.set_nonblocking(true).unwrap();
        }
        (Self(both), port)
    }

    fn was_knocked_at(&self) -> bool {
        let mut knocked = false;
        for listener in &self.0 {
            while listener.accept().is_ok() {
                knocked = true;
            }
        }
        knocked
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_address_inside_is_asked_only_where_it_is_named(pool: PgPool) {
    let (inside, port) = Inside::listen();
    let mut more = String::new();
    let by_name = "allow_private = [\"localhost\"]";
    let by_number = "allow_private = [\"127.0.0.1\"]";
    let cases = [
        // By name and by number, however it is written.
        ("by-name", "localhost", "", false),
        ("by-number", "127.0.0.1", "", false),
        ("decimal", "2130706433", "", false),
        ("short", "127.1", "", false),
        ("by-v6", "[::1]", "", false),
        ("mapped", "[::ffff:127.0.0.1]", "", false),
        ("another", "localhost", by_number, false),
        ("named", "localhost", by_name, true),
        ("numbered", "127.0.0.1", by_number, true),
    ];
    for (name, host, allowed, _) in cases {
        let _ = write!(
            more,
            "[[directory]]\nname = \"{name}\"\nkind = \"oidc\"\nenter = \"everyone\"\n\
             issuer = \"https://{host}:{port}\"\nclient_id = \"x\"\n{allowed}\n"
        );
    }
    let portal = Portal::on(clock(), pool, &more, Limits::default(), super::hurry).await;
    for (name, .., knocks) in cases {
        let start = Instant::now();
        let form = [("directory", name)];
        let response = portal.post("/login", &form).send().await.unwrap();
        assert_eq!(response.status(), 503, "{name}");
        assert!(start.elapsed().as_secs() < 2, "{name}");
        assert_eq!(inside.was_knocked_at(), knocks, "{name}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_name_that_is_allowed_is_looked_up_and_asked(pool: PgPool) {
    let clock = clock();
    let provider = Provider::start(Arc::clone(&clock)).await;
    let port = provider.0.url.rsplit_once(':').unwrap().1.to_owned();
    let more = format!(
        "[[directory]]\nname = \"trial\"\nkind = \"oidc\"\nenter = \"everyone\"\n\
         issuer = \"http://localhost:{port}\"\nclient_id = \"x\"\nallow_http = [\"localhost\"]\n"
    );
    let portal = Portal::on(clock, pool, &more, Limits::default(), |_| ()).await;
    // It was asked, and says that it is 127.0.0.1, which is another issuer.
    let form = [("directory", "trial")];
    let response = portal.post("/login", &form).send().await.unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(provider.hits(), ["description"]);
}
