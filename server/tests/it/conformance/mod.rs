//! What the `OpenID` Foundation's plans for providers look at, in our own words: what each module is
//! about, where the specification says it, and which test proves it here. The plans themselves were
//! never run. `docs/conformance.md` lists the same for people.

mod basic;
mod configuration;
mod logout;
mod pkce;

use std::{collections::BTreeSet, fmt::Write, fs, path::Path};

/// One module of a plan.
struct Behaviour {
    what: &'static str,
    spec: &'static str,
    by: By,
}

enum By {
    /// A test: its file in this folder's parent, and its name.
    Test(&'static str, &'static str),
    /// Not met, and why.
    Not(&'static str),
}

const fn met(
    what: &'static str,
    spec: &'static str,
    file: &'static str,
    name: &'static str,
) -> Behaviour {
    let by = By::Test(file, name);
    Behaviour { what, spec, by }
}

const fn not(what: &'static str, spec: &'static str, why: &'static str) -> Behaviour {
    let by = By::Not(why);
    Behaviour { what, spec, by }
}

const GROUPS: &[(&str, &[Behaviour])] = &[
    ("Basic", basic::BEHAVIOURS),
    ("Config", configuration::BEHAVIOURS),
    ("RP-initiated logout", logout::FROM_A_CLIENT),
    ("Back-channel logout", logout::TO_A_CLIENT),
    ("PKCE", pkce::BEHAVIOURS),
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn each_behaviour_that_is_met_has_a_test_of_that_name() {
    for (_, behaviours) in GROUPS {
        for behaviour in *behaviours {
            let By::Test(file, name) = behaviour.by else {
                continue;
            };
            let text = fs::read_to_string(root().join("tests/it").join(file)).expect(file);
            let head = format!("async fn {name}(");
            let (before, _) = text.split_once(&head).expect(name);
            let attribute = before.trim_end().lines().next_back().unwrap();
            assert!(attribute.starts_with("#[sqlx::test"), "{name}: {attribute}");
        }
    }
}

/// The page, as the lists would have it.
fn page() -> String {
    let mut text = String::new();
    for (group, behaviours) in GROUPS {
        let head = "| behaviour | specification | proved by |\n|---|---|---|";
        writeln!(text, "\n## {group}\n\n{head}").unwrap();
        for Behaviour { what, spec, by } in *behaviours {
            let by = match by {
                By::Test(file, name) => format!("`{file}` {}", name.replace('_', " ")),
                By::Not(why) => format!("**not met**: {why}"),
            };
            writeln!(text, "| {what} | {spec} | {by} |").unwrap();
        }
    }
    text
}

#[test]
fn the_page_for_people_lists_the_same() {
    let path = root().join("../docs/conformance.md");
    let text = fs::read_to_string(path).unwrap();
    let (_, tables) = text.split_once("\n## ").expect("the page has tables");
    let expected = page();
    assert_eq!(
        format!("\n## {tables}"),
        expected,
        "docs/conformance.md has to end with:\n{expected}"
    );
}

#[test]
fn nothing_is_listed_twice() {
    let all = GROUPS.iter().flat_map(|(_, behaviours)| *behaviours);
    let count = all.clone().count();
    let distinct: BTreeSet<_> = all.map(|behaviour| behaviour.what).collect();
    assert_eq!(distinct.len(), count);
}
