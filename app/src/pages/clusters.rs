//! `/admin/clusters`: the clusters that are connected, and connecting another.

use domain::cluster::Cluster;
use leptos::prelude::*;

use crate::parts::cluster_form::ClusterForm;

/// What the page shows.
pub struct ClustersPage {
    pub clusters: Vec<ClusterRow>,
    /// What the form says to begin with.
    pub new: Cluster,
    /// Why nothing was connected.
    pub problem: Option<String>,
}

/// A cluster in the list.
pub struct ClusterRow {
    pub name: String,
    pub api_url: String,
    pub namespaces: usize,
}

pub(crate) fn view(page: ClustersPage) -> impl IntoView {
    let ClustersPage {
        clusters,
        new,
        problem,
    } = page;
    let none = clusters.is_empty();
    let unfolded = none || problem.is_some();
    let list = if none {
        view! { <p class="empty">"No cluster is connected yet. Tell the portal of the first one below."</p> }.into_any()
    } else {
        let rows = clusters.into_iter().map(row).collect_view();
        view! { <ul class="rows">{rows}</ul> }.into_any()
    };
    view! {
        <div class="page-head"><h1>"Clusters"</h1></div>
        <section class="card" aria-labelledby="connected-title">
            <h2 id="connected-title">"Connected"</h2>
            {list}
        </section>
        <section class="card" aria-labelledby="new-title">
            <details class="fold" open=unfolded>
                <summary><h2 id="new-title">"Connect a cluster"</h2></summary>
                <ClusterForm action="/admin/clusters".to_owned() record=new is_new=true problem button="Connect" lead=true />
            </details>
        </section>
    }
}

fn row(cluster: ClusterRow) -> impl IntoView {
    let namespaces = match cluster.namespaces {
        0 => "no namespaces".to_owned(),
        1 => "1 namespace".to_owned(),
        count => format!("{count} namespaces"),
    };
    view! {
        <li>
            <div class="row-what">
                <p class="row-name"><a href=format!("/admin/clusters/{}", cluster.name)><code>{cluster.name.clone()}</code></a></p>
                <p class="row-facts"><code>{cluster.api_url}</code><span>{namespaces}</span></p>
            </div>
        </li>
    }
}
