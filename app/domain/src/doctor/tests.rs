use ::time::OffsetDateTime;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{
    Check, Given, Keyed, Report, Secret, Told, Verdict, examine, given, header, message::explain,
};
use crate::{cluster::Cluster, signing_key::State};

const NOW: i64 = 1_795_545_322;
const ISSUER: &str = "https://pass.example";
const GOOD: Keyed = Keyed::Known {
    state: State::Active,
    right: true,
};

fn claims() -> Value {
    json!({
        "iss": ISSUER, "sub": "alice", "aud": ["kubernetes"], "iat": NOW - 60, "nbf": NOW - 180,
        "exp": NOW + 240, "groups": ["payments-viewer", "users"], "email_verified": true,
    })
}

fn token(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.c2lnbmF0dXJl", part(header), part(claims))
}

fn look(token: &str, keyed: Keyed) -> Report {
    let cluster = Cluster::new("demo", "https://api.example:6443", "kubernetes");
    let told = Told {
        issuer: ISSUER,
        cluster: &cluster,
    };
    let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
    examine(token, false, told, keyed, now)
}

fn with(name: &str, value: Value) -> Report {
    let mut claims = claims();
    match value {
        Value::String(word) if word == "nothing" => claims.as_object_mut().unwrap().remove(name),
        value => claims.as_object_mut().unwrap().insert(name.into(), value),
    };
    look(&token(&json!({"alg": "RS256", "kid": "1"}), &claims), GOOD)
}

/// The checks that fail, and what the API server says to the first.
fn failed(report: &Report) -> (Vec<Check>, String) {
    let bad = report
        .findings
        .iter()
        .filter_map(|finding| match &finding.verdict {
            Verdict::Bad { log, .. } => Some((finding.check, log.clone().unwrap_or_default())),
            Verdict::Good(_) | Verdict::Careful { .. } | Verdict::Open => None,
        });
    let bad: Vec<_> = bad.collect();
    let log = bad.first().map(|(_, log)| log.clone()).unwrap_or_default();
    (bad.into_iter().map(|(check, _)| check).collect(), log)
}

fn careful(report: &Report) -> Vec<Check> {
    let odd = |finding: &&super::Finding| matches!(finding.verdict, Verdict::Careful { .. });
    report
        .findings
        .iter()
        .filter(odd)
        .map(|finding| finding.check)
        .collect()
}

#[test]
fn a_token_that_is_in_order_is_good_in_every_check() {
    let report = look(
        &token(&json!({"alg": "RS256", "kid": "1"}), &claims()),
        GOOD,
    );
    let checks: Vec<_> = report
        .findings
        .iter()
        .map(|finding| finding.check)
        .collect();
    assert_eq!(checks, Check::ALL);
    let good = |verdict: &Verdict| matches!(verdict, Verdict::Good(_));
    assert!(
        report.findings.iter().all(|finding| good(&finding.verdict)),
        "{report:?}"
    );
    let seen = report.seen_as.unwrap();
    assert_eq!(seen.user, "shorepass:alice");
    assert_eq!(
        seen.groups,
        ["shorepass:payments-viewer", "shorepass:users"]
    );
    assert_eq!(report.live_until.unwrap().unix_timestamp(), NOW + 240);
}

