//! Whole pages, rendered as the server renders them.

use std::sync::Arc;

use domain::{
    doctor::{Check, Diagnosis, Explained, Finding, Report, Verdict},
    group::GroupName,
    holding::{HoldingView, IncidentView, Misuse},
    key::KeyView,
    login::LoginView,
    membership::{HeldGroup, Why},
    pass::{Pass, SeenAs},
    roster::{Delay, Entry, IdentityView, MembershipView, Profile},
    user::{Person, Username},
};
use hydration_context::SsrSharedContext;
use leptos::prelude::*;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

use crate::{
    Aftermath, ConsentPage, DeparturePage, DeviceAsking, DevicePage, DeviceStep, DirectoryChoice,
    DoctorPage, Frame, Here, LoginPage, LoginProblem, LogoutPage, Outcome, Page, ProblemPage,
    SessionsPage, SetupForm, SetupPage, SigningKeysPage, TokenPage, UserPage, UsersPage, Way,
    shell,
};

const SCRIPT: &str = "<script>alert(1)</script>";
const BREAKOUT: &str = "</textarea></pre>\" onload='x'";

fn now() -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::days(20_000)
}

fn person() -> Person {
    Person {
        username: Username::parse("alice").unwrap(),
        display_name: SCRIPT.into(),
        email: Some(BREAKOUT.into()),
        portal_roles: Vec::new(),
    }
}

fn key(name: &str) -> KeyView {
    KeyView {
        id: Uuid::nil(),
        name: name.into(),
        cluster: None,
        created_at: now(),
        expires_at: now() + Duration::days(30),
        last_used_at: Some(now()),
        last_used_from: Some(SCRIPT.into()),
    }
}

fn token_page() -> TokenPage {
    let group = HeldGroup {
        name: GroupName::parse(SCRIPT).unwrap(),
        why: Why::Grant,
        from: BREAKOUT.into(),
        since: None,
        until: None,
    };
    let pass = Pass {
        person: person(),
        cluster: "demo".into(),
        seen_as: SeenAs {
            user: SCRIPT.into(),
            groups: vec![BREAKOUT.into()],
        },
        groups: vec![group],
        claims: format!("{{\"name\": \"{SCRIPT}\"}}"),
        size: 1_104,
        issued_at: now(),
        expires_at: now() + Duration::minutes(5),
        now: now(),
    };
    TokenPage {
        pass: Some(pass),
        clusters: vec!["demo".into(), "harbour".into()],
        base_url: "https://pass.example".into(),
        shown: Some(BREAKOUT.into()),
        setup: SetupForm {
            name: BREAKOUT.into(),
            problem: Some(SCRIPT.into()),
        },
        keys: vec![key(SCRIPT), key(BREAKOUT)],
        key_days: 30,
        key_problem: Some(SCRIPT.into()),
    }
}

fn login_page(username: &str, problem: Option<LoginProblem>) -> Page {
    let choice = |name: &str, way| DirectoryChoice {
        name: name.into(),
        title: SCRIPT.into(),
        way,
    };
    Page::Login(LoginPage {
        return_to: BREAKOUT.into(),
        directories: vec![
            choice("corp", Way::Provider),
            choice("local", Way::Password),
        ],
        username: username.into(),
        problem,
    })
}

fn render(page: Page) -> String {
    let options = LeptosOptions::builder().output_name("shorepass").build();
    let person = (!matches!(page, Page::Login(_))).then(person);
    let frame = Frame {
        person,
        here: Here::Token,
        css: "/pkg/shorepass.css".into(),
        options,
        now: now(),
    };
    let owner = Owner::new_root(Some(Arc::new(SsrSharedContext::new_islands())));
    owner.with(|| shell(frame, page).to_html())
}

fn user_page() -> UserPage {
    let membership = MembershipView {
        group: SCRIPT.into(),
        cluster: Some(BREAKOUT.into()),
        why: Why::Grant,
        from: SCRIPT.into(),
        since: now(),
        until: None,
    };
    let identity = IdentityView {
        directory: SCRIPT.into(),
        subject: BREAKOUT.into(),
        last_login_at: None,
    };
    UserPage {
        profile: Profile {
            id: Uuid::nil(),
            username: BREAKOUT.into(),
            display_name: SCRIPT.into(),
            email: Some(BREAKOUT.into()),
            portal_roles: Vec::new(),
            created_at: now(),
            disabled_at: None,
            shut_out_at: Some(now()),
            identities: vec![identity],
            logins: Vec::new(),
            keys: vec![key(SCRIPT)],
            memberships: vec![membership],
        },
        delay: Some(Delay {
            cluster: SCRIPT.into(),
            seconds: 310,
        }),
        may_change: true,
        is_self: false,
        problem: Some(BREAKOUT.into()),
    }
}

