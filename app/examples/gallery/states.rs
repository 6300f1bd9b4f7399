//! The states of each page.

use app::{
    ClientsPage, ConsentPage, DeparturePage, DeviceAsking, DevicePage, DeviceStep, DirectoryChoice,
    KubeconfigPage, LoginPage, LoginProblem, LogoutPage, OtherWay, Page, ProblemPage, SessionsPage,
    SetupForm, SetupPage, TokenPage, Way,
};
use domain::{
    client::{Client, Source},
    holding::Misuse,
    key::KeyView,
    pass::Pass,
};
use time::Duration;

use crate::fixtures::{
    alice, groups, holding, incident, key, login, longwinded, many_groups, now, pass, token,
};

const BASE: &str = "https://pass.harbour.example";

pub(crate) fn all() -> Vec<(&'static str, Page)> {
    let mut states = logins();
    states.extend(logouts());
    states.extend(tokens());
    states.extend(keys());
    states.extend(sessions());
    states.extend(devices());
    states.extend(crate::doctor::all());
    states.extend(problems());
    states.extend(crate::clusters::all());
    states.extend(crate::keys::all());
    states.extend(crate::people::all());
    states
}

const LOCAL: &[(&str, &str, Way)] = &[("local", "Local accounts", Way::Password)];
const CORP: (&str, &str, Way) = ("corp", "Harbour Authority", Way::Provider);
const PARTNERS: (&str, &str, Way) = ("partners", "Google", Way::Provider);

fn login_page(
    username: &str,
    directories: &[(&str, &str, Way)],
    problem: Option<LoginProblem>,
) -> Page {
    let choice = |(name, title, way): &(&str, &str, Way)| DirectoryChoice {
        name: (*name).into(),
        title: (*title).into(),
        way: *way,
    };
    Page::Login(LoginPage {
        return_to: "/sessions".into(),
        directories: directories.iter().map(choice).collect(),
        username: username.into(),
        problem,
    })
}

fn logins() -> Vec<(&'static str, Page)> {
    let local = |username, problem| login_page(username, LOCAL, Some(problem));
    let mut states = vec![
        ("login", login_page("", LOCAL, None)),
        ("login-wrong", local("alice", LoginProblem::Wrong)),
        (
            "login-slow-down",
            local("alice", LoginProblem::SlowDown { seconds: 30 }),
        ),
        (
            "login-unavailable",
            local("alice", LoginProblem::Unavailable),
        ),
        ("login-logged-out", local("", LoginProblem::LoggedOut)),
        ("login-expired", local("", LoginProblem::Expired)),
        (
            "login-directories",
            login_page(
                "",
                &[
                    ("corp", "Harbour directory", Way::Password),
                    ("partners", "Partners", Way::Password),
                    LOCAL[0],
                ],
                None,
            ),
        ),
    ];
    states.extend(providers());
    states
}

