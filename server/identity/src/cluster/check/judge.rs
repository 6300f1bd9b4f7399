//! What the answers mean, and how what is wrong is mended. Pure.

use domain::{
    check::{Finding, Line},
    cluster::{Cluster, TokenKind},
};
use http::StatusCode;
use serde_json::Value;
use time::OffsetDateTime;

use super::{
    ask::{Answer, Silence},
    probe,
};

/// What API servers bear: `nbf` lies two minutes back, `exp` is not forgiven a second.
const CLOCK: i64 = 60;

type Asked = Result<Answer, Silence>;

/// An issuer that no API server takes.
pub(super) fn plain(issuer: &str) -> Finding {
    Finding::bad(
        Line::Issuer,
        format!("The issuer is {issuer}, and API servers take https alone."),
        "Give the portal a certificate (`[tls]`; `shorepass pki` makes one for trials) or put a proxy with one in \
         front, and set `issuer` to the https address.",
    )
}

/// Where the keys are, by the discovery document (`OpenID` Connect Discovery 1.0 §4.3).
pub(super) fn discovery(issuer: &str, asked: &Asked) -> Result<String, Finding> {
    let bad = |problem: String, cure: &str| Err(Finding::bad(Line::Issuer, problem, cure));
    let answer = match asked {
        Ok(answer) => answer,
        Err(silence) => return Err(unheard(Line::Issuer, issuer, silence)),
    };
    if answer.status != StatusCode::OK {
        let onwards = answer.location.as_deref();
        let onwards = onwards.map_or(String::new(), |url| format!(", which sends on to {url}"));
        return bad(
            format!(
                "Discovery at {issuer} answers with status {}{onwards}.",
                answer.status.as_u16()
            ),
            "Something between here and the portal answers in its place: let it pass `/.well-known/` and `/oauth2/` \
             on as they are.",
        );
    }
    match (&answer.body["issuer"], &answer.body["jwks_uri"]) {
        (Value::String(said), Value::String(keys)) if said == issuer => Ok(keys.clone()),
        (Value::String(said), _) if said != issuer => bad(
            format!("Discovery at {issuer} says that the issuer is {said}."),
            "The two have to be the same, letter by letter: another portal answers there, or its `issuer` is another.",
        ),
        _ => bad(
            format!("What is at {issuer} is no discovery document."),
            "Another server answers there: look at the name's address and at the proxy.",
        ),
    }
}

/// Whether the key that signs is published.
pub(super) fn keys(url: &str, asked: &Asked, signing: Option<&str>) -> Finding {
    let answer = match asked {
        Ok(answer) => answer,
        Err(silence) => return unheard(Line::Keys, url, silence),
    };
    let published = answer.body["keys"]
        .as_array()
        .filter(|_| answer.status == StatusCode::OK);
    let Some(published) = published else {
        return Finding::bad(
            Line::Keys,
            format!(
                "{url} answers with status {} and no keys.",
                answer.status.as_u16()
            ),
            "Let the proxy pass `/oauth2/` on as it is.",
        );
    };
    let Some(signing) = signing else {
        return Finding::bad(
            Line::Keys,
            "No signing key is active.",
            "`shorepass keys list` shows them; `shorepass keys rotate --now` makes one.",
        );
    };
    if published.iter().any(|key| key["kid"] == signing) {
        let count = match published.len() {
            1 => "1 key".to_owned(),
            count => format!("{count} keys"),
        };
        Finding::good(Line::Keys, format!("{count}, with the one that signs"))
    } else {
        Finding::bad(
            Line::Keys,
            "The key that signs is not among those that are published.",
            "Another portal or an old copy answers there: no cache may keep it for longer than its Cache-Control says.",
        )
    }
}

