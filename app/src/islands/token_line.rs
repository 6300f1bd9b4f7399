//! The tear-off part of the pass: the token, hidden until somebody wants to see it, and what is in it.

use leptos::{prelude::*, task::spawn_local};

use super::pulse::{Pulse, State};
use crate::{api::Asker, words};

const MASK: &str = "••••••••••••••••••••••••••••••••";

#[component]
pub(super) fn TokenLine(pulse: Pulse) -> impl IntoView {
    let revealed = move || pulse.token.with(Option::is_some);
    let toggle = move |_| {
        if pulse.token.with_untracked(Option::is_some) {
            pulse.token.set(None);
        } else {
            spawn_local(async move {
                match pulse.issue(Asker::Person).await {
                    Ok(token) => pulse.token.set(Some(token)),
                    Err(error) => pulse.say(format!("Not revealed. {error}")),
                }
            });
        }
    };
    let token = move || {
        pulse.token.get().map_or_else(
            || view! { <p class="mask"><span aria-hidden="true">{MASK}</span><span class="sr">"The token is hidden."</span></p> }.into_any(),
            |token| view! { <pre class="token">{token}</pre> }.into_any(),
        )
    };
    let size = move || pulse.face.with(|face| words::grouped(face.size));
    view! {
        <div class="stub">
            <div class="stub-line">
                {token}
                <p class="stub-size">{size} " bytes"</p>
                <button
                    type="button"
                    class="button small"
                    hidden=move || !pulse.ready.get()
                    disabled=move || pulse.state.get() == State::Over
                    on:click=toggle
                >
                    {move || if revealed() { "Hide" } else { "Reveal" }}
                </button>
            </div>
            <details class="fold">
                <summary>"Claims"</summary>
                {move || match pulse.face.with(|face| face.claims.clone()) {
                    none if none.is_empty() => view! { <p class="hint">"This token says nothing by itself: the cluster asks the portal whose it is."</p> }.into_any(),
                    claims => view! { <pre class="claims">{claims}</pre> }.into_any(),
                }}
            </details>
            <details class="fold">
                <summary>"As the cluster sees you"</summary>
                <Seen pulse />
            </details>
        </div>
    }
}

/// The names with the cluster's prefixes, as its role bindings have to spell them.
#[component]
fn Seen(pulse: Pulse) -> impl IntoView {
    let user = move || pulse.face.with(|face| face.seen_as.user.clone());
    let groups = move || {
        let names = pulse.face.with(|face| face.seen_as.groups.clone());
        names
            .into_iter()
            .map(|name| view! { <li><code>{name}</code></li> })
            .collect_view()
    };
    view! {
        <dl class="seen">
            <dt>"User"</dt>
            <dd><code>{user}</code></dd>
            <dt>"Groups"</dt>
            <dd><ul>{groups}</ul></dd>
        </dl>
        <p class="hint">"Role bindings have to spell these names exactly so. Ask the cluster itself with " <code>"kubectl auth whoami"</code> "."</p>
    }
}
