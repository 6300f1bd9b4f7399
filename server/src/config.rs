//! The configuration: one TOML file, and the environment over it.
//!
//! `SHOREPASS_DATABASE__URL` is `url` in `[database]`; lists are separated by commas; a number is a
//! place in a list, as in `SHOREPASS_DIRECTORY__0__NAME`. An unknown key is an error, an unknown
//! variable `SHOREPASS_…` too. Every secret can also be given as a file: `url_file` for `url`. No
//! error repeats a value.

mod backchannel;
pub mod client;
pub mod directory;
mod secret;
mod variable;

use std::{
    env,
    fmt::Display,
    fs,
    net::{Ipv4Addr, Ipv6Addr, SocketAddr},
    ops::RangeInclusive,
    path::{Path, PathBuf},
};

use config::{Config as Layers, File, FileFormat};
use domain::signing_key::Overlap;
use identity::{certificate::Certificates, database, outgoing::Way, seal::Sealer};
use ipnet::IpNet;
use secrecy::SecretString;
use serde::Deserialize;
use thiserror::Error;
use time::Duration;
use url::{Host, Url};

use self::{
    client::{Configured, clients},
    directory::{Directory, directories},
    secret::{secret, secrets},
    variable::{PREFIX, key},
};

/// Keys that hold lists.
const LISTS: [&str; 6] = [
    "listen",
    "backchannel.allow_http",
    "backchannel.allow_private",
    "trusted_proxies",
    "signing.previous_key_encryption_keys",
    "signing.previous_key_encryption_key_files",
];

/// Whether a key holds a list: one of [`LISTS`], `groups` of a directory, or addresses and grants of a
/// client.
fn is_list(key: &str) -> bool {
    let client =
        key.starts_with("client[") && (key.ends_with("_uris") || key.ends_with("].grants"));
    LISTS.contains(&key) || client || (key.starts_with("directory[") && key.ends_with("].groups"))
}

/// What is wrong with a configuration.
#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("{}: {source}", path.display())]
    File {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("no configuration is named: by --config FILE, or in SHOREPASS_CONFIG")]
    Nothing,
    #[error("{0}")]
    Syntax(String),
    #[error("{key}: {problem}")]
    Key { key: String, problem: String },
}

fn wrong(key: impl Into<String>, problem: impl Display) -> ConfigError {
    ConfigError::Key {
        key: key.into(),
        problem: problem.to_string(),
    }
}

/// The whole configuration, checked.
#[derive(Clone, Debug)]
pub struct Config {
    issuer: Url,
    pub listen: Vec<SocketAddr>,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whether `/k8stoken` takes the key from the query.
    pub query_keys: bool,
    /// Whether a retrieval key ends with the login that made it.
    pub bind_keys_to_login: bool,
    /// Where there is none, a proxy in front ends TLS.
    pub tls: Option<Tls>,
    pub database: Database,
    pub signing: Signing,
    pub lifetimes: Lifetimes,
    pub directory: Vec<Directory>,
    pub client: Vec<Configured>,
    /// How clients are told of logouts.
    pub backchannel: Way,
}

/// What the portal proves itself with to browsers and API servers: files in PEM.
#[derive(Clone, Debug)]
pub struct Tls {
    /// The portal's certificate, and behind it those that lead to its root.
    pub cert: PathBuf,
    pub key: PathBuf,
}

/// Where the data is.
#[derive(Clone, Debug)]
pub struct Database {
    pub url: SecretString,
    pub max_connections: u32,
}

/// How tokens are signed, and how the keys for that are kept.
#[derive(Clone, Debug)]
pub struct Signing {
    pub algorithm: Algorithm,
    pub key_encryption_key: SecretString,
    pub previous_key_encryption_keys: Vec<SecretString>,
    /// Seconds that others may keep the key set.
    pub jwks_max_age: u32,
    /// Hours between a key's publication and its first use.
    pub lead_hours: u32,
    /// Days that a key signs before another takes over by itself; 0 for never.
    pub rotate_days: u32,
}

impl Signing {
    /// For how long others may keep the key set.
    pub fn max_age(&self) -> Duration {
        Duration::seconds(self.jwks_max_age.into())
    }

    /// How a new key takes over so that no verifier notices.
    pub fn overlap(&self) -> Overlap {
        Overlap::unnoticed(self.max_age(), Duration::hours(self.lead_hours.into()))
    }

