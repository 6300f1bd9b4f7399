//! Real handshakes, real files.

use std::{
    fs,
    net::{SocketAddr, TcpListener},
    os::unix::fs::symlink,
    path::PathBuf,
    time::{Duration, Instant},
};

use axum::{Router, extract::ConnectInfo, routing::get};
use identity::pki::Ca;
use reqwest::{Client, tls::TlsInfo};
use secrecy::ExposeSecret;
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::*;
use crate::edge::{limits::Limits, listen};

const HOST: &str = "id.example";

fn at() -> OffsetDateTime {
    OffsetDateTime::now_utc()
}

/// A folder as Kubernetes mounts a secret: the files are links into a folder that a link points to.
struct Secret {
    folder: TempDir,
    ca: Ca,
    versions: u32,
}

impl Secret {
    fn new() -> Self {
        let _ = aws_lc_rs::default_provider().install_default();
        let folder = TempDir::new().unwrap();
        for name in ["tls.crt", "tls.key"] {
            symlink(format!("current/{name}"), folder.path().join(name)).unwrap();
        }
        let ca = Ca::make("Trial", at()).unwrap();
        let mut secret = Self {
            folder,
            ca,
            versions: 0,
        };
        secret.renew();
        secret
    }

    fn files(&self) -> Tls {
        Tls {
            cert: self.folder.path().join("tls.crt"),
            key: self.folder.path().join("tls.key"),
        }
    }

    fn pair(&self) -> (String, String) {
        let server = self.ca.server(&[HOST.to_owned()], at()).unwrap();
        (server.certificates, server.key.expose_secret().to_owned())
    }

    /// Another certificate with another key, both at once.
    fn renew(&mut self) {
        let (cert, key) = self.pair();
        self.switch(&cert, &key);
    }

    fn switch(&mut self, cert: &str, key: &str) {
        self.versions += 1;
        let name = format!("v{}", self.versions);
        let version = self.folder.path().join(&name);
        fs::create_dir(&version).unwrap();
        fs::write(version.join("tls.crt"), cert).unwrap();
        fs::write(version.join("tls.key"), key).unwrap();
        let next: PathBuf = self.folder.path().join("next");
        symlink(&name, &next).unwrap();
        fs::rename(next, self.folder.path().join("current")).unwrap();
    }
}

/// Serves a page that tells the client its own address.
fn serve(pair: &Pair, limits: Limits) -> SocketAddr {
    let router = Router::new().route(
        "/",
        get(|ConnectInfo(peer): ConnectInfo<SocketAddr>| async move { peer.to_string() }),
    );
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(listen::serve(
        router,
        vec![listener],
        Some(pair.served()),
        limits,
        std::future::pending::<()>(),
    ));
    address
}

struct Visitor {
    client: Client,
    url: String,
}

/// What a visit showed: the own address, and the server's certificate.
#[derive(Debug, PartialEq, Eq)]
struct Seen {
    from: String,
    certificate: Vec<u8>,
    version: reqwest::Version,
}

impl Visitor {
    fn new(secret: &Secret, server: SocketAddr) -> Self {
        let root = reqwest::Certificate::from_pem(secret.ca.certificate().as_bytes()).unwrap();
        let client = Client::builder()
            .add_root_certificate(root)
            .resolve(HOST, server)
            .tls_info(true)
            .no_proxy()
            .build()
            .unwrap();
        let url = format!("https://{HOST}:{}/", server.port());
        Self { client, url }
    }

    async fn visit(&self) -> Seen {
        let response = self.client.get(&self.url).send().await.unwrap();
        let info = response.extensions().get::<TlsInfo>().unwrap();
        let certificate = info.peer_certificate().unwrap().to_owned();
        let version = response.version();
        let from = response.text().await.unwrap();
        Seen {
            from,
            certificate,
            version,
        }
    }
}

#[tokio::test]
async fn a_new_pair_is_served_and_no_connection_is_dropped() {
    let mut secret = Secret::new();
    let mut pair = Pair::load(&secret.files()).unwrap();
    let server = serve(&pair, Limits::default());
    let old = Visitor::new(&secret, server);
    let before = old.visit().await;
    assert!(before.from.starts_with("127.0.0.1:"), "{before:?}");
    assert_eq!(before.version, reqwest::Version::HTTP_2);

    secret.renew();
    pair.look();
    let fresh = Visitor::new(&secret, server).visit().await;
    assert_ne!(fresh.certificate, before.certificate);
    assert_eq!(old.visit().await, before, "the same connection as before");
}

#[tokio::test(start_paused = true)]
async fn files_are_looked_at_every_few_seconds() {
    let mut secret = Secret::new();
    let pair = Pair::load(&secret.files()).unwrap();
    let served = pair.served();
    let before = served.get_inner();
    let watch = tokio::spawn(pair.watch());
    tokio::time::sleep(EVERY * 2).await;
    assert!(Arc::ptr_eq(&served.get_inner(), &before), "nothing changed");
    secret.renew();
    tokio::time::sleep(EVERY * 2).await;
    assert!(!Arc::ptr_eq(&served.get_inner(), &before));
    watch.abort();
}

