//! Clients: the programs that people let fetch tokens for them (RFC 6749 §2).

use serde::{Deserialize, Serialize};
use thiserror::Error;
use url::Url;

use crate::name;

/// The longest id of a client, and of each of its addresses, in bytes.
const MAX_ID: usize = 100;
const MAX_URI: usize = 2000;
/// Where a program listens on the computer of the person who uses it (RFC 8252 §7.3).
const LOOPBACK: [&str; 3] = ["127.0.0.1", "[::1]", "localhost"];

/// Why a client is refused.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ClientError {
    #[error(
        "an id has letters, digits and .-_~, at most {MAX_ID}, and begins with a letter or digit"
    )]
    Id,
    #[error("a title is needed, of at most 200 bytes that can be seen")]
    Title,
    #[error(
        "`{0}` is no address of https, nor http on 127.0.0.1, [::1] or localhost, written in its one form"
    )]
    Address(String),
    #[error("a client that is sent codes needs an address to send them to")]
    NoRedirect,
    #[error("a public client has to prove itself by PKCE")]
    PublicWithoutPkce,
    #[error("a client may do something: nothing was named")]
    NoGrant,
}

/// How a client comes by tokens (RFC 6749 §1.3, RFC 8628 §3.4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    AuthorizationCode,
    RefreshToken,
    DeviceCode,
}

impl GrantType {
    pub const ALL: [Self; 3] = [
        Self::AuthorizationCode,
        Self::RefreshToken,
        Self::DeviceCode,
    ];

    /// The word that is stored and that operators write.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "device_code",
        }
    }

    /// Reads that word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|grant| grant.as_str() == word)
    }

    /// The value of `grant_type` at the token endpoint.
    pub fn parameter(self) -> &'static str {
        match self {
            Self::AuthorizationCode => "authorization_code",
            Self::RefreshToken => "refresh_token",
            Self::DeviceCode => "urn:ietf:params:oauth:grant-type:device_code",
        }
    }
}

/// Where a client's record comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// Each cluster has one.
    BuiltIn,
    /// The portal's configuration.
    Configuration,
    /// An administrator, on the page.
    Page,
}

/// What the portal knows of a client, but for its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Client {
    pub id: String,
    /// How people call it.
    pub title: String,
    /// The cluster that its tokens are for, by name.
    pub cluster: String,
    /// Whether it has a secret (RFC 6749 §2.1).
    pub confidential: bool,
    pub redirect_uris: Vec<String>,
    pub post_logout_redirect_uris: Vec<String>,
    /// Where it is told that a login has ended (`OpenID` Connect Back-Channel Logout 1.0 §2.2).
    pub backchannel_logout_uri: Option<String>,
    pub grants: Vec<GrantType>,
    /// Whether a code needs a challenge (RFC 7636).
    pub pkce_required: bool,
    /// Whether nobody is asked if it may see who they are: it is the portal's operator's own.
    pub first_party: bool,
    pub source: Source,
}

