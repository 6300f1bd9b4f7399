//! A command with its purpose above and a button that copies it.

use leptos::prelude::*;

use crate::islands::CopyButton;

/// `id` names the element that is copied; `what` completes "Copy …" for those who do not see it;
/// `lead` where copying is the first thing to do on the page.
#[component]
pub(crate) fn CommandBox(
    id: String,
    title: &'static str,
    what: &'static str,
    text: String,
    #[prop(optional)] lead: bool,
) -> impl IntoView {
    view! {
        <div class="command">
            <div class="command-head">
                <h3>{title}</h3>
                <CopyButton of=id.clone() what=what.to_owned() lead />
            </div>
            <pre id=id tabindex="0">{text}</pre>
        </div>
    }
}