#[test]
fn each_claim_that_is_wrong_fails_its_check_with_the_api_servers_words() {
    use Check::{Audience, Expiry, Groups, Issuer, Lifetime, NotBefore, Reserved, Username};
    let verify = "oidc: verify token: oidc:";
    for (name, value, checks, log) in [
        ("iss", json!("https://pass.example/"), vec![Issuer], "invalid bearer token".to_owned()),
        ("iss", json!("HTTPS://pass.example"), vec![Issuer], "invalid bearer token".into()),
        ("iss", json!(7), vec![Issuer], "invalid bearer token".into()),
        ("iss", json!("nothing"), vec![Issuer], "invalid bearer token".into()),
        ("exp", json!(NOW - 1), vec![Expiry], format!("{verify} token is expired (Token Expiry: 2026-11-24 18:35:21 +0000 UTC)")),
        ("exp", json!("nothing"), vec![Expiry], format!("{verify} token is expired (Token Expiry: 0001-01-01 00:00:00 +0000 UTC)")),
        ("exp", json!("soon"), vec![Expiry], format!("{verify} failed to unmarshal claims: …")),
        ("exp", json!(NOW + 241), vec![Lifetime], "oidc: error evaluating claim validation expression: validation expression 'claims.exp - claims.iat <= 300' failed: the token lives longer than 300 seconds".into()),
        ("iat", json!("nothing"), vec![Lifetime], "oidc: error evaluating claim validation expression: expression 'claims.exp - claims.iat <= 300' resulted in error: no such key: iat".into()),
        ("nbf", json!(NOW + 61), vec![NotBefore], format!("{verify} current time … before the nbf (not before) time: 2026-11-24 18:36:23 +0000 UTC")),
        ("nbf", json!([]), vec![NotBefore], format!("{verify} failed to unmarshal claims: …")),
        ("aud", json!(["a", "b\""]), vec![Audience], format!("{verify} expected audience \"kubernetes\" got [\"a\" \"b\\\"\"]")),
        ("aud", json!("nothing"), vec![Audience], format!("{verify} expected audience \"kubernetes\" got []")),
        ("aud", json!([7]), vec![Audience], format!("{verify} failed to unmarshal claims: …")),
        ("sub", json!("nothing"), vec![Username], "oidc: parse username claims \"sub\": claim not present".into()),
        ("sub", json!({}), vec![Username], "oidc: parse username claims \"sub\": json: cannot unmarshal object into Go value of type string".into()),
        ("groups", json!(7), vec![Groups], "oidc: parse groups claim \"groups\": json: cannot unmarshal number into Go value of type string".into()),
        ("groups", json!(["a", 7]), vec![Groups], "oidc: parse groups claim \"groups\": json: cannot unmarshal array into Go value of type string".into()),
        ("groups", json!({"a": 1}), vec![Groups], "oidc: parse groups claim \"groups\": json: cannot unmarshal object into Go value of type string".into()),
    ] {
        let report = with(name, value.clone());
        assert_eq!(failed(&report), (checks, log), "{name} = {value}");
        assert!(report.seen_as.is_none());
    }
    // Names of Kubernetes' own, which the default prefix makes harmless.
    assert!(with("sub", json!("system:admin")).is_good());
    let cluster = Cluster {
        username_prefix: String::new(),
        groups_prefix: String::new(),
        ..Cluster::new("demo", "https://a.example", "kubernetes")
    };
    let told = Told {
        issuer: ISSUER,
        cluster: &cluster,
    };
    let mut claims = claims();
    for (name, value, rule) in [
        (
            "groups",
            json!(["users", "system:masters"]),
            "user.groups.all(group, !group.startsWith('system:'))",
        ),
        (
            "sub",
            json!("system:admin"),
            "!user.username.startsWith('system:')",
        ),
    ] {
        claims[name] = value;
        let now = OffsetDateTime::from_unix_timestamp(NOW).unwrap();
        let report = examine(
            &token(&json!({"alg": "RS256", "kid": "1"}), &claims),
            false,
            told,
            GOOD,
            now,
        );
        let (checks, log) = failed(&report);
        assert_eq!(checks, [Reserved]);
        assert!(log.starts_with(&format!("oidc: error evaluating user info validation rule: validation expression '{rule}' failed: ")), "{log}");
    }
}

#[test]
fn what_api_servers_take_is_good_however_odd_it_is() {
    for (name, value) in [
        ("exp", json!(NOW)),
        ("exp", json!(1_795_545_322.9)),
        ("exp", json!((NOW + 10).to_string())),
        ("nbf", json!(NOW + 60)),
        ("nbf", json!("nothing")),
        ("aud", json!("kubernetes")),
        ("aud", json!(["other", "kubernetes"])),
        ("groups", json!("users")),
        ("groups", json!([])),
        ("groups", Value::Null),
        ("groups", json!([null])),
    ] {
        let report = with(name, value.clone());
        assert_eq!(failed(&report).0, [], "{name} = {value}");
        assert_eq!(careful(&report), []);
    }
    for (name, value, check) in [
        ("groups", json!("nothing"), Check::Groups),
        ("sub", json!(""), Check::Username),
        ("sub", Value::Null, Check::Username),
        ("email_verified", json!(false), Check::Email),
        ("email_verified", json!("true"), Check::Email),
        ("padding", json!("x".repeat(4000)), Check::Size),
        ("padding", json!("x".repeat(8000)), Check::Size),
    ] {
        let report = with(name, value.clone());
        assert_eq!(
            (failed(&report).0, careful(&report)),
            (vec![], vec![check]),
            "{name}"
        );
    }
}