impl Client {
    /// The client that each cluster has: kubectl and the programs beside it, on people's computers.
    /// Its id is the cluster's audience.
    pub fn built_in(cluster: &str, audience: &str) -> Self {
        let roots = |path: &'static str| {
            LOOPBACK
                .iter()
                .map(move |host| format!("http://{host}{path}"))
        };
        Self {
            id: audience.to_owned(),
            title: Self::title_of(cluster),
            cluster: cluster.to_owned(),
            confidential: false,
            redirect_uris: roots("").chain(roots("/")).collect(),
            post_logout_redirect_uris: Vec::new(),
            backchannel_logout_uri: None,
            grants: GrantType::ALL.to_vec(),
            pkce_required: true,
            first_party: true,
            source: Source::BuiltIn,
        }
    }

    /// How people call the client that each cluster has.
    pub fn title_of(cluster: &str) -> String {
        format!("kubectl for {cluster}")
    }

    /// # Errors
    /// The first rule that the record breaks.
    pub fn check(&self) -> Result<(), ClientError> {
        check_id(&self.id)?;
        if self.title.trim().is_empty()
            || self.title.len() > 200
            || self.title.chars().any(name::is_invisible)
        {
            return Err(ClientError::Title);
        }
        let addresses = self.redirect_uris.iter();
        let addresses = addresses
            .chain(&self.post_logout_redirect_uris)
            .chain(&self.backchannel_logout_uri);
        for address in addresses {
            check_address(address)?;
        }
        if self.grants.is_empty() {
            return Err(ClientError::NoGrant);
        }
        if self.may(GrantType::AuthorizationCode) && self.redirect_uris.is_empty() {
            return Err(ClientError::NoRedirect);
        }
        if !self.confidential && !self.pkce_required {
            return Err(ClientError::PublicWithoutPkce);
        }
        Ok(())
    }

    pub fn may(&self, grant: GrantType) -> bool {
        self.grants.contains(&grant)
    }

    /// Whether codes may be sent there.
    pub fn redirects_to(&self, uri: &str) -> bool {
        self.redirect_uris
            .iter()
            .any(|registered| matches(registered, uri))
    }

    /// Whether a browser may go there after logging out.
    pub fn returns_to(&self, uri: &str) -> bool {
        self.post_logout_redirect_uris
            .iter()
            .any(|registered| matches(registered, uri))
    }
}

fn check_id(id: &str) -> Result<(), ClientError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b".-_~".contains(&byte);
    let begins = id
        .bytes()
        .next()
        .is_some_and(|byte| byte.is_ascii_alphanumeric());
    if begins && id.len() <= MAX_ID && id.bytes().all(allowed) {
        Ok(())
    } else {
        Err(ClientError::Id)
    }
}

/// An address is compared as text, so there must be one way only to write it.
fn check_address(text: &str) -> Result<(), ClientError> {
    let wrong = || ClientError::Address(text.escape_debug().to_string());
    let url = Url::parse(text).map_err(|_| wrong())?;
    let local = loopback(text).is_some();
    let plain = url.username().is_empty() && url.password().is_none() && !text.contains('#');
    let canonical = url.as_str() == text || (local && url.as_str().trim_end_matches('/') == text);
    let scheme = url.scheme() == "https" || local;
    if plain && canonical && scheme && text.len() <= MAX_URI {
        Ok(())
    } else {
        Err(wrong())
    }
}

/// Whether an address is the registered one: byte for byte (RFC 9700 §2.1), but for the port on the
/// person's own computer, which a program cannot choose before it runs (RFC 8252 §7.3).
fn matches(registered: &str, uri: &str) -> bool {
    match (loopback(registered), loopback(uri)) {
        (Some((host, _, rest)), Some((its_host, _, its_rest))) => {
            host == its_host && rest == its_rest
        }
        _ => registered == uri,
    }
}

