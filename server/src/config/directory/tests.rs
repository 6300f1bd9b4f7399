//! What a directory may say, and what is said of a wrong one.

use identity::connector::oidc::settings::Verified;
use secrecy::ExposeSecret;

use super::*;

const GOOD: &str = r#"
    name = "corp"
    kind = "oidc"
    enter = "everyone"
    issuer = "https://id.example/realm"
    client_id = "shorepass"
"#;

fn all(toml: &str) -> Result<Vec<Directory>, String> {
    let layers = config::Config::builder()
        .add_source(config::File::from_str(toml, config::FileFormat::Toml))
        .build()
        .unwrap();
    let written: Vec<Written> = serde_path_to_error::deserialize(layers)
        .map(|Whole { directory }| directory)
        .map_err(|error| format!("{}: {}", error.path(), error.inner()))?;
    directories(written).map_err(|error| error.to_string())
}

#[derive(Deserialize)]
struct Whole {
    directory: Vec<Written>,
}

fn provider(more: &str) -> Result<Provider, String> {
    let mut directories = all(&format!("[[directory]]\n{GOOD}\n{more}"))?;
    match directories.remove(0).kind {
        Kind::Oidc(provider) => Ok(*provider),
        Kind::Local => panic!("it is a provider"),
    }
}

fn replaced(from: &str, to: &str) -> Result<Vec<Directory>, String> {
    let text = GOOD.replacen(from, to, 1);
    assert_ne!(text, GOOD);
    all(&format!("[[directory]]\n{text}"))
}

#[test]
fn little_has_to_be_said_of_a_provider() {
    let provider = provider("").unwrap();
    let settings = provider.settings;
    assert_eq!(settings.issuer, "https://id.example/realm");
    assert!(settings.client_secret.is_none() && settings.prompt.is_none());
    assert_eq!(settings.scopes, ["email", "profile"]);
    assert_eq!(
        settings.username,
        Template::parse("{preferred_username}").unwrap()
    );
    assert!(settings.groups_claim.is_none() && settings.reach.hosts.is_empty());
    assert_eq!(settings.timeout.as_secs(), 5);
}

#[test]
fn a_preset_says_what_is_usual_and_the_file_goes_before() {
    let google = all(
        "[[directory]]\nname = \"g\"\nkind = \"oidc\"\npreset = \"google\"\nclient_id = \"x\"\nscopes = [\"openid\", \"email\"]",
    );
    let Kind::Oidc(google) = &google.unwrap()[0].kind else {
        panic!()
    };
    assert_eq!(google.settings.issuer, "https://accounts.google.com");
    assert_eq!(google.settings.scopes, ["email"]);
    assert_eq!(
        google.settings.username,
        Template::parse("{email_local}").unwrap()
    );
    assert!(
        google
            .settings
            .reach
            .hosts
            .contains("oauth2.googleapis.com")
    );
    for (preset, scopes, groups, verified) in [
        ("entra-id", 2, Some("groups"), Verified::DomainOwner),
        ("keycloak", 2, Some("groups"), Verified::Standard),
        ("okta", 3, Some("groups"), Verified::Standard),
        ("gitlab", 2, Some("groups_direct"), Verified::Standard),
        ("dex", 3, Some("groups"), Verified::Standard),
    ] {
        let settings = provider(&format!("preset = \"{preset}\""))
            .unwrap()
            .settings;
        assert_eq!(settings.scopes.len(), scopes, "{preset}");
        assert_eq!(settings.groups_claim.as_deref(), groups, "{preset}");
        assert_eq!(settings.verified, verified, "{preset}");
        let own = provider(&format!(
            "preset = \"{preset}\"\nusername = \"{{sub}}\"\ngroups_claim = \"\"\nhosts = [\"a.example\"]"
        ));
        let own = own.unwrap().settings;
        assert_eq!(own.username, Template::parse("{sub}").unwrap());
        assert!(own.groups_claim.is_none());
        assert_eq!(own.reach.hosts.len(), 1);
    }
}

#[test]
fn an_issuer_is_https_or_named_for_a_trial() {
    for good in [
        "https://id.example",
        "https://id.example:8443/a/b",
        "https://10.0.0.1",
    ] {
        assert!(replaced("https://id.example/realm", good).is_ok(), "{good}");
    }
    for bad in [
        "http://id.example",
        "ftp://id.example",
        "id.example",
        "",
        "https://",
        "https://u@id.example",
        "https://u:p@id.example",
        "https://id.example?a",
        "https://id.example#a",
        "https://login.microsoftonline.com/common/v2.0",
        "https://login.microsoftonline.com/organizations/v2.0",
    ] {
        let error = replaced("https://id.example/realm", bad).unwrap_err();
        assert!(error.starts_with("directory[0].issuer"), "{bad}: {error}");
    }
    let trial = GOOD.replace("https://id.example/realm", "http://localhost:9000");
    for (allowed, good) in [
        ("localhost", true),
        ("127.0.0.1", false),
        ("example.org", false),
    ] {
        let text = format!("[[directory]]\n{trial}\nallow_http = [\"{allowed}\"]");
        assert_eq!(all(&text).is_ok(), good, "{allowed}");
    }
}

