use serde_json::{Value, json};

use super::*;

const PORTAL: &str = "https://pass.example";

fn reached(cluster: &str, ca_certificate: Option<&str>, namespaces: &[&str]) -> Reached {
    Reached {
        cluster: cluster.into(),
        audience: "kubernetes".into(),
        takes_id_tokens: true,
        api_url: format!("https://{cluster}.example:6443"),
        ca_certificate: ca_certificate.map(Into::into),
        namespaces: namespaces.iter().map(|name| (*name).into()).collect(),
    }
}

fn wrapped(reached: Vec<Reached>) -> Vec<(Reached, Credential)> {
    let wrap = |each: Reached| {
        let credential = Credential::wrapper(PORTAL, &each.cluster);
        (each, credential)
    };
    reached.into_iter().map(wrap).collect()
}

fn parsed(entries: &[(Reached, Credential)]) -> Value {
    serde_saphyr::from_str(&write(entries)).unwrap()
}

fn names(list: &Value) -> Vec<&str> {
    let name = |each: &'_ Value| each["name"].as_str().unwrap().to_owned().leak() as &str;
    list.as_array().unwrap().iter().map(name).collect()
}

#[test]
fn each_cluster_has_its_own_user_and_each_namespace_a_context() {
    let config = parsed(&wrapped(vec![
        reached("demo", None, &["new-namespace", "payments"]),
        reached("east", None, &[]),
    ]));
    assert_eq!(config["apiVersion"], "v1");
    assert_eq!(config["kind"], "Config");
    assert_eq!(
        names(&config["clusters"]),
        ["shorepass-demo", "shorepass-east"]
    );
    assert_eq!(
        names(&config["users"]),
        ["shorepass-demo", "shorepass-east"]
    );
    assert_eq!(
        names(&config["contexts"]),
        [
            "shorepass-demo",
            "shorepass-demo-new-namespace",
            "shorepass-demo-payments",
            "shorepass-east"
        ]
    );
    assert_eq!(
        config["contexts"][1]["context"],
        json!({"cluster": "shorepass-demo", "user": "shorepass-demo", "namespace": "new-namespace"})
    );
    assert_eq!(config["current-context"], "shorepass-demo-new-namespace");
}

#[test]
fn an_authority_is_named_only_where_the_record_has_one() {
    let config = parsed(&wrapped(vec![
        reached("demo", Some("-----BEGIN CERTIFICATE-----\n"), &[]),
        reached("east", None, &[]),
    ]));
    assert_eq!(
        config["clusters"][0]["cluster"],
        json!({
            "server": "https://demo.example:6443",
            "certificate-authority-data": "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCg==",
        })
    );
    assert_eq!(
        config["clusters"][1]["cluster"],
        json!({"server": "https://east.example:6443"})
    );
}

#[test]
fn no_two_contexts_share_a_name() {
    let all = [
        reached("a", None, &["b", "b-c", "d"]),
        reached("a-b", None, &["c"]),
    ];
    let config = parsed(&wrapped(all.to_vec()));
    assert_eq!(
        names(&config["contexts"]),
        [
            "shorepass-a",
            "shorepass-a/b",
            "shorepass-a/b-c",
            "shorepass-a-d",
            "shorepass-a-b",
            "shorepass-a-b/c"
        ]
    );
    assert_eq!(first_context(&all).as_deref(), Some("shorepass-a/b"));
}

#[test]
fn the_first_context_is_a_namespace_where_there_is_one() {
    assert_eq!(first_context(&[]), None);
    let bare = reached("demo", None, &[]);
    assert_eq!(
        first_context(std::slice::from_ref(&bare)).as_deref(),
        Some("shorepass-demo")
    );
    assert_eq!(
        first_context(&[bare, reached("east", None, &["x"])]).as_deref(),
        Some("shorepass-east-x")
    );
}

#[test]
fn the_wrapper_is_a_short_script_that_survives_the_yaml() {
    let config = parsed(&wrapped(vec![reached("demo", None, &[])]));
    let exec = &config["users"][0]["user"]["exec"];
    assert_eq!(exec["apiVersion"], "client.authentication.k8s.io/v1");
    assert_eq!(exec["interactiveMode"], "Never");
    assert_eq!(exec["command"], "sh");
    assert_eq!(exec["args"][0], "-c");
    assert_eq!(exec["args"][2], "shorepass");
    let script = exec["args"][1].as_str().unwrap();
    assert!(script.starts_with("portal='https://pass.example' file=$HOME/.shorepass/demo\n"));
    assert!(script.ends_with("\nesac\n"));
    assert!(script.lines().count() <= 12, "{script}");
}

#[test]
fn plain_curl_names_the_key_file_of_its_cluster() {
    for (path, header) in [
        (
            "/home/alice/.shorepass/{cluster}",
            "@/home/alice/.shorepass/demo",
        ),
        (r"C:\Users\O'Hara é\k", r"@C:\Users\O'Hara é\k"),
    ] {
        let key = KeyFile::parse(path).unwrap();
        let credential = Credential::curl(PORTAL, "demo", &key);
        let config = parsed(&[(reached("demo", None, &[]), credential)]);
        let exec = &config["users"][0]["user"]["exec"];
        assert_eq!(exec["command"], "curl");
        let url = "https://pass.example/k8stoken?format=exec&cluster=demo";
        assert_eq!(
            exec["args"],
            json!(["-fsS", "--max-time", "10", "-H", header, url])
        );
    }
}

#[test]
fn a_key_file_is_named_from_the_root() {
    for path in [
        "",
        "demo",
        "~/x",
        "$HOME/x",
        "./x",
        r".\x",
        "C:x",
        "C:",
        "1:/x",
        "/a\nb",
        "/a\u{202E}b",
    ] {
        assert_eq!(KeyFile::parse(path), None, "{path:?}");
    }
    for path in ["/x", "C:/x", r"c:\x", r"\\server\share\x"] {
        assert!(KeyFile::parse(path).is_some(), "{path:?}");
    }
    assert_eq!(KeyFile::parse(&format!("/{}", "x".repeat(5000))), None);
}

#[test]
fn a_static_token_stands_alone() {
    let credential = Credential::token("a.b.c".to_owned().into());
    let config = parsed(&[(reached("demo", None, &[]), credential)]);
    assert_eq!(config["users"][0]["user"], json!({"token": "a.b.c"}));
}

#[test]
fn nothing_in_a_record_ends_its_scalar() {
    let hostile = "x\"\n- name: \"evil\": #'{}[]&*!|>%@`\\ \u{7f}\u{85}\u{2028}é";
    let record = Reached {
        cluster: hostile.into(),
        audience: "kubernetes".into(),
        takes_id_tokens: true,
        api_url: hostile.into(),
        ca_certificate: None,
        namespaces: vec![hostile.into()],
    };
    let key = KeyFile::parse("/{cluster}").unwrap();
    let config = parsed(&[(
        record,
        Credential::curl("https://pass'.example", hostile, &key),
    )]);
    assert_eq!(config["clusters"].as_array().unwrap().len(), 1);
    assert_eq!(config["clusters"][0]["cluster"]["server"], hostile);
    assert_eq!(config["contexts"][1]["context"]["namespace"], hostile);
}
