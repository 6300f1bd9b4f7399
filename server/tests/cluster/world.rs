//! A portal, an API server that trusts it, and a home folder of alice's.
//!
//! In the one world everything is as an operator of old clusters has it: flags, and no prefixes.
//! In the others it is as we propose it. All are told what `shorepass cluster config` prints.

use std::{
    path::{Path, PathBuf},
    sync::Mutex,
    time::{Duration, Instant},
};

use server::tasks;
use tempfile::TempDir;
use time::OffsetDateTime;
use url::Url;

use crate::{
    api_server::{ApiServer, free_port},
    authority::Authority,
    kubectl::{Ended, Home},
    manifests, portal, recovery, revocation, roles,
    shorepass::{self, Shorepass},
    support::Portal,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `--oidc-…`, empty prefixes, and roles of our own.
    Flags,
    /// An `AuthenticationConfiguration`, the default prefix, and the built-in roles.
    Structured,
    /// The same, and the API server asks the portal: about each request, and about tokens that are
    /// opaque.
    Webhooks,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Flags, Self::Structured, Self::Webhooks];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Flags => "flags",
            Self::Structured => "structured",
            Self::Webhooks => "webhooks",
        }
    }

    /// What stands before names of users and groups.
    pub(crate) fn prefix(self) -> &'static str {
        match self {
            Self::Flags => "",
            Self::Structured | Self::Webhooks => "shorepass:",
        }
    }

    /// Which roles the bindings name.
    pub(crate) fn roles(self) -> &'static str {
        match self {
            Self::Flags => "own",
            Self::Structured | Self::Webhooks => "built-in",
        }
    }
}

pub(crate) struct World {
    pub(crate) kind: Kind,
    pub(crate) portal: Portal,
    pub(crate) api: ApiServer,
    /// Alice's computer.
    pub(crate) home: Home,
    pub(crate) recovery: recovery::Seen,
    /// The file of the `AuthenticationConfiguration`.
    pub(crate) authentication: PathBuf,
    listening: Mutex<Option<portal::Listening>>,
    pub(crate) port: u16,
    database: Url,
    command: Shorepass,
    folder: TempDir,
}

impl World {
    pub(crate) async fn start(kind: Kind) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = portal::make_database(kind.name()).await;
        let port = free_port();
        let (root, config) = portal::configure(folder.path(), &database, port);
        let command = Shorepass {
            config: config.clone(),
            folder: folder.path().to_owned(),
        };
        let portal = portal::closed(&config, &database, &root).await;

        let cluster = Authority::new("Cluster");
        let api_port = free_port();
        let api_url = format!("https://127.0.0.1:{api_port}");
        let cluster_ca = folder.path().join("cluster-ca.crt");
        std::fs::write(&cluster_ca, cluster.certificate()).unwrap();
        let cluster_ca = cluster_ca.to_str().unwrap();
        let prefix = kind.prefix();
        let set = [
            "cluster",
            "set",
            "demo",
            "--api-url",
            &api_url,
            "--ca",
            cluster_ca,
        ];
        let prefixes = ["--username-prefix", prefix, "--groups-prefix", prefix];
        command.run(&[&set[..], &prefixes].concat()).ok();
        let other = [
            "cluster",
            "add",
            "other",
            "--api-url",
            "https://127.0.0.1:7443",
            "--audience",
            "another-audience",
        ];
        command.run(&other).ok();