#[test]
fn an_error_names_the_key() {
    for (more, key) in [
        ("colour = \"red\"", "colour"),
        ("preset = \"facebook\"", "preset"),
        ("prompt = \"none\"", "prompt"),
        ("username = \"alice\"", "directory[0].username"),
        ("username = \"{a\"", "directory[0].username"),
        ("scopes = [\"a b\"]", "directory[0].scopes"),
        ("hosts = [\"https://a.example\"]", "directory[0].hosts"),
        ("hosts = [\"a.example:8443\"]", "directory[0].hosts"),
        (
            "allow_private = [\"A.example\"]",
            "directory[0].allow_private",
        ),
        ("allow_http = [\"\"]", "directory[0].allow_http"),
        ("ca_file = \"/nowhere\"", "directory[0].ca_file"),
        ("ca_file = \"/dev/null\"", "directory[0].ca_file"),
        (
            "client_secret_file = \"/nowhere\"",
            "directory[0].client_secret_file",
        ),
        ("client_secret = \"\"", "directory[0].client_secret"),
    ] {
        let error = provider(more).unwrap_err();
        assert!(error.contains(key), "{more}: {error}");
    }
    let both =
        provider("client_secret = \"canary\"\nclient_secret_file = \"/dev/null\"").unwrap_err();
    assert!(
        both.contains("client_secret") && !both.contains("canary"),
        "{both}"
    );
    for key in ["issuer", "client_id"] {
        let error = replaced(&format!("{key} ="), &format!("# {key} =")).unwrap_err();
        assert!(
            error.starts_with(&format!("directory[0].{key}: is missing")),
            "{error}"
        );
    }
    for name in ["", "Corp", "a b", "a/b"] {
        let error = replaced("\"corp\"", &format!("\"{name}\"")).unwrap_err();
        assert!(error.starts_with("directory[0].name"), "{error}");
    }
    assert!(
        all("directory = []")
            .unwrap_err()
            .starts_with("directory: ")
    );
}

#[test]
fn what_belongs_to_a_provider_is_no_key_of_local_accounts() {
    for key in [
        "issuer = \"x\"",
        "client_id = \"x\"",
        "client_secret = \"canary\"",
        "scopes = []",
        "allow_http = []",
    ] {
        let text = format!("[[directory]]\nname = \"local\"\nkind = \"local\"\n{key}");
        let error = all(&text).unwrap_err();
        let name = key.split(' ').next().unwrap();
        assert!(
            error.starts_with(&format!("directory[0].{name}: ")),
            "{error}"
        );
        assert!(!error.contains("canary"));
    }
}

#[test]
fn a_secret_can_be_a_file_and_is_not_printed() {
    let path = std::env::temp_dir().join(format!("shorepass-client-secret-{}", std::process::id()));
    std::fs::write(&path, "canary\n").unwrap();
    let provider = provider(&format!("client_secret_file = \"{}\"", path.display()));
    std::fs::remove_file(path).unwrap();
    let provider = provider.unwrap();
    assert!(!format!("{provider:?}").contains("canary"));
    let secret = provider.settings.client_secret.unwrap();
    assert_eq!(secret.expose_secret(), "canary");
}

#[test]
fn what_is_probably_not_meant_is_said() {
    for (from, to, key) in [
        (
            "enter = \"everyone\"",
            "enter = { groups = [\"crew\"] }",
            "enter",
        ),
        (
            "enter = \"everyone\"",
            "enter = { domains = [\"a.example\"] }\nscopes = []",
            "enter",
        ),
        ("enter = \"everyone\"", "", "enter"),
        ("https://id.example/realm", "https://gitlab.com", "enter"),
    ] {
        let problems = replaced(from, to).unwrap()[0].problems();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with(&format!("directory.corp.{key}: ")),
            "{problems:?}"
        );
    }
    assert!(replaced("shorepass", "x").unwrap()[0].problems().is_empty());
    let trial = GOOD.replace("https://id.example/realm", "http://localhost:9000");
    let trial = all(&format!(
        "[[directory]]\n{trial}\nallow_http = [\"localhost\"]"
    ))
    .unwrap();
    assert!(trial[0].problems()[0].starts_with("directory.corp.issuer: "));
}