    /// From one key to the next; none where only an operator rotates.
    pub fn rotate_every(&self) -> Option<Duration> {
        (self.rotate_days > 0).then(|| Duration::days(self.rotate_days.into()))
    }
}

/// A signature algorithm of RFC 7518 §3.1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub enum Algorithm {
    #[default]
    #[serde(rename = "RS256")]
    Rs256,
    #[serde(rename = "ES256")]
    Es256,
}

/// How long things last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Lifetimes {
    pub login_hours: u32,
    pub cookie_idle_minutes: u32,
    pub retrieval_key_days: u32,
    pub retrieval_key_max_days: u32,
}

impl Default for Lifetimes {
    fn default() -> Self {
        Self {
            login_hours: 10,
            cookie_idle_minutes: 60,
            retrieval_key_days: 30,
            retrieval_key_max_days: 90,
        }
    }
}

impl Tls {
    /// The root at the end of the chain, if it brings one along.
    ///
    /// # Errors
    /// Where the file cannot be read, or holds no certificates.
    pub fn authority(&self) -> Result<Option<Certificates>, ConfigError> {
        let text = fs::read(&self.cert).map_err(|source| ConfigError::File {
            path: self.cert.clone(),
            source,
        })?;
        let chain = Certificates::parse(&text).map_err(|error| wrong("tls.cert", error))?;
        Ok(chain.private_root())
    }
}

