//! What a configuration may say, and what is said of a wrong one.

use domain::entry::Entry;
use secrecy::ExposeSecret;

use super::*;

const GOOD: &str = r#"
    issuer = "https://id.example"
    [database]
    url = "postgres://canary@db/x"
    [signing]
    key_encryption_key = "canarycanarycanarycanarycanarycanarycanaryc="
    [[directory]]
    name = "local"
    kind = "local"
    enter = "everyone"
"#;

/// A key-encryption key that nobody uses.
const KEY: &str = "anothercanaryanothercanaryanothercanaryanoQ=";

fn load(toml: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::from_layers(toml, variables).map_err(|error| error.to_string())
}

#[test]
fn little_has_to_be_said() {
    let config = load(GOOD, &[]).unwrap();
    assert_eq!(config.issuer(), "https://id.example");
    assert_eq!(config.listen, loopback());
    assert!(config.query_keys && !config.bind_keys_to_login);
    assert_eq!(config.database.max_connections, 16);
    assert_eq!(config.signing.algorithm, Algorithm::Rs256);
    assert_eq!(config.signing.jwks_max_age, 30);
    assert_eq!(config.signing.rotate_every(), Some(Duration::days(30)));
    assert_eq!(config.lifetimes, Lifetimes::default());
    assert_eq!(config.directory[0].enter, Entry::Everyone);
    assert!(config.problems().is_empty());
    assert!(!format!("{config:?}").contains("canary"));
}

#[test]
fn an_error_names_the_key_and_no_value() {
    for (from, to, expected) in [
        ("issuer", "isuer", "isuer"),
        ("url =", "urll =", "urll"),
        ("key_encryption_key =", "kek =", "kek"),
        ("kind = \"local\"", "kind = \"canary\"", "directory[0].kind"),
        ("kind =", "sort =", "sort"),
        (
            "[signing]",
            "max_connections = 1\n[signing]",
            "database.max_connections",
        ),
        (
            "[signing]",
            "max_connections = \"canary\"\n[signing]",
            "database.max_connections",
        ),
        (
            "[signing]",
            "[signing]\nrotate_days = 367",
            "signing.rotate_days",
        ),
        (
            "[signing]",
            "[signing]\nrotate_days = 1",
            "longer than signing.lead_hours",
        ),
        (
            "[signing]",
            "[signing]\njwks_max_age = 301",
            "signing.jwks_max_age",
        ),
        (
            "[signing]",
            "[signing]\nalgorithm = \"HS256\"",
            "signing.algorithm",
        ),
        (
            "[signing]",
            "[lifetimes]\nlogin_hours = 0\n[signing]",
            "lifetimes.login_hours",
        ),
        ("[signing]", "[lifetimes]\nlogin = 0\n[signing]", "login"),
        (
            "[signing]",
            "[lifetimes]\nretrieval_key_days = 91\n[signing]",
            "lifetimes.retrieval_key_days",
        ),
        ("name = \"local\"", "name = \"Local\"", "directory[0].name"),
        ("url = \"", "url = \"\" # ", "database.url"),
        (
            "url = \"postgres://canary@db/x\"",
            "url = \"canary",
            "line 4",
        ),
        ("\"everyone\"", "\"canary\"", "directory[0].enter"),
        ("postgres://canary@db/x", "canary", "database.url"),
        ("canary@db", "canary@db:port", "database.url"),
        ("ycanary", "y", "signing.key_encryption_key"),
        (
            "\"everyone\"",
            "\"everyone\"\ngroups = [\"users\", \"System:masters\"]",
            "directory[0].groups",
        ),
    ] {
        let text = GOOD.replacen(from, to, 1);
        assert_ne!(text, GOOD);
        let error = load(&text, &[]).unwrap_err();
        assert!(error.contains(expected), "{to}: {error}");
        assert!(
            !error.contains("postgres") && !error.contains("\"canary"),
            "{error}"
        );
    }
    let text = format!("{GOOD}\n[[directory]]\nname = \"local\"\nkind = \"local\"");
    assert!(
        load(&text, &[])
            .unwrap_err()
            .starts_with("directory[1].name")
    );
    let error = load(GOOD, &[("SHOREPASS_DATABASE", "postgres://canary")]).unwrap_err();
    assert!(
        error.contains("database") && !error.contains("canary"),
        "{error}"
    );
}

