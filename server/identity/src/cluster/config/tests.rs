//! What is printed stands in `golden/`. To write the files anew after a change, and then to look at
//! each difference: `SHOREPASS_GOLDEN=write cargo test -p identity golden`.

use std::path::Path;

use domain::{cluster::TokenKind, group::GroupName, role::Role};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

/// A root as `shorepass pki ca` makes one.
const ROOT: &str = include_str!("golden/root.crt");

const ALL: [Kind; 11] = [
    Kind::Ca,
    Kind::Flags,
    Kind::AuthenticationConfig(ApiVersion::V1),
    Kind::AuthenticationConfig(ApiVersion::V1beta1),
    Kind::AuthorizationConfig(ApiVersion::V1),
    Kind::AuthorizationConfig(ApiVersion::V1beta1),
    Kind::Kubeadm,
    Kind::Kind,
    Kind::K3s,
    Kind::Rbac(Roles::BuiltIn),
    Kind::Rbac(Roles::Own),
];

fn demo() -> Cluster {
    Cluster::new("demo", "https://127.0.0.1:6443", "kubernetes")
}

fn namespaces(cluster: &Cluster, names: &[&str]) -> Vec<Namespace> {
    let groups = |name| Role::ALL.map(|role| (role, cluster.group(name, role).unwrap()));
    names
        .iter()
        .map(|name| Namespace {
            name: (*name).to_owned(),
            groups: groups(name).to_vec(),
        })
        .collect()
}

fn golden(file: &str, kind: Kind, cluster: &Cluster, issuer: &Issuer<'_>) {
    let namespaces = namespaces(cluster, &["new-namespace", "payments"]);
    let text = print(kind, cluster, &namespaces, issuer, None).unwrap();
    same(file, &text);
}

