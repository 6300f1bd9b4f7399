//! What is seen when something is not there or does not work.

use leptos::prelude::*;

/// A page in place of the one that was asked for.
pub struct ProblemPage {
    pub status: u16,
    pub title: String,
    /// What happened, what is safe, what to do.
    pub what: String,
    /// Where to find it in the logs.
    pub incident: Option<String>,
}

pub(crate) fn view(page: ProblemPage) -> impl IntoView {
    view! {
        <article class="problem">
            <p class="problem-status">{page.status}</p>
            <h1>{page.title}</h1>
            <p class="problem-what">{page.what}</p>
            {page.incident.map(|incident| view! { <p class="hint">"If you report it, name the incident " <code>{incident}</code> "."</p> })}
            <p><a class="button" href="/">"Back to your token"</a></p>
        </article>
    }
}
