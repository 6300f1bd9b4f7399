//! Chooses the cluster, where there are several.

use leptos::prelude::*;

/// Up to here each cluster is one click away; more would be a wall of links.
const AS_LINKS: usize = 4;

#[component]
pub(crate) fn ClusterSwitch(clusters: Vec<String>, here: String) -> impl IntoView {
    match clusters.len() {
        0 | 1 => ().into_any(),
        2..=AS_LINKS => {
            let links = clusters
                .into_iter()
                .map(|name| {
                    let current = (name == here).then_some("true");
                    view! { <li><a href=format!("/?cluster={name}") aria-current=current><code>{name.clone()}</code></a></li> }
                })
                .collect_view();
            view! { <nav class="clusters" aria-label="Clusters"><ul>{links}</ul></nav> }.into_any()
        }
        _ => {
            let options = clusters
                .into_iter()
                .map(|name| view! { <option value=name.clone() selected=name == here>{name.clone()}</option> })
                .collect_view();
            view! {
                <form class="clusters" method="get" action="/">
                    <label><span class="sr">"Cluster"</span><select class="mono" name="cluster">{options}</select></label>
                    <button class="button">"Switch"</button>
                </form>
            }
            .into_any()
        }
    }
}