        let authentication = command.save("authentication.yaml", "authentication-config");
        let told = match kind {
            Kind::Flags => {
                command.save("portal-ca.crt", "ca");
                shorepass::words(&command.printed("flags", &[]))
            }
            Kind::Structured => manifests::kubeadm_arguments(&command.printed("kubeadm", &[])),
            Kind::Webhooks => {
                let mut told = manifests::kubeadm_arguments(&command.printed("kubeadm", &[]));
                told.extend(revocation::tell(&command));
                told
            }
        };
        let api = ApiServer::start(folder.path(), api_port, &cluster, &told).await;
        let home = Home::new(folder.path().join("home"), folder.path().join("root.crt"));
        let mut listening = None;
        let open = || listening = Some(portal::open(&portal, port));
        let recovery = recovery::open_late(&portal, &api, open).await;
        let world = Self {
            kind,
            portal,
            api,
            home,
            recovery,
            authentication,
            listening: Mutex::new(listening),
            port,
            database,
            command,
            folder,
        };
        world.furnish();
        world
    }

    /// Namespaces, and who may do what in them.
    fn furnish(&self) {
        for namespace in ["new-namespace", "payments", "search"] {
            self.admin(&["create", "namespace", namespace]).ok();
        }
        roles::fill(self);
        let bindings = self.printed("rbac", &["--roles", self.kind.roles()]);
        self.admin_reading(&["apply", "--validate=strict", "-f", "-"], &bindings)
            .ok();
        self.home.write(".kube/config", &self.kubeconfig());
    }

    /// A kubeconfig that knows the cluster and nobody in it.
    fn kubeconfig(&self) -> String {
        serde_json::json!({
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "cluster", "cluster": {
                "server": self.api.url,
                "certificate-authority": self.api.ca,
            }}],
            "contexts": [{"name": "cluster", "context": {
                "cluster": "cluster",
                "namespace": "new-namespace",
            }}],
            "current-context": "cluster",
        })
        .to_string()
    }

    /// Before each test: the portal's clock is not behind, nobody is logged in,
    /// and nobody has tried too often.
    pub(crate) async fn begin(&self) {
        let behind = OffsetDateTime::now_utc() - self.portal.now();
        if behind.is_positive() {
            self.portal.advance(behind);
        }
        tasks::reload(&self.portal.state).await.unwrap();
        self.portal
            .sql("UPDATE logins SET ended_at = now(), end_reason = 'ended' WHERE ended_at IS NULL")
            .await;
        // Where a test moved the clock back, those of others lie in its future.
        self.portal.sql("DELETE FROM login_attempts").await;
    }

    /// Lets the portal stop. What is begun with it ends first.
    pub(crate) async fn close(&self) {
        let listening = self.listening.lock().unwrap().take();
        listening.expect("the portal listens").stop().await;
    }

    /// Lets it start again.
    pub(crate) fn open(&self) {
        *self.listening.lock().unwrap() = Some(portal::open(&self.portal, self.port));
    }

    pub(crate) async fn end(self) {
        let Self {
            portal, database, ..
        } = self;
        portal.pool.close().await;
        portal::drop_database(&database).await;
    }

    pub(crate) fn printed(&self, kind: &str, more: &[&str]) -> String {
        self.command.printed(kind, more)
    }

    pub(crate) fn shorepass(&self, words: &[&str]) -> Ended {
        self.command.run(words)
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A computer with nothing of ours on it yet.
    pub(crate) fn bare_home(&self, name: &str) -> Home {
        Home::new(self.folder().join(name), self.folder().join("root.crt"))
    }

    /// A computer whose kubectl knows the cluster, with the portal's authority in a file beside it.
    pub(crate) fn new_home(&self, name: &str) -> Home {
        let home = self.bare_home(name);
        home.write(".kube/config", &self.kubeconfig());
        let root = std::fs::read_to_string(self.folder().join("root.crt")).unwrap();
        home.write("portal-ca.crt", &root);
        home
    }

    /// kubectl in the hands of an administrator of the cluster.
    pub(crate) fn admin(&self, words: &[&str]) -> Ended {
        let admin = self.api.admin.to_str().unwrap();
        self.home
            .kubectl(&[&["--kubeconfig", admin], words].concat())
    }

    pub(crate) fn admin_reading(&self, words: &[&str], input: &str) -> Ended {
        let admin = self.api.admin.to_str().unwrap();
        let words = [&["--kubeconfig", admin], words].concat();
        self.home.kubectl_reading(&words, input)
    }

    /// kubectl with a token.
    pub(crate) fn with(&self, token: &str, words: &[&str]) -> Ended {
        let token = format!("--token={token}");
        self.home.kubectl(&[&[token.as_str()], words].concat())
    }

    /// The current token of somebody who logs in for it.
    pub(crate) async fn token(&self, username: &str) -> String {
        let cookie = self.portal.log_in(username).await;
        let key = self.portal.make_key(&cookie, "demo").await;
        self.portal.token(&key).await
    }

    /// One that nobody has seen before.
    pub(crate) async fn fresh_token(&self, username: &str) -> String {
        self.forget_current().await;
        self.token(username).await
    }

    /// The next token is a new one.
    pub(crate) async fn forget_current(&self) {
        self.portal.sql("DELETE FROM current_tokens").await;
    }

    /// Lets the keys that sign be older, so that a portal in the past has some.
    pub(crate) async fn age_keys(&self) {
        let older = "UPDATE signing_keys SET created_at = created_at - interval '1 h',
                     active_from = active_from - interval '1 h' WHERE retired_at IS NULL";
        self.portal.sql(older).await;
        tasks::reload(&self.portal.state).await.unwrap();
    }

    /// Waits for something that the API server does in its own time.
    pub(crate) async fn wait(&self, what: &str, mut done: impl AsyncFnMut() -> bool) -> Duration {
        let start = Instant::now();
        while !done().await {
            assert!(
                start.elapsed() < Duration::from_secs(90),
                "{what} does not happen; the API server says:\n{}",
                self.api.last_words()
            );
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
        start.elapsed()
    }
}
