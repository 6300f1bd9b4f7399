//! The retrieval keys of a person, each with the way to revoke it.

use domain::key::KeyView;
use leptos::prelude::*;
use time::OffsetDateTime;

use super::{
    moment::{Ahead, Past},
    sure::Sure,
};

/// `back` is the page that revoking returns to.
#[component]
pub(crate) fn KeyList(
    keys: Vec<KeyView>,
    back: &'static str,
    now: OffsetDateTime,
) -> impl IntoView {
    let rows = keys
        .into_iter()
        .map(|key| view! { <KeyRow key back now /> })
        .collect_view();
    view! { <ul class="rows keys">{rows}</ul> }
}

#[component]
fn KeyRow(key: KeyView, back: &'static str, now: OffsetDateTime) -> impl IntoView {
    let used = match (key.last_used_at, key.last_used_from) {
        (None, _) => view! { "never used" }.into_any(),
        (Some(at), None) => view! { "used " <Past at now /> }.into_any(),
        (Some(at), Some(from)) => {
            view! { "used " <Past at now /> " from " <code>{from}</code> }.into_any()
        }
    };
    let cluster = match key.cluster {
        Some(name) => view! { <code>{name}</code> }.into_any(),
        None => view! { "all clusters" }.into_any(),
    };
    let name = key.name.clone();
    view! {
        <li>
            <div class="row-what">
                <p class="row-name">{key.name.clone()}</p>
                <p class="row-facts"><span>{cluster}</span> <span>{used}</span> <span><Ahead at=key.expires_at now /></span></p>
            </div>
            <Sure ask="Revoke…" of=format!(" {}", key.name) action="/keys/revoke" act=format!("Revoke {}", key.name)>
                <input type="hidden" name="id" value=key.id.to_string() />
                <input type="hidden" name="back" value=back />
                <p>"Where " <strong>{name}</strong> " is saved, no tokens are fetched any more. A token that is out already is good until it ends."</p>
            </Sure>
        </li>
    }
}
