//! `/login`: a button for each provider, and a form for those who have a password here.

use leptos::prelude::*;

use crate::parts::mark::Mark;

/// What the login page shows.
pub struct LoginPage {
    /// Where to go afterwards.
    pub return_to: String,
    pub directories: Vec<DirectoryChoice>,
    /// What was typed before.
    pub username: String,
    pub problem: Option<LoginProblem>,
}

/// A directory that people may authenticate with.
pub struct DirectoryChoice {
    pub name: String,
    pub title: String,
    pub way: Way,
}

/// How people authenticate in a directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// With a password that they type here.
    Password,
    /// At a provider, to which the browser goes.
    Provider,
}

/// Why the page is seen (again). `Wrong` is the same for unknown usernames and wrong passwords.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoginProblem {
    Wrong,
    SlowDown {
        seconds: u64,
    },
    Unavailable,
    /// The provider says that it did not log anybody in, and why, in its own words.
    Declined {
        title: String,
        error: String,
        description: Option<String>,
    },
    /// The provider knows the person, and they may not enter.
    NotAdmitted {
        title: String,
    },
    /// What the provider answered was not what it promises.
    Untrusted {
        title: String,
    },
    ProviderDown {
        title: String,
    },
    /// The browser came back for a login that is not under way.
    Over,
    /// The browser came back without an answer.
    Incomplete,
    /// The browser came back for a login that another one began.
    OtherBrowser,
    /// Not an error: somebody logged out.
    LoggedOut,
    /// The session was idle for too long, or its login has ended.
    Expired,
}

impl LoginProblem {
    fn words(&self) -> String {
        match self {
            Self::Wrong => "This username and password do not belong together.".to_owned(),
            Self::SlowDown { seconds: 1 } => "Too many tries. Wait one second, then try again.".to_owned(),
            Self::SlowDown { seconds } => format!("Too many tries. Wait {seconds} seconds, then try again."),
            Self::Unavailable => "Logging in does not work just now. It is not your password; try again in a minute.".to_owned(),
            Self::Declined { title, .. } => format!("{title} did not log you in. It says:"),
            Self::NotAdmitted { title } => format!(
                "{title} knows you, but this account is not let in here. Use another account, or ask those who run this portal."
            ),
            Self::Untrusted { title } => format!(
                "What {title} answered cannot be trusted, so nobody was logged in. Try again; if it happens again, tell those who run this portal."
            ),
            Self::ProviderDown { title } => format!("{title} does not answer just now. Nothing was changed; try again in a minute."),
            Self::Over => "This login is over: it was finished before, or it took longer than ten minutes. Begin again.".to_owned(),
            Self::Incomplete => "You came back without an answer, so nobody was logged in. Begin again.".to_owned(),
            Self::OtherBrowser => "This login was begun in another browser, so nobody was logged in here. If you did not begin it, somebody else wanted you to finish theirs.".to_owned(),
            Self::LoggedOut => "You are logged out in this browser. A token that is out already is good until it ends.".to_owned(),
            Self::Expired => "You were logged out, because the page was not used for a while. Log in to go on where you were.".to_owned(),
        }
    }

    fn is_error(&self) -> bool {
        match self {
            Self::LoggedOut | Self::Expired => false,
            Self::Wrong
            | Self::SlowDown { .. }
            | Self::Unavailable
            | Self::Declined { .. }
            | Self::NotAdmitted { .. }
            | Self::Untrusted { .. }
            | Self::ProviderDown { .. }
            | Self::Over
            | Self::Incomplete
            | Self::OtherBrowser => true,
        }
    }
}

