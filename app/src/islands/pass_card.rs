//! The pass: whose token it is, for which cluster, until when, and with which groups.
//!
//! It never holds the token but while it is revealed, and its properties never do.

use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use super::{
    pulse::{Pulse, State},
    ring::Ring,
    token_line::TokenLine,
};
use crate::{
    api::Asker,
    browser::clipboard,
    face::{Face, Held},
    words,
};

/// So many groups are seen at once; the rest unfolds.
const AT_ONCE: usize = 8;

#[island]
pub(crate) fn PassCard(face: Face) -> impl IntoView {
    let pulse = Pulse::new(face);
    let shown = pulse.face;
    let bearer = move || shown.with(|face| face.person.clone());
    view! {
        <article class="pass" aria-label="Shore pass" data-ready=move || pulse.ready.get().then_some("")>
            <header class="pass-head">
                <p class="pass-kind">"Shore pass"</p>
                <p class="pass-cluster"><span>"cluster "</span><code>{move || shown.with(|face| face.cluster.clone())}</code></p>
            </header>
            <div class="pass-body">
                <div class="bearer">
                    <p class="bearer-name">{move || bearer().display_name}</p>
                    <p class="bearer-more">
                        <code>{move || bearer().username}</code>
                        {move || bearer().email.map(|email| view! { <span>{email}</span> })}
                    </p>
                    <CopyForm pulse />
                </div>
                <Ring pulse />
            </div>
            <Trouble pulse />
            <div class="held">{move || shown.with(|face| groups(&face.groups, face.now))}</div>
            <TokenLine pulse />
            <p class="sr" role="status">{move || pulse.murmur.get()}</p>
        </article>
    }
}

/// One button: it copies where the browser part is at work, and asks for a page with the token
/// where it is not.
#[component]
fn CopyForm(pulse: Pulse) -> impl IntoView {
    let copy = move |event: ev::SubmitEvent| {
        event.prevent_default();
        copy(pulse);
    };
    view! {
        <form method="post" action="/" class="act" on:submit=copy>
            <input type="hidden" name="cluster" value=move || pulse.face.with(|face| face.cluster.clone()) />
            <button class="button" disabled=move || pulse.state.get() == State::Over>
                {move || if pulse.ready.get() { "Copy token" } else { "Show token" }}
            </button>
            <p class="outcome" role="status">{move || pulse.outcome.get()}</p>
        </form>
    }
}

fn copy(pulse: Pulse) {
    let text = async move {
        pulse
            .issue(Asker::Person)
            .await
            .map_err(|error| JsValue::from_str(&error.to_string()))
    };
    let writing = clipboard::write_later(text);
    spawn_local(async move {
        let written = match writing {
            Ok(promise) => JsFuture::from(promise).await.is_ok(),
            Err(_) => false,
        };
        let copied = || {
            format!(
                "Copied. It is valid for {}.",
                words::countdown(pulse.left.get_untracked())
            )
        };
        let outcome = match pulse.state.get_untracked() {
            State::Over => String::new(),
            State::Valid if written => copied(),
            // The token came, so it is the browser that would not take it.
            State::Valid => match pulse.issue(Asker::Person).await {
                Ok(token) if clipboard::write(&token).await.is_ok() => copied(),
                Ok(_) | Err(_) => {
                    "The browser does not let this page copy. Reveal the token instead.".to_owned()
                }
            },
            State::Trouble(error) => format!("Not copied. {error}"),
        };
        pulse.say(outcome);
    });
}

/// What is wrong, what still holds, what to do. Only the first is announced: the rest counts down.
#[component]
fn Trouble(pulse: Pulse) -> impl IntoView {
    let on = move || pulse.state.get() != State::Valid;
    let what = move || match pulse.state.get() {
        State::Valid => String::new(),
        State::Trouble(error) => format!("{error} Trying again by itself. "),
        State::Over => "Your login has ended, or was idle for too long. ".to_owned(),
    };
    let still = move || match pulse.left.get() {
        0 => "This token has expired.".to_owned(),
        left => format!("This token is good for another {}.", words::countdown(left)),
    };
    let again = move || {
        (pulse.state.get() == State::Over)
            .then(|| view! { <a class="button lead" href="/login?return_to=/">"Log in again"</a> })
    };
    view! {
        <div class="trouble" data-on=move || on().then_some("")>
            <p><span role="status">{what}</span>{move || on().then(still)}</p>
            {again}
        </div>
    }
}

fn groups(held: &[Held], now: i64) -> AnyView {
    if held.is_empty() {
        return view! { <p class="empty">"This token carries no groups: the cluster knows who you are, and nothing more."</p> }.into_any();
    }
    let row = |group: &Held| {
        let ends = group.until.map(|until| {
            let iso = words::iso(until);
            view! { <time class="held-left" datetime=iso.clone() title=iso>{words::left(until - now)}</time> }
        });
        view! { <li><code>{group.name.clone()}</code><span class="held-why">{group.provenance()}</span>{ends}</li> }
    };
    let (first, more) = held.split_at(held.len().min(AT_ONCE));
    let rest = (!more.is_empty()).then(|| {
        view! {
            <details class="fold">
                <summary>{format!("{} more groups", more.len())}</summary>
                <ul>{more.iter().map(row).collect_view()}</ul>
            </details>
        }
    });
    view! { <ul aria-label="Groups in this token">{first.iter().map(row).collect_view()}</ul> {rest} }.into_any()
}
