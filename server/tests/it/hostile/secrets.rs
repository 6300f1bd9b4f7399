//! Where a secret must never turn up, whatever is sent: logs, counts, the database.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

use identity::cluster::credential::Which;
use server::edge::log::{self, LogFormat};
use sqlx::{PgPool, Row};

use super::{FORM, bearer, request, send};
use crate::{provider::Reply, support::Portal, upstream::World, webhooks::secret};

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl Write for Kept {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(line)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Kept {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// Sends a word in every place of a request where somebody could put a secret by mistake.
async fn spread(portal: &Portal, cookie: &str) {
    let own = format!("cookie: {cookie}\r\n{}", bearer(portal));
    let lines = "%0d%0a%7B%22level%22%3A%22canary%22%7D%1b[31mcanary";
    let fields = format!(
        "username=canary{lines}&password=canary&name=&refresh_token=canary&id=canary&token=canary\
         &access_token=canary&client_id=kubernetes&client_secret=canary&code=canary&code_verifier=canary\
         &grant_type=authorization_code&redirect_uri=canary&id_token_hint=canary&state=canary&text=eyJcanary.canary.canary&user_code=canary"
    );
    let headers = format!(
        "{FORM}cookie: shorepass=canary\r\nuser-agent: canary\r\nreferer: http://canary/?canary\r\nauthorization: Bearer canary\r\nx-forwarded-for: canary\r\nx-request-id: canary\r\ntraceparent: canary\r\n"
    );
    for path in super::PAGES.into_iter().chain(["/canary"]) {
        let path = format!(
            "{path}?refresh_token=canary&canary={lines}&id_token_hint=canary&state=canary&client_id=dashboard"
        );
        for headers in [&own, &headers] {
            send(portal, &path, request(portal, "GET", &path, headers, "")).await;
        }
    }
    for path in super::FORMS
        .into_iter()
        .chain(super::OAUTH)
        .chain(super::JSON)
        .chain(super::REVIEWS)
        .chain(["/canary"])
    {
        send(
            portal,
            path,
            request(portal, "POST", path, &headers, &fields),
        )
        .await;
        send(
            portal,
            path,
            request(portal, "CANARY", path, &headers, &fields),
        )
        .await;
    }
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn a_log_line_is_one_json_object_without_anybodys_secret(pool: PgPool) {
    let kept = Kept::default();
    let writer = kept.clone();
    let lines = log::lines(LogFormat::Json, log::DEFAULT.parse().unwrap(), move || {
        writer.clone()
    });
    // One for the process: what other tests do is in it as well.
    tracing::subscriber::set_global_default(lines).unwrap();
    tracing::callsite::rebuild_interest_cache();
    let world = World::start(pool).await;
    let portal = &world.portal;
    let cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "").await;
    let token = portal.token(&key).await;
    portal.log_in_as("alice", "canary").send().await.unwrap();
    spread(portal, &cookie).await;
    let mut theirs = Vec::new();
    for reply in [
        None,
        Some(Reply::Status(500)),
        Some(Reply::Text(
            "application/json",
            "{\"access_token\":7,\"id_token\":\"canary\"}".into(),
        )),
        Some(Reply::Text("text/html", "canary".into())),
    ] {
        world.corp.script().at_token = reply;
        let away = world.leave("corp", "").await;
        let back = world.corp.log_in(&away.to);
        world.come_back(&back, "shorepass-flow=canary").await;
        world.come_back(&back, &away.cookie).await;
        let (_, query) = back.split_once('?').unwrap();
        theirs.extend(
            query
                .split('&')
                .map(|pair| pair.split_once('=').unwrap().1.to_owned()),
        );
        theirs.push(away.cookie);
    }
    // What goes wrong is said at more length.
    portal
        .sql("ALTER TABLE current_tokens RENAME TO elsewhere")
        .await;
    for request in [
        portal.fetch(&key),
        portal.get("/").header("cookie", &cookie),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 503);
    }
    let text = kept.text();
    let secret = cookie.split_once('=').unwrap().1;
    for word in [
        "canary",
        &portal.key,
        &key,
        secret,
        &token,
        token.rsplit('.').next().unwrap(),
        "shorepass=",
    ]
    .into_iter()
    .chain(theirs.iter().map(String::as_str))
    {
        assert!(!text.contains(word), "{word} is in the log");
    }
    assert!(text.lines().count() > 30, "the log was not kept: {text}");
    for line in text.lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(
            line["level"].is_string() && line["timestamp"].is_string(),
            "{line}"
        );
    }
    assert!(
        text.contains("no token could be issued for a key"),
        "what went wrong is said"
    );
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn counts_have_few_names_and_none_that_was_sent(pool: PgPool) {
    // One for the process: other tests are counted as well, and may send what they like.
    let counts = metrics_exporter_prometheus::PrometheusBuilder::new()
        .install_recorder()
        .unwrap();
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    spread(&portal, &cookie).await;
    let text = counts.render();
    assert!(text.contains("http_requests_total"), "nothing was counted");
    for word in ["canary", &portal.key, cookie.split_once('=').unwrap().1] {
        assert!(!text.to_lowercase().contains(word), "{word} is in a count");
    }
    assert!(text.contains("route=\"unmatched\"") && text.contains("method=\"other\""));
}

#[sqlx::test(migrator = "identity::MIGRATOR")]
async fn no_table_holds_a_secret_in_the_clear(pool: PgPool) {
    let portal = Portal::start(pool).await;
    let cookie = portal.log_in("alice").await;
    let key = portal.make_key(&cookie, "").await;
    let token = portal.token(&key).await;
    portal.sql("UPDATE clusters SET tokens = 'opaque'").await;
    let opaque = portal.token(&key).await;
    let credential = secret(&portal, "demo", Which::Present).await;
    portal
        .log_in_as("alice", "canary-password")
        .send()
        .await
        .unwrap();
    let tables = sqlx::query(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()",
    )
    .fetch_all(&portal.pool)
    .await
    .unwrap();
    let mut dump = String::new();
    for table in tables {
        let name: String = table.get(0);
        let rows = sqlx::AssertSqlSafe(format!(
            "SELECT string_agg(t::text, E'\\n') FROM \"{name}\" AS t"
        ));
        let rows: Option<String> = sqlx::query_scalar(rows)
            .fetch_one(&portal.pool)
            .await
            .unwrap();
        dump += &rows.unwrap_or_default();
    }
    assert!(dump.contains("laptop"), "the dump is not what it should be");
    let own = cookie.split_once('=').unwrap().1;
    for word in [
        &portal.key,
        &key,
        own,
        &token,
        token.rsplit('.').next().unwrap(),
        &opaque,
        &credential,
        "canary-password",
        "BEGIN PRIVATE",
    ] {
        assert!(!dump.contains(word), "{word} is in the database");
    }
}
