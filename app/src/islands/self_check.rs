//! The self-check of a cluster: lines that turn green one after another, or say what is wrong and how
//! it is mended. Without the browser part the same form asks for a page with all of them.

use leptos::{ev, prelude::*, task::spawn_local};

use crate::{
    api::check::{Half, half},
    error::AppError,
    found::{Found, Verdict},
};

/// How many of the lines the first half fills.
const FIRST_HALF: usize = 2;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    /// So many lines are done, and another is being looked at.
    Busy(usize),
}

/// `untouched` has every line; `found` what a page without scripts has found already.
#[island]
pub(crate) fn SelfCheck(
    cluster: String,
    untouched: Vec<Found>,
    found: Vec<Found>,
) -> impl IntoView {
    let lines = RwSignal::new(if found.is_empty() {
        untouched.clone()
    } else {
        found
    });
    let state = RwSignal::new(State::Idle);
    let trouble = RwSignal::new(None::<AppError>);
    let ready = RwSignal::new(false);
    Effect::new(move |_| ready.set(true));
    let action = format!("/admin/clusters/{cluster}/check");
    let look = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if state.get_untracked() != State::Idle {
            return;
        }
        lines.set(untouched.clone());
        trouble.set(None);
        state.set(State::Busy(0));
        let cluster = cluster.clone();
        spawn_local(async move {
            for (which, from) in [(Half::Portal, 0), (Half::Server, FIRST_HALF)] {
                state.set(State::Busy(from));
                match half(&cluster, which).await {
                    Ok(found) => lines.update(|lines| {
                        for (line, found) in lines.iter_mut().skip(from).zip(found) {
                            *line = found;
                        }
                    }),
                    Err(error) => {
                        trouble.set(Some(error));
                        break;
                    }
                }
            }
            state.set(State::Idle);
        });
    };
    let busy = move || state.get() != State::Idle;
    let rows = move || {
        let at = state.get();
        let all = lines.get();
        all.into_iter()
            .enumerate()
            .map(|(place, found)| row(found, matches!(at, State::Busy(from) if place >= from)))
            .collect_view()
    };
    view! {
        <form class="check-now" method="post" action=action on:submit=look data-ready=move || ready.get().then_some("")>
            <button class="button lead" aria-disabled=move || busy().then_some("true")>
                {move || if busy() { "Looking…" } else { "Check now" }}
            </button>
        </form>
        <ol class="check">{rows}</ol>
        <p class="check-sum" role="status">{move || (!busy()).then(|| summary(&lines.get()))}</p>
        {move || trouble.get().map(|error| view! { <p class="error" role="alert">{error.to_string()} " The check did not come to its end."</p> })}
    }
}

fn row(found: Found, looking: bool) -> impl IntoView {
    let Found { title, verdict } = found;
    let (state, word, more) = match verdict {
        Verdict::Good(seen) => (
            "good",
            "In order",
            view! { <p class="check-seen">{seen}</p> }.into_any(),
        ),
        Verdict::Bad { problem, cure } => (
            "bad",
            "Not in order",
            view! { <p class="check-problem">{problem}</p><p class="check-cure">{cure}</p> }
                .into_any(),
        ),
        Verdict::Open if looking => ("looking", "Looking", ().into_any()),
        Verdict::Open => ("open", "Not looked at", ().into_any()),
    };
    view! {
        <li data-state=state>
            <p class="check-title"><span class="check-word">{word}<span class="sr">": "</span></span><span>{title}</span></p>
            {more}
        </li>
    }
}

fn summary(lines: &[Found]) -> String {
    let good = lines
        .iter()
        .filter(|line| matches!(line.verdict, Verdict::Good(_)))
        .count();
    let bad = lines
        .iter()
        .filter(|line| matches!(line.verdict, Verdict::Bad { .. }))
        .count();
    match (good, bad) {
        (0, 0) => String::new(),
        (_, 0) if good == lines.len() => "The cluster and the portal agree.".to_owned(),
        (_, 0) => format!("{good} of {} lines are in order.", lines.len()),
        (_, 1) => "One line is not in order. Mend it, then check again.".to_owned(),
        (_, bad) => format!("{bad} lines are not in order. Mend the first, then check again."),
    }
}
