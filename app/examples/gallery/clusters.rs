//! The states of the pages of clusters.

use app::{ClusterPage, ClusterRow, ClustersPage, Found, NamespaceRow, Page, Snippet};
use domain::{
    check::{Finding, Line},
    cluster::Cluster,
    role::Role,
};

pub(crate) fn all() -> Vec<(&'static str, Page)> {
    let record = || {
        Cluster::new(
            "harbour-east",
            "https://api.east.harbour.example:6443",
            "kubernetes",
        )
    };
    let row = |name: &str, namespaces| ClusterRow {
        name: name.into(),
        api_url: format!("https://api.{name}.harbour.example:6443"),
        namespaces,
    };
    let all = |clusters, problem: Option<&str>| {
        Page::Clusters(ClustersPage {
            clusters,
            new: Cluster::new("", "", ""),
            problem: problem.map(str::to_owned),
        })
    };
    let snippet = |kind, title, place| Snippet {
        kind,
        title,
        place,
        text: "--oidc-issuer-url=https://pass.harbour.example\n--oidc-client-id=kubernetes\n"
            .into(),
    };
    let one = |found: Vec<Finding>, namespaces: &[&str]| {
        Page::Cluster(Box::new(ClusterPage {
            record: record(),
            stored: Cluster {
                webhook: !namespaces.is_empty(),
                ..record()
            },
            snippets: vec![
                snippet(
                    "authentication-config",
                    "Structured authentication",
                    "The file of --authentication-config",
                ),
                snippet("flags", "Flags", "Flags of kube-apiserver"),
                snippet("rbac", "Role bindings", "For kubectl apply -f -"),
            ],
            namespaces: namespaces
                .iter()
                .map(|name| NamespaceRow {
                    name: (*name).into(),
                    groups: Role::ALL
                        .map(|role| (role, format!("{name}-{}", role.as_str())))
                        .to_vec(),
                })
                .collect(),
            found: found.into_iter().map(Found::from).collect(),
            problem: None,
            namespace_problem: None,
            webhook: (namespaces.len() == 1).then(|| "set -eu\numask 077\n".into()),
            webhook_problem: None,
        }))
    };
    let good = |line: Line| {
        Finding::good(
            line,
            "https://pass.harbour.example says that it is the issuer",
        )
    };
    let mixed = vec![
        good(Line::Issuer),
        Finding::good(Line::Keys, "2 keys, with the one that signs"),
        Finding::good(
            Line::Server,
            "https://api.east.harbour.example:6443 answers",
        ),
        Finding::good(Line::Clock, "0 s apart"),
        Finding::bad(
            Line::Token,
            "The API server refuses the token (401).",
            "Compare what it was started with to What to paste where, letter by letter.",
        ),
        Finding::open(Line::Name),
        Finding::open(Line::Groups),
    ];
    vec![
        ("clusters-none", all(vec![], None)),
        (
            "clusters",
            all(vec![row("east", 3), row("west", 1), row("north", 0)], None),
        ),
        (
            "clusters-problem",
            all(
                vec![row("east", 3)],
                Some(
                    "The audience `kubernetes` is that of another cluster: each would accept the other's tokens.",
                ),
            ),
        ),
        ("cluster", one(vec![], &["payments", "search"])),
        ("cluster-mixed", one(mixed, &["payments"])),
        ("cluster-good", one(Line::ALL.map(good).to_vec(), &[])),
    ]
}