#[test]
fn keys_and_algorithms_are_judged_by_what_the_token_names() {
    let header = |alg: &str| json!({"alg": alg, "kid": "1"});
    let signature =
        "oidc: verify token: failed to verify signature: failed to verify id token signature";
    for alg in ["HS256", "none", "EdDSA", "", "rs256"] {
        let report = look(&token(&header(alg), &claims()), GOOD);
        let log = format!(
            "oidc: verify token: oidc: id token signed with unsupported algorithm, expected … got {alg:?}"
        );
        assert_eq!(failed(&report), (vec![Check::Algorithm], log), "{alg}");
    }
    assert_eq!(
        careful(&look(&token(&header("ES256"), &claims()), GOOD)),
        [Check::Algorithm]
    );
    let known = |state, right| Keyed::Known { state, right };
    for (keyed, checks, live) in [
        (Keyed::Unknown, vec![Check::Key], false),
        (Keyed::Unnamed, vec![Check::Key], false),
        (known(State::Active, false), vec![Check::Signature], false),
        (known(State::Retired, true), vec![], true),
        (known(State::Pending, true), vec![], true),
        (known(State::Removed, true), vec![Check::Key], false),
        (
            known(State::Removed, false),
            vec![Check::Key, Check::Signature],
            false,
        ),
    ] {
        let report = look(&token(&header("RS256"), &claims()), keyed);
        let (failed, log) = failed(&report);
        assert_eq!(
            (failed, report.live_until.is_some()),
            (checks.clone(), live),
            "{keyed:?}"
        );
        assert_eq!(
            log,
            if checks.is_empty() { "" } else { signature },
            "{keyed:?}"
        );
    }
}

#[test]
fn what_is_no_token_at_all_is_nobodys() {
    let whole = token(&json!({"alg": "RS256", "kid": "1"}), &claims());
    let parts: Vec<_> = whole.split('.').collect();
    let json = BASE64_URL_SAFE_NO_PAD.encode("[1]");
    for broken in [
        parts[1].to_owned(),
        format!("{}.{}", parts[0], parts[1]),
        format!("{whole}.x"),
        format!("{}.{}=.{}", parts[0], parts[1], parts[2]),
        format!(
            "{}.{}.{}",
            parts[0],
            &parts[1][..parts[1].len() - 3],
            parts[2]
        ),
        format!("{}.{json}.{}", parts[0], parts[2]),
    ] {
        let (checks, log) = failed(&look(&broken, Keyed::Unnamed));
        assert_eq!(
            (checks[0], log.as_str()),
            (Check::Form, "invalid bearer token"),
            "{broken}"
        );
    }
    for broken in [
        format!("!.{}.{}", parts[1], parts[2]),
        format!("{}.{}.a", parts[0], parts[1]),
    ] {
        assert_eq!(header(&broken), None);
        let (checks, log) = failed(&look(&broken, Keyed::Unnamed));
        assert_eq!(
            (checks[0], log.as_str()),
            (
                Check::Algorithm,
                "oidc: verify token: oidc: malformed jwt: …"
            )
        );
    }
}

#[test]
fn a_report_shows_nothing_that_could_be_taken_for_more_than_text() {
    let report = with("iss", json!(format!("a\u{202E}b\nc{}", "x".repeat(500))));
    let text = format!("{report:?}");
    assert!(
        !text.contains('\u{202E}')
            && !text.contains("\\u{202e}")
            && !text.contains(&"x".repeat(200))
    );
}