fn same(file: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("src/cluster/config/golden")
        .join(file);
    if std::env::var_os("SHOREPASS_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, expected, "{file}");
}

#[test]
fn what_is_printed_is_what_stands_in_golden() {
    let root = Certificates::parse(ROOT.as_bytes()).unwrap();
    let private = Issuer {
        url: "https://portal.example.com",
        ca: Some(&root),
        es256: false,
    };
    let public = Issuer {
        ca: None,
        es256: true,
        ..private.clone()
    };
    let bare = Cluster {
        username_prefix: String::new(),
        groups_prefix: String::new(),
        groups_claim: "user_roles".into(),
        token_lifetime: 600,
        ..demo()
    };
    let (v1, v1beta1) = (
        Kind::AuthenticationConfig(ApiVersion::V1),
        Kind::AuthenticationConfig(ApiVersion::V1beta1),
    );
    golden("flags.txt", Kind::Flags, &demo(), &private);
    golden("flags-bare.txt", Kind::Flags, &bare, &public);
    golden("authentication.yaml", v1, &demo(), &private);
    golden("authentication-bare.yaml", v1beta1, &bare, &public);
    golden("kubeadm.yaml", Kind::Kubeadm, &demo(), &private);
    golden("kind.yaml", Kind::Kind, &demo(), &private);
    golden("k3s.yaml", Kind::K3s, &demo(), &private);
    golden("rbac.yaml", Kind::Rbac(Roles::BuiltIn), &demo(), &private);
    golden("rbac-own.yaml", Kind::Rbac(Roles::Own), &bare, &private);
    golden("root.crt", Kind::Ca, &demo(), &private);
    assert_eq!(print(Kind::Ca, &demo(), &[], &public, None), None);

    let (v1, v1beta1) = (
        Kind::AuthorizationConfig(ApiVersion::V1),
        Kind::AuthorizationConfig(ApiVersion::V1beta1),
    );
    golden("authorization.yaml", v1, &demo(), &private);
    golden("authorization-bare.yaml", v1beta1, &bare, &public);
    let secret = "k8w_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned();
    let secret = secret.into();
    let opaque = Cluster {
        tokens: TokenKind::Opaque,
        ..demo()
    };
    for (file, cluster, issuer, version) in [
        ("webhook.sh", &demo(), &private, ApiVersion::V1),
        ("webhook-opaque.sh", &opaque, &private, ApiVersion::V1),
        ("webhook-bare.sh", &bare, &public, ApiVersion::V1beta1),
    ] {
        let text = webhook_script(cluster, issuer, version, None, &secret);
        same(file, &text);
    }
}

/// The folder's name is the one word of the operator's own.
#[test]
fn the_script_of_the_webhooks_writes_files_that_only_their_owner_reads() {
    use std::os::unix::fs::PermissionsExt;
    let root = Certificates::parse(ROOT.as_bytes()).unwrap();
    let hostile = "a' && exit 1; \"$(exit 1)`exit 1`\\ \u{2028}\nSHOREPASS\nexit 1";
    let cluster = Cluster {
        name: hostile.to_owned(),
        username_prefix: hostile.to_owned(),
        tokens: TokenKind::Opaque,
        ..demo()
    };
    let issuer = Issuer {
        url: hostile,
        ca: Some(&root),
        es256: false,
    };
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join(hostile);
    let folder = folder.to_str().unwrap();
    let secret = hostile.to_owned().into();
    let text = webhook_script(&cluster, &issuer, ApiVersion::V1, Some(folder), &secret);
    let file = place.path().join("script");
    std::fs::write(&file, text).unwrap();
    let ran = std::process::Command::new("sh")
        .arg(&file)
        .output()
        .unwrap();
    assert!(ran.status.success(), "{ran:?}");
    for name in ["authorize.kubeconfig", "tokenreview.kubeconfig"] {
        let path = Path::new(folder).join(name);
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        let text = std::fs::read_to_string(path).unwrap();
        let read: Value = serde_saphyr::from_str(&text).unwrap();
        assert_eq!(read["users"][0]["user"]["token"], hostile);
        let server = read["clusters"][0]["cluster"]["server"].as_str().unwrap();
        assert!(server.starts_with(&format!("{hostile}/k8s/")), "{server}");
    }
    let text = std::fs::read_to_string(Path::new(folder).join("authorization.yaml")).unwrap();
    let read: Value = serde_saphyr::from_str(&text).unwrap();
    let webhook = &read["authorizers"][0]["webhook"];
    let kubeconfig = format!("{folder}/authorize.kubeconfig");
    assert_eq!(webhook["connectionInfo"]["kubeConfigFile"], kubeconfig);
    assert_eq!(webhook["failurePolicy"], "NoOpinion");
}

/// The documents of a text, without those that are only comments.
fn documents(text: &str) -> Vec<Value> {
    text.split("\n---\n")
        .filter(|document| document.lines().any(|line| !line.starts_with('#')))
        .map(|document| serde_saphyr::from_str(document).unwrap())
        .collect()
}

#[test]
fn an_empty_user_prefix_is_said_so_that_the_api_server_adds_none() {
    let issuer = Issuer {
        url: "https://portal.example.com",
        ca: None,
        es256: false,
    };
    let bare = Cluster {
        username_prefix: String::new(),
        ..demo()
    };
    let text = print(Kind::Flags, &bare, &[], &issuer, None).unwrap();
    assert!(text.lines().any(|line| line == "--oidc-username-prefix=-"));
    let kind = Kind::AuthenticationConfig(ApiVersion::V1);
    let text = print(kind, &bare, &[], &issuer, None).unwrap();
    let username = &documents(&text)[0]["jwt"][0]["claimMappings"]["username"];
    assert_eq!(username["prefix"], "");
}

#[test]
fn bindings_name_groups_as_the_api_server_sees_them() {
    let cluster = Cluster {
        groups_prefix: "corp/".into(),
        ..demo()
    };
    let issuer = Issuer {
        url: "https://portal.example.com",
        ca: None,
        es256: false,
    };
    let namespaces = namespaces(&cluster, &["payments"]);
    let text = print(
        Kind::Rbac(Roles::BuiltIn),
        &cluster,
        &namespaces,
        &issuer,
        None,
    );
    let bindings = documents(&text.unwrap());
    let said: Vec<_> = bindings
        .iter()
        .map(|binding| {
            assert_eq!(binding["metadata"]["namespace"], "payments");
            let name = |value: &Value| value.as_str().unwrap().to_owned();
            (
                name(&binding["subjects"][0]["name"]),
                name(&binding["roleRef"]["name"]),
            )
        })
        .collect();
    let pair = |group: &str, role: &str| (group.to_owned(), role.to_owned());
    assert_eq!(
        said,
        [
            pair("corp/payments-admin", "admin"),
            pair("corp/payments-editor", "edit"),
            pair("corp/payments-viewer", "view"),
        ]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever stands in a record, even what no rule would let in, is the value of the one key that
    /// it is meant for: the documents are otherwise the same.
    #[test]
    fn hostile_names_stay_where_they_were_put(
        inner in "(.|[\"'\\\\:#{}&*!|>%@`\r\n\t\u{85}\u{2028}\u{2029}\u{FEFF}]|\n---\n|\": )*"
    ) {
        let hostile = format!("w{inner}w");
        let root = Certificates::parse(ROOT.as_bytes()).unwrap();
        let shape = |word: &str| {
            let cluster = Cluster {
                name: word.to_owned(),
                audience: word.to_owned(),
                username_prefix: word.to_owned(),
                groups_prefix: word.to_owned(),
                groups_claim: word.to_owned(),
                ..demo()
            };
            let namespaces = [Namespace {
                name: word.to_owned(),
                groups: vec![(Role::Viewer, GroupName::parse("payments-viewer").unwrap())],
            }];
            let issuer = Issuer { url: word, ca: Some(&root), es256: true };
            ALL.map(|kind| print(kind, &cluster, &namespaces, &issuer, Some(&format!("/{word}"))).unwrap())
        };
        for (kind, (ours, plain)) in ALL.iter().zip(shape(&hostile).iter().zip(shape("MARK"))) {
            // A shell reads these, and does so in the tests of `quote`.
            if matches!(kind, Kind::Ca | Kind::Flags) {
                continue;
            }
            let (ours, plain) = (documents(ours), documents(&plain));
            prop_assert_eq!(ours.len(), plain.len(), "{:?}", kind);
            for (ours, plain) in ours.iter().zip(&plain) {
                prop_assert_eq!(marked(ours, &hostile), marked(plain, "MARK"), "{:?}", kind);
            }
        }
    }
}

/// The document with `MARK` in the place of a word. Patches are documents in texts.
fn marked(value: &Value, word: &str) -> Value {
    match value {
        Value::Object(map) => map
            .iter()
            .map(|(key, value)| (key.clone(), marked(value, word)))
            .collect(),
        Value::Array(list) => list.iter().map(|value| marked(value, word)).collect(),
        Value::String(text) if text.starts_with("apiVersion: ") => {
            let patch: Value = serde_saphyr::from_str(text).unwrap();
            marked(&patch, word).to_string().into()
        }
        Value::String(text) => unmarked(text, word).into(),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
    }
}

/// One of the few ways in which a word of a record stands in a text.
fn unmarked(text: &str, word: &str) -> String {
    let folder = format!("/{word}");
    for (of_word, of_mark) in [
        (word.to_owned(), "MARK".to_owned()),
        (
            format!("{word}payments-viewer"),
            "MARKpayments-viewer".into(),
        ),
        (folder.clone(), "/MARK".into()),
        (
            format!("{folder}/{AUTHENTICATION}"),
            format!("/MARK/{AUTHENTICATION}"),
        ),
        (
            format!("authentication-config={folder}/{AUTHENTICATION}"),
            format!("authentication-config=/MARK/{AUTHENTICATION}"),
        ),
        (
            format!("{folder}/authorize.kubeconfig"),
            "/MARK/authorize.kubeconfig".into(),
        ),
        (
            format!("request.user.startsWith({})", quote::cel(word)),
            "request.user.startsWith('MARK')".into(),
        ),
    ] {
        if text == of_word {
            return of_mark;
        }
    }
    text.to_owned()
}
