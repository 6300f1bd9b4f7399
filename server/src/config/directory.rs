//! `[[directory]]`: where people authenticate, and who of them may enter.
//!
//! Every kind takes the keys of its own and no others, so that one that is misplaced is not
//! believed to do something.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

use domain::{entry::Entry, group::GroupName};
use identity::connector::oidc::{
    preset::Preset,
    settings::{Prompt, Reach, Settings, TIMEOUT, Verified},
    username::Template,
};
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde::Deserialize;
use url::Url;

use super::{ConfigError, secret::secret, wrong};

/// A source of people.
#[derive(Clone, Debug)]
pub struct Directory {
    /// Of a-z, 0-9 and hyphens, and for ever: people are known by it.
    pub name: String,
    /// What the login page calls it.
    pub title: Option<String>,
    pub kind: Kind,
    /// Who may enter; without it nobody.
    pub enter: Entry,
    /// Groups of everybody in it.
    pub groups: Vec<String>,
}

/// Where a directory keeps its people.
#[derive(Clone, Debug)]
pub enum Kind {
    /// In the portal's own database.
    Local,
    /// At an `OpenID` Connect provider.
    Oidc(Box<Provider>),
}

/// A provider, checked.
#[derive(Clone, Debug)]
pub struct Provider {
    /// The issuer, to ask.
    pub issuer: Url,
    pub settings: Settings,
}

/// The kinds as they are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum WrittenKind {
    Local,
    Oidc,
}

/// A directory as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    name: String,
    title: Option<String>,
    kind: WrittenKind,
    #[serde(default)]
    enter: Entry,
    #[serde(default)]
    groups: Vec<String>,
    // of kind `oidc`
    preset: Option<Preset>,
    issuer: Option<String>,
    client_id: Option<String>,
    client_secret: Option<String>,
    client_secret_file: Option<PathBuf>,
    scopes: Option<Vec<String>>,
    username: Option<String>,
    groups_claim: Option<String>,
    prompt: Option<Prompt>,
    hosts: Option<Vec<String>>,
    allow_http: Option<Vec<String>>,
    allow_private: Option<Vec<String>>,
    ca_file: Option<PathBuf>,
}

/// Checks all of them, one by one and together.
pub(super) fn directories(written: Vec<Written>) -> Result<Vec<Directory>, ConfigError> {
    if written.is_empty() {
        return Err(wrong("directory", "needs an entry"));
    }
    let mut names = BTreeSet::new();
    let mut directories = Vec::new();
    for (place, written) in written.into_iter().enumerate() {
        let at = |key: &str| format!("directory[{place}].{key}");
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let name = &written.name;
        if name.is_empty() || name.len() > 63 || !name.bytes().all(allowed) {
            return Err(wrong(
                at("name"),
                "must be up to 63 of a-z, 0-9 and hyphens",
            ));
        }
        if !names.insert(name.clone()) {
            return Err(wrong(
                at("name"),
                format!("{name} is the name of another one"),
            ));
        }
        for group in &written.groups {
            if let Err(error) = GroupName::parse(group) {
                let problem = format!("`{}`: {error}", group.escape_debug());
                return Err(wrong(at("groups"), problem));
            }
        }
        directories.push(written.check(&at)?);
    }
    Ok(directories)
}

impl Written {
    fn check(self, at: &dyn Fn(&str) -> String) -> Result<Directory, ConfigError> {
        let (name, title, enter, groups) = (
            self.name.clone(),
            self.title.clone(),
            self.enter.clone(),
            self.groups.clone(),
        );
        let kind = match self.kind {
            WrittenKind::Local => match self.misplaced() {
                Some(key) => return Err(wrong(at(key), "is a key of the kind oidc")),
                None => Kind::Local,
            },
            WrittenKind::Oidc => Kind::Oidc(Box::new(self.provider(at)?)),
        };
        Ok(Directory {
            name,
            title,
            kind,
            enter,
            groups,
        })
    }

