//! A portal with demo data on a free port, and a client that talks to it.

use std::{net::TcpListener, sync::Arc, time::Duration as StdDuration};

use identity::{
    clock::{Clock, ManualClock},
    demo,
    issuer::Issuer,
};
use reqwest::{Client, RequestBuilder, Response, redirect::Policy};
use server::{
    AppState,
    config::Config,
    edge::{limits::Limits, listen},
    routes, state,
};
use sqlx::PgPool;
use time::{Duration, OffsetDateTime};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

pub(crate) const KEK: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

pub(crate) struct Portal {
    pub(crate) pool: PgPool,
    pub(crate) clock: Arc<ManualClock>,
    pub(crate) state: AppState,
    pub(crate) config: Config,
    /// The issuer, and the address of the first replica.
    pub(crate) url: String,
    pub(crate) client: Client,
    /// The key of alice that the demo made.
    pub(crate) key: String,
}

/// A configuration for tests, with more of it behind.
pub(crate) fn config(url: &str, more: &str) -> Config {
    let path = std::env::temp_dir().join(format!("shorepass-{}.toml", uuid::Uuid::new_v4()));
    let text = format!(
        r#"
issuer = "{url}"
trusted_proxies = ["127.0.0.0/8"]
[database]
url = "postgres://unused"
[[directory]]
name = "local"
kind = "local"
enter = "everyone"
groups = ["users"]
[signing]
key_encryption_key = "{KEK}"
{more}
"#
    );
    std::fs::write(&path, text).unwrap();
    let config = Config::load(Some(&path)).unwrap();
    std::fs::remove_file(path).unwrap();
    config
}

/// As the program does first of all; without it no client can be made.
pub(crate) fn install_tls() {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

pub(crate) async fn mark(pool: &PgPool) {
    let name: String = sqlx::query_scalar("SELECT current_database()")
        .fetch_one(pool)
        .await
        .unwrap();
    let comment = format!("COMMENT ON DATABASE \"{name}\" IS 'shorepass demo'");
    sqlx::query(sqlx::AssertSqlSafe(comment))
        .execute(pool)
        .await
        .unwrap();
}

/// A clock that stands at the beginning of a test.
pub(crate) fn clock() -> Arc<ManualClock> {
    let start = OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap();
    Arc::new(ManualClock::at(start))
}

fn listener() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    (listener, url)
}

fn serve(state: AppState, listener: TcpListener, limits: Limits) {
    tokio::spawn(listen::serve(
        routes::router(state),
        vec![listener],
        None,
        limits,
        std::future::pending::<()>(),
    ));
}

impl Portal {
    pub(crate) async fn start(pool: PgPool) -> Self {
        Self::with(pool, "", Limits::default()).await
    }

    pub(crate) async fn with(pool: PgPool, more: &str, limits: Limits) -> Self {
        Self::adjusted(pool, more, limits, |_| ()).await
    }

    /// With a configuration that was changed after it was loaded.
    pub(crate) async fn adjusted(
        pool: PgPool,
        more: &str,
        limits: Limits,
        adjust: impl FnOnce(&mut Config),
    ) -> Self {
        Self::on(clock(), pool, more, limits, adjust).await
    }

    /// By a clock that others go by as well.
    pub(crate) async fn on(
        clock: Arc<ManualClock>,
        pool: PgPool,
        more: &str,
        limits: Limits,
        adjust: impl FnOnce(&mut Config),
    ) -> Self {
        let (listener, url) = listener();
        let mut config = config(&url, more);
        adjust(&mut config);
        install_tls();
        let client = Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .build()
            .unwrap();
        let portal = Self::closed(pool, config, clock, client, limits).await;
        serve(portal.state.clone(), listener, limits);
        // Where it listens, whatever the issuer was adjusted to.
        Self { url, ..portal }
    }

