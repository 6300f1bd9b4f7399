//! `/admin/users`: everybody whom the portal knows, found by a word.

use domain::{portal_role::PortalRole, roster::Entry};
use leptos::prelude::*;

use crate::words;

/// What the page shows.
pub struct UsersPage {
    /// What is looked for; nothing for everybody.
    pub query: String,
    pub entries: Vec<Entry>,
    /// The username that this part begins after; nothing in the first one.
    pub after: String,
    /// The username that the next part begins after.
    pub next: Option<String>,
}

pub(crate) fn view(page: UsersPage) -> impl IntoView {
    let UsersPage {
        query,
        entries,
        after,
        next,
    } = page;
    let address = |after: &str| {
        let mut fields = form_urlencoded::Serializer::new(String::from("/admin/users?"));
        for (name, value) in [("q", query.as_str()), ("after", after)] {
            if !value.is_empty() {
                fields.append_pair(name, value);
            }
        }
        fields.finish()
    };
    let first = (!after.is_empty())
        .then(|| view! { <a class="button small" href=address("")>"From the start"</a> });
    let next = next
        .map(|next| view! { <a class="button small" rel="next" href=address(&next)>"Next"</a> });
    let pages = (first.is_some() || next.is_some())
        .then(|| view! { <nav class="pages" aria-label="Parts of the list">{first}{next}</nav> });
    let list = if entries.is_empty() {
        let none = match (query.is_empty(), after.is_empty()) {
            (true, true) => view! { "Nobody has logged in yet." }.into_any(),
            (_, false) => view! { "There is nobody after that. " <a href="/admin/users">"Begin again"</a> "." }.into_any(),
            (false, true) => view! {
                "Nobody has a name or an address in which a word begins with " <strong>{query.clone()}</strong> ". "
                <a href="/admin/users">"Show everybody"</a> "."
            }
            .into_any(),
        };
        view! { <p class="empty">{none}</p> }.into_any()
    } else {
        let rows = entries.into_iter().map(row).collect_view();
        view! { <ul class="rows people">{rows}</ul> }.into_any()
    };
    view! {
        <div class="page-head"><h1>"Users"</h1></div>
        <section class="card" aria-label="Users">
            <form class="search" method="get" action="/admin/users" role="search">
                <label class="field wide">
                    <span class="sr">"Name or address"</span>
                    <input type="search" name="q" value=query.clone() maxlength="200" autocomplete="off" spellcheck="false" autofocus placeholder="Name or address, or an id out of a token" />
                </label>
                <button class="button">"Search"</button>
            </form>
            {list}
            {pages}
        </section>
    }
}

fn row(entry: Entry) -> impl IntoView {
    let Entry {
        username,
        display_name,
        email,
        portal_roles,
        disabled,
        logins,
        keys,
    } = entry;
    let href = format!("/admin/users/{username}");
    let live = (logins > 0).then(|| view! { <span>{words::counted(logins, "login")}</span> });
    let held = (keys > 0).then(|| view! { <span>{words::counted(keys, "key")}</span> });
    view! {
        <li>
            <div class="row-what">
                <p class="row-name"><a href=href>{display_name}</a>{badges(&portal_roles, disabled)}</p>
                <p class="row-facts"><code>{username}</code>{email.map(|email| view! { <span>{email}</span> })}</p>
            </div>
            <p class="row-facts">{live}{held}</p>
        </li>
    }
}

/// What sets somebody apart.
pub(crate) fn badges(roles: &[PortalRole], disabled: bool) -> impl IntoView + use<> {
    let roles = roles
        .iter()
        .map(|role| view! { " " <span class="badge soft">{role.as_str()}</span> })
        .collect_view();
    let disabled = disabled.then(|| view! { " " <span class="badge stop">"disabled"</span> });
    view! { {roles} {disabled} }
}