/// Host, port and rest of an http address on the person's own computer.
fn loopback(uri: &str) -> Option<(&'static str, Option<u16>, &str)> {
    let after = uri.strip_prefix("http://")?;
    let (host, rest) = LOOPBACK
        .into_iter()
        .find_map(|host| Some((host, after.strip_prefix(host)?)))?;
    let (port, rest) = match rest.strip_prefix(':') {
        None => (None, rest),
        Some(rest) => {
            let end = rest
                .find(|c: char| !c.is_ascii_digit())
                .unwrap_or(rest.len());
            let (digits, rest) = rest.split_at(end);
            let port = digits
                .parse()
                .ok()
                .filter(|port| *port != 0 && !digits.starts_with('0'))?;
            (Some(port), rest)
        }
    };
    let clean =
        !rest.contains(['#', '\\']) && rest.bytes().all(|byte| (0x21..0x7f).contains(&byte));
    let whole = rest.is_empty() || rest.starts_with('/') || rest.starts_with('?');
    (clean && whole).then_some((host, port, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(redirect: &[&str]) -> Client {
        Client {
            id: "dashboard".into(),
            redirect_uris: redirect.iter().map(|uri| (*uri).to_owned()).collect(),
            source: Source::Page,
            ..Client::built_in("demo", "kubernetes")
        }
    }

    #[test]
    fn a_code_goes_to_no_address_but_the_registered_one() {
        let client = client(&["https://app.example/cb"]);
        assert!(client.redirects_to("https://app.example/cb"));
        for uri in [
            "https://app.example/cb/",
            "https://app.example/cb#f",
            "https://app.example/cb?x=1",
            "HTTPS://APP.example/cb",
            "https://APP.example/cb",
            "https://app.example:8443/cb",
            "https://app.example:443/cb",
            "https://app.example.evil/cb",
            "https://evil\\@app.example/cb",
            "https://u:p@app.example/cb",
            "https://app.example/cb/../x",
            "https://app.example/cb%00",
            "https://app.example/c%62",
            "http://app.example/cb",
            "//app.example/cb",
            "data:text/html,x",
            "com.example.app:/cb",
            "",
        ] {
            assert!(!client.redirects_to(uri), "{uri}");
        }
    }

    #[test]
    fn on_the_persons_own_computer_the_port_is_free_and_nothing_else() {
        let client = client(&["http://127.0.0.1/cb"]);
        for uri in [
            "http://127.0.0.1/cb",
            "http://127.0.0.1:1/cb",
            "http://127.0.0.1:65535/cb",
        ] {
            assert!(client.redirects_to(uri), "{uri}");
        }
        for uri in [
            "http://localhost:1/cb",
            "http://[::1]/cb",
            "http://2130706433/cb",
            "http://127.0.0.1:0/cb",
            "http://127.0.0.1:08/cb",
            "http://127.0.0.1:99999/cb",
            "http://127.0.0.1:-1/cb",
            "http://127.0.0.1:/cb",
            "http://127.0.0.1.evil/cb",
            "http://127.0.0.1@evil/cb",
            "http://127.0.0.1:1@evil/cb",
            "http://127.0.0.1:1/cb/",
            "http://127.0.0.1:1/cb?x",
            "http://127.0.0.1:1",
            "https://127.0.0.1/cb",
        ] {
            assert!(!client.redirects_to(uri), "{uri}");
        }
    }

    #[test]
    fn what_kubelogin_listens_on_is_known_to_each_cluster() {
        let client = Client::built_in("demo", "kubernetes");
        assert_eq!(client.check(), Ok(()));
        for uri in [
            "http://localhost:8000",
            "http://localhost:18000",
            "http://127.0.0.1:5/",
            "http://[::1]:9",
        ] {
            assert!(client.redirects_to(uri), "{uri}");
        }
        assert!(!client.redirects_to("http://localhost:8000/evil"));
    }

    #[test]
    fn a_record_in_which_something_is_wrong_is_refused() {
        let good = client(&["https://app.example/cb"]);
        assert_eq!(good.check(), Ok(()));
        for id in ["", "-x", "a b", "a/b", "ä", &"x".repeat(101)] {
            let id = id.to_owned();
            assert_eq!(Client { id, ..good.clone() }.check(), Err(ClientError::Id));
        }
        for uri in [
            "http://app.example/cb",
            "https://app.example",
            "https://app.example/cb#f",
            "https://app.example/cb#",
            "https://u@app.example/cb",
            "https://app.example/a/../b",
            "https://APP.example/cb",
            "javascript:alert(1)",
            "http://localhost.evil/cb",
            "/cb",
        ] {
            assert!(
                matches!(client(&[uri]).check(), Err(ClientError::Address(_))),
                "{uri}"
            );
        }
        let changed = |change: fn(&mut Client)| {
            let mut client = good.clone();
            change(&mut client);
            client.check().unwrap_err()
        };
        assert_eq!(
            changed(|client| client.title = " ".into()),
            ClientError::Title
        );
        assert_eq!(
            changed(|client| client.grants.clear()),
            ClientError::NoGrant
        );
        assert_eq!(
            changed(|client| client.redirect_uris.clear()),
            ClientError::NoRedirect
        );
        assert_eq!(
            changed(|client| client.pkce_required = false),
            ClientError::PublicWithoutPkce
        );
    }
}
