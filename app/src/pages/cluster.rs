//! `/admin/clusters/<name>`: whether a cluster and the portal agree, what the cluster has to be told,
//! its record, and its namespaces.

use domain::{cluster::Cluster, role::Role};
use leptos::prelude::*;

use crate::{
    found::{Found, untouched},
    islands::{CopyButton, SelfCheck},
    parts::{cluster_form::ClusterForm, cutoff::Cutoff},
};

/// What the page shows.
pub struct ClusterPage {
    /// What the form says.
    pub record: Cluster,
    /// What is in force.
    pub stored: Cluster,
    pub snippets: Vec<Snippet>,
    pub namespaces: Vec<NamespaceRow>,
    /// What a check has found; nothing before it.
    pub found: Vec<Found>,
    /// Why the record was not changed.
    pub problem: Option<String>,
    /// Why no namespace was added.
    pub namespace_problem: Option<String>,
    /// The script of the webhooks with its secret, only after it was asked for.
    pub webhook: Option<String>,
    /// Why there is no such script.
    pub webhook_problem: Option<String>,
}

/// A text for one place.
pub struct Snippet {
    /// As `shorepass cluster config --kind` calls it.
    pub kind: &'static str,
    pub title: &'static str,
    /// Where it goes.
    pub place: &'static str,
    pub text: String,
}

/// A namespace and its groups.
pub struct NamespaceRow {
    pub name: String,
    pub groups: Vec<(Role, String)>,
}

pub(crate) fn view(page: ClusterPage) -> impl IntoView {
    let ClusterPage {
        record,
        stored,
        snippets,
        namespaces,
        found,
        problem,
        namespace_problem,
        webhook,
        webhook_problem,
    } = page;
    let name = record.name.clone();
    let action = format!("/admin/clusters/{name}");
    view! {
        <div class="page-head">
            <h1><code>{name.clone()}</code></h1>
            <a class="button" href="/admin/clusters">"All clusters"</a>
        </div>
        <section class="card" aria-labelledby="check-title">
            <h2 id="check-title">"Self-check"</h2>
            <p class="hint">"Looks at the portal as the API server does, and shows the API server a token of nobody’s."</p>
            <SelfCheck cluster=name.clone() untouched=untouched() found />
        </section>
        <section class="card" aria-labelledby="paste-title">
            <h2 id="paste-title">"What to paste where"</h2>
            {tabs(snippets)}
        </section>
        <section class="card" aria-labelledby="cutoff-title" id="webhook">
            <h2 id="cutoff-title">"How fast access is cut off"</h2>
            <Cutoff cluster=stored />
            {webhook_problem.map(|problem| view! { <p class="error" role="alert">{problem}</p> })}
            {script(&name, webhook)}
        </section>
        <section class="card" aria-labelledby="namespaces-title">
            <h2 id="namespaces-title">"Namespaces"</h2>
            {list(namespaces)}
            <form class="key-form" method="post" action=format!("{action}/namespaces")>
                {namespace_problem.map(|problem| view! { <p class="error" role="alert">{problem}</p> })}
                <label class="field wide">
                    <span>"Add a namespace"</span>
                    <input class="mono" name="namespace" required maxlength="63" autocomplete="off" spellcheck="false" placeholder="payments" />
                </label>
                <button class="button">"Add"</button>
            </form>
        </section>
        <section class="card" aria-labelledby="record-title">
            <h2 id="record-title">"Record"</h2>
            <p class="hint">"The API server has to be told the same. After a change, paste anew what is above."</p>
            <ClusterForm action record is_new=false problem button="Save" lead=false />
        </section>
    }
}

/// What tells the API server of the webhooks: asked for on purpose, because a secret is in it.
fn script(name: &str, text: Option<String>) -> impl IntoView + use<> {
    let action = format!("/admin/clusters/{name}/webhook");
    let present = text.is_some();
    let shown = text.map(|text| {
        view! {
            <div class="command">
                <div class="command-head">
                    <h3>"As root, on every control-plane node"</h3>
                    <CopyButton of="webhook-script".to_owned() what="the script of the webhooks".to_owned() lead=false />
                </div>
                <pre id="webhook-script" tabindex="0" class="snippet">{text}</pre>
            </div>
        }
    });
    view! {
        <p>"The API server asks the portal by webhooks. A script tells it of them; in it is a secret, by which the portal knows this cluster."</p>
        {shown}
        <div class="acts">
            <form method="post" action=action.clone()>
                <button class="button" disabled=present>"Show the script with its secret"</button>
            </form>
            <details class="sure" name="sure">
                <summary class="button small"><span class="sure-ask">"New secret…"</span><span class="sure-keep">"Cancel"</span></summary>
                <form method="post" action=action>
                    <input type="hidden" name="new_secret" value="yes" />
                    <p>"The secret before ends at once. Until the API server has the new one, the authorization webhook denies nobody, and opaque tokens are refused."</p>
                    <button class="button stop">"Make a new secret"</button>
                </form>
            </details>
        </div>
    }
}

/// Radio buttons, so that they work without a script.
fn tabs(snippets: Vec<Snippet>) -> impl IntoView {
    let tab = |(place, snippet): (usize, &Snippet)| {
        let id = format!("paste-{}", snippet.kind);
        view! {
            <input class="tab" type="radio" name="paste" id=id.clone() value=snippet.kind checked=place == 0 />
            <label for=id>{snippet.title}</label>
        }
    };
    let heads = snippets.iter().enumerate().map(tab).collect_view();
    let panel = |snippet: Snippet| {
        let id = format!("text-{}", snippet.kind);
        view! {
            <div class="panel" data-kind=snippet.kind>
                <div class="command">
                    <div class="command-head">
                        <h3>{snippet.place}</h3>
                        <CopyButton of=id.clone() what=format!("what is for {}", snippet.title) lead=false />
                    </div>
                    <pre id=id tabindex="0" class="snippet">{snippet.text}</pre>
                </div>
            </div>
        }
    };
    view! {
        <fieldset class="tabs">
            <legend class="sr">"What to paste"</legend>
            {heads}
            {snippets.into_iter().map(panel).collect_view()}
        </fieldset>
    }
}

fn list(namespaces: Vec<NamespaceRow>) -> impl IntoView {
    if namespaces.is_empty() {
        return view! { <p class="empty">"There are none yet. Add those in which people may hold a role."</p> }.into_any();
    }
    let rows = namespaces
        .into_iter()
        .map(|namespace| {
            let groups = namespace.groups.into_iter();
            let groups = groups
                .map(|(_, group)| view! { <code>{group}</code> })
                .collect_view();
            view! {
                <li>
                    <div class="row-what">
                        <p class="row-name"><code>{namespace.name}</code></p>
                        <p class="row-facts">{groups}</p>
                    </div>
                </li>
            }
        })
        .collect_view();
    view! { <ul class="rows">{rows}</ul> }.into_any()
}