/// Everything that the API server's answer tells.
pub(super) fn server(cluster: &Cluster, asked: &Asked, now: OffsetDateTime) -> Vec<Finding> {
    let answer = match asked {
        Ok(answer) => answer,
        Err(silence) => {
            let rest = [Line::Clock, Line::Token, Line::Name, Line::Groups];
            let rest = rest.into_iter().map(Finding::open);
            let first = unheard(Line::Server, &cluster.api_url, silence);
            return std::iter::once(first).chain(rest).collect();
        }
    };
    let token = token(answer, cluster.tokens);
    let (name, groups) = if token.is_good() {
        let user = &answer.body["status"]["userInfo"];
        (name(cluster, user), groups(cluster, user))
    } else {
        (Finding::open(Line::Name), Finding::open(Line::Groups))
    };
    vec![
        Finding::good(Line::Server, format!("{} answers", cluster.api_url)),
        clock(answer.date.as_deref(), now),
        token,
        name,
        groups,
    ]
}

fn clock(date: Option<&str>, now: OffsetDateTime) -> Finding {
    let theirs = date.and_then(|date| httpdate::parse_http_date(date).ok());
    let Some(theirs) = theirs else {
        return Finding::good(Line::Clock, "the API server does not tell its time");
    };
    let seconds = (OffsetDateTime::from(theirs) - now).whole_seconds();
    let way = if seconds < 0 { "behind" } else { "ahead of" };
    let apart = seconds.abs();
    if apart <= CLOCK {
        return Finding::good(Line::Clock, format!("{apart} s apart"));
    }
    Finding::bad(
        Line::Clock,
        format!("The API server's clock is {apart} s {way} ours."),
        "Let both take their time from the same place (NTP): a server that is ahead takes fresh tokens for expired, \
         one that is behind takes them for not valid yet.",
    )
}

/// Why an API server may refuse a token, by what the cluster's people show it.
fn cure_of_refusal(tokens: TokenKind) -> &'static str {
    match tokens {
        TokenKind::IdToken => {
            "Compare what it was started with to *What to paste where*, letter by letter: the issuer's URL, the \
             audience, the authority's certificate. It asks for discovery every 10 s until it gets it, so look again \
             after that; its log says `oidc:` and why."
        }
        TokenKind::Opaque => {
            "It has to ask the portal about opaque tokens: `shorepass cluster config --kind webhook` prints the flags \
             and the file that they name, with the cluster's secret. A new secret ends the one before."
        }
    }
}

fn token(answer: &Answer, tokens: TokenKind) -> Finding {
    let said = answer.body["message"].as_str().unwrap_or_default();
    match answer.status {
        StatusCode::OK | StatusCode::CREATED => {
            Finding::good(Line::Token, "a token of the user shorepass-self-check")
        }
        StatusCode::UNAUTHORIZED => Finding::bad(
            Line::Token,
            "The API server refuses the token (401).",
            cure_of_refusal(tokens),
        ),
        StatusCode::FORBIDDEN => Finding::bad(
            Line::Token,
            format!("The API server knows the token and lets its bearer ask nothing (403). {said}"),
            "Restore the ClusterRoleBinding `system:basic-user`, which lets everybody ask who they are.",
        ),
        StatusCode::NOT_FOUND => Finding::bad(
            Line::Token,
            "The API server does not know the question (404).",
            "Either it is older than Kubernetes 1.28, or another server answers at the API URL.",
        ),
        other => Finding::bad(
            Line::Token,
            format!(
                "The API server answers with status {}. {said}",
                other.as_u16()
            ),
            "Its log says why. Look at the API URL, too: a proxy may answer there.",
        ),
    }
}

