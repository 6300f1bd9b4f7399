//! How to use the token from a shell that has a retrieval key.

use leptos::prelude::*;

use super::{commands_box::CommandBox, shell_tabs::shell_tabs};
use crate::commands::{Shell, Source};

#[component]
pub(crate) fn UseIt(source: Source) -> impl IntoView {
    let panel = move |shell: Shell| {
        view! {
            <CommandBox id=format!("kubectl-{}", shell.id()) title="Call kubectl with a fresh token" what="the kubectl command" text=shell.kubectl(&source) />
            <CommandBox id=format!("curl-{}", shell.id()) title="Or only fetch the token" what="the curl command" text=shell.curl(&source) />
            <p class="hint">"Both read your retrieval key from " <code>{shell.file(&source)}</code> "."</p>
        }
    };
    view! {
        <section class="card use-it" aria-labelledby="use-title">
            <h2 id="use-title">"Use it"</h2>
            {shell_tabs("shell", &Shell::ALL, panel)}
            <ul class="notes">
                <li>"Where your kubeconfig holds a client certificate, kubectl presents that too, and the cluster may take you for somebody else. Check with " <code>"kubectl auth whoami"</code> "."</li>
                <li>"Does kubectl refuse? The " <a href="/doctor">"token doctor"</a> " says why."</li>
                <li>"Watches, " <code>"exec"</code> " and port-forwards that are open go on after the token has ended."</li>
            </ul>
        </section>
    }
}
