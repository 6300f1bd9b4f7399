//! How kubectl comes by a token: the user entries of a kubeconfig, one for each cluster.
//!
//! 1. [`Credential::wrapper`], the usual one: a credential plug-in (client-go,
//!    `pkg/apis/clientauthentication/v1`) of ten lines of `sh` around curl. Where there is no token
//!    it says why, and where to log in.
//! 2. [`Credential::curl`]: curl alone, where there is no `sh`. It needs the key file's absolute path,
//!    since nothing expands the arguments of a plug-in.
//! 3. [`Credential::token`]: the token of this moment. It ends, and then nothing renews it.
//! 4. [`Credential::kubelogin`]: `kubectl oidc-login`, a plug-in that people install; it opens the browser
//!    and keeps tokens of its own.
//! 5. [`Credential::auth_provider`]: kubectl's own `oidc` (client-go, `plugin/pkg/client/auth/oidc`). It
//!    keeps its refresh token in the kubeconfig and replaces it there.
//!
//! The first two leave the key in its file, one line `Authorization: Bearer KEY` at
//! `~/.shorepass/<cluster>`, and hand curl the file's name. They respect the person's own `.curlrc`,
//! where proxies and certificates are often named.

use std::fmt::Write as _;

use base64::{Engine, prelude::BASE64_STANDARD};
use domain::posix::quoted;
use secrecy::{ExposeSecret, SecretString};

use super::{line, scalar};

/// For how long kubectl waits for a token, in seconds. The portal itself answers within three.
const PATIENCE: &str = "10";

/// The longest path of a key file, in bytes: `PATH_MAX` of Linux.
const LONGEST_PATH: usize = 4096;

/// Where key files are, by their absolute path, in which `{cluster}` stands for a cluster's name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFile(String);

impl KeyFile {
    /// A path of Unix or Windows that does not depend on a current folder. None otherwise, and
    /// where it has characters that no path of a key file needs.
    pub fn parse(path: &str) -> Option<Self> {
        let bytes = path.as_bytes();
        let drive = bytes.first().is_some_and(u8::is_ascii_alphabetic)
            && bytes.get(1) == Some(&b':')
            && matches!(bytes.get(2), Some(b'\\' | b'/'));
        let absolute = path.starts_with('/') || path.starts_with(r"\\") || drive;
        let clean = !path.chars().any(domain::name::is_invisible) && path.len() <= LONGEST_PATH;
        (absolute && clean).then(|| Self(path.to_owned()))
    }

    fn of(&self, cluster: &str) -> String {
        self.0.replace("{cluster}", cluster)
    }
}

/// A user entry.
#[derive(Debug)]
pub struct Credential(Kind);

#[derive(Debug)]
enum Kind {
    Wrapper {
        script: String,
        hint: String,
    },
    Curl {
        arguments: Vec<String>,
        hint: String,
    },
    Token(SecretString),
    Kubelogin {
        arguments: Vec<String>,
        hint: String,
    },
    AuthProvider(AuthProvider),
}

/// What kubectl's own `oidc` provider keeps.
#[derive(Debug)]
pub struct AuthProvider {
    pub issuer: String,
    pub client_id: String,
    pub client_secret: SecretString,
    pub refresh_token: SecretString,
    pub id_token: SecretString,
    /// What signed the portal's certificate, in PEM; none where everybody trusts it.
    pub authority: Option<String>,
}

impl Credential {
    /// `portal` is the portal's URL, without a slash at the end.
    pub fn wrapper(portal: &str, cluster: &str) -> Self {
        Self(Kind::Wrapper {
            script: script(portal, cluster),
            hint: format!("sh and curl are needed to fetch tokens from {portal}."),
        })
    }

    /// `portal` is the portal's URL, without a slash at the end.
    pub fn curl(portal: &str, cluster: &str, key: &KeyFile) -> Self {
        let header = format!("@{}", key.of(cluster));
        let url = format!("{portal}/k8stoken?format=exec&cluster={cluster}");
        let arguments = ["-fsS", "--max-time", PATIENCE, "-H", &header, &url];
        Self(Kind::Curl {
            arguments: arguments.map(str::to_owned).into(),
            hint: format!("curl is needed to fetch tokens from {portal}."),
        })
    }

    pub fn token(token: SecretString) -> Self {
        Self(Kind::Token(token))
    }

