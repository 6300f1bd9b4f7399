//! The answer to making a key: its secret, this once, and how to save it.

use domain::key::KeyView;
use leptos::prelude::*;

use crate::{
    commands::{Shell, Source},
    islands::CopyButton,
    parts::{commands_box::CommandBox, shell_tabs::shell_tabs},
};

/// What is shown once.
pub struct NewKeyPage {
    pub secret: String,
    pub key: KeyView,
    pub base_url: String,
    /// The cluster that the commands are for: the key's own, or one of those that it opens.
    /// None where no cluster is connected.
    pub cluster: Option<String>,
}

pub(crate) fn view(page: NewKeyPage) -> impl IntoView {
    let NewKeyPage {
        secret,
        key,
        base_url,
        cluster,
    } = page;
    let for_all = key.cluster.is_none();
    let steps = cluster.map(|cluster| {
        let source = Source::new(&base_url, &cluster, for_all);
        view! { <Steps source secret=secret.clone() for_all /> }
    });
    view! {
        <div class="page-head"><h1>"Your new key"</h1><a class="button lead" href="/">"Done"</a></div>
        <section class="card secret" aria-labelledby="secret-title">
            <div class="command-head">
                <h2 id="secret-title">"Key “" {key.name.clone()} "”"</h2>
                <CopyButton of="secret".to_owned() what="the key".to_owned() />
            </div>
            <pre id="secret" class="token">{secret}</pre>
            <p class="once">"It is not shown again. Save it now; if it is lost, make another."</p>
            <p class="hint">{format!("It is good for {}: it fetches your token and nothing else, works only while you are logged in here, and sleeps otherwise.", days(&key))}</p>
        </section>
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
        <section class="card" aria-labelledby="steps-title">
            <h2 id="steps-title">"On the computer that it is for"</h2>
            {shell_tabs("shell", panel)}
            {elsewhere}
        </section>
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
            "The space in front keeps the line out of the history where HISTCONTROL (bash) or HIST_IGNORE_SPACE (zsh) says so."
        }
        Shell::Fish => "The space in front keeps the line out of the history.",
        Shell::PowerShell => {
            "PowerShell keeps the line in its history: remove it with Clear-History and from the file that (Get-PSReadLineOption).HistorySavePath names."
        }
        Shell::Cmd => "cmd forgets the line when its window closes.",
    }
}
