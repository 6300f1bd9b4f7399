//! What is seen for a moment between the login page and a provider.

use leptos::prelude::*;

use crate::parts::mark::Mark;

/// A page that goes on by itself; the response's `Refresh` header says when.
pub struct DeparturePage {
    /// How people call the provider.
    pub title: String,
    pub url: String,
}

pub(crate) fn view(page: DeparturePage) -> impl IntoView {
    view! {
        <article class="login">
            <h1><Mark /> "Shorepass"</h1>
            <p class="login-what">{format!("On to {}…", page.title)}</p>
            <p><a class="button" href=page.url>"Continue"</a></p>
        </article>
    }
}
