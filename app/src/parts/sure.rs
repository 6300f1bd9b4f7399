//! Asks once, in place, before something is taken away. It unfolds without a script.

use leptos::prelude::*;

/// `ask` is on the button that unfolds, `of` names the object to those who do not see the row,
/// `act` is on the button that does it.
#[component]
pub(crate) fn Sure(
    ask: &'static str,
    of: String,
    #[prop(into)] action: String,
    act: String,
    /// Where nothing is taken away.
    #[prop(optional)]
    gives: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <details class=if gives { "sure gives" } else { "sure" } name="sure">
            <summary class="button small">
                <span class="sure-ask">{ask}</span>
                <span class="sure-keep">"Cancel"</span>
                <span class="sr">{of}</span>
            </summary>
            <form method="post" action=action>
                {children()}
                <button class=if gives { "button lead" } else { "button stop" }>{act}</button>
            </form>
        </details>
    }
}
