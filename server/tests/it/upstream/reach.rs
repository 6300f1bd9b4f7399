//! Which addresses a provider may have.

use std::{fmt::Write as _, sync::Arc};

use server::edge::limits::Limits;
use sqlx::PgPool;

use crate::{
    provider::Provider,
    support::{Portal, clock},
};

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn an_address_inside_is_asked_only_where_it_is_named(pool: PgPool) {
    let clock = clock();
    let provider = Provider::start(Arc::clone(&clock)).await;
    let port = provider.0.url.rsplit_once(':').unwrap().1.to_owned();
    let mut more = String::new();
    let cases = [
        // Nothing is allowed: neither by name nor by number, however it is written.
        ("by-name", "https://localhost", ""),
        ("by-number", "https://127.0.0.1", ""),
        ("by-v6", "https://[::1]", ""),
        ("mapped", "https://[::ffff:127.0.0.1]", ""),
        ("metadata", "https://169.254.169.254", ""),
        // Another one is allowed.
        (
            "other",
            "https://localhost",
            "allow_private = [\"127.0.0.1\"]",
        ),
    ];
    for (name, host, allowed) in cases {
        let _ = write!(
            more,
            "[[directory]]\nname = \"{name}\"\nkind = \"oidc\"\nenter = \"everyone\"\nissuer = \"{host}:{port}\"\n\
             client_id = \"x\"\n{allowed}\n"
        );
    }
    let portal = Portal::on(clock, pool, &more, Limits::default(), |_| ()).await;
    for (name, ..) in cases {
        let start = std::time::Instant::now();
        let response = portal
            .post("/login", &[("directory", name)])
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 503, "{name}");
        assert!(start.elapsed().as_secs() < 2, "{name}");
    }
    assert!(provider.hits().is_empty());
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_name_that_is_allowed_is_looked_up_and_asked(pool: PgPool) {
    let clock = clock();
    let provider = Provider::start(Arc::clone(&clock)).await;
    let port = provider.0.url.rsplit_once(':').unwrap().1.to_owned();
    let more = format!(
        "[[directory]]\nname = \"trial\"\nkind = \"oidc\"\nenter = \"everyone\"\nissuer = \"http://localhost:{port}\"\n\
         client_id = \"x\"\nallow_http = [\"localhost\"]\n"
    );
    let portal = Portal::on(clock, pool, &more, Limits::default(), |_| ()).await;
    // It was asked, and says that it is 127.0.0.1, which is another issuer.
    let response = portal
        .post("/login", &[("directory", "trial")])
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 503);
    assert_eq!(provider.hits(), ["description"]);
}