/// The configuration as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    issuer: String,
    #[serde(default = "loopback")]
    listen: Vec<SocketAddr>,
    #[serde(default)]
    trusted_proxies: Vec<IpNet>,
    #[serde(default = "yes")]
    query_keys: bool,
    #[serde(default)]
    bind_keys_to_login: bool,
    #[serde(default)]
    tls: WrittenTls,
    database: WrittenDatabase,
    signing: WrittenSigning,
    #[serde(default)]
    lifetimes: Lifetimes,
    directory: Vec<directory::Written>,
    #[serde(default)]
    client: Vec<client::Written>,
    #[serde(default)]
    backchannel: backchannel::Written,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTls {
    cert: Option<PathBuf>,
    key: Option<PathBuf>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenDatabase {
    url: Option<String>,
    url_file: Option<PathBuf>,
    #[serde(default = "connections")]
    max_connections: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenSigning {
    #[serde(default)]
    algorithm: Algorithm,
    key_encryption_key: Option<String>,
    key_encryption_key_file: Option<PathBuf>,
    #[serde(default)]
    previous_key_encryption_keys: Vec<String>,
    #[serde(default)]
    previous_key_encryption_key_files: Vec<PathBuf>,
    #[serde(default = "max_age")]
    jwks_max_age: u32,
    #[serde(default = "lead")]
    lead_hours: u32,
    #[serde(default = "rotation")]
    rotate_days: u32,
}

fn loopback() -> Vec<SocketAddr> {
    vec![
        SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
        SocketAddr::from((Ipv6Addr::LOCALHOST, 8080)),
    ]
}

fn yes() -> bool {
    true
}

fn connections() -> u32 {
    16
}

fn max_age() -> u32 {
    30
}

fn lead() -> u32 {
    24
}

fn rotation() -> u32 {
    30
}

impl Config {
    /// Reads the file, if there is one, and the process's environment over it, and checks both.
    ///
    /// # Errors
    /// When a file cannot be read, a key is unknown or missing, or a value is not acceptable. The
    /// error names the key.
    pub fn load(path: Option<&Path>) -> Result<Self, ConfigError> {
        // A name or value that is no text is none of ours, except where it begins like ours.
        let variables = env::vars_os().filter_map(|(name, value)| {
            let name = name.into_string().ok()?;
            let ours = name.starts_with(PREFIX);
            ours.then(|| (name, value.to_string_lossy().into_owned()))
        });
        let toml = match path {
            Some(path) => read(path)?,
            None => String::new(),
        };
        let variables: Vec<_> = variables.collect();
        let said = variables
            .iter()
            .any(|(name, _)| matches!(key(name), Ok(Some(_)) | Err(_)));
        if path.is_none() && !said {
            return Err(ConfigError::Nothing);
        }
        Self::from_layers(&toml, variables.into_iter())
    }

    fn from_layers(
        toml: &str,
        variables: impl Iterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut layers = Layers::builder().add_source(File::from_str(toml, FileFormat::Toml));
        for (name, value) in variables {
            let Some(key) = key(&name)? else { continue };
            layers = if is_list(&key) {
                let items = value.split(',').map(str::trim);
                let items: Vec<_> = items.filter(|item| !item.is_empty()).collect();
                layers.set_override(&key, items)
            } else {
                layers.set_override(&key, value)
            }
            .map_err(|_| wrong(name, "is no key"))?;
        }
        let layers = layers.build().map_err(|error| syntax(&error))?;
        let written: Written = serde_path_to_error::deserialize(layers).map_err(|error| {
            let path = error.path().to_string();
            let problem = without_value(&error.inner().to_string());
            match path.as_str() {
                "." => ConfigError::Syntax(problem),
                _ => wrong(path, problem),
            }
        })?;
        Self::check(written)
    }

    fn check(written: Written) -> Result<Self, ConfigError> {
        let Written {
            database, signing, ..
        } = written;
        within(
            "database.max_connections",
            database.max_connections,
            2..=1000,
        )?;
        within("signing.jwks_max_age", signing.jwks_max_age, 1..=300)?;
        within("signing.lead_hours", signing.lead_hours, 1..=24 * 30)?;
        within("signing.rotate_days", signing.rotate_days, 0..=366)?;
        if signing.rotate_days > 0 && signing.rotate_days * 24 <= signing.lead_hours {
            return Err(wrong(
                "signing.rotate_days",
                "must be longer than signing.lead_hours, or 0 for never",
            ));
        }
        let lifetimes = written.lifetimes;
        within("lifetimes.login_hours", lifetimes.login_hours, 1..=24 * 7)?;
        within(
            "lifetimes.cookie_idle_minutes",
            lifetimes.cookie_idle_minutes,
            1..=24 * 60,
        )?;
        within(
            "lifetimes.retrieval_key_max_days",
            lifetimes.retrieval_key_max_days,
            1..=366,
        )?;
        within(
            "lifetimes.retrieval_key_days",
            lifetimes.retrieval_key_days,
            1..=lifetimes.retrieval_key_max_days,
        )?;
        if written.listen.is_empty() {
            return Err(wrong("listen", "needs an address"));
        }
        let directory = directories(written.directory)?;
        let issuer = issuer(&written.issuer)?;
        let config = Self {
            tls: tls(written.tls, &issuer)?,
            issuer,
            listen: written.listen,
            trusted_proxies: written.trusted_proxies,
            query_keys: written.query_keys,
            bind_keys_to_login: written.bind_keys_to_login,
            database: Database {
                url: secret("database.url", database.url, database.url_file)?,
                max_connections: database.max_connections,
            },
            signing: Signing {
                algorithm: signing.algorithm,
                key_encryption_key: secret(
                    "signing.key_encryption_key",
                    signing.key_encryption_key,
                    signing.key_encryption_key_file,
                )?,
                previous_key_encryption_keys: secrets(
                    "signing.previous_key_encryption_key",
                    signing.previous_key_encryption_keys,
                    &signing.previous_key_encryption_key_files,
                )?,
                jwks_max_age: signing.jwks_max_age,
                lead_hours: signing.lead_hours,
                rotate_days: signing.rotate_days,
            },
            lifetimes,
            directory,
            client: clients(written.client)?,
            backchannel: written.backchannel.check()?,
        };
        config.secrets()?;
        Ok(config)
    }

    /// The root that API servers have to be told of to trust the portal: the one that `tls.cert`
    /// brings along, read anew. None where everybody trusts the portal anyway, or a proxy ends TLS.
    ///
    /// # Errors
    /// Where the file cannot be read, or holds no certificates.
    pub fn authority(&self) -> Result<Option<Certificates>, ConfigError> {
        match &self.tls {
            Some(tls) => tls.authority(),
            None => Ok(None),
        }
    }

    /// Whether the secrets are of the form that the portal needs.
    fn secrets(&self) -> Result<(), ConfigError> {
        database::options(&self.database.url)
            .map_err(|_| wrong("database.url", "is no URL of a Postgres database"))?;
        let signing = &self.signing;
        Sealer::new(
            &signing.key_encryption_key,
            &signing.previous_key_encryption_keys,
        )
        .map_err(|error| wrong("signing.key_encryption_key", error))?;
        Ok(())
    }

    /// The issuer as everybody writes it: without a slash at the end.
    pub fn issuer(&self) -> String {
        self.issuer.as_str().trim_end_matches('/').to_owned()
    }

    /// The issuer, to build addresses from.
    pub fn issuer_url(&self) -> &Url {
        &self.issuer
    }

    /// What starts and is probably still not what is meant, one sentence each, beginning with the
    /// key.
    pub fn problems(&self) -> Vec<String> {
        let problems = self.directory.iter().flat_map(Directory::problems);
        let mut problems: Vec<_> = problems.collect();
        let public = self.listen.iter().find(|at| !at.ip().is_loopback());
        if let (Some(at), "http") = (public, self.issuer.scheme()) {
            problems.push(format!(
                "listen: {at} is reachable from outside, and the issuer is http: passwords travel in the clear"
            ));
        }
        let everywhere = self.trusted_proxies.iter().any(|net| net.prefix_len() == 0);
        if everywhere {
            problems.push(
                "trusted_proxies: trusts everybody, so that anybody can pretend any address"
                    .to_owned(),
            );
        }
        problems
    }
}

/// The first words of a syntax error; the lines of the file that it quotes may hold secrets.
fn syntax(error: &config::ConfigError) -> ConfigError {
    let text = error.to_string();
    let lines = text.lines().filter(|line| !line.contains(" |"));
    let lines: Vec<_> = lines
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    ConfigError::Syntax(lines.join(": "))
}

/// Cuts out the value that a type error quotes.
fn without_value(problem: &str) -> String {
    for kind in ["invalid type: string ", "invalid value: string "] {
        if let Some((_, expected)) = problem
            .strip_prefix(kind)
            .and_then(|rest| rest.rsplit_once(", expected "))
        {
            return format!("expected {expected}");
        }
    }
    problem.to_owned()
}

fn read(path: &Path) -> Result<String, ConfigError> {
    fs::read_to_string(path).map_err(|source| ConfigError::File {
        path: path.to_owned(),
        source,
    })
}

fn within(key: &str, value: u32, range: RangeInclusive<u32>) -> Result<(), ConfigError> {
    if range.contains(&value) {
        Ok(())
    } else {
        let (low, high) = range.into_inner();
        Err(wrong(key, format!("must be {low} to {high}")))
    }
}

/// Both files or neither, and an issuer that says what browsers then see.
fn tls(written: WrittenTls, issuer: &Url) -> Result<Option<Tls>, ConfigError> {
    match (written.cert, written.key) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(wrong("tls.key", "is missing beside tls.cert")),
        (None, Some(_)) => Err(wrong("tls.cert", "is missing beside tls.key")),
        (Some(_), Some(_)) if issuer.scheme() != "https" => {
            Err(wrong("tls", "is given, and the issuer is not https"))
        }
        (Some(cert), Some(key)) => Ok(Some(Tls { cert, key })),
    }
}

/// `OpenID` Connect Discovery 1.0 §3: https without query and fragment. On this machine http is as
/// good, for trials.
fn issuer(text: &str) -> Result<Url, ConfigError> {
    let wrong = |problem: &str| wrong("issuer", problem);
    let url = Url::parse(text).map_err(|error| wrong(&error.to_string()))?;
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address == Ipv4Addr::LOCALHOST,
        Some(Host::Ipv6(address)) => address == Ipv6Addr::LOCALHOST,
        None => return Err(wrong("has no host")),
    };
    match url.scheme() {
        "https" => {}
        "http" if loopback => {}
        _ => {
            return Err(wrong(
                "must be https, or http on localhost, 127.0.0.1 or [::1]",
            ));
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong("must not contain a user"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong("must not have a query or a fragment"));
    }
    if url.path() != "/" {
        return Err(wrong("must not have a path"));
    }
    // Clients compare the text, so only one way to write it is right (RFC 8414 §3.3).
    let canonical = url.as_str().trim_end_matches('/');
    if text != canonical {
        return Err(wrong(&format!("is written {canonical}")));
    }
    Ok(url)
}

#[cfg(test)]
mod tests;