#[test]
fn what_was_pasted_is_known_for_what_it_is() {
    let whole = token(&json!({"alg": "RS256", "kid": "1"}), &claims());
    for text in [
        whole.clone(),
        format!("  {whole}\n"),
        format!("Bearer {whole}"),
        format!("Authorization: Bearer {whole}"),
        format!("\"{whole}\""),
    ] {
        let expected = Given::Token {
            token: whole.clone(),
            wrapped: false,
        };
        assert!(given(&text) == expected, "{text}");
    }
    let (first, second) = whole.split_at(50);
    let wrapped = Given::Token {
        token: whole.clone(),
        wrapped: true,
    };
    assert!(given(&format!("{first}\n  {second}")) == wrapped);
    let odd = Given::Token {
        token: "eyJh.eyJp.!".into(),
        wrapped: false,
    };
    assert!(given("eyJh.eyJp.!") == odd);
    let random = BASE64_URL_SAFE_NO_PAD.encode([7; 32]);
    for (prefix, kind) in [
        ("k8r_", Secret::RetrievalKey),
        ("refresh_", Secret::RefreshToken),
        ("access_", Secret::AccessToken),
        ("k8t_", Secret::ClusterToken),
        ("k8w_", Secret::Other),
        ("code_", Secret::Other),
        ("device_", Secret::Other),
    ] {
        assert!(
            given(&format!("{prefix}{random}")) == Given::Secret(kind),
            "{prefix}"
        );
    }
    for (text, expected) in [
        ("", Given::Nothing),
        (" \n", Given::Nothing),
        (
            "error: You must be logged in to the server (Unauthorized)",
            Given::Words,
        ),
        (
            "dial tcp: lookup api.harbour.example.of.some.length.that.is.more.than.sixty: no such host",
            Given::Words,
        ),
        ("k8r_short", Given::Words),
        ("login_required", Given::Words),
    ] {
        assert!(given(text) == expected, "{text}");
    }
    assert!(given(&"x".repeat(40_000)) == Given::TooLong);
    assert!(!format!("{:?}", given(&whole)).contains("eyJ"));
}

