//! `/login`: one form.

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
}

/// Why the form is seen (again). `Wrong` is the same for unknown usernames and wrong passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoginProblem {
    Wrong,
    SlowDown {
        seconds: u64,
    },
    Unavailable,
    /// Not an error: somebody logged out.
    LoggedOut,
    /// The session was idle for too long, or its login has ended.
    Expired,
}

impl LoginProblem {
    fn words(self) -> String {
        match self {
            Self::Wrong => "This username and password do not belong together.".to_owned(),
            Self::SlowDown { seconds: 1 } => "Too many tries. Wait one second, then try again.".to_owned(),
            Self::SlowDown { seconds } => format!("Too many tries. Wait {seconds} seconds, then try again."),
            Self::Unavailable => "Logging in does not work just now. It is not your password; try again in a minute.".to_owned(),
            Self::LoggedOut => "You are logged out. A token that is out already is good until it ends.".to_owned(),
            Self::Expired => "You were logged out, because the page was not used for a while. Log in to go on where you were.".to_owned(),
        }
    }

    fn is_error(self) -> bool {
        match self {
            Self::Wrong | Self::SlowDown { .. } | Self::Unavailable => true,
            Self::LoggedOut | Self::Expired => false,
        }
    }
}

pub(crate) fn view(page: LoginPage) -> impl IntoView {
    let wrong = page.problem == Some(LoginProblem::Wrong);
    let described = page.problem.map(|_| "login-problem");
    let to_password = !page.username.is_empty();
    let problem = page.problem.map(|problem| {
        let (class, role) = if problem.is_error() {
            ("error", "alert")
        } else {
            ("notice", "status")
        };
        view! { <p class=class id="login-problem" role=role>{problem.words()}</p> }
    });
    view! {
        <article class="login">
            <h1><Mark /> "Shorepass"</h1>
            <p class="login-what">"Log in to get your token for Kubernetes."</p>
            <form method="post" action="/login" aria-label="Log in">
                {problem}
                <input type="hidden" name="return_to" value=page.return_to />
                {directory(page.directories)}
                <label class="field">
                    <span>"Username"</span>
                    <input
                        name="username"
                        value=page.username
                        required
                        autocomplete="username"
                        autocapitalize="none"
                        spellcheck="false"
                        autofocus=!to_password
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
                        autofocus=to_password
                        aria-invalid=wrong.then_some("true")
                        aria-describedby=described
                    />
                </label>
                <button class="button lead">"Log in"</button>
            </form>
        </article>
    }
}

/// Nothing to choose where there is one directory.
fn directory(directories: Vec<DirectoryChoice>) -> impl IntoView {
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
