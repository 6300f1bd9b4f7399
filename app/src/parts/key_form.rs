//! The form that makes a retrieval key.

use leptos::prelude::*;

/// Days that a key lasts at the most, as far as the browser is asked to know; the server decides.
const DAYS_MAX: u32 = 366;

#[component]
pub(crate) fn KeyForm(
    clusters: Vec<String>,
    /// The cluster that is chosen to begin with.
    chosen: Option<String>,
    days: u32,
    /// The page that says so where no key was made.
    back: &'static str,
    problem: Option<String>,
) -> impl IntoView {
    let failed = problem.is_some();
    let cluster = match clusters.as_slice() {
        [] => view! { <input type="hidden" name="cluster" value="" /> }.into_any(),
        [only] => view! { <input type="hidden" name="cluster" value=only.clone() /> }.into_any(),
        several => {
            let options = several
                .iter()
                .map(|name| view! { <option value=name.clone() selected=chosen.as_deref() == Some(name)>{name.clone()}</option> })
                .collect_view();
            view! {
                <label class="field">
                    <span>"Cluster"</span>
                    <select name="cluster">{options}<option value="">"all of them"</option></select>
                </label>
            }
            .into_any()
        }
    };
    view! {
        <form class="key-form" method="post" action="/keys">
            <input type="hidden" name="back" value=back />
            {problem.map(|problem| view! { <p class="error" id="key-problem" role="alert">{problem}</p> })}
            <label class="field wide">
                <span>"Name of the key"</span>
                <input
                    name="name"
                    required
                    maxlength="60"
                    placeholder="build host"
                    autocomplete="off"
                    aria-invalid=failed.then_some("true")
                    aria-describedby=failed.then_some("key-problem")
                    autofocus=failed
                />
            </label>
            {cluster}
            <label class="field">
                <span>"Days"</span>
                <input class="days" type="number" name="days" required min="1" max=DAYS_MAX.max(days) value=days inputmode="numeric" />
            </label>
            <button class="button">"Make a key"</button>
        </form>
    }
}
