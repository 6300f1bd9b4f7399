//! What every handler shares, and how it is put together from the configuration.

use std::sync::Arc;

use domain::lifetime::Lifetimes;
use http::HeaderValue;
use identity::{
    Portal,
    certificate::Certificates,
    clock::Clock,
    connector::{Connector, Directory, local::Local, oidc::Oidc},
    database::{self, DatabaseError},
    issuer::{Issuer, keys, keys::KeyError, ring::KeyRing},
    oauth::client::{self, ClientRefusal},
    outgoing::{Outgoing, SetupError},
    seal::{SealError, Sealer},
    secret::Hash,
    session::throttle::Throttle,
};
use ipnet::IpNet;
use leptos::prelude::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use secrecy::ExposeSecret;
use sqlx::PgPool;
use thiserror::Error;
use time::Duration;
use url::Url;

use crate::{
    assets::Assets,
    config::{Algorithm, Config, Tls, directory::Kind},
    edge::limits::Limits,
    routes::{discovery::Written, health::Readiness, k8stoken::Brute},
};

#[derive(Debug, Error)]
pub enum StartError {
    #[error("the database is not ready")]
    Database(#[from] DatabaseError),
    #[error("the key-encryption key cannot be used")]
    Seal(#[from] SealError),
    #[error("the signing keys cannot be used")]
    Key(#[from] KeyError),
    #[error("the directory `{name}` cannot be set up")]
    Directory {
        name: String,
        #[source]
        source: SetupError,
    },
    #[error("clients cannot be told of logouts")]
    Courier(#[source] SetupError),
    #[error("a client of the configuration cannot be used")]
    Client(#[from] ClientRefusal),
    #[error("the database refused")]
    Sql(#[from] sqlx::Error),
}

/// Shared by all handlers; cheap to clone.
#[derive(Clone)]
pub struct AppState(Arc<Inner>);

pub struct Inner {
    pub portal: Portal,
    pub url: Url,
    /// The cookie's name: `__Host-` where the browser can hold us to it.
    pub cookie: &'static str,
    /// The name of the cookie of logins that are under way at a provider.
    pub flow_cookie: &'static str,
    pub https: bool,
    /// Where the portal's own certificate is, unless a proxy ends TLS.
    pub tls: Option<Tls>,
    /// Whether tokens are signed with ES256.
    pub es256: bool,
    /// Whether `/k8stoken` takes the key as a query parameter.
    pub query_keys: bool,
    /// `Cache-Control` of discovery and JWKS.
    pub keys_kept_for: HeaderValue,
    pub trusted_proxies: Vec<IpNet>,
    pub limits: Limits,
    pub assets: Assets,
    pub leptos: LeptosOptions,
    pub brute: Brute,
    pub discovery: Written,
    pub readiness: Readiness,
    pub metrics: Option<PrometheusHandle>,
}

impl std::ops::Deref for AppState {
    type Target = Inner;
    fn deref(&self) -> &Inner {
        &self.0
    }
}

impl AppState {
    /// What signed the portal's certificate, read anew; none where everybody trusts it, or a proxy ends
    /// TLS.
    pub fn authority(&self) -> Option<Certificates> {
        self.tls.as_ref()?.authority().unwrap_or_else(|error| {
            tracing::error!(error = %error, "the portal's certificate could not be read");
            None
        })
    }
}

/// Puts the portal together on a database whose schema is up to date, and brings its signing keys up.
///
/// # Errors
/// [`StartError`]: above all, where the key-encryption key is not the one that the keys are sealed under.
pub async fn portal(
    config: &Config,
    pool: PgPool,
    clock: Arc<dyn Clock>,
) -> Result<Portal, StartError> {
    let signing = &config.signing;
    let sealer = Sealer::new(
        &signing.key_encryption_key,
        &signing.previous_key_encryption_keys,
    )?;
    let now = clock.now();
    let mut tx = pool.begin().await?;
    keys::establish(&mut tx, &sealer, signing.algorithm.into(), now).await?;
    let ring = KeyRing::default();
    ring.replace(keys::load(&mut tx, &sealer, now).await?);
    let clients = config.client.iter().map(|configured| {
        let secret = configured.secret.as_ref();
        let hash = secret.map(|secret| Hash::of(secret.expose_secret()));
        (configured.client.clone(), hash)
    });
    client::configure(&mut tx, &clients.collect::<Vec<_>>(), now).await?;
    tx.commit().await?;
    let directories = config.directory.iter().map(directory);
    let directories = directories.collect::<Result<_, _>>()?;
    let lifetimes = &config.lifetimes;
    Ok(Portal {
        pool,
        clock,
        lifetimes: Lifetimes {
            login: Duration::hours(lifetimes.login_hours.into()),
            cookie_idle: Duration::minutes(lifetimes.cookie_idle_minutes.into()),
            retrieval_key: Duration::days(lifetimes.retrieval_key_days.into()),
            retrieval_key_max: Duration::days(lifetimes.retrieval_key_max_days.into()),
        },
        throttle: Throttle::default(),
        bind_keys_to_login: config.bind_keys_to_login,
        directories,
        courier: Outgoing::new(config.backchannel.clone()).map_err(StartError::Courier)?,
        issuer: Issuer {
            url: config.issuer(),
            sealer,
            ring,
            jwks_max_age: signing.max_age(),
            overlap: signing.overlap(),
            algorithm: signing.algorithm.into(),
            rotate_every: signing.rotate_every(),
        },
    })
}

fn directory(config: &crate::config::directory::Directory) -> Result<Directory, StartError> {
    let connector = match &config.kind {
        Kind::Local => Connector::Password(Box::new(Local::default())),
        Kind::Oidc(provider) => {
            let oidc = Oidc::new(&provider.issuer, provider.settings.clone());
            let oidc = oidc.map_err(|source| StartError::Directory {
                name: config.name.clone(),
                source,
            })?;
            Connector::Redirect(Box::new(oidc))
        }
    };
    Ok(Directory {
        name: config.name.clone(),
        title: config.title.clone().unwrap_or_else(|| config.name.clone()),
        enter: config.enter.clone(),
        groups: config.groups.clone(),
        connector,
    })
}

impl AppState {
    pub fn new(
        config: &Config,
        portal: Portal,
        limits: Limits,
        metrics: Option<PrometheusHandle>,
    ) -> Self {
        // Leptos wants to know its executor once per process; later calls find it set.
        let _ = any_spawner::Executor::init_tokio();
        let https = config.issuer_url().scheme() == "https";
        let assets = Assets::load();
        let leptos = LeptosOptions::builder()
            .output_name("shorepass")
            .site_pkg_dir(format!("pkg/{}", assets.hash()))
            .build();
        let brute = Brute::new(portal.clock.clone());
        let max_age = portal.issuer.jwks_max_age.whole_seconds();
        let keys_kept_for = HeaderValue::try_from(format!("public, max-age={max_age}"));
        Self(Arc::new(Inner {
            portal,
            keys_kept_for: keys_kept_for.unwrap_or(HeaderValue::from_static("no-cache")),
            url: config.issuer_url().clone(),
            cookie: if https {
                "__Host-shorepass"
            } else {
                "shorepass"
            },
            flow_cookie: if https {
                "__Host-shorepass-flow"
            } else {
                "shorepass-flow"
            },
            https,
            tls: config.tls.clone(),
            es256: config.signing.algorithm == Algorithm::Es256,
            query_keys: config.query_keys,
            trusted_proxies: config.trusted_proxies.clone(),
            limits,
            assets,
            leptos,
            brute,
            discovery: Written::default(),
            readiness: Readiness::default(),
            metrics,
        }))
    }
}

/// Connects, applies the schema, and puts everything together.
///
/// # Errors
/// [`StartError`].
pub async fn connect(config: &Config, clock: Arc<dyn Clock>) -> Result<Portal, StartError> {
    database::migrate(&config.database.url).await?;
    let pool = database::connect(&config.database.url, config.database.max_connections).await?;
    portal(config, pool, clock).await
}

impl From<Algorithm> for jsonwebtoken::Algorithm {
    fn from(algorithm: Algorithm) -> Self {
        match algorithm {
            Algorithm::Rs256 => Self::RS256,
            Algorithm::Es256 => Self::ES256,
        }
    }
}
