//! The portal under measurement: the released program on a database of its own.

use std::{fs, process::Command};

use identity::secret::{Cookie, Opaque, RetrievalKey};
use sqlx::{AssertSqlSafe, PgPool};

use crate::{
    CONNECTIONS, MINTED, RUNS,
    process::{Process, free_port},
};

pub(crate) struct Portal {
    pub(crate) process: Process,
    pub(crate) database: String,
    /// One key of alice, then one key each of as many users as are minted for.
    pub(crate) keys: Vec<String>,
    /// `Cookie` headers of as many of these as there are connections.
    pub(crate) cookies: Vec<String>,
}

impl Portal {
    pub(crate) async fn start() -> Self {
        let server: String =
            std::env::var("DATABASE_URL").expect("DATABASE_URL: `make bench` sets it");
        let admin = PgPool::connect(&server).await.unwrap();
        for statement in [
            "DROP DATABASE IF EXISTS shorepass_bench",
            "CREATE DATABASE shorepass_bench",
            "COMMENT ON DATABASE shorepass_bench IS 'shorepass demo'",
        ] {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&admin)
                .await
                .unwrap();
        }
        let (base, _) = server.rsplit_once('/').unwrap();
        let database = format!("{base}/shorepass_bench");

        let port = free_port();
        let config = std::env::temp_dir().join(format!("shorepass-bench-{port}.toml"));
        fs::write(&config, configuration(port, &database)).unwrap();
        let program = std::env::var("SHOREPASS_BIN").expect("SHOREPASS_BIN: `make bench` sets it");
        let shorepass = |word: &str| {
            let mut command = Command::new(&program);
            command
                .arg("--config")
                .arg(&config)
                .arg(word)
                .env_remove("SHOREPASS_BIN");
            command
        };
        let demo = shorepass("demo").output().unwrap();
        let text = String::from_utf8_lossy(&demo.stdout).into_owned();
        let alice = text
            .split("Bearer ")
            .nth(1)
            .expect("a key of alice")
            .split('\'')
            .next()
            .unwrap()
            .to_owned();
        let pool = PgPool::connect(&database).await.unwrap();
        let mut keys = vec![alice];
        keys.extend(people(&pool, MINTED * (RUNS + 1)).await);
        let cookies = browsers(&pool).await;
        let process = Process::start(&mut shorepass("serve"), port).await;
        fs::remove_file(config).unwrap();
        Self {
            process,
            database,
            keys,
            cookies,
        }
    }

    /// The body at a path.
    pub(crate) async fn read(&self, path: &str) -> String {
        let url = format!("http://localhost:{}{path}", self.process.port);
        reqwest::get(url).await.unwrap().text().await.unwrap()
    }

    /// Logs alice in and returns the `Cookie` header.
    pub(crate) async fn log_in(&self) -> String {
        let url = format!("http://localhost:{}", self.process.port);
        let fields = [
            ("username", "alice"),
            ("password", "shorepass"),
            ("directory", "local"),
            ("return_to", "/"),
        ];
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let response = client
            .post(format!("{url}/login"))
            .header("origin", &url)
            .form(&fields)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 303);
        response.headers()["set-cookie"]
            .to_str()
            .unwrap()
            .split(';')
            .next()
            .unwrap()
            .to_owned()
    }
}

fn configuration(port: u16, database: &str) -> String {
    format!(
        r#"
issuer = "http://localhost:{port}"
listen = ["127.0.0.1:{port}"]
[database]
url = "{database}"
[signing]
key_encryption_key = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
[[directory]]
name = "local"
kind = "local"
enter = "everyone"
groups = ["users"]
"#
    )
}

/// So many people with a live login, two groups and a key each; the keys.
async fn people(pool: &PgPool, count: usize) -> Vec<String> {
    let secrets: Vec<_> = (0..count)
        .map(|_| Opaque::<RetrievalKey>::generate().unwrap())
        .collect();
    let hashes: Vec<Vec<u8>> = secrets
        .iter()
        .map(|secret| secret.hash().as_bytes().to_vec())
        .collect();
    sqlx::raw_sql("CREATE TABLE bench_bare (id uuid PRIMARY KEY, signature bytea)")
        .execute(pool)
        .await
        .unwrap();
    sqlx::query(
        "WITH made AS (
             SELECT gen_random_uuid() AS id, n, hash FROM unnest($1::bytea[]) WITH ORDINALITY AS h (hash, n)),
         people AS (
             INSERT INTO users (id, username, display_name, created_at) SELECT id, 'user-' || n, 'User', now() FROM made),
         logins AS (
             INSERT INTO logins (id, user_id, directory, amr, address, browser, authenticated_at, last_used_at, expires_at)
             SELECT gen_random_uuid(), id, 'local', '{}', '127.0.0.1', 'bench', now(), now(), now() + interval '10 h' FROM made),
         held AS (
             INSERT INTO memberships (id, user_id, group_id, valid_from, why, source)
             SELECT gen_random_uuid(), made.id, g.id, now() - interval '1 h', 'administrator', 'bench'
             FROM made, groups g WHERE g.name IN ('users', 'payments-viewer'))
         INSERT INTO retrieval_keys (id, user_id, name, secret_hash, created_at, expires_at, last_used_at)
         SELECT gen_random_uuid(), id, 'bench', hash, now(), now() + interval '1 d', now() FROM made",
    )
    .bind(&hashes)
    .execute(pool)
    .await
    .unwrap();
    sqlx::raw_sql("ANALYZE").execute(pool).await.unwrap();
    secrets
        .iter()
        .map(|secret| secret.expose().to_owned())
        .collect()
}

/// Gives some of these people's logins a browser each.
async fn browsers(pool: &PgPool) -> Vec<String> {
    let cookies: Vec<_> = (0..CONNECTIONS)
        .map(|_| Opaque::<Cookie>::generate().unwrap())
        .collect();
    let hashes: Vec<Vec<u8>> = cookies
        .iter()
        .map(|cookie| cookie.hash().as_bytes().to_vec())
        .collect();
    let given = sqlx::query(
        "UPDATE logins l SET cookie_hash = h.hash
         FROM unnest($1::bytea[]) WITH ORDINALITY AS h (hash, n) JOIN users u ON u.username = 'user-' || h.n
         WHERE l.user_id = u.id",
    );
    let given = given.bind(&hashes).execute(pool).await.unwrap();
    assert_eq!(given.rows_affected(), CONNECTIONS as u64);
    let header = |cookie: &Opaque<Cookie>| format!("shorepass={}", cookie.expose());
    cookies.iter().map(header).collect()
}
