//! A command with its purpose above and a button that copies it.

use leptos::prelude::*;

use crate::islands::CopyButton;

/// `id` names the element that is copied; `what` completes "Copy …" for those who do not see it;
/// `lead` where copying is the first thing to do on the page; a text of many lines scrolls.
#[component]
pub(crate) fn CommandBox(
    id: String,
    title: &'static str,
    what: &'static str,
    text: String,
    #[prop(optional)] lead: bool,
) -> impl IntoView {
    let long = text.lines().nth(9).is_some();
    view! {
        <div class=if long { "command long" } else { "command" }>
            <div class="command-head">
                <h3>{title}</h3>
                <CopyButton of=id.clone() what=what.to_owned() lead />
            </div>
            <pre id=id tabindex=long.then_some("0") role=long.then_some("group") aria-label=long.then_some(title)>{text}</pre>
        </div>
    }
}
