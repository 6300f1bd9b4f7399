//! What was revoked because somebody may have stolen it, in words.

use domain::holding::{IncidentView, Misuse};
use leptos::prelude::*;
use time::OffsetDateTime;

use super::moment::Past;

#[component]
pub(crate) fn Incident(incident: IncidentView, now: OffsetDateTime) -> impl IntoView {
    let IncidentView {
        title,
        cluster,
        misuse,
        at,
    } = incident;
    // The client of a cluster is called after it.
    let who = if title.contains(&cluster) {
        title
    } else {
        format!("{title} for {cluster}")
    };
    let (what, whose) = match misuse {
        Misuse::Reused => ("A refresh token", "was used twice"),
        Misuse::Replayed => ("A code", "was used twice"),
        Misuse::Misused => ("A token", "was shown by another program"),
    };
    view! {
        <p class="error" role="status">
            {what} " of " <strong>{who}</strong> " " {whose} " " <Past at now />
            ". Somebody may have copied it, so it was revoked, with all that came of it. If that was not you, end the login that it belonged to."
        </p>
    }
}
