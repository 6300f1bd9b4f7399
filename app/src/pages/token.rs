//! `/`: the pass, and how to use it from a shell.

use domain::{key::KeyView, pass::Pass};
use leptos::prelude::*;
use time::OffsetDateTime;

use crate::{
    commands::Source,
    face::Face,
    islands::PassCard,
    parts::{
        cluster_switch::ClusterSwitch,
        key_form::KeyForm,
        key_list::KeyList,
        setup_form::{SetupCard, SetupForm},
        use_it::UseIt,
    },
    words,
};

/// What the token page shows.
pub struct TokenPage {
    /// None while no cluster is connected.
    pub pass: Option<Pass>,
    pub clusters: Vec<String>,
    pub base_url: String,
    /// The token, only after the form for browsers without WebAssembly was posted.
    pub shown: Option<String>,
    pub setup: SetupForm,
    pub keys: Vec<KeyView>,
    /// How many days a new key lasts unless its maker says otherwise.
    pub key_days: u32,
    /// Why no key was made.
    pub key_problem: Option<String>,
}

pub(crate) fn view(page: TokenPage, now: OffsetDateTime) -> impl IntoView {
    let TokenPage {
        pass,
        clusters,
        base_url,
        shown,
        setup,
        keys,
        key_days: days,
        key_problem: problem,
    } = page;
    let Some(pass) = pass else {
        return unconnected().into_any();
    };
    let here = pass.cluster.clone();
    let source = Source::new(&base_url, &here, clusters.len() > 1);
    let shown = shown.map(|token| view! { <Shown token until=pass.expires_at /> });
    // A key for another cluster does not open this one.
    let usable = keys
        .iter()
        .any(|key| key.cluster.as_ref().is_none_or(|cluster| *cluster == here));
    let use_it = if usable {
        view! { <UseIt source /> }.into_any()
    } else {
        view! { <details class="card fold"><summary><h2>"Use it without setting up"</h2></summary><UseIt source /></details> }.into_any()
    };
    let (count, folded_out) = (keys.len(), problem.is_some());
    let list = (count > 0).then(|| view! { <KeyList keys back="/" now /> });
    view! {
        <div class="page-head">
            <h1>"Your token"</h1>
            <ClusterSwitch clusters=clusters.clone() here=here.clone() />
        </div>
        {shown}
        <PassCard face=Face::from(pass) />
        <SetupCard form=setup />
        {use_it}
        <details class="card fold keys-fold" open=folded_out id="keys">
            <summary><h2>"Retrieval keys"</h2> <span class="count">{count}</span></summary>
            <p>"A key lets " <code>"curl"</code> " and " <code>"kubectl"</code> " on a computer of yours fetch your token. It works only while you are logged in, in this browser or another, and sleeps otherwise. Setting up a computer makes one; for other uses, make one here."</p>
            {list}
            <KeyForm clusters chosen=Some(here) days back="/" problem />
        </details>
    }
    .into_any()
}

/// The token in the page itself, for browsers without WebAssembly.
#[component]
fn Shown(token: String, until: OffsetDateTime) -> impl IntoView {
    let iso = words::iso(until.unix_timestamp());
    view! {
        <section class="card shown" aria-labelledby="shown-title">
            <h2 id="shown-title">"Your token, in full"</h2>
            <pre class="token">{token}</pre>
            <p class="hint">"Valid until " <time datetime=iso.clone()>{iso.clone()}</time> ". Whoever has it can act as you until then. "<a href="/">"Hide it"</a></p>
        </section>
    }
}

fn unconnected() -> impl IntoView {
    view! {
        <div class="page-head"><h1>"Your token"</h1></div>
        <section class="card empty">
            <h2>"No cluster is connected yet"</h2>
            <p>"A token is always for one cluster. As soon as an operator has connected the first one, your token is here."</p>
        </section>
    }
}