pub(crate) fn view(page: LoginPage) -> impl IntoView {
    let LoginPage {
        return_to,
        directories,
        username,
        problem,
    } = page;
    let (providers, passwords): (Vec<_>, Vec<_>) = directories
        .into_iter()
        .partition(|directory| directory.way == Way::Provider);
    let alone = providers.len() == 1 && passwords.is_empty();
    let both = !providers.is_empty() && !passwords.is_empty();
    let before = Before {
        wrong: problem == Some(LoginProblem::Wrong),
        described: problem.is_some(),
        // Whoever listens to the page would not hear of the providers before the field.
        focus: providers.is_empty() || !username.is_empty(),
        username,
    };
    let buttons = (!providers.is_empty()).then(|| {
        let forms = providers
            .into_iter()
            .map(|provider| {
                let class = if alone { "button lead" } else { "button" };
                view! {
                    <form method="post" action="/login">
                        <input type="hidden" name="return_to" value=return_to.clone() />
                        <input type="hidden" name="directory" value=provider.name />
                        <button class=class>{format!("Continue with {}", provider.title)}</button>
                    </form>
                }
            })
            .collect_view();
        view! { <div class="login-providers">{forms}</div> }
    });
    let divider = both.then(|| view! { <p class="login-or"><span>"or with a password"</span></p> });
    let form = (!passwords.is_empty()).then(|| password_form(return_to.clone(), passwords, before));
    view! {
        <article class="login">
            <h1><Mark /> "Shorepass"</h1>
            <p class="login-what">"Log in to get your token for Kubernetes."</p>
            <div class="login-sheet">
                {problem.map(notice)}
                {buttons}
                {divider}
                {form}
            </div>
        </article>
    }
}

fn notice(problem: LoginProblem) -> impl IntoView {
    let (class, role) = if problem.is_error() {
        ("error", "alert")
    } else {
        ("notice", "status")
    };
    let words = problem.words();
    let said = match problem {
        LoginProblem::Declined {
            error, description, ..
        } => Some(view! {
            <span class="login-said">
                {description.map(|description| view! { <q>{description}</q> " " })}
                <code>{error}</code>
            </span>
        }),
        LoginProblem::Wrong
        | LoginProblem::SlowDown { .. }
        | LoginProblem::Unavailable
        | LoginProblem::NotAdmitted { .. }
        | LoginProblem::Untrusted { .. }
        | LoginProblem::ProviderDown { .. }
        | LoginProblem::Over
        | LoginProblem::Incomplete
        | LoginProblem::OtherBrowser
        | LoginProblem::LoggedOut
        | LoginProblem::Expired => None,
    };
    view! { <p class=class id="login-problem" role=role>{words} {said}</p> }
}

/// What came before the form is seen.
struct Before {
    username: String,
    wrong: bool,
    /// Whether something is said about it.
    described: bool,
    /// Whether the form is what people come for.
    focus: bool,
}

fn password_form(
    return_to: String,
    directories: Vec<DirectoryChoice>,
    before: Before,
) -> impl IntoView {
    let Before {
        username,
        wrong,
        described,
        focus,
    } = before;
    let to_password = !username.is_empty();
    let described = described.then_some("login-problem");
    view! {
        <form method="post" action="/login" aria-label="Log in">
            <input type="hidden" name="return_to" value=return_to />
            {choice(directories)}
            <label class="field">
                <span>"Username"</span>
                <input
                    name="username"
                    value=username
                    required
                    autocomplete="username"
                    autocapitalize="none"
                    spellcheck="false"
                    autofocus=focus && !to_password
                    aria-invalid=wrong.then_some("true")
                    aria-describedby=described
                />
            </label>
            <label class="field">
                <span>"Password"</span>
                <input
                    type="password"
                    name="password"
                    required
                    autocomplete="current-password"
                    autofocus=focus && to_password
                    aria-invalid=wrong.then_some("true")
                    aria-describedby=described
                />
            </label>
            <button class="button lead">"Log in"</button>
        </form>
    }
}

/// Nothing to choose where there is one directory.
fn choice(directories: Vec<DirectoryChoice>) -> impl IntoView {
    if directories.len() < 2 {
        let only = directories
            .into_iter()
            .map(|directory| directory.name)
            .next()
            .unwrap_or_default();
        return view! { <input type="hidden" name="directory" value=only /> }.into_any();
    }
    let options = directories
        .into_iter()
        .map(|directory| view! { <option value=directory.name>{directory.title}</option> })
        .collect_view();
    view! { <label class="field"><span>"Account"</span><select name="directory">{options}</select></label> }.into_any()
}