    /// `client` is the id of the client that the cluster has; `authority` what signed the portal's
    /// certificate, in PEM, unless everybody trusts it.
    pub fn kubelogin(portal: &str, client: &str, authority: Option<&str>) -> Self {
        let mut arguments = vec![
            "oidc-login".to_owned(),
            "get-token".to_owned(),
            format!("--oidc-issuer-url={portal}"),
            format!("--oidc-client-id={client}"),
        ];
        arguments.extend(authority.map(|pem| {
            format!(
                "--certificate-authority-data={}",
                BASE64_STANDARD.encode(pem)
            )
        }));
        Self(Kind::Kubelogin {
            arguments,
            hint: "kubectl oidc-login is needed: https://github.com/int128/kubelogin".to_owned(),
        })
    }

    pub fn auth_provider(kept: AuthProvider) -> Self {
        Self(Kind::AuthProvider(kept))
    }

    pub(super) fn write(&self, text: &mut String) {
        match &self.0 {
            Kind::Wrapper { script, hint } => plugin(text, "sh", "Never", hint, |text| {
                argument(text, "-c");
                block(text, script);
                // What the shell calls the script in messages of its own.
                argument(text, "shorepass");
            }),
            Kind::Curl { arguments, hint } => plugin(text, "curl", "Never", hint, |text| {
                for each in arguments {
                    argument(text, each);
                }
            }),
            // It may say on the terminal where to log in.
            Kind::Kubelogin { arguments, hint } => {
                plugin(text, "kubectl", "IfAvailable", hint, |text| {
                    for each in arguments {
                        argument(text, each);
                    }
                });
            }
            Kind::AuthProvider(kept) => kept.write(text),
            Kind::Token(token) => {
                text.push_str(
                    "    # Of this moment: it ends within minutes, and nothing renews it.\n",
                );
                line(text, 4, "token", token.expose_secret());
            }
        }
    }
}

impl AuthProvider {
    fn write(&self, text: &mut String) {
        text.push_str("    auth-provider:\n      name: oidc\n      config:\n");
        line(text, 8, "idp-issuer-url", &self.issuer);
        line(text, 8, "client-id", &self.client_id);
        line(text, 8, "client-secret", self.client_secret.expose_secret());
        line(text, 8, "refresh-token", self.refresh_token.expose_secret());
        line(text, 8, "id-token", self.id_token.expose_secret());
        if let Some(pem) = &self.authority {
            let data = BASE64_STANDARD.encode(pem);
            line(text, 8, "idp-certificate-authority-data", &data);
        }
    }
}

fn plugin(
    text: &mut String,
    command: &str,
    interactive: &str,
    hint: &str,
    arguments: impl Fn(&mut String),
) {
    text.push_str("    exec:\n");
    line(text, 6, "apiVersion", "client.authentication.k8s.io/v1");
    line(text, 6, "interactiveMode", interactive);
    text.push_str("      provideClusterInfo: false\n");
    line(text, 6, "command", command);
    text.push_str("      args:\n");
    arguments(text);
    line(text, 6, "installHint", hint);
}

fn argument(text: &mut String, argument: &str) {
    let _ = writeln!(text, "      - {}", scalar(argument));
}

/// A script as a literal block, which says what it says (YAML 1.2.2 §8.1.2). Only for the script of
/// ours, whose first line is not indented and whose last one is not empty.
fn block(text: &mut String, script: &str) {
    text.push_str("      - |\n");
    for line in script.lines() {
        let _ = writeln!(text, "        {line}");
    }
}

/// The plug-in. On standard output there is a credential or nothing; what is wrong is said on
/// standard error. Only words of the portal are repeated there: a page of a proxy in between is
/// nothing to read, and could steer the terminal.
fn script(portal: &str, cluster: &str) -> String {
    let portal = quoted(portal);
    format!(
        r#"portal={portal} file=$HOME/.shorepass/{cluster}
stop() {{ echo "shorepass: $*" >&2; exit 1; }}
command -v curl >/dev/null || stop "curl is missing: install it."
[ -r "$file" ] || stop "$file is missing: set up this computer at $portal/"
answer=$(curl -sS --max-time {PATIENCE} -H "@$file" "$portal/k8stoken?format=exec&cluster={cluster}") || stop "$portal cannot be asked; curl says why, above."
case $answer in
'{{'*'"ExecCredential"'*) echo "$answer" ;;
login_required) stop "you are not logged in. Log in at $portal/login and try again." ;;
slow_down | unavailable) stop "$portal says $answer: try again in a moment." ;;
'' | *[!a-z_]*) stop "$portal did not answer as Shorepass does." ;;
*) stop "$portal says $answer: set up this computer again at $portal/" ;;
esac
"#
    )
}
