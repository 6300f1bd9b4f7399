//! The way around: on the left of wide screens, at the bottom of narrow ones.

use domain::user::Person;
use leptos::prelude::*;

use super::mark::Mark;
use crate::shell::Here;

#[component]
pub(crate) fn Rail(person: Person, here: Here) -> impl IntoView {
    let entry = |target: Here, href: &'static str, name: &'static str| {
        let current = (target == here).then_some("page");
        view! { <li><a href=href aria-current=current>{name}</a></li> }
    };
    // Of what they may not see there is no mention.
    let admin = person.may_oversee().then(|| {
        view! {
            <p class="rail-part" id="rail-admin">"Admin"</p>
            <ul class="rail-admin" aria-labelledby="rail-admin">
                {person.is_administrator().then(|| entry(Here::Clusters, "/admin/clusters", "Clusters"))}
                {person.is_administrator().then(|| entry(Here::Clients, "/admin/clients", "Clients"))}
                {entry(Here::Users, "/admin/users", "Users")}
                {entry(Here::SigningKeys, "/admin/keys", "Keys")}
            </ul>
        }
    });
    view! {
        <header class="rail">
            <p class="brand"><a href="/"><Mark /><span>"Shorepass"</span></a></p>
            <nav aria-label="Pages">
                <ul>
                    {entry(Here::Token, "/", "Token")}
                    {entry(Here::Sessions, "/sessions", "Sessions")}
                </ul>
                {admin}
            </nav>
            <div class="me">
                <p class="me-name" title=person.username.as_str().to_owned()>{person.display_name}</p>
                <form method="post" action="/logout"><button class="button small">"Log out"</button></form>
            </div>
        </header>
    }
}
