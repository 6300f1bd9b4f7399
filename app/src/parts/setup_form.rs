//! The form that begins to set up this computer: it makes a key named after it, for all clusters.

use leptos::prelude::*;

use crate::pages::kubeconfig::OtherWay;

/// What the form shows.
pub struct SetupForm {
    /// The name that is suggested, or that was typed.
    pub name: String,
    /// Why no key was made.
    pub problem: Option<String>,
}

#[component]
pub(crate) fn SetupCard(form: SetupForm) -> impl IntoView {
    let SetupForm { name, problem } = form;
    let failed = problem.is_some();
    view! {
        <section class="card setup" aria-labelledby="setup-title">
            <h2 id="setup-title">"Set up this computer"</h2>
            <p>"One command, and " <code>"kubectl"</code> " knows your clusters and namespaces. After that, log in here once a day: there is nothing to install and nothing to paste again."</p>
            <form class="key-form" method="post" action="/keys">
                {problem.map(|problem| view! { <p class="error" id="setup-problem" role="alert">{problem}</p> })}
                <input type="hidden" name="for" value="setup" />
                <label class="field wide">
                    <span>"Name of this computer"</span>
                    <input
                        name="name"
                        value=name
                        required
                        maxlength="60"
                        autocomplete="off"
                        aria-invalid=failed.then_some("true")
                        aria-describedby=failed.then_some("setup-problem")
                        autofocus=failed
                    />
                </label>
                <button class="button lead">"Set up this computer"</button>
            </form>
            <details class="other-ways">
                <summary>"Other ways"</summary>
                <p class="hint">"For those who use them already. Each gives a kubeconfig to save."</p>
                <form method="post" action="/setup" class="actions">
                    {OtherWay::ALL.map(|way| view! {
                        <button class="button small" name="way" value=way.as_str()>{way.title()}</button>
                    }).collect_view()}
                </form>
            </details>
        </section>
    }
}
