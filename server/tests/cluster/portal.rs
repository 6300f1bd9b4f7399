//! The portal as `shorepass serve` runs it, over TLS, in a database of its own.

use std::{
    env,
    net::TcpListener,
    path::{Path, PathBuf},
    sync::Arc,
};

use identity::{clock::ManualClock, database};
use reqwest::{Client, redirect::Policy};
use server::{
    config::Config,
    edge::{limits::Limits, listen, tls},
    routes,
};
use sqlx::{Connection, PgConnection, PgPool};
use time::OffsetDateTime;
use tokio::{sync::oneshot, task::JoinHandle};
use url::Url;

use crate::{
    authority::Authority,
    support::{KEK, Portal},
};

/// An empty database, marked as one for demo data.
pub(crate) async fn make_database(kind: &str) -> Url {
    let server = env::var("DATABASE_URL").expect("DATABASE_URL names a Postgres");
    let mut url = Url::parse(&server).unwrap();
    url.set_path(&format!("cluster_{kind}"));
    drop_database(&url).await;
    ask(&format!("CREATE DATABASE {}", name(&url))).await;
    database::migrate(&url.to_string().into()).await.unwrap();
    url
}

pub(crate) async fn drop_database(url: &Url) {
    ask(&format!(
        "DROP DATABASE IF EXISTS {} WITH (FORCE)",
        name(url)
    ))
    .await;
}

fn name(url: &Url) -> &str {
    url.path().trim_start_matches('/')
}

async fn ask(statement: &str) {
    let server = env::var("DATABASE_URL").unwrap();
    let mut connection = PgConnection::connect(&server).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(statement.to_owned()))
        .execute(&mut connection)
        .await
        .unwrap();
}

/// The root of the portal's certificate, and its configuration.
pub(crate) fn configure(folder: &Path, database: &Url, port: u16) -> (Authority, PathBuf) {
    let root = Authority::new("Portal");
    let pair = root.server();
    let file = |name: &str, text: &str| {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    // Not where the API server looks: it gets what is printed for it.
    file("root.crt", root.certificate());
    let (cert, key) = (
        file("portal.crt", &pair.certificate),
        file("portal.key", &pair.key),
    );
    let (cert, key) = (cert.display(), key.display());
    let text = format!(
        r#"
issuer = "https://localhost:{port}"
listen = ["127.0.0.1:{port}"]
[tls]
cert = "{cert}"
key = "{key}"
[database]
url = "{database}"
[[directory]]
name = "local"
kind = "local"
enter = "everyone"
groups = ["users"]
[signing]
key_encryption_key = "{KEK}"
"#
    );
    let config = file("shorepass.toml", &text);
    (root, config)
}

/// A portal with demo data that does not listen yet.
pub(crate) async fn closed(config: &Path, database: &Url, root: &Authority) -> Portal {
    let config = Config::load(Some(config)).unwrap();
    let pool = PgPool::connect(database.as_str()).await.unwrap();
    let client = Client::builder()
        .redirect(Policy::none())
        .no_proxy()
        .tls_built_in_root_certs(false)
        .add_root_certificate(
            reqwest::Certificate::from_pem(root.certificate().as_bytes()).unwrap(),
        )
        .build()
        .unwrap();
    let clock = Arc::new(ManualClock::at(OffsetDateTime::now_utc()));
    Portal::closed(pool, config, clock, client, Limits::default()).await
}

/// A portal that listens.
pub(crate) struct Listening {
    stop: oneshot::Sender<()>,
    served: JoinHandle<()>,
}

impl Listening {
    /// As on SIGTERM, until the last connection is closed.
    pub(crate) async fn stop(self) {
        self.stop.send(()).unwrap();
        self.served.await.unwrap();
    }
}

/// Lets the portal listen, as `shorepass serve` does.
pub(crate) fn open(portal: &Portal, port: u16) -> Listening {
    let pair = tls::Pair::load(portal.config.tls.as_ref().unwrap()).unwrap();
    let listener = TcpListener::bind(("127.0.0.1", port)).unwrap();
    listener.set_nonblocking(true).unwrap();
    let (stop, stopped) = oneshot::channel();
    let router = routes::router(portal.state.clone());
    let served = tokio::spawn(async move {
        let served = Some(pair.served());
        // Whoever forgets to stop it wants it to go on.
        let stopped = async {
            if stopped.await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        listen::serve(router, vec![listener], served, Limits::default(), stopped)
            .await
            .unwrap();
    });
    Listening { stop, served }
}
