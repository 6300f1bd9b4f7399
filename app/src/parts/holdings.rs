//! The programs that act for a person by one login, each with the way to end that.

use domain::holding::HoldingView;
use leptos::prelude::*;
use time::OffsetDateTime;

use super::{moment::Past, sure::Sure};

#[component]
pub(crate) fn Holdings(holdings: Vec<HoldingView>, now: OffsetDateTime) -> impl IntoView {
    let rows = holdings
        .into_iter()
        .map(|holding| view! { <Row holding now /> })
        .collect_view();
    view! { <ul class="rows holdings" aria-label="Programs that act for you by this login">{rows}</ul> }
}

#[component]
fn Row(holding: HoldingView, now: OffsetDateTime) -> impl IntoView {
    let HoldingView {
        id, title, cluster, ..
    } = holding;
    let name = title.clone();
    view! {
        <li>
            <div class="row-what">
                <p class="row-name">{title.clone()}</p>
                <p class="row-facts">
                    <span>"tokens for " <code>{cluster}</code></span>
                    <span>"since " <Past at=holding.since now /></span>
                    <span>"used " <Past at=holding.last_used_at now /> " from " <code>{holding.address}</code></span>
                </p>
            </div>
            <Sure ask="End…" of=format!(" what {title} does for you") action="/sessions/end-client" act=format!("End {title}")>
                <input type="hidden" name="id" value=id.to_string() />
                <p><strong>{name}</strong> " gets no more tokens of yours by this login. A token that is out already is good until it ends."</p>
            </Sure>
        </li>
    }
}