fn providers() -> Vec<(&'static str, Page)> {
    let three = |problem| login_page("", &[CORP, PARTNERS, LOCAL[0]], problem);
    let one = |problem| login_page("", &[CORP], problem);
    let title = || "Harbour Authority".to_owned();
    let long = (
        "long",
        "the directory of the Northern Harbour Authority and its partners",
        Way::Provider,
    );
    let declined = LoginProblem::Declined {
        title: title(),
        error: "access_denied".into(),
        description: Some("The resource owner or authorization server denied the request.".into()),
    };
    vec![
        ("login-three", three(None)),
        ("login-three-wrong", three(Some(LoginProblem::Wrong))),
        (
            "login-two-providers",
            login_page("", &[CORP, PARTNERS], None),
        ),
        ("login-one-provider", one(None)),
        ("login-long-title", login_page("", &[long, LOCAL[0]], None)),
        ("login-declined", three(Some(declined))),
        (
            "login-not-admitted",
            three(Some(LoginProblem::NotAdmitted { title: title() })),
        ),
        (
            "login-untrusted",
            one(Some(LoginProblem::Untrusted { title: title() })),
        ),
        (
            "login-provider-down",
            three(Some(LoginProblem::ProviderDown { title: title() })),
        ),
        ("login-over", one(Some(LoginProblem::Over))),
        (
            "login-other-browser",
            three(Some(LoginProblem::OtherBrowser)),
        ),
        (
            "login-departure",
            Page::Departure(DeparturePage {
                title: title(),
                url: "https://id.harbour.example/authorize".into(),
            }),
        ),
        ("clients", clients(None, None)),
        (
            "clients-secret",
            clients(
                Some("client_0hNfKq3VwYx2ZbT7sLmPd9RgJc5aQeUi8oXrBtWzMkE"),
                None,
            ),
        ),
        (
            "clients-problem",
            clients(None, Some("There is a client `dashboard` already.")),
        ),
        (
            "setup-kubelogin",
            Page::Kubeconfig(KubeconfigPage {
                way: OtherWay::Kubelogin,
                text: "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n"
                    .into(),
                context: Some("shorepass-demo-new-namespace".into()),
            }),
        ),
        (
            "setup-auth-provider",
            Page::Kubeconfig(KubeconfigPage {
                way: OtherWay::AuthProvider,
                text: "apiVersion: v1\nkind: Config\nclusters: []\nusers: []\ncontexts: []\n"
                    .into(),
                context: None,
            }),
        ),
        (
            "consent",
            Page::Consent(ConsentPage {
                title: "Cargo Dashboard".into(),
                host: "dashboard.harbour.example".into(),
                cluster: "demo".into(),
                email: true,
                request: String::new(),
            }),
        ),
    ]
}

fn devices() -> Vec<(&'static str, Page)> {
    let ask = |code: &str, problem: Option<&str>| DeviceStep::Ask {
        code: code.into(),
        problem: problem.map(Into::into),
    };
    let confirm = |title: &str, address: &str, same_address| {
        DeviceStep::Confirm(DeviceAsking {
            code: "WDJB-MJHT".into(),
            title: title.into(),
            cluster: "demo".into(),
            address: address.into(),
            same_address,
            since: now() - Duration::seconds(80),
            username: "alice".into(),
        })
    };
    let title = || "kubectl for demo".to_owned();
    let long = "the dashboard of the Northern Harbour Authority and of all of its partners";
    [
        ("device", ask("", None)),
        ("device-by-link", ask("WDJB-MJHT", None)),
        (
            "device-wrong",
            ask("", Some("No program waits with this code. Codes are good for ten minutes: if yours is older, begin again where it was shown.")),
        ),
        ("device-confirm", confirm("kubectl for demo", "198.51.100.7", false)),
        ("device-confirm-here", confirm("kubectl for demo", "192.0.2.17", true)),
        (
            "device-confirm-long",
            confirm(long, "2001:db8:aaaa:bbbb:cccc:dddd:eeee:ffff", false),
        ),
        ("device-allowed", DeviceStep::Allowed { title: title() }),
        ("device-denied", DeviceStep::Denied { title: title() }),
    ]
    .map(|(name, step)| (name, Page::Device(DevicePage { step })))
    .into()
}

fn a_few_keys() -> Vec<KeyView> {
    vec![
        key("laptop", Some("demo"), Some(Duration::minutes(4))),
        key("build host in the basement", None, Some(Duration::days(3))),
        key("new phone", Some("demo"), None),
    ]
}

