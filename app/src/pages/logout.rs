//! Where a person is asked whether they want to log out, because a program sent them here to do so.

use leptos::prelude::*;

/// What the page shows.
pub struct LogoutPage {
    /// How the program is called, where it is known which one it is.
    pub title: Option<String>,
    /// Who is logged in at this browser, as far as it says.
    pub username: Option<String>,
    /// What the program said, which the answer takes along.
    pub fields: Vec<(&'static str, String)>,
}

pub(crate) fn view(page: LogoutPage) -> impl IntoView {
    let LogoutPage {
        title,
        username,
        fields,
    } = page;
    let program = title.unwrap_or_else(|| "A program".to_owned());
    let fields = fields
        .into_iter()
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect_view();
    view! {
        <article class="consent">
            <h1>"Log out of Shorepass?"</h1>
            <p>
                <strong>{program}</strong>
                " sent you here to log out"
                {username.map(|name| view! { ". You are logged in as " <code>{name}</code> })} "."
            </p>
            <p>
                "This browser is logged out then, and programs that act for you by this login get no more tokens. "
                "A token that is out already is good until it ends."
            </p>
            <form method="post" action="/oauth2/logout/confirm" class="consent-answer">
                {fields}
                <button class="button lead">"Log out"</button>
                <a class="button" href="/">"Stay logged in"</a>
            </form>
        </article>
    }
}
