//! Shorepass's own mark: a pass with its corner torn off and a ring for the stamp.

use leptos::prelude::*;

#[component]
pub(crate) fn Mark() -> impl IntoView {
    view! {
        <svg class="mark" viewBox="0 0 24 24" width="24" height="24" aria-hidden="true" focusable="false">
            <path d="M4 3h16a1 1 0 0 1 1 1v6a2 2 0 0 0 0 4v6a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-6a2 2 0 0 0 0-4V4a1 1 0 0 1 1-1z" fill="currentColor"></path>
            <circle class="mark-stamp" cx="12" cy="12" r="4" fill="none" stroke-width="2"></circle>
        </svg>
    }
}
