//! Clients that are told of logouts.

use std::time::Duration as Wait;

use identity::{
    directory::shut_out,
    oauth::backchannel::{self, Told, WAITS},
    operator::Operator,
    session,
};
use jsonwebtoken::{DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::{Value, json};
use server::edge::limits::Limits;
use sqlx::PgPool;
use time::Duration;
use uuid::Uuid;

use super::{
    CLIENTS, introduce, log_in,
    receiver::{Mood, Receiver},
    revoke::at_dashboard,
    text,
};
use crate::support::{Portal, claims, cookie};

/// The clients of the tests, of which one wants to know.
pub(crate) fn clients(receiver: &Receiver, way: &str) -> String {
    let wish = format!(
        "id = \"dashboard\"\nbackchannel_logout_uri = \"{}\"",
        receiver.uri
    );
    CLIENTS.replace("id = \"dashboard\"", &wish) + "[backchannel]\n" + way
}

/// A portal that may reach the receiver.
pub(crate) async fn portal(pool: PgPool, receiver: &Receiver) -> Portal {
    let way = format!(
        "allow_private = [\"localhost\"]\nca_file = \"{}\"\n",
        receiver.root().display()
    );
    by(pool, receiver, &way).await
}

async fn by(pool: PgPool, receiver: &Receiver, way: &str) -> Portal {
    let more = clients(receiver, way);
    let portal = Portal::adjusted(pool, &more, Limits::default(), |config| {
        config.backchannel.timeout = Wait::from_millis(500);
    });
    let portal = portal.await;
    introduce(&portal).await;
    portal
}

pub(crate) async fn deliver(portal: &Portal) -> Vec<Told> {
    backchannel::deliver(&portal.state.portal).await.unwrap()
}

async fn waiting(portal: &Portal) -> i64 {
    sqlx::query_scalar("SELECT count(*) FROM logout_notices")
        .fetch_one(&portal.pool)
        .await
        .unwrap()
}

async fn log_out(portal: &Portal, cookie: &str) {
    let request = portal.post("/logout", &[]).header("cookie", cookie);
    assert_eq!(request.send().await.unwrap().status(), 303);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn however_a_login_ends_its_client_is_told(pool: PgPool) {
    let receiver = Receiver::start();
    let portal = portal(pool, &receiver).await;
    for way in [
        "logout",
        "ended",
        "everywhere",
        "switched",
        "by the client",
        "disabled",
    ] {
        let (old, tokens) = at_dashboard(&portal, "alice").await;
        let sid = claims(text(&tokens, "id_token"))["sid"].clone();
        let post = |path: &str, cookie: &str, id: &str| {
            portal.post(path, &[("id", id)]).header("cookie", cookie)
        };
        match way {
            "logout" => log_out(&portal, &old).await,
            "ended" => {
                let other = portal.log_in("alice").await;
                let sent = post("/sessions/end", &other, sid.as_str().unwrap()).send();
                assert_eq!(sent.await.unwrap().status(), 303);
            }
            "everywhere" => {
                let sent = post("/sessions/end-all", &old, "").send();
                assert_eq!(sent.await.unwrap().status(), 303);
            }
            "switched" => {
                let bob = portal.log_in_as("bob", "shorepass").header("cookie", &old);
                cookie(&bob.send().await.unwrap());
            }
            "by the client" => {
                let hint = text(&tokens, "id_token");
                let path = format!("/oauth2/logout?id_token_hint={hint}");
                let sent = portal.get(&path).header("cookie", &old).send();
                assert_eq!(sent.await.unwrap().status(), 303);
            }
            _ => {
                let mut conn = portal.pool.acquire().await.unwrap();
                shut_out::disable(
                    &mut conn,
                    &Operator::at_the_command_line(),
                    "alice",
                    portal.now(),
                )
                .await
                .unwrap();
            }
        }
        assert!(
            deliver(&portal)
                .await
                .iter()
                .all(|told| told.outcome.is_ok()),
            "{way}"
        );
        let got = receiver.got();
        assert_eq!(got.len(), 1, "{way}");
        assert_eq!(claims(&got[0])["sid"], sid, "{way}");
        assert_eq!(waiting(&portal).await, 0, "{way}");
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn nobody_else_is_told(pool: PgPool) {
    let receiver = Receiver::start();
    let portal = portal(pool, &receiver).await;
    // Kubectl had tokens, and has no such address; the dashboard has one, and had no tokens of this login.
    let (cookie, _) = log_in(&portal, "alice").await;
    let (_, theirs) = at_dashboard(&portal, "alice").await;
    log_out(&portal, &cookie).await;
    assert!(deliver(&portal).await.is_empty() && receiver.got().is_empty());
    // What had ended before was a client's all the same.
    let fields = [("token", text(&theirs, "refresh_token"))];
    let given =
        super::revoke::revoke(&portal, &fields).basic_auth("dashboard", Some(super::SECRET));
    assert_eq!(given.send().await.unwrap().status(), 200);
    let bob = portal.log_in("bob").await;
    log_out(&portal, &bob).await;
    assert!(deliver(&portal).await.is_empty());
    portal.sql("UPDATE logins SET ended_at = authenticated_at, end_reason = 'ended' WHERE ended_at IS NULL").await;
    assert_eq!(deliver(&portal).await.len(), 1);
    // A login that ended does not end again.
    portal
        .sql("UPDATE logins SET ended_at = authenticated_at, end_reason = 'ended'")
        .await;
    assert!(deliver(&portal).await.is_empty());
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_login_that_did_not_end_after_all_is_told_to_nobody(pool: PgPool) {
    let receiver = Receiver::start();
    let portal = portal(pool, &receiver).await;
    let (_, tokens) = at_dashboard(&portal, "alice").await;
    let claims = claims(text(&tokens, "id_token"));
    let id = |name: &str| claims[name].as_str().unwrap().parse::<Uuid>().unwrap();
    let mut tx = portal.pool.begin().await.unwrap();
    let reason = session::EndReason::Logout;
    let ended = session::store::end(&mut tx, id("uid"), id("sid"), reason, portal.now()).await;
    assert!(ended.unwrap());
    tx.rollback().await.unwrap();
    assert_eq!(waiting(&portal).await, 0);
}

/// The keys that the portal publishes, as everybody fetches them.
pub(crate) async fn keys(portal: &Portal) -> JwkSet {
    let response = portal.get("/oauth2/jwks").send().await.unwrap();
    response.json().await.unwrap()
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_logout_token_is_what_a_client_expects(pool: PgPool) {
    let receiver = Receiver::start();
    let portal = portal(pool, &receiver).await;
    let (cookie, tokens) = at_dashboard(&portal, "alice").await;
    log_out(&portal, &cookie).await;
    portal.advance(Duration::seconds(7));
    deliver(&portal).await;
    let token = receiver.got().remove(0);
    let header = decode_header(&token).unwrap();
    assert_eq!(header.typ.as_deref(), Some("logout+jwt"));
    let keys = keys(&portal).await;
    let key = DecodingKey::from_jwk(keys.find(&header.kid.unwrap()).unwrap()).unwrap();
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&["dashboard"]);
    validation.set_issuer(&[&portal.url]);
    let mut said = decode::<Value>(&token, &key, &validation).unwrap().claims;
    let now = portal.now().unix_timestamp();
    let jti = said["jti"].take();
    assert!(Uuid::try_parse(jti.as_str().unwrap()).is_ok());
    let expected = json!({
        "iss": portal.url, "aud": ["dashboard"], "iat": now, "exp": now + 120, "jti": null,
        "sid": claims(text(&tokens, "id_token"))["sid"],
        "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    assert_eq!(said, expected);
}

/// As an API server verifies (kubernetes' oidc.go): issuer, audience, times and signature, then the
/// claim that names the user. It looks at no `typ`.
pub(crate) fn accept(
    token: &str,
    keys: &JwkSet,
    issuer: &str,
    audience: &str,
) -> Result<String, String> {
    let header = decode_header(token).map_err(|error| error.to_string())?;
    let key = DecodingKey::from_jwk(
        keys.find(&header.kid.unwrap_or_default())
            .ok_or("an unknown key")?,
    )
    .unwrap();
    let mut validation = Validation::new(header.alg);
    validation.set_audience(&[audience]);
    validation.set_issuer(&[issuer]);
    let seen = decode::<Value>(token, &key, &validation).map_err(|error| error.to_string())?;
    let name = seen.claims.get("sub").and_then(Value::as_str);
    name.map(str::to_owned)
        .ok_or_else(|| "claim not present".into())
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn no_api_server_takes_a_logout_token_for_a_persons(pool: PgPool) {
    let receiver = Receiver::start();
    let portal = portal(pool, &receiver).await;
    let (cookie, tokens) = at_dashboard(&portal, "alice").await;
    log_out(&portal, &cookie).await;
    deliver(&portal).await;
    let logout = receiver.got().remove(0);
    let (keys, issuer) = (keys(&portal).await, portal.url.as_str());
    let good = text(&tokens, "id_token");
    for audience in ["kubernetes", "dashboard"] {
        assert_eq!(accept(good, &keys, issuer, audience), Ok("alice".into()));
    }
    assert_eq!(
        accept(&logout, &keys, issuer, "kubernetes"),
        Err("InvalidAudience".into())
    );
    // Even one that was told to listen to the client.
    assert_eq!(
        accept(&logout, &keys, issuer, "dashboard"),
        Err("claim not present".into())
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn what_a_client_does_not_take_is_tried_again_and_at_last_given_up(pool: PgPool) {
    let receiver = Receiver::start();
    let portal = portal(pool, &receiver).await;
    let (cookie, _) = at_dashboard(&portal, "alice").await;
    log_out(&portal, &cookie).await;
    let mut jtis = std::collections::BTreeSet::new();
    for (tried, wait) in WAITS.into_iter().enumerate() {
        receiver.set(
            [
                Mood::Takes(500),
                Mood::Takes(400),
                Mood::Redirects,
                Mood::Hangs,
            ][tried % 4],
        );
        let told = deliver(&portal).await;
        assert_eq!(told.len(), 1, "try {tried}");
        assert!(told[0].outcome.is_err(), "try {tried}");
        assert_eq!(told[0].last, tried + 1 == WAITS.len());
        let got = receiver.got();
        assert_eq!(got.len(), 1, "a redirect was followed");
        assert!(
            jtis.insert(claims(&got[0])["jti"].to_string()),
            "a token was used twice"
        );
        portal.advance(wait - Duration::seconds(1));
        assert!(deliver(&portal).await.is_empty(), "try {tried}: too soon");
        portal.advance(Duration::seconds(1));
    }
    assert!(deliver(&portal).await.is_empty());
    assert_eq!(waiting(&portal).await, 0);

    let (cookie, _) = at_dashboard(&portal, "bob").await;
    log_out(&portal, &cookie).await;
    receiver.set(Mood::Takes(503));
    assert!(deliver(&portal).await[0].outcome.is_err());
    receiver.set(Mood::Takes(204));
    portal.advance(WAITS[0]);
    assert!(deliver(&portal).await[0].outcome.is_ok());
    assert_eq!(waiting(&portal).await, 0);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn of_several_replicas_one_tells(pool: PgPool) {
    let receiver = Receiver::start();
    let portal = portal(pool, &receiver).await;
    for username in ["alice", "bob", "carol", "dave", "erin"] {
        let (cookie, _) = at_dashboard(&portal, username).await;
        log_out(&portal, &cookie).await;
    }
    let replica =
        || server::state::portal(&portal.config, portal.pool.clone(), portal.clock.clone());
    let others = [replica().await.unwrap(), replica().await.unwrap()];
    let all = others
        .iter()
        .chain([&portal.state.portal])
        .map(backchannel::deliver);
    let told = futures_util::future::join_all(all).await;
    let count: usize = told.into_iter().map(|told| told.unwrap().len()).sum();
    assert_eq!((count, receiver.got().len()), (5, 5));
    assert_eq!(waiting(&portal).await, 0);
}

/// Whoever takes a notice and dies leaves it to others.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_notice_outlives_whoever_took_it(pool: PgPool) {
    let receiver = Receiver::start();
    let portal = portal(pool, &receiver).await;
    let (cookie, _) = at_dashboard(&portal, "alice").await;
    log_out(&portal, &cookie).await;
    let mut conn = portal.pool.acquire().await.unwrap();
    let taken = backchannel::store::take(&mut conn, portal.now())
        .await
        .unwrap();
    assert_eq!(taken.len(), 1);
    assert!(deliver(&portal).await.is_empty());
    portal.advance(WAITS[0]);
    assert_eq!(deliver(&portal).await.len(), 1);
    assert_eq!(receiver.got().len(), 1);
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_client_that_is_gone_is_told_nothing(pool: PgPool) {
    let receiver = Receiver::start();
    let portal = portal(pool, &receiver).await;
    let (cookie, _) = at_dashboard(&portal, "alice").await;
    log_out(&portal, &cookie).await;
    portal
        .sql("DELETE FROM clients WHERE id = 'dashboard'")
        .await;
    assert_eq!(waiting(&portal).await, 0);
    assert!(deliver(&portal).await.is_empty());
}

/// Without the operator's word nobody inside is knocked at, and nobody who cannot prove who they are.
#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn the_way_to_a_client_is_the_operators_to_allow(pool: PgPool) {
    let receiver = Receiver::start();
    let root = format!("ca_file = \"{}\"\n", receiver.root().display());
    let mut reasons = Vec::new();
    let portal = by(pool.clone(), &receiver, &root).await;
    for (way, uri) in [
        (root.clone(), receiver.uri.clone()),
        (
            "allow_private = [\"localhost\"]\n".to_owned(),
            receiver.uri.clone(),
        ),
        (
            root.clone() + "allow_private = [\"localhost\"]\n",
            receiver.uri.replace("https:", "http:"),
        ),
        (root.clone(), receiver.uri.replace("localhost", "127.0.0.1")),
        (root.clone(), "https://[::ffff:127.0.0.1]/logout".to_owned()),
        (root.clone(), "https://169.254.169.254/logout".to_owned()),
    ] {
        let (cookie, _) = at_dashboard(&portal, "alice").await;
        sqlx::query("UPDATE clients SET backchannel_logout_uri = $1 WHERE id = 'dashboard'")
            .bind(&uri)
            .execute(&pool)
            .await
            .unwrap();
        log_out(&portal, &cookie).await;
        let config = crate::support::config(&portal.url, &clients(&receiver, &way));
        let mut other = server::state::portal(&portal.config, pool.clone(), portal.clock.clone())
            .await
            .unwrap();
        sqlx::query("UPDATE clients SET backchannel_logout_uri = $1 WHERE id = 'dashboard'")
            .bind(&uri)
            .execute(&pool)
            .await
            .unwrap();
        other.courier = identity::outgoing::Outgoing::new(config.backchannel).unwrap();
        let told = backchannel::deliver(&other).await.unwrap();
        assert_eq!(told.len(), 1, "{uri} {way}");
        let error = told[0].outcome.as_ref().unwrap_err();
        reasons.push(server::edge::log::Chain(error).to_string());
        portal.sql("DELETE FROM logout_notices").await;
    }
    assert!(receiver.got().is_empty());
    for (reason, part) in reasons.iter().zip([
        "no public address",
        "certificate",
        "not https",
        "no public address",
        "no public address",
        "no public address",
    ]) {
        assert!(reason.contains(part), "{part}: {reason}");
    }
}
