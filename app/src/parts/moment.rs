//! An instant: relative to read, exact in the title.

use leptos::prelude::*;
use time::OffsetDateTime;

use crate::words;

/// An instant of the past: `3 hours ago`.
#[component]
pub(crate) fn Past(at: OffsetDateTime, now: OffsetDateTime) -> impl IntoView {
    exact(at, words::ago((now - at).whole_seconds()))
}

/// An instant to come: `3 h 12 m left`.
#[component]
pub(crate) fn Ahead(at: OffsetDateTime, now: OffsetDateTime) -> impl IntoView {
    exact(at, words::left((at - now).whole_seconds()))
}

fn exact(at: OffsetDateTime, words: String) -> impl IntoView {
    let iso = words::iso(at.unix_timestamp());
    view! { <time datetime=iso.clone() title=iso>{words}</time> }
}