#[expect(clippy::too_many_lines, reason = "a list of states")]
fn tokens() -> Vec<(&'static str, Page)> {
    let page = |pass: Option<Pass>, clusters: &[&str], keys: Vec<KeyView>| TokenPage {
        pass,
        clusters: clusters.iter().map(|name| (*name).to_owned()).collect(),
        base_url: BASE.into(),
        shown: None,
        setup: SetupForm {
            name: "Linux computer".into(),
            problem: None,
        },
        keys,
        key_days: 30,
        key_problem: None,
    };
    let full = || {
        page(
            Some(pass(alice(), "demo", groups(), 252)),
            &["demo"],
            a_few_keys(),
        )
    };
    let bare = |left| pass(alice(), "demo", groups(), left);
    let east = pass(alice(), "harbour-east", groups(), 252);
    let names: Vec<String> = (1..=14).map(|n| format!("harbour-{n:02}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let long = "a-cluster-whose-name-is-as-long-as-a-label-of-dns-may-be-63-char";
    let as_page = |page| Page::Token(Box::new(page));
    vec![
        ("token", as_page(full())),
        (
            "token-no-keys",
            as_page(page(Some(bare(252)), &["demo"], Vec::new())),
        ),
        (
            "token-key-problem",
            as_page(TokenPage {
                key_problem: Some("A key's name has at most 60 characters.".into()),
                ..full()
            }),
        ),
        (
            "token-setup-problem",
            as_page(TokenPage {
                setup: SetupForm {
                    name: " ".into(),
                    problem: Some(
                        "Give the key a name, for example that of the computer it is for.".into(),
                    ),
                },
                ..full()
            }),
        ),
        (
            "token-shown",
            as_page(TokenPage {
                shown: Some(token()),
                ..full()
            }),
        ),
        (
            "token-few-clusters",
            as_page(page(
                Some(east.clone()),
                &["demo", "harbour-east", "harbour-west"],
                vec![key("laptop", None, None)],
            )),
        ),
        (
            "token-other-clusters-key",
            as_page(page(
                Some(east),
                &["demo", "harbour-east"],
                a_few_keys()[..1].to_vec(),
            )),
        ),
        (
            "token-many-clusters",
            as_page(page(
                Some(pass(alice(), "harbour-07", groups(), 252)),
                &names,
                a_few_keys(),
            )),
        ),
        (
            "token-many-groups",
            as_page(page(
                Some(pass(alice(), "demo", many_groups(), 252)),
                &["demo"],
                a_few_keys(),
            )),
        ),
        (
            "token-no-groups",
            as_page(page(
                Some(pass(alice(), "demo", Vec::new(), 61)),
                &["demo"],
                a_few_keys(),
            )),
        ),
        (
            "token-expired",
            as_page(page(Some(bare(0)), &["demo"], a_few_keys())),
        ),
        (
            "token-long-names",
            as_page(page(
                Some(pass(longwinded(), &long[..63], many_groups(), 900)),
                &[&long[..63], "demo"],
                vec![key(
                    &"W".repeat(60),
                    Some(&long[..63]),
                    Some(Duration::hours(2)),
                )],
            )),
        ),
        ("token-no-cluster", as_page(page(None, &[], Vec::new()))),
    ]
}

fn keys() -> Vec<(&'static str, Page)> {
    let page = |cluster: Option<&str>, clusters: &[&str], this_computer| {
        Page::Setup(SetupPage {
            secret: format!(
                "k8r_{}_{}",
                "0123456789abcdef", "Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9vYmFyYmE"
            ),
            key: key("Linux computer", cluster, None),
            base_url: BASE.into(),
            context: clusters
                .first()
                .map(|name| format!("shorepass-{name}-new-namespace")),
            clusters: clusters.iter().map(|name| (*name).to_owned()).collect(),
            this_computer,
        })
    };
    let several = ["demo", "harbour-east", "harbour-west"];
    vec![
        ("setup", page(None, &["demo"], true)),
        ("setup-several-clusters", page(None, &several, true)),
        ("new-key", page(Some("demo"), &["demo"], false)),
        ("new-key-all-clusters", page(None, &several, false)),
        ("new-key-no-cluster", page(None, &[], false)),
    ]
}

fn sessions() -> Vec<(&'static str, Page)> {
    let page = |logins, keys, clusters: &[&str], problem: Option<&str>| {
        Page::Sessions(SessionsPage {
            logins,
            holdings: Vec::new(),
            incidents: Vec::new(),
            keys,
            clusters: clusters.iter().map(|name| (*name).to_owned()).collect(),
            key_days: 30,
            key_problem: problem.map(Into::into),
        })
    };
    let current = || login("Firefox on Linux", "192.0.2.17", 47, true);
    let many = std::iter::once(current())
        .chain((1..12).map(|n| {
            login(
                "Chromium on macOS",
                "2001:db8:85a3:8d3:1319:8a2e:370:7348",
                n * 48,
                false,
            )
        }))
        .collect();
    let keys = |count: usize| {
        (1..=count)
            .map(|n| {
                key(
                    &format!("build-host-{n:02}"),
                    Some("demo"),
                    Some(Duration::hours(7)),
                )
            })
            .collect()
    };
    vec![
        (
            "sessions",
            page(
                vec![
                    current(),
                    login("Safari on iPhone", "198.51.100.4", 300, false),
                ],
                a_few_keys(),
                &["demo"],
                None,
            ),
        ),
        ("sessions-programs", programs()),
        (
            "sessions-many",
            page(
                many,
                keys(14),
                &["demo", "harbour-east", "harbour-west"],
                None,
            ),
        ),
        (
            "sessions-no-keys",
            page(vec![current()], Vec::new(), &["demo"], None),
        ),
        (
            "sessions-key-problem",
            page(
                vec![current()],
                Vec::new(),
                &["demo"],
                Some("Give the key a name, for example that of the computer it is for."),
            ),
        ),
    ]
}

/// Programs under logins, and some that were cut off.
fn programs() -> Page {
    let long = "The Dashboard of the Northern Harbour Authority and Its Partners";
    Page::Sessions(SessionsPage {
        logins: vec![
            login("Firefox on Linux", "192.0.2.17", 147, true),
            login("Safari on iPhone", "198.51.100.4", 300, false),
            login("Chromium on macOS", "198.51.100.4", 420, false),
        ],
        holdings: vec![
            holding("kubectl for demo", "demo", 147, 140),
            holding("Harbour Dashboard", "demo", 147, 90),
            holding(long, "harbour-east", 300, 200),
        ],
        incidents: vec![
            incident("kubectl for demo", "demo", Misuse::Reused, 12),
            incident(long, "harbour-east", Misuse::Misused, 700),
        ],
        keys: a_few_keys(),
        clusters: vec!["demo".into()],
        key_days: 30,
        key_problem: None,
    })
}

fn logouts() -> Vec<(&'static str, Page)> {
    let page = |title: Option<&str>, username: Option<&str>| {
        Page::Logout(LogoutPage {
            title: title.map(Into::into),
            username: username.map(Into::into),
            fields: vec![("state", "s".into())],
        })
    };
    vec![
        ("logout", page(Some("Harbour Dashboard"), Some("alice"))),
        ("logout-alone", page(None, None)),
        (
            "logout-long",
            page(
                Some("The Dashboard of the Northern Harbour Authority and Its Partners"),
                Some(longwinded().username.as_str()),
            ),
        ),
    ]
}

fn problems() -> Vec<(&'static str, Page)> {
    let page = |status, title: &str, what: &str, incident: Option<&str>| {
        Page::Problem(ProblemPage {
            status,
            title: title.into(),
            what: what.into(),
            incident: incident.map(Into::into),
        })
    };
    vec![
        (
            "problem-404",
            page(
                404,
                "There is no such page",
                "The address may be mistyped, or what was here is gone. Nothing has been changed.",
                None,
            ),
        ),
        (
            "problem-503-alone",
            page(
                503,
                "Shorepass cannot reach its database",
                "No token is issued until it is back. Tokens that are out already go on working, and so do your clusters. Try again in a minute.",
                Some("01JD-7Q4M-93"),
            ),
        ),
    ]
}

fn clients(secret: Option<&str>, problem: Option<&str>) -> Page {
    let built_in = Client::built_in("demo", "kubernetes");
    let dashboard = Client {
        id: "dashboard".into(),
        title: "Cargo Dashboard".into(),
        confidential: true,
        redirect_uris: vec!["https://dashboard.harbour.example/oidc-callback".into()],
        source: Source::Page,
        first_party: false,
        ..built_in.clone()
    };
    let argo = Client {
        id: "argo-cd".into(),
        title: "Argo CD".into(),
        first_party: true,
        source: Source::Configuration,
        ..dashboard.clone()
    };
    Page::Clients(ClientsPage {
        clients: vec![built_in, argo, dashboard.clone()],
        clusters: vec!["demo".into(), "harbour-east".into()],
        new: dashboard,
        problem: problem.map(str::to_owned),
        secret: secret.map(|secret| ("dashboard".into(), secret.to_owned())),
    })
}
