//! etcd and kube-apiserver on free ports of this machine, in a folder of their own.
//!
//! There is no controller manager. What the tests need of it, they do themselves (`roles`).

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use reqwest::Client;

use crate::{authority::Authority, process::Process, program};

/// How long it may take until it is ready.
const PATIENCE: Duration = Duration::from_secs(90);

pub(crate) struct ApiServer {
    pub(crate) url: String,
    /// The root of the API server's certificate, in PEM.
    pub(crate) ca: PathBuf,
    /// The kubeconfig of an administrator with a client certificate.
    pub(crate) admin: PathBuf,
    /// Trusts the API server.
    pub(crate) client: Client,
    process: Process,
    _etcd: Process,
}

pub(crate) fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

impl ApiServer {
    /// Starts both with these arguments on top, and waits until the API server is ready.
    pub(crate) async fn start(
        folder: &Path,
        port: u16,
        authority: &Authority,
        more: &[String],
    ) -> Self {
        let (url, etcd_url, etcd) = start_etcd(folder, port).await;
        let ca = folder.join("cluster-ca.crt");
        fs::write(&ca, authority.certificate()).unwrap();
        let server = authority.server();
        fs::write(folder.join("apiserver.crt"), server.certificate).unwrap();
        fs::write(folder.join("apiserver.key"), server.key).unwrap();
        let accounts = rcgen::KeyPair::generate().unwrap();
        fs::write(folder.join("sa.key"), accounts.serialize_pem()).unwrap();
        fs::write(folder.join("sa.pub"), accounts.public_key_pem()).unwrap();

        let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
        let mut arguments = vec![
            format!("--etcd-servers={etcd_url}"),
            format!("--secure-port={port}"),
            format!("--cert-dir={}", folder.display()),
            format!("--tls-cert-file={}", file("apiserver.crt")),
            format!("--tls-private-key-file={}", file("apiserver.key")),
            format!("--client-ca-file={}", ca.display()),
            format!("--service-account-key-file={}", file("sa.pub")),
            format!("--service-account-signing-key-file={}", file("sa.key")),
        ];
        arguments.extend(
            [
                "--bind-address=127.0.0.1",
                "--advertise-address=127.0.0.1",
                "--service-account-issuer=https://kubernetes.default.svc",
                "--service-cluster-ip-range=10.0.0.0/24",
                "--disable-admission-plugins=ServiceAccount",
                "--endpoint-reconciler-type=none",
            ]
            .map(str::to_owned),
        );
        // The one or the other: with both it does not start.
        if !more
            .iter()
            .any(|word| word.starts_with("--authorization-config="))
        {
            arguments.push("--authorization-mode=RBAC".to_owned());
        }
        arguments.extend_from_slice(more);
        let process = Process::start(&program("KUBE_APISERVER"), &arguments, folder).await;
        let root = reqwest::Certificate::from_pem(authority.certificate().as_bytes()).unwrap();
        let client = Client::builder()
            .tls_built_in_root_certs(false)
            .add_root_certificate(root)
            .no_proxy()
            .build()
            .unwrap();
        let admin = folder.join("admin.kubeconfig");
        fs::write(&admin, kubeconfig(&url, authority)).unwrap();
        let mut started = Self {
            url,
            ca,
            admin,
            client,
            process,
            _etcd: etcd,
        };
        started.ready().await;
        started
    }

    async fn ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let url = format!("{}/readyz", self.url);
        while !matches!(self.client.get(&url).send().await, Ok(answer) if answer.status() == 200) {
            self.process.check();
            assert!(
                Instant::now() < deadline,
                "{url} is not ready:\n{}",
                self.last_words()
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Waits until it has said why: to clients it never does.
    pub(crate) async fn says(&self, why: &str) {
        self.says_within(Duration::from_secs(5), why).await;
    }

    /// The same for what it does in its own time.
    pub(crate) async fn says_within(&self, patience: Duration, why: &str) {
        let deadline = Instant::now() + patience;
        while !self.process.log().contains(why) {
            assert!(
                Instant::now() < deadline,
                "the API server does not say {why:?}:\n{}",
                self.last_words()
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Everything that it said so far.
    pub(crate) fn said(&self) -> String {
        self.process.log()
    }

    pub(crate) fn last_words(&self) -> String {
        self.process.last_words()
    }

    /// Whether it takes a token: it says who that is, or 401.
    pub(crate) async fn accepts(&self, token: &str) -> bool {
        let review = serde_json::json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "SelfSubjectReview",
        });
        let url = format!(
            "{}/apis/authentication.k8s.io/v1/selfsubjectreviews",
            self.url
        );
        let request = self.client.post(url).bearer_auth(token).json(&review);
        match request.send().await.unwrap().status().as_u16() {
            201 => true,
            401 => false,
            other => panic!("the API server answers {other}"),
        }
    }
}

async fn start_etcd(folder: &Path, port: u16) -> (String, String, Process) {
    let (clients, peers) = (free_port(), free_port());
    let clients = format!("http://127.0.0.1:{clients}");
    let peers = format!("http://127.0.0.1:{peers}");
    let arguments = [
        format!("--data-dir={}", folder.join("etcd").display()),
        format!("--listen-client-urls={clients}"),
        format!("--advertise-client-urls={clients}"),
        format!("--listen-peer-urls={peers}"),
        format!("--initial-advertise-peer-urls={peers}"),
        format!("--initial-cluster=default={peers}"),
    ];
    let process = Process::start(&program("ETCD"), arguments, folder).await;
    (format!("https://127.0.0.1:{port}"), clients, process)
}

/// Somebody who may do everything, by certificate.
fn kubeconfig(url: &str, authority: &Authority) -> String {
    use base64::{Engine, prelude::BASE64_STANDARD};
    let admin = authority.client("admin", "system:masters");
    serde_json::json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "cluster", "cluster": {
            "server": url,
            "certificate-authority-data": BASE64_STANDARD.encode(authority.certificate()),
        }}],
        "users": [{"name": "admin", "user": {
            "client-certificate-data": BASE64_STANDARD.encode(admin.certificate),
            "client-key-data": BASE64_STANDARD.encode(admin.key),
        }}],
        "contexts": [{"name": "admin", "context": {"cluster": "cluster", "user": "admin"}}],
        "current-context": "admin",
    })
    .to_string()
}
