//! One thing in several shells. The tabs are radio buttons, so that they work without a script.

use leptos::prelude::*;

use crate::commands::Shell;

/// `panel` makes what a shell sees, for the first of them before anybody chooses; `name` keeps several
/// sets of tabs on one page apart.
pub(crate) fn shell_tabs<V: IntoView + 'static>(
    name: &'static str,
    shells: &[Shell],
    panel: impl Fn(Shell) -> V,
) -> impl IntoView {
    let tab = |shell: Shell| {
        let id = format!("{name}-{}", shell.id());
        let first = shells.first() == Some(&shell);
        view! {
            <input class="tab" type="radio" name=name id=id.clone() value=shell.id() checked=first />
            <label for=id>{shell.label()}</label>
        }
    };
    let tabs = shells.iter().copied().map(tab).collect_view();
    let panels = shells
        .iter()
        .map(|shell| view! { <div class="panel" data-shell=shell.id()>{panel(*shell)}</div> })
        .collect_view();
    view! {
        <fieldset class="tabs">
            <legend class="sr">"Shell"</legend>
            {tabs}
            {panels}
        </fieldset>
    }
}