    /// A key that means nothing to the directory `local`.
    fn misplaced(&self) -> Option<&'static str> {
        [
            ("preset", self.preset.is_some()),
            ("issuer", self.issuer.is_some()),
            ("client_id", self.client_id.is_some()),
            ("client_secret", self.client_secret.is_some()),
            ("client_secret_file", self.client_secret_file.is_some()),
            ("scopes", self.scopes.is_some()),
            ("username", self.username.is_some()),
            ("groups_claim", self.groups_claim.is_some()),
            ("prompt", self.prompt.is_some()),
            ("hosts", self.hosts.is_some()),
            ("allow_http", self.allow_http.is_some()),
            ("allow_private", self.allow_private.is_some()),
            ("ca_file", self.ca_file.is_some()),
        ]
        .into_iter()
        .find_map(|(key, given)| given.then_some(key))
    }

    /// What is written goes before what the preset says, and that before what is usual.
    fn provider(self, at: &dyn Fn(&str) -> String) -> Result<Provider, ConfigError> {
        let preset = self.preset;
        let text = self
            .issuer
            .or_else(|| preset.and_then(Preset::issuer).map(str::to_owned));
        let text = text.ok_or_else(|| wrong(at("issuer"), "is missing"))?;
        let allow_http = hosts(&at("allow_http"), self.allow_http.unwrap_or_default())?;
        let issuer = issuer(&at("issuer"), &text, &allow_http)?;
        let client_id = self.client_id.filter(|id| !id.is_empty());
        let client_id = client_id.ok_or_else(|| wrong(at("client_id"), "is missing"))?;
        let client_secret = match (self.client_secret, self.client_secret_file) {
            (None, None) => None,
            (text, file) => Some(secret(&at("client_secret"), text, file)?),
        };
        let username = self
            .username
            .as_deref()
            .or(preset.map(Preset::username))
            .unwrap_or("{preferred_username}");
        let username = Template::parse(username).map_err(|error| wrong(at("username"), error))?;
        let scopes = self
            .scopes
            .unwrap_or_else(|| owned(preset.map_or(&["email", "profile"], Preset::scopes)));
        if scopes.iter().any(|scope| !is_scope(scope)) {
            return Err(wrong(at("scopes"), "has an entry that is no scope"));
        }
        let groups_claim = self
            .groups_claim
            .or_else(|| preset.and_then(Preset::groups_claim).map(str::to_owned));
        let more_hosts = self
            .hosts
            .unwrap_or_else(|| owned(preset.map_or(&[], Preset::hosts)));
        let settings = Settings {
            issuer: text,
            client_id,
            client_secret,
            scopes: scopes
                .into_iter()
                .filter(|scope| scope != "openid")
                .collect(),
            username,
            groups_claim: groups_claim.filter(|claim| !claim.is_empty()),
            verified: preset.map_or(Verified::Standard, Preset::verified),
            prompt: self.prompt,
            reach: Reach {
                hosts: hosts(&at("hosts"), more_hosts)?,
                allow_http,
                allow_private: hosts(&at("allow_private"), self.allow_private.unwrap_or_default())?,
            },
            roots: self
                .ca_file
                .map_or(Ok(Vec::new()), |path| roots(&at("ca_file"), &path))?,
            timeout: TIMEOUT,
        };
        Ok(Provider { issuer, settings })
    }
}

fn owned(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// RFC 6749 §3.3.
fn is_scope(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

/// `OpenID` Connect Discovery 1.0 §3: https, without query and fragment. It is kept as it is written,
/// because the provider's own writing of it is compared as text.
fn issuer(key: &str, text: &str, allow_http: &BTreeSet<String>) -> Result<Url, ConfigError> {
    let url = Url::parse(text).map_err(|error| wrong(key, error))?;
    let host = url.host_str().unwrap_or_default();
    match url.scheme() {
        "https" if !host.is_empty() => {}
        "http" if allow_http.contains(host) => {}
        _ => {
            return Err(wrong(
                key,
                "must be https; for a trial, name its host in allow_http",
            ));
        }
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(key, "must not contain a user"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(key, "must not have a query or a fragment"));
    }
    // Entra ID's address for every tenant there is: its tokens name another issuer, a different one
    // for each, and so would let everybody in.
    let tenant = url
        .path_segments()
        .and_then(|mut path| path.next().map(str::to_owned))
        .unwrap_or_default();
    let anybody = ["common", "organizations", "consumers"].contains(&tenant.as_str());
    if host == "login.microsoftonline.com" && anybody {
        return Err(wrong(key, "must name your tenant by its id"));
    }
    Ok(url)
}

/// Hosts without scheme, port and path, as addresses write them.
pub(super) fn hosts(key: &str, texts: Vec<String>) -> Result<BTreeSet<String>, ConfigError> {
    let host = |text: String| {
        let url = Url::parse(&format!("https://{text}/")).ok();
        let url = url.filter(|url| url.host_str() == Some(&text) && url.port().is_none());
        url.map(|_| text)
            .ok_or_else(|| wrong(key, "has an entry that is no host's name"))
    };
    texts.into_iter().map(host).collect()
}

pub(super) fn roots(key: &str, path: &Path) -> Result<Vec<CertificateDer<'static>>, ConfigError> {
    let unreadable =
        |error: rustls::pki_types::pem::Error| wrong(key, format!("{}: {error}", path.display()));
    let certificates = CertificateDer::pem_file_iter(path).map_err(unreadable)?;
    let certificates: Vec<_> = certificates.collect::<Result<_, _>>().map_err(unreadable)?;
    if certificates.is_empty() {
        return Err(wrong(
            key,
            format!("{}: there is no certificate in it", path.display()),
        ));
    }
    Ok(certificates)
}

impl Directory {
    /// What starts and is probably still not what is meant.
    pub(super) fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let mut note = |key: &str, problem: &str| {
            problems.push(format!("directory.{}.{key}: {problem}", self.name));
        };
        if self.enter == Entry::Nobody {
            note(
                "enter",
                "nobody may enter; say \"everyone\", or which domains or groups",
            );
        }
        let Kind::Oidc(provider) = &self.kind else {
            return problems;
        };
        let settings = &provider.settings;
        if matches!(self.enter, Entry::Groups(_)) && settings.groups_claim.is_none() {
            note(
                "enter",
                "lets groups in, and no groups_claim says where they are listed",
            );
        }
        if matches!(self.enter, Entry::Domains(_))
            && !settings.scopes.iter().any(|scope| scope == "email")
        {
            note(
                "enter",
                "lets e-mail domains in, and the scope email is not asked for",
            );
        }
        let host = provider.issuer.host_str().unwrap_or_default();
        if self.enter == Entry::Everyone && ["accounts.google.com", "gitlab.com"].contains(&host) {
            note(
                "enter",
                "everyone: anybody in the world can have an account there",
            );
        }
        if provider.issuer.scheme() == "http" {
            note("issuer", "is http: whoever is in between can be anybody");
        }
        problems
    }
}

#[cfg(test)]
mod tests;
