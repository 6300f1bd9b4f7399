//! How long somebody who was shut out can go on, as a bar for each way of ending it.

use domain::{
    cluster::Cluster,
    cutoff::{self, Way},
};
use leptos::prelude::*;

const WAYS: [Way; 3] = [Way::Expiry, Way::TokenWebhook, Way::AuthorizationWebhook];
/// The longest bar, in the units of the drawing.
const WIDTH: u32 = 1000;

/// `cluster` is the record in force.
#[component]
pub(crate) fn Cutoff(cluster: Cluster) -> impl IntoView {
    let in_force = cutoff::way(&cluster, cluster.webhook);
    let worst = cutoff::worst_case(&cluster, cluster.webhook);
    let without = cutoff::worst_case(&cluster, false);
    let of_groups = cutoff::worst_case_of_groups(&cluster);
    let longest = WAYS.map(|way| way.seconds(&cluster)).into_iter().max();
    let longest = longest.unwrap_or(1).max(1);
    let bar = |way: Way| {
        let seconds = way.seconds(&cluster);
        let here = way == in_force;
        view! {
            <li data-here=here.then_some("")>
                <span class="cutoff-way">{title(way)}{here.then(|| view! { <span class="badge">"in force"</span> })}</span>
                <span class="cutoff-time">{format!("{seconds} s")}</span>
                <svg class="cutoff-bar" viewBox=format!("0 0 {WIDTH} 8") preserveAspectRatio="none" aria-hidden="true">
                    <rect class="cutoff-track" width=WIDTH height="8" />
                    <rect class="cutoff-left" width=WIDTH * seconds / longest height="8" />
                </svg>
            </li>
        }
    };
    let open = (in_force == Way::AuthorizationWebhook).then(|| {
        format!("The webhook fails open: while the portal does not answer, it is {without} s. ")
    });
    view! {
        <p>"Whoever is disabled, or whose login has ended, is refused within "<strong>{format!("{worst} s")}</strong>" at the most."</p>
        <ul class="cutoff">{WAYS.map(bar).into_iter().collect_view()}</ul>
        <p class="hint">
            {open}
            {format!("A membership that is taken away early is gone within {of_groups} s. ")}
            "Watches, exec and port-forwards that are open already go on."
        </p>
    }
}

fn title(way: Way) -> &'static str {
    match way {
        Way::Expiry => "The id_token ends",
        Way::TokenWebhook => "The token webhook knows the opaque token no longer",
        Way::AuthorizationWebhook => "The authorization webhook denies",
    }
}
