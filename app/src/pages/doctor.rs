//! `/doctor`: what an API server makes of a token, and what an error of kubectl means.

use domain::doctor::{Diagnosis, Explained, Finding, Report, Verdict};
use leptos::prelude::*;

use crate::words;

/// What the page shows. It never holds what was pasted.
pub struct DoctorPage {
    pub clusters: Vec<String>,
    /// The one that is chosen.
    pub cluster: String,
    pub outcome: Option<Outcome>,
}

/// What came of it.
pub struct Outcome {
    /// It was the viewer's own token, fetched for the test.
    pub own: bool,
    pub diagnosis: Diagnosis,
}

pub(crate) fn view(page: DoctorPage) -> impl IntoView {
    let DoctorPage {
        clusters,
        cluster,
        outcome,
    } = page;
    if clusters.is_empty() {
        return view! {
            <div class="page-head"><h1>"Token doctor"</h1></div>
            <section class="card empty"><p>"No cluster is connected yet, and so there are no tokens to look at."</p></section>
        }
        .into_any();
    }
    view! {
        <div class="page-head"><h1>"Token doctor"</h1></div>
        {outcome.map(outcome_view)}
        <section class="card" aria-labelledby="ask-title">
            <h2 id="ask-title">"What does not work?"</h2>
            <form method="post" action="/doctor" class="doctor-form">
                {choice(clusters, &cluster)}
                <label class="field">
                    <span>"A token, or what kubectl says"</span>
                    <textarea class="mono" name="text" rows="5" maxlength="32768" autocomplete="off" autocapitalize="off" spellcheck="false" placeholder="eyJhbGciOi… or: error: You must be logged in to the server (Unauthorized)"></textarea>
                    <small class="hint">"It is looked at and let go: it is not stored, not logged, and not shown again."</small>
                </label>
                <div class="doctor-answer">
                    <button class="button lead" name="what" value="text">"Look at it"</button>
                    <button class="button" name="what" value="own">"Test my token"</button>
                </div>
            </form>
        </section>
    }
    .into_any()
}

fn choice(clusters: Vec<String>, chosen: &str) -> impl IntoView {
    if clusters.len() == 1 {
        return view! { <input type="hidden" name="cluster" value=chosen.to_owned() /> }.into_any();
    }
    let options = clusters
        .into_iter()
        .map(|name| view! { <option value=name.clone() selected=name == chosen>{name.clone()}</option> })
        .collect_view();
    view! {
        <label class="field doctor-cluster">
            <span>"Cluster"</span>
            <select class="mono" name="cluster">{options}</select>
        </label>
    }
    .into_any()
}

fn outcome_view(outcome: Outcome) -> impl IntoView {
    let Outcome { own, diagnosis } = outcome;
    let said = |title: &str, text: &str| {
        view! { <h2 id="outcome-title">{title.to_owned()}</h2><p>{prose(text)}</p> }.into_any()
    };
    let content = match diagnosis {
        Diagnosis::Token(found) => report(found, own).into_any(),
        Diagnosis::Words(words) => explained(words).into_any(),
        Diagnosis::Secret(secret) => {
            let (title, text) = secret.explained();
            said(title, text)
        }
        Diagnosis::Unknown => said(
            "These words are not known here",
            "Paste the line of the API server's log that has `oidc:` in it, or what kubectl prints with -v=6. Or test your token.",
        ),
        Diagnosis::Nothing => said(
            "Nothing was pasted",
            "Paste a token or an error below, or test your token.",
        ),
        Diagnosis::TooLong => said(
            "That is too long",
            "No token is that long. Paste the line with the error alone.",
        ),
    };
    view! { <section class="card" aria-labelledby="outcome-title" id="outcome">{content}</section> }
}

fn explained(words: Explained) -> impl IntoView {
    let steps = words
        .steps
        .into_iter()
        .map(|step| view! { <li>{prose(&step)}</li> });
    view! {
        <h2 id="outcome-title">{words.title}</h2>
        <p>{prose(&words.meaning)}</p>
        <ol class="doctor-steps">{steps.collect_view()}</ol>
    }
}

fn report(found: Report, own: bool) -> impl IntoView {
    let cluster = found.cluster.clone();
    let what = if own { "your token" } else { "this token" };
    let first = found.first_bad().cloned();
    let title = if first.is_none() {
        format!("The API server of {cluster} takes {what}")
    } else {
        format!("The API server of {cluster} refuses {what}")
    };
    let live = found.live_until.filter(|_| !own).map(|until| {
        let iso = words::iso(until.unix_timestamp());
        view! {
            <p class="notice">
                "This token works until " <time datetime=iso.clone()>{iso.clone()}</time>
                ", and whoever has it acts as its owner. Treat it as you would a password: if others may have seen it, let its owner sign out everywhere."
            </p>
        }
    });
    let log = first.and_then(|finding| match finding.verdict {
        Verdict::Bad { log, .. } => log,
        Verdict::Good(_) | Verdict::Careful { .. } | Verdict::Open => None,
    });
    let log = log.map(|log| {
        view! {
            <p>"To its clients it says " <code>"Unauthorized"</code> " and no more. In its log stands:"</p>
            <pre class="doctor-log" tabindex="0">{log}</pre>
        }
    });
    let seen = found.seen_as.map(|seen| {
        let groups = seen.groups.into_iter().map(|group| view! { <li><code>{group}</code></li> });
        view! {
            <p>"It takes its bearer for " <code>{seen.user}</code> " in these groups, beside " <code>"system:authenticated"</code> ":"</p>
            <ul class="doctor-groups">{groups.collect_view()}</ul>
            <p class="hint">"What they may do there is up to its role bindings: kubectl auth can-i --list."</p>
        }
    });
    let rows = found.findings.into_iter().map(row).collect_view();
    view! {
        <h2 id="outcome-title">{title}</h2>
        {live}
        {log}
        {seen}
        <ol class="check">{rows}</ol>
        <p class="hint">"The checks are those of kube-apiserver 1.36, in its order; it stops at the first that fails."</p>
    }
}

fn row(finding: Finding) -> impl IntoView {
    let (state, word, more) = match finding.verdict {
        Verdict::Good(seen) => (
            "good",
            "In order",
            view! { <p class="check-seen">{seen}</p> }.into_any(),
        ),
        Verdict::Careful { problem, cure } => (
            "careful",
            "Take care",
            view! { <p class="check-problem">{prose(&problem)}</p><p class="check-cure">{prose(&cure)}</p> }
                .into_any(),
        ),
        Verdict::Bad {
            problem,
            log: _,
            cure,
        } => (
            "bad",
            "Not in order",
            view! { <p class="check-problem">{prose(&problem)}</p><p class="check-cure">{prose(&cure)}</p> }
                .into_any(),
        ),
        Verdict::Open => ("open", "Not looked at", ().into_any()),
    };
    view! {
        <li data-state=state>
            <p class="check-title"><span class="check-word">{word}<span class="sr">": "</span></span><span>{finding.check.title()}</span></p>
            {more}
        </li>
    }
}

/// A text in which what stands between backticks is code.
fn prose(text: &str) -> impl IntoView + use<> {
    let parts = text.split('`').map(str::to_owned).enumerate();
    parts
        .map(|(place, part)| {
            if place % 2 == 0 {
                part.into_any()
            } else {
                view! { <code>{part}</code> }.into_any()
            }
        })
        .collect_view()
}