fn name(cluster: &Cluster, user: &Value) -> Finding {
    let expected = format!("{}{}", cluster.username_prefix, probe::NAME);
    let Some(seen) = user["username"].as_str() else {
        return Finding::bad(
            Line::Name,
            "The answer names nobody.",
            "Another server answers at the API URL.",
        );
    };
    if seen == expected {
        return Finding::good(Line::Name, seen);
    }
    let problem = format!("The API server says {seen}, and the record lets us expect {expected}.");
    let cure = match seen.strip_suffix(probe::NAME) {
        Some(prefix) if prefix.ends_with('#') => {
            "`--oidc-username-prefix` is missing: without it the API server puts the issuer before the name.".to_owned()
        }
        Some(prefix) => format!(
            "The prefix for usernames differs: make it `{}` there, or `{prefix}` in the record.",
            cluster.username_prefix
        ),
        None => "The username comes from another claim there: it has to be `sub`. Or the API server has another way \
                 to know people, and that one came first."
            .to_owned(),
    };
    Finding::bad(Line::Name, problem, cure)
}

fn groups(cluster: &Cluster, user: &Value) -> Finding {
    let expected = format!("{}{}", cluster.groups_prefix, probe::NAME);
    let seen: Vec<&str> = user["groups"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if seen.contains(&expected.as_str()) {
        return Finding::good(Line::Groups, expected);
    }
    let ours = seen
        .iter()
        .find_map(|group| group.strip_suffix(probe::NAME));
    if let Some(prefix) = ours {
        return Finding::bad(
            Line::Groups,
            format!(
                "The API server says {prefix}{}, and the record lets us expect {expected}.",
                probe::NAME
            ),
            format!(
                "The prefix for groups differs: make it `{}` there, or `{prefix}` in the record. Role bindings have \
                 to carry it, too.",
                cluster.groups_prefix
            ),
        );
    }
    Finding::bad(
        Line::Groups,
        format!(
            "None of the token's groups arrived: the API server says {}.",
            seen.join(", ")
        ),
        format!(
            "The groups stand in the claim `{}`: tell the API server that name (`--oidc-groups-claim`, or \
             claimMappings.groups.claim), or put the name that it was told into the record.",
            cluster.groups_claim
        ),
    )
}

/// Nobody answered.
fn unheard(line: Line, url: &str, silence: &Silence) -> Finding {
    let whose = match line {
        Line::Issuer | Line::Keys => {
            "The API server has to be told the authority that signed the portal's certificate (`--oidc-ca-file`, \
             certificateAuthority), and the certificate has to name this host."
        }
        Line::Server | Line::Clock | Line::Token | Line::Name | Line::Groups => {
            "Put the certificate of the authority that signed the API server's into the record. It is the \
             certificate-authority-data of a kubeconfig that works."
        }
    };
    let cure = match silence {
        Silence::Certificate(_) => whose,
        Silence::Late | Silence::Unreached(_) => {
            "Look at the name's address, at the port, and at what stands between: firewalls and proxies."
        }
        Silence::TooLong => "Another server answers there.",
    };
    Finding::bad(line, format!("{url}: {silence}."), cure)
}

#[cfg(test)]
mod tests {
    use domain::check::Verdict;
    use serde_json::json;

    use super::*;

    fn at() -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_800_000_000).unwrap()
    }

    #[expect(clippy::unnecessary_wraps, reason = "it stands for what was asked")]
    fn answer(status: u16, body: Value) -> Asked {
        Ok(Answer {
            status: StatusCode::from_u16(status).unwrap(),
            date: Some("Fri, 15 Jan 2027 08:00:00 GMT".into()),
            location: None,
            body,
        })
    }

    fn demo() -> Cluster {
        Cluster::new("demo", "https://127.0.0.1:6443", "kubernetes")
    }

    fn reviewed(username: &str, groups: &[&str]) -> Asked {
        let user = json!({ "username": username, "groups": groups });
        answer(201, json!({ "status": { "userInfo": user } }))
    }

    fn cure(findings: &[Finding], line: Line) -> String {
        let finding = findings
            .iter()
            .find(|finding| finding.line == line)
            .unwrap();
        match &finding.verdict {
            Verdict::Bad { cure, .. } => cure.clone(),
            other => panic!("{line:?} is {other:?}"),
        }
    }

    const NAME: &str = "shorepass:shorepass-self-check";

    #[test]
    fn a_cluster_that_agrees_is_all_green() {
        let findings = server(
            &demo(),
            &reviewed(NAME, &[NAME, "system:authenticated"]),
            at(),
        );
        assert!(findings.iter().all(Finding::is_good), "{findings:?}");
        let lines: Vec<_> = findings.iter().map(|finding| finding.line).collect();
        assert_eq!(lines, Line::ALL[2..]);
    }

    #[test]
    fn every_misfit_of_name_and_groups_names_its_cure() {
        let group = [NAME];
        for (username, groups, line, words) in [
            (
                "https://id.example#shorepass-self-check",
                &group[..],
                Line::Name,
                "--oidc-username-prefix",
            ),
            (
                "shorepass-self-check",
                &group,
                Line::Name,
                "prefix for usernames",
            ),
            ("admin", &group, Line::Name, "`sub`"),
            (
                NAME,
                &["shorepass-self-check"],
                Line::Groups,
                "prefix for groups",
            ),
            (
                NAME,
                &["system:authenticated"],
                Line::Groups,
                "--oidc-groups-claim",
            ),
        ] {
            let findings = server(&demo(), &reviewed(username, groups), at());
            assert!(
                cure(&findings, line).contains(words),
                "{username} {groups:?}"
            );
        }
    }

    #[test]
    fn a_refused_token_leaves_the_lines_below_open() {
        for (status, words) in [
            (401, "letter by letter"),
            (403, "system:basic-user"),
            (404, "1.28"),
            (500, "log"),
        ] {
            let findings = server(&demo(), &answer(status, Value::Null), at());
            assert!(cure(&findings, Line::Token).contains(words), "{status}");
            assert_eq!(
                findings[3..],
                [Finding::open(Line::Name), Finding::open(Line::Groups)]
            );
        }
        let opaque = Cluster {
            tokens: TokenKind::Opaque,
            ..demo()
        };
        let findings = server(&opaque, &answer(401, Value::Null), at());
        assert!(cure(&findings, Line::Token).contains("--kind webhook"));
        let silent = Err(Silence::Certificate("unknown issuer".into()));
        let findings = server(&demo(), &silent, at());
        assert!(cure(&findings, Line::Server).contains("certificate-authority-data"));
        assert_eq!(findings.len(), 5);
    }

    #[test]
    fn clocks_may_be_a_minute_apart() {
        for (seconds, good) in [
            (0, true),
            (60, true),
            (-60, true),
            (61, false),
            (-90, false),
        ] {
            let finding = clock(
                Some("Fri, 15 Jan 2027 08:00:00 GMT"),
                at() - time::Duration::seconds(seconds),
            );
            assert_eq!(finding.is_good(), good, "{seconds} {finding:?}");
        }
    }

    #[test]
    fn discovery_has_to_say_this_very_issuer() {
        let issuer = "https://id.example";
        let keys = "https://id.example/oauth2/jwks";
        let good = answer(200, json!({ "issuer": issuer, "jwks_uri": keys }));
        assert_eq!(discovery(issuer, &good), Ok(keys.into()));
        for bad in [
            answer(
                200,
                json!({ "issuer": "https://id.example/", "jwks_uri": keys }),
            ),
            answer(200, json!({ "issuer": issuer })),
            answer(200, Value::Null),
            answer(301, Value::Null),
            answer(503, Value::Null),
            Err(Silence::Late),
        ] {
            assert!(discovery(issuer, &bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn the_key_that_signs_has_to_be_published() {
        let set = answer(200, json!({ "keys": [{ "kid": "a" }, { "kid": "b" }] }));
        assert!(keys("u", &set, Some("b")).is_good());
        assert!(!keys("u", &set, Some("c")).is_good());
        assert!(!keys("u", &set, None).is_good());
        assert!(!keys("u", &answer(200, Value::Null), Some("a")).is_good());
        assert!(!keys("u", &answer(500, json!({ "keys": [] })), Some("a")).is_good());
    }
}