/// As kubectl 1.36, its plug-ins and API servers write them.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn the_words_of_kubectl_are_explained() {
    for (text, title) in [
        (
            "error: You must be logged in to the server (Unauthorized)",
            "The API server does not take the token",
        ),
        (
            "E1124 memcache.go:265] \"Unhandled Error\" err=\"couldn't get current server API group list: the server has asked for the client to provide credentials\"",
            "The API server does not take the token",
        ),
        (
            "error: You must be logged in to the server (the server has asked for the client to provide credentials)",
            "The API server does not take the token",
        ),
        (
            "Unable to connect to the server: tls: failed to verify certificate: x509: certificate signed by unknown authority",
            "The server's certificate is not trusted",
        ),
        (
            "Unable to connect to the server: tls: failed to verify certificate: x509: certificate is valid for 10.0.0.1, not 127.0.0.1",
            "The server's certificate is for another name",
        ),
        (
            "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time 2026-11-24T18:35:22Z is after 2026-11-01T00:00:00Z",
            "The server's certificate has expired, or a clock is wrong",
        ),
        (
            "x509: cannot validate certificate for 10.0.0.1 because it doesn't contain any IP SANs",
            "The server's certificate is for another name",
        ),
        (
            "The connection to the server 127.0.0.1:6443 was refused - did you specify the right host or port?",
            "Nobody answers at the server's address",
        ),
        (
            "dial tcp 127.0.0.1:6443: connect: connection refused",
            "Nobody answers at the server's address",
        ),
        (
            "The connection to the server localhost:8080 was refused - did you specify the right host or port?",
            "kubectl has no kubeconfig",
        ),
        (
            "Unable to connect to the server: dial tcp: lookup api.harbour.example on 10.0.0.2:53: no such host",
            "The server's name is not known",
        ),
        (
            "Unable to connect to the server: dial tcp 10.0.0.1:6443: i/o timeout",
            "The server does not answer",
        ),
        (
            "Unable to connect to the server: net/http: TLS handshake timeout",
            "The server does not answer in time",
        ),
        (
            "Unable to connect to the server: getting credentials: exec: executable kubectl-oidc_login not found\n\nIt looks like you are trying to use a client-go credential plugin that is not installed.",
            "The program that fetches tokens is not on this computer",
        ),
        (
            "Unable to connect to the server: getting credentials: exec: executable sh failed with exit code 1",
            "What fetches tokens failed",
        ),
        (
            "getting credentials: exec: executable curl failed with exit code 6",
            "The portal's name is not known on this computer",
        ),
        (
            "getting credentials: exec: executable curl failed with exit code 7",
            "The portal does not answer",
        ),
        (
            "getting credentials: exec: executable curl failed with exit code 60",
            "That computer does not trust the portal's certificate",
        ),
        (
            "Unable to connect to the server: getting credentials: decoding stdout: couldn't get version/kind; json parse error: invalid character 'l' looking for beginning of value",
            "What fetches tokens answered with something else",
        ),
        (
            "Unable to connect to the server: No valid id-token, and cannot refresh without refresh-token",
            "kubectl has no refresh token",
        ),
        (
            "Unable to connect to the server: failed to refresh token: oauth2: \"invalid_grant\" \"the login behind it has ended: log in again at https://pass.example\"",
            "The refresh token is good no more",
        ),
        (
            "getting credentials: plugin \"sh\" not allowed: policy set to \"DenyAll\"",
            "kubectl may not run the program that fetches tokens",
        ),
        (
            "getting credentials: plugin path \"/bin/sh\" is not permitted by the credential plugin allowlist",
            "kubectl may not run the program that fetches tokens",
        ),
        (
            "getting credentials: exec plugin is configured to use API version client.authentication.k8s.io/v1, plugin returned version client.authentication.k8s.io/v1beta1",
            "The plug-in and kubectl speak different versions",
        ),
        (
            "getting credentials: exec plugin didn't return a token or cert/key pair",
            "What fetches tokens answered without one",
        ),
        (
            "error: context \"demo\" does not exist",
            "There is no such context",
        ),
        ("error: current-context is not set", "No context is chosen"),
        (
            "err=\"[invalid bearer token, oidc: verify token: oidc: token is expired (Token Expiry: 2026-11-24 18:35:22 +0000 UTC)]\"",
            "The token has expired",
        ),
        (
            "oidc: authenticator not initialized",
            "The API server has not reached this portal yet",
        ),
        (
            "err=\"invalid bearer token\"",
            "The API server does not know the token's issuer",
        ),
        ("login_required", "You are not logged in at the portal"),
        ("shorepass: key_revoked", "The key was revoked"),
    ] {
        let explained = explain(text, &[]).unwrap_or_else(|| panic!("not known: {text}"));
        assert_eq!(explained.title, title, "{text}");
        assert!(!explained.steps.is_empty());
    }
    assert_eq!(explain("a storm is coming", &[]), None);
}

#[test]
fn who_may_not_is_told_who_they_are_and_where_to_ask() {
    let text = "Error from server (Forbidden): pods is forbidden: User \"shorepass:alice\" cannot list resource \"pods\" in API group \"\" in the namespace \"payments\"";
    let explained = explain(text, &["shorepass:"]).unwrap();
    assert_eq!(
        explained.title,
        "You are known as “shorepass:alice”, and may not “list” “pods” in the namespace “payments”"
    );
    assert!(explained.steps[0].contains("Ask for a role in “payments”"));
    let cluster = "nodes is forbidden: User \"shorepass:alice\" cannot list resource \"nodes\" in API group \"\" at the cluster scope";
    let explained = explain(cluster, &["shorepass:"]).unwrap();
    assert!(explained.title.ends_with("in the whole cluster"));
    let other = explain(text, &["harbour:"]).unwrap();
    assert!(other.meaning.contains("no name of this portal's"));
    let service = text.replace("shorepass:alice", "system:serviceaccount:a:b");
    assert!(
        explain(&service, &[""])
            .unwrap()
            .meaning
            .contains("no name of this portal's")
    );
    let nobody = text.replace("shorepass:alice", "system:anonymous");
    assert_eq!(
        explain(&nobody, &[""]).unwrap().title,
        "No credentials were sent"
    );
    let path = "forbidden: User \"alice\" cannot get path \"/metrics\"";
    assert!(
        explain(path, &[""])
            .unwrap()
            .title
            .contains("“get” “/metrics”")
    );
    assert_eq!(explain("x is forbidden: User \"", &[]), None);
}