    /// With demo data, and not listening yet.
    pub(crate) async fn closed(
        pool: PgPool,
        config: Config,
        clock: Arc<ManualClock>,
        client: Client,
        limits: Limits,
    ) -> Self {
        let portal = state::portal(&config, pool.clone(), clock.clone())
            .await
            .unwrap();
        mark(&pool).await;
        let key = demo::seed(&portal).await.unwrap().expose().to_owned();
        Self {
            pool,
            clock,
            state: AppState::new(&config, portal, limits, None),
            url: config.issuer(),
            config,
            client,
            key,
        }
    }

    /// Another replica; its address.
    pub(crate) async fn replica(&self) -> String {
        self.another(|_| ()).await.1
    }

    /// Another replica whose issuer differs a little, and its address.
    pub(crate) async fn another(&self, adjust: impl FnOnce(&mut Issuer)) -> (AppState, String) {
        let mut portal = state::portal(&self.config, self.pool.clone(), self.clock.clone())
            .await
            .unwrap();
        adjust(&mut portal.issuer);
        let (listener, url) = listener();
        let limits = Limits::default();
        let state = AppState::new(&self.config, portal, limits, None);
        serve(state.clone(), listener, limits);
        (state, url)
    }

    /// The issuer's authority, as `Host`.
    pub(crate) fn host(&self) -> String {
        self.url.trim_start_matches("http://").to_owned()
    }

    /// Sends bytes as they are, and reads until the server ends the connection.
    pub(crate) async fn raw(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect(self.host()).await.unwrap();
        let (mut from, mut to) = stream.split();
        let mut answer = Vec::new();
        // Whoever is refused may find the connection closed before everything is sent.
        let both = async { tokio::join!(to.write_all(bytes), from.read_to_end(&mut answer)) };
        let _ = tokio::time::timeout(StdDuration::from_secs(10), both)
            .await
            .expect("the server ends the connection");
        String::from_utf8_lossy(&answer).into_owned()
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    pub(crate) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(format!("{}{path}", self.url))
    }

    /// A form as a browser of this portal's own pages sends it.
    pub(crate) fn post(&self, path: &str, fields: &[(&str, &str)]) -> RequestBuilder {
        self.client
            .post(format!("{}{path}", self.url))
            .header("origin", &self.url)
            .form(fields)
    }

    pub(crate) fn log_in_as(&self, username: &str, password: &str) -> RequestBuilder {
        self.post(
            "/login",
            &[
                ("return_to", "/"),
                ("directory", "local"),
                ("username", username),
                ("password", password),
            ],
        )
    }

    /// Logs in and returns the `Cookie` header.
    pub(crate) async fn log_in(&self, username: &str) -> String {
        let response = self
            .log_in_as(username, demo::PASSWORD)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 303, "{username} could not log in");
        cookie(&response)
    }

    /// Makes a key through the form and returns it.
    pub(crate) async fn make_key(&self, cookie: &str, cluster: &str) -> String {
        let fields = [
            ("name", "laptop"),
            ("cluster", cluster),
            ("days", "2"),
            ("back", "/"),
        ];
        let response = self
            .post("/keys", &fields)
            .header("cookie", cookie)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        let page = response.text().await.unwrap();
        let from = page.find("k8r_").expect("a key on the page");
        page[from..]
            .chars()
            .take_while(|c| c.is_ascii_alphanumeric() || "_-".contains(*c))
            .collect()
    }

    pub(crate) fn fetch(&self, key: &str) -> RequestBuilder {
        self.get("/k8stoken").bearer_auth(key)
    }

    /// The token for a key.
    pub(crate) async fn token(&self, key: &str) -> String {
        let response = self.fetch(key).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }

    /// Status and word of a refusal.
    pub(crate) async fn refusal(&self, request: RequestBuilder) -> (u16, String) {
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    pub(crate) async fn sql(&self, statement: &'static str) {
        sqlx::query(statement).execute(&self.pool).await.unwrap();
    }
}

/// The `Cookie` header for what a response set.
pub(crate) fn cookie(response: &Response) -> String {
    let set = response.headers()["set-cookie"].to_str().unwrap();
    set.split(';').next().unwrap().to_owned()
}

/// The payload of a token.
pub(crate) fn claims(token: &str) -> serde_json::Value {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}