#[expect(
    clippy::too_many_lines,
    reason = "one page after the other, and nothing else"
)]
fn every_page() -> Vec<String> {
    let login = LoginView {
        id: Uuid::nil(),
        directory: SCRIPT.into(),
        browser: SCRIPT.into(),
        address: BREAKOUT.into(),
        authenticated_at: now(),
        last_used_at: now(),
        expires_at: now() + Duration::hours(1),
        current: false,
    };
    let holding = HoldingView {
        id: Uuid::nil(),
        login: Uuid::nil(),
        title: SCRIPT.into(),
        cluster: BREAKOUT.into(),
        since: now(),
        last_used_at: now(),
        address: SCRIPT.into(),
    };
    let incident = IncidentView {
        title: BREAKOUT.into(),
        cluster: SCRIPT.into(),
        misuse: Misuse::Misused,
        at: now(),
    };
    let sessions = SessionsPage {
        logins: vec![login],
        holdings: vec![holding],
        incidents: vec![incident],
        keys: vec![key(SCRIPT)],
        clusters: Vec::new(),
        key_days: 30,
        key_problem: Some(BREAKOUT.into()),
    };
    let setup = |this_computer| SetupPage {
        secret: SCRIPT.into(),
        key: key(BREAKOUT),
        base_url: "https://pass.example".into(),
        clusters: vec!["demo".into(), "harbour".into()],
        context: Some(BREAKOUT.into()),
        this_computer,
    };
    let problem = ProblemPage {
        status: 404,
        title: SCRIPT.into(),
        what: BREAKOUT.into(),
        incident: Some(SCRIPT.into()),
    };
    let declined = LoginProblem::Declined {
        title: SCRIPT.into(),
        error: BREAKOUT.into(),
        description: Some(SCRIPT.into()),
    };
    let departure = DeparturePage {
        title: SCRIPT.into(),
        url: BREAKOUT.into(),
    };
    let consent = ConsentPage {
        title: SCRIPT.into(),
        host: BREAKOUT.into(),
        cluster: SCRIPT.into(),
        email: false,
        request: BREAKOUT.into(),
    };
    let entry = Entry {
        username: SCRIPT.into(),
        display_name: BREAKOUT.into(),
        email: Some(SCRIPT.into()),
        portal_roles: Vec::new(),
        disabled: true,
        logins: 1,
        keys: 1,
    };
    let users = |entries| UsersPage {
        query: BREAKOUT.into(),
        entries,
        after: SCRIPT.into(),
        next: Some(BREAKOUT.into()),
    };
    let signing_keys = SigningKeysPage {
        keys: Vec::new(),
        schedule: None,
        lead: Duration::DAY,
        may_change: true,
        aftermath: Some(Aftermath {
            kid: SCRIPT.into(),
            revoked_at: now(),
            ready_at: now(),
            present: vec![(BREAKOUT.into(), SCRIPT.into())],
            reload: BREAKOUT.into(),
        }),
        problem: Some(BREAKOUT.into()),
    };
    let logout = LogoutPage {
        title: Some(SCRIPT.into()),
        username: Some(BREAKOUT.into()),
        fields: vec![("state", BREAKOUT.into())],
    };
    let doctor = |diagnosis| {
        Page::Doctor(DoctorPage {
            clusters: vec![SCRIPT.into(), BREAKOUT.into()],
            cluster: BREAKOUT.into(),
            outcome: Some(Outcome {
                own: false,
                diagnosis,
            }),
        })
    };
    let report = Report {
        cluster: SCRIPT.into(),
        findings: vec![Finding {
            check: Check::Issuer,
            verdict: Verdict::Bad {
                problem: SCRIPT.into(),
                log: Some(BREAKOUT.into()),
                cure: SCRIPT.into(),
            },
        }],
        seen_as: Some(SeenAs {
            user: SCRIPT.into(),
            groups: vec![BREAKOUT.into()],
        }),
        live_until: Some(now()),
    };
    let words = Explained {
        title: SCRIPT.into(),
        meaning: BREAKOUT.into(),
        steps: vec![SCRIPT.into()],
    };
    let device = |step| Page::Device(DevicePage { step });
    let asking = DeviceAsking {
        code: BREAKOUT.into(),
        title: SCRIPT.into(),
        cluster: BREAKOUT.into(),
        address: SCRIPT.into(),
        same_address: false,
        since: now(),
        username: BREAKOUT.into(),
    };
    [
        Page::Users(users(vec![entry])),
        Page::User(Box::new(user_page())),
        Page::SigningKeys(signing_keys),
        doctor(Diagnosis::Token(report)),
        doctor(Diagnosis::Words(words)),
        doctor(Diagnosis::Unknown),
        device(DeviceStep::Ask {
            code: BREAKOUT.into(),
            problem: Some(SCRIPT.into()),
        }),
        device(DeviceStep::Confirm(asking)),
        device(DeviceStep::Allowed {
            title: SCRIPT.into(),
        }),
        device(DeviceStep::Denied {
            title: SCRIPT.into(),
        }),
        login_page(SCRIPT, Some(LoginProblem::Wrong)),
        login_page("", Some(declined)),
        Page::Departure(departure),
        Page::Consent(consent),
        Page::Logout(logout),
        Page::Token(Box::new(token_page())),
        Page::Setup(setup(true)),
        Page::Setup(setup(false)),
        Page::Sessions(sessions),
        Page::Problem(problem),
    ]
    .into_iter()
    .map(render)
    .collect()
}

