//! One thing in four shells. The tabs are radio buttons, so that they work without a script.

use leptos::prelude::*;

use crate::commands::Shell;

/// `panel` makes what a shell sees; `name` keeps several sets of tabs on one page apart.
pub(crate) fn shell_tabs<V: IntoView + 'static>(
    name: &'static str,
    panel: impl Fn(Shell) -> V,
) -> impl IntoView {
    let tab = |shell: Shell| {
        let id = format!("{name}-{}", shell.id());
        let first = shell == Shell::ALL[0];
        view! {
            <input class="tab" type="radio" name=name id=id.clone() value=shell.id() checked=first />
            <label for=id>{shell.label()}</label>
        }
    };
    let panels = Shell::ALL
        .map(|shell| view! { <div class="panel" data-shell=shell.id()>{panel(shell)}</div> });
    view! {
        <fieldset class="tabs">
            <legend class="sr">"Shell"</legend>
            {Shell::ALL.map(tab)}
            {panels}
        </fieldset>
    }
}
