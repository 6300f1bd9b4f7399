//! What else the portal hands out, offered to the API server as if it were a person's token.

use std::time::Duration;

use identity::{
    oauth::backchannel,
    outgoing::{Outgoing, Way},
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use server::state;

use crate::{receiver::Receiver, support::claims, world::World};

/// The logout token of a client of that name, as its receiver gets it.
async fn logout_token(world: &World, receiver: &Receiver, client: &str) -> String {
    let portal = &world.portal;
    sqlx::query(
        "INSERT INTO clients (id, title, cluster_id, source, redirect_uris, post_logout_redirect_uris,
                              backchannel_logout_uri, grant_types, pkce_required, first_party, created_at)
         SELECT $1, $1, id, 'page', '{}', '{}', $2, '{device_code}', true, true, now() FROM clusters WHERE name = 'demo'",
    )
    .bind(client)
    .bind(&receiver.uri)
    .execute(&portal.pool)
    .await
    .unwrap();
    portal.log_in("alice").await;
    sqlx::query(
        "INSERT INTO families (id, client_id, cluster_id, user_id, login_id, scope, mark_hash, address, created_at, last_used_at)
         SELECT gen_random_uuid(), $1, c.id, l.user_id, l.id, 'openid', sha256('mark'), '127.0.0.1', now(), now()
         FROM logins l, clusters c WHERE l.ended_at IS NULL AND c.name = 'demo'",
    )
    .bind(client)
    .execute(&portal.pool)
    .await
    .unwrap();
    portal
        .sql("UPDATE logins SET ended_at = authenticated_at, end_reason = 'logout' WHERE ended_at IS NULL")
        .await;
    let told = state::portal(&portal.config, portal.pool.clone(), portal.clock.clone());
    let mut told = told.await.unwrap();
    told.courier = Outgoing::new(Way {
        hosts: None,
        allow_http: [].into(),
        allow_private: ["localhost".to_owned()].into(),
        roots: vec![CertificateDer::from_pem_file(receiver.root()).unwrap()],
        timeout: Duration::from_secs(5),
    })
    .unwrap();
    backchannel::deliver(&told).await.unwrap();
    let mut got = receiver.got();
    assert_eq!(got.len(), 1, "the client was told once");
    got.remove(0)
}

pub(crate) async fn a_logout_token_is_nobodys(world: &World) {
    let receiver = Receiver::start();
    let token = logout_token(world, &receiver, "dashboard").await;
    assert_eq!(claims(&token)["aud"], serde_json::json!(["dashboard"]));
    assert!(!world.api.accepts(&token).await);
    world.api.says(r#"got [\"dashboard\"]"#).await;

    // Even for the cluster's own audience, which no client may be called, there is nobody in it.
    let audience = |name: &'static str| async move {
        sqlx::query("UPDATE clusters SET audience = $1 WHERE name = 'demo'")
            .bind(name)
            .execute(&world.portal.pool)
            .await
            .unwrap();
    };
    audience("elsewhere").await;
    let token = logout_token(world, &receiver, "kubernetes").await;
    world.portal.sql("DELETE FROM clients").await;
    audience("kubernetes").await;
    assert_eq!(claims(&token)["aud"], serde_json::json!(["kubernetes"]));
    assert!(!world.api.accepts(&token).await);
    world
        .api
        .says(r#"parse username claims \"sub\": claim not present"#)
        .await;
}
