//! The answer to making a key: the command that sets a computer up with it, and the key itself,
//! this once.

use domain::key::KeyView;
use leptos::prelude::*;

use crate::{
    commands::{Shell, Source},
    islands::CopyButton,
    parts::{commands_box::CommandBox, shell_tabs::shell_tabs},
    setup::Setup,
};

/// What is shown once.
pub struct SetupPage {
    pub secret: String,
    pub key: KeyView,
    pub base_url: String,
    /// The clusters that the key opens; empty where none is connected.
    pub clusters: Vec<String>,
    /// The context of the new kubeconfig to begin with.
    pub context: Option<String>,
    /// Whether the key was made for this computer, or for other uses.
    pub this_computer: bool,
}

pub(crate) fn view(page: SetupPage) -> impl IntoView {
    let title = title(&page);
    let name = page.key.name.clone();
    let (ours, key) = (page.this_computer, key(&page));
    let cards = match (command(page), ours) {
        (Some(command), true) => view! {
            <section class="card setup" aria-labelledby="command-title">
                <h2 id="command-title">{format!("One command for “{name}”")}</h2>
                {command}
            </section>
            <details class="card fold"><summary><h2>"The key itself, for other uses"</h2></summary>{key}</details>
        }
        .into_any(),
        (command, _) => {
            let command = command.map(|command| {
                view! { <details class="card fold"><summary><h2>"Set up a computer with it"</h2></summary>{command}</details> }
            });
            view! {
                <section class="card" aria-labelledby="key-title">
                    <h2 id="key-title">{format!("Key “{name}”")}</h2>
                    {key}
                </section>
                {command}
            }
            .into_any()
        }
    };
    view! {
        <div class="page-head"><h1>{title}</h1><a class="button" href="/">"Done"</a></div>
        {cards}
    }
}

/// What the page is called.
pub(crate) fn title(page: &SetupPage) -> &'static str {
    if page.this_computer && !page.clusters.is_empty() {
        "Set up this computer"
    } else {
        "Your new key"
    }
}

/// The one command, and what to type after it.
fn command(page: SetupPage) -> Option<impl IntoView> {
    let first = page.clusters.first()?.clone();
    let (days, lead) = (days(&page.key), page.this_computer);
    let setup = Setup::new(&page.base_url, page.clusters, &page.secret);
    let panel = move |shell: Shell| {
        let id = format!("set-up-{}", shell.id());
        let text = setup.command(shell)?;
        Some(view! {
            <CommandBox id title="Paste this into a terminal" what="the command that sets this computer up" text lead />
            <p class="hint">{history(shell)}</p>
        })
    };
    let next = page.context.map(|context| {
        let text = format!("kubectl --context {context} get pods");
        view! { <CommandBox id="next".to_owned() title="Then type" what="the kubectl command" text /> }
    });
    Some(view! {
        {shell_tabs("setup-shell", &Setup::SHELLS, panel)}
        {next}
        <ul class="notes">
            <li>"It saves a key in " <code>{format!("~/.shorepass/{first}")}</code> ", for your eyes only. The key is good for " {days} "; the command is not shown again."</li>
            <li>"It adds a context for each cluster and namespace that you may use to your kubeconfig. What is in there stays and wins, and a copy is kept beside it."</li>
            <li>"Log in here once a day, and nothing else: then " <code>"kubectl"</code> " works, and says where to log in when it does not."</li>
        </ul>
    })
}

/// The secret, and how to use it without a kubeconfig.
fn key(page: &SetupPage) -> impl IntoView + use<> {
    let secret = page.secret.clone();
    let for_all = page.key.cluster.is_none();
    let steps = page.clusters.first().map(|cluster| {
        let source = Source::new(&page.base_url, cluster, for_all);
        view! { <Steps source secret=secret.clone() for_all /> }
    });
    view! {
        <div class="command-head">
            <h3>"The key"</h3>
            <CopyButton of="secret".to_owned() what="the key".to_owned() lead=false />
        </div>
        <pre id="secret" class="token">{secret}</pre>
        <p class="once">"It is not shown again. Save it now; if it is lost, make another."</p>
        <p class="hint">{format!("It is good for {}: it fetches your token and nothing else, works only while you are logged in, in this browser or another, and sleeps otherwise.", days(&page.key))}</p>
        {steps}
    }
}

#[component]
fn Steps(source: Source, secret: String, for_all: bool) -> impl IntoView {
    let panel = move |shell: Shell| {
        let id = shell.id();
        view! {
            <CommandBox id=format!("save-{id}") title="1. Save it" what="the command that saves the key" text=shell.save(&source, &secret) />
            <p class="hint">"Writes " <code>{shell.file(&source)}</code> ", for your eyes only. " {history(shell)}</p>
            <CommandBox id=format!("try-{id}") title="2. Try it" what="the command that tries the key" text=shell.curl(&source) />
            <p class="hint">"Prints a token, which begins with " <code>"eyJ"</code> ", or one word that says why there is none."</p>
            <CommandBox id=format!("kubectl-{id}") title="3. Use it" what="the kubectl command" text=shell.kubectl(&source) />
        }
    };
    let elsewhere = for_all.then(|| {
        view! { <p class="hint">"This key is for all clusters: for another one, save it again under that cluster’s name."</p> }
    });
    view! {
        {shell_tabs("shell", &Shell::ALL, panel)}
        {elsewhere}
    }
}

fn days(key: &KeyView) -> String {
    match (key.expires_at - key.created_at).whole_days() {
        1 => "1 day".to_owned(),
        days => format!("{days} days"),
    }
}

/// What becomes of the line that carries the key.
fn history(shell: Shell) -> &'static str {
    match shell {
        Shell::Posix => {
            "The space in front keeps it out of the history where HISTCONTROL (bash) or HIST_IGNORE_SPACE (zsh) says so."
        }
        Shell::Fish => "The space in front keeps it out of the history.",
        Shell::PowerShell => {
            "PowerShell keeps it in its history: remove it with Clear-History and from the file that (Get-PSReadLineOption).HistorySavePath names."
        }
        Shell::Cmd => "cmd forgets it when its window closes.",
    }
}