#[test]
fn the_environment_is_over_the_file() {
    let config = load(
        GOOD,
        &[
            ("SHOREPASS_ISSUER", "https://other.example:8443"),
            ("SHOREPASS_LISTEN", "127.0.0.1:1, [::1]:2"),
            ("SHOREPASS_QUERY_KEYS", "false"),
            ("SHOREPASS_DATABASE__URL", "postgres://other/x"),
            ("SHOREPASS_DATABASE__MAX_CONNECTIONS", "7"),
            ("SHOREPASS_TRUSTED_PROXIES", ""),
            ("SHOREPASS_DIRECTORY__0__TITLE", "1e5"),
            ("SHOREPASS_DIRECTORY__0__GROUPS", "users, crew"),
            ("SHOREPASS_CONFIG", "x"),
            ("SHOREPASS_LOG", "debug"),
            ("SHOREPASS_SERVICE_HOST", "10.0.0.1"),
            ("SHOREPASS_SERVICE_PORT_HTTP", "80"),
            ("SHOREPASS_PORT", "tcp://10.0.0.1:80"),
            ("SHOREPASS_PORT_80_TCP_ADDR", "10.0.0.1"),
            ("SHOREPASS_DB_PORT_5432_TCP", "tcp://10.0.0.1:5432"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.issuer(), "https://other.example:8443");
    assert_eq!(config.listen[1], "[::1]:2".parse().unwrap());
    assert!(!config.query_keys);
    assert_eq!(config.database.url.expose_secret(), "postgres://other/x");
    assert_eq!(config.database.max_connections, 7);
    assert_eq!(config.directory[0].title.as_deref(), Some("1e5"));
    assert_eq!(config.directory[0].groups, ["users", "crew"]);
}

#[test]
fn an_unknown_variable_is_named() {
    for (name, expected) in [
        ("SHOREPASS_ISUER", "isuer"),
        ("SHOREPASS_DATABASE__URLL", "urll"),
        ("SHOREPASS_PORTAL", "portal"),
        ("SHOREPASS__ISSUER", "_issuer"),
        ("SHOREPASS_DIRECTORY__99999999__NAME", "DIRECTORY"),
    ] {
        let error = load(GOOD, &[(name, "x")]).unwrap_err();
        assert!(error.contains(expected), "{error}");
    }
}

#[test]
fn a_secret_is_text_or_a_file_and_never_both() {
    let path = env::temp_dir().join(format!("shorepass-secret-{}", std::process::id()));
    fs::write(&path, "postgres://from-a-file/x\n").unwrap();
    let file = path.to_str().unwrap();
    let without = GOOD.replace("url = \"postgres://canary@db/x\"", "");
    let by_file = [("SHOREPASS_DATABASE__URL_FILE", file)];
    let config = load(&without, &by_file).unwrap();
    assert_eq!(
        config.database.url.expose_secret(),
        "postgres://from-a-file/x"
    );
    fs::write(&path, format!("{KEY}\n")).unwrap();
    let previous = [("SHOREPASS_SIGNING__PREVIOUS_KEY_ENCRYPTION_KEY_FILES", file)];
    let config = load(GOOD, &previous).unwrap();
    let previous = &config.signing.previous_key_encryption_keys;
    assert_eq!(previous[0].expose_secret(), KEY);
    fs::remove_file(&path).unwrap();

    assert!(
        load(GOOD, &by_file)
            .unwrap_err()
            .starts_with("database.url: ")
    );
    assert!(
        load(&without, &[])
            .unwrap_err()
            .starts_with("database.url: ")
    );
    let error = load(&without, &by_file).unwrap_err();
    assert!(
        error.starts_with("database.url_file: ") && error.contains(file),
        "{error}"
    );
}

#[test]
fn an_issuer_is_https_or_on_this_machine() {
    for good in [
        "https://id.example",
        "https://id.example:8443",
        "https://10.0.0.1",
        "http://localhost:8080",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
    ] {
        let config = load(GOOD, &[("SHOREPASS_ISSUER", good)]);
        assert_eq!(config.unwrap().issuer(), good);
    }
    for bad in [
        "",
        "id.example",
        "http://id.example",
        "http://localhost.example",
        "http://127.0.0.2",
        "http://0.0.0.0:8080",
        "ftp://localhost",
        "https://id.example/",
        "https://id.example:443",
        "https://ID.example",
        "https://user@id.example",
        "https://user:word@id.example",
        "https://id.example?",
        "https://id.example?a",
        "https://id.example#a",
        "https://id.example/a",
        "https:///",
    ] {
        let error = load(GOOD, &[("SHOREPASS_ISSUER", bad)]).unwrap_err();
        assert!(error.starts_with("issuer: "), "{bad}: {error}");
    }
}

#[test]
fn directories_say_who_enters() {
    for (written, expected) in [
        ("enter = \"everyone\"", Entry::Everyone),
        (
            "enter = { domains = [\"a.example\"] }",
            Entry::Domains(vec!["a.example".into()]),
        ),
        (
            "enter = { groups = [\"g\"] }",
            Entry::Groups(vec!["g".into()]),
        ),
        ("", Entry::Nobody),
    ] {
        let config = load(&GOOD.replace("enter = \"everyone\"", written), &[]).unwrap();
        assert_eq!(config.directory[0].enter, expected);
        let problems = usize::from(expected == Entry::Nobody);
        assert_eq!(config.problems().len(), problems, "{written}");
    }
}

#[test]
fn a_certificate_and_its_key_come_together_and_with_https() {
    let both = [
        ("SHOREPASS_TLS__CERT", "/a/tls.crt"),
        ("SHOREPASS_TLS__KEY", "/a/tls.key"),
    ];
    assert!(load(GOOD, &[]).unwrap().tls.is_none());
    let tls = load(GOOD, &both).unwrap().tls.unwrap();
    assert_eq!(tls.cert, Path::new("/a/tls.crt"));
    assert_eq!(tls.key, Path::new("/a/tls.key"));
    let missing = load(GOOD, &both[..1]).unwrap_err();
    assert!(missing.starts_with("tls.key: "), "{missing}");
    let missing = load(GOOD, &both[1..]).unwrap_err();
    assert!(missing.starts_with("tls.cert: "), "{missing}");
    let plain = GOOD.replace("https://id.example", "http://localhost:8080");
    let error = load(&plain, &both).unwrap_err();
    assert!(error.starts_with("tls: "), "{error}");
}