#[test]
fn nothing_that_people_write_becomes_markup() {
    for html in every_page() {
        assert!(
            html.contains("&lt;script&gt;"),
            "the page shows what was written"
        );
        // A field for long texts is always empty.
        let html = html.replace("></textarea>", ">");
        for markup in [
            SCRIPT,
            BREAKOUT,
            "<script>alert",
            "</textarea>",
            "</pre>\"",
            "=\"\" onload",
        ] {
            assert!(!html.contains(markup), "{markup} in {html}");
        }
    }
}

#[test]
fn nothing_that_people_write_ends_an_attribute() {
    let html = render(login_page(BREAKOUT, None));
    for name in ["return_to", "username"] {
        assert!(
            html.contains(&format!(
                "name=\"{name}\" value=\"&lt;/textarea&gt;&lt;/pre&gt;&quot; onload='x'\""
            )),
            "{html}"
        );
    }
}

#[test]
fn every_page_is_a_whole_document_without_inline_styles() {
    for html in every_page() {
        assert!(html.starts_with("<!DOCTYPE html>"), "{html}");
        assert!(html.contains(" · Shorepass</title>") && html.contains("lang=\"en\""));
        assert!(
            !html.contains(" style="),
            "the content security policy forbids it"
        );
    }
}

#[test]
fn the_pass_says_nothing_of_the_token() {
    let html = render(Page::Token(Box::new(TokenPage {
        shown: None,
        ..token_page()
    })));
    assert!(html.contains("•••") && !html.contains("eyJ"));
    assert!(
        html.contains("Show token"),
        "the form for browsers without WebAssembly"
    );
}

#[test]
fn wrong_and_unknown_credentials_look_the_same() {
    let page =
        |username| render(login_page(username, Some(LoginProblem::Wrong))).replace(username, "");
    assert_eq!(page("alice"), page("nobody"));
}

#[test]
fn a_browser_part_is_loaded_only_where_something_moves() {
    assert!(render(Page::Token(Box::new(token_page()))).contains("shorepass"));
    assert!(!render(login_page("", None)).contains("modulepreload"));
}

#[test]
fn clusters_are_named_in_commands_only_where_there_are_several() {
    let one = TokenPage {
        clusters: vec!["demo".into()],
        ..token_page()
    };
    assert!(render(Page::Token(Box::new(token_page()))).contains("/k8stoken?cluster=demo"));
    assert!(!render(Page::Token(Box::new(one))).contains("?cluster="));
}

#[test]
fn every_directory_is_one_form_that_names_it() {
    let html = render(login_page("", None));
    let forms: Vec<&str> = html.split("<form").skip(1).collect();
    assert_eq!(forms.len(), 2);
    for (form, directory) in forms.iter().zip(["corp", "local"]) {
        let named = format!("name=\"directory\" value=\"{directory}\"");
        assert!(
            form.contains(&named) && form.contains("name=\"return_to\""),
            "{form}"
        );
    }
    let (provider, password) = (forms[0], forms[1].split("</form>").next().unwrap());
    assert!(
        !provider
            .split("</form>")
            .next()
            .unwrap()
            .contains("password")
    );
    assert!(password.contains("type=\"password\""));
}