#[test]
fn a_pair_that_cannot_be_served_leaves_the_last_good_one() {
    let mut secret = Secret::new();
    let mut pair = Pair::load(&secret.files()).unwrap();
    let before = pair.served.get_inner();
    let (cert, key) = secret.pair();
    let (_, other) = secret.pair();
    for (what, bad_cert, bad_key) in [
        (
            "a key of another certificate",
            cert.as_str(),
            other.as_str(),
        ),
        ("half a certificate", &cert[..cert.len() / 4], &key),
        ("half a key", &cert, &key[..key.len() / 2]),
        ("nothing", "", ""),
        ("the wrong way round", &key, &cert),
    ] {
        secret.switch(bad_cert, bad_key);
        pair.look();
        assert!(Arc::ptr_eq(&pair.served.get_inner(), &before), "{what}");
        assert!(Pair::load(&secret.files()).is_err(), "{what}");
    }
    fs::remove_file(secret.folder.path().join("current")).unwrap();
    pair.look();
    pair.look();
    assert!(Arc::ptr_eq(&pair.served.get_inner(), &before), "no files");
    secret.switch(&cert, &key);
    pair.look();
    assert!(
        !Arc::ptr_eq(&pair.served.get_inner(), &before),
        "good again"
    );
}

#[tokio::test]
async fn a_handshake_that_takes_too_long_is_cut_off() {
    let secret = Secret::new();
    let pair = Pair::load(&secret.files()).unwrap();
    let limits = Limits {
        handshake: Duration::from_millis(300),
        ..Limits::default()
    };
    let server = serve(&pair, limits);
    let start = Instant::now();
    for begin in [&b""[..], b"\x16", b"GET / HTTP/1.1\r\n\r\n"] {
        let mut stream = TcpStream::connect(server).await.unwrap();
        stream.write_all(begin).await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut answer))
            .await
            .expect("the server ends the connection");
        assert!(!answer.starts_with(b"HTTP"), "plain HTTP was answered");
    }
    assert!(start.elapsed() < Duration::from_secs(4));
    Visitor::new(&secret, server).visit().await;
}

#[tokio::test]
async fn older_versions_of_tls_are_refused() {
    let secret = Secret::new();
    let pair = Pair::load(&secret.files()).unwrap();
    let server = serve(&pair, Limits::default());
    // A ClientHello (RFC 5246 §7.4.1.2) that asks for TLS 1.0 or 1.1, knows two cipher
    // suites and one signature algorithm.
    for minor in [1, 2] {
        let mut hello = vec![3, minor];
        hello.extend([7; 32]);
        hello.extend([0, 0, 4, 0xC0, 0x2B, 0xC0, 0x13, 1, 0]);
        hello.extend([0, 8, 0, 13, 0, 4, 0, 2, 4, 3]);
        let length = u8::try_from(hello.len()).unwrap();
        let mut record = vec![0x16, 3, 1, 0, length + 4, 1, 0, 0, length];
        record.extend(hello);
        let mut stream = TcpStream::connect(server).await.unwrap();
        stream.write_all(&record).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        // A fatal alert: protocol_version (RFC 5246 §7.2).
        assert_eq!((answer[0], &answer[5..]), (0x15, &[2, 70][..]), "1.{minor}");
    }
}

#[test]
fn what_keeps_clients_away_is_told_before_it_does() {
    let mut secret = Secret::new();
    let days = |days| at() + time::Duration::days(days);
    for (host, now, expected) in [
        (HOST, days(0), &[][..]),
        ("other.example", days(0), &["not for other.example"]),
        ("[::1]", days(0), &["not for ::1"]),
        (HOST, days(360), &["ends soon"]),
        (HOST, days(366), &["ended on"]),
        (HOST, days(-2), &["not good before", "not good before"]),
    ] {
        let problems = problems(&secret.files(), host, now);
        assert_eq!(problems.len(), expected.len(), "{problems:?}");
        for (problem, expected) in problems.iter().zip(expected) {
            assert!(
                problem.starts_with("tls.cert: ") && problem.contains(expected),
                "{problem}"
            );
        }
    }
    let (cert, _) = secret.pair();
    let (_, key) = secret.pair();
    secret.switch(&cert, &key);
    let told = problems(&secret.files(), HOST, at());
    assert!(
        told[0].starts_with("tls.key: ") && told[0].contains("do not fit"),
        "{told:?}"
    );
    fs::remove_file(secret.folder.path().join("tls.key")).unwrap();
    let told = problems(&secret.files(), HOST, at());
    assert!(
        told[0].starts_with("tls.key: ") && told.len() == 1,
        "{told:?}"
    );
}
