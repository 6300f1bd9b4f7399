//! Copies what another element says. Without the browser part the button is not seen.

use leptos::{prelude::*, task::spawn_local};

use crate::browser::clipboard;

/// `of` is the id of the element, `what` says what is copied to those who do not see it, `lead` where
/// copying it is the first thing to do on the page.
#[island]
pub(crate) fn CopyButton(of: String, what: String, lead: bool) -> impl IntoView {
    let ready = RwSignal::new(false);
    let outcome = RwSignal::new("Copy");
    Effect::new(move |_| ready.set(true));
    let copy = move |_| {
        let text = document()
            .get_element_by_id(&of)
            .and_then(|element| element.text_content());
        spawn_local(async move {
            let copied = clipboard::write(&text.unwrap_or_default()).await.is_ok();
            outcome.set(if copied {
                "Copied"
            } else {
                "Select it by hand"
            });
        });
    };
    view! {
        <button type="button" class=if lead { "button lead copy" } else { "button small copy" } data-ready=move || ready.get().then_some("") on:click=copy>
            // Not a status: its words would not be part of the button's name (ARIA, name from author).
            <span aria-live="polite">{move || outcome.get()}</span>
            <span class="sr">{format!(" {what}")}</span>
        </button>
    }
}
