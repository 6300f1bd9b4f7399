//! `/sessions`: where somebody is logged in, and which keys they have.

use domain::{
    holding::{HoldingView, IncidentView},
    key::KeyView,
    login::LoginView,
};
use leptos::prelude::*;
use time::OffsetDateTime;

use crate::{
    parts::{
        holdings::Holdings,
        incident::Incident,
        key_form::KeyForm,
        key_list::KeyList,
        moment::{Ahead, Past},
        sure::Sure,
    },
    words,
};

/// What the sessions page shows.
pub struct SessionsPage {
    pub logins: Vec<LoginView>,
    /// What clients hold, for any of the logins.
    pub holdings: Vec<HoldingView>,
    /// What was revoked of late because it may have been stolen.
    pub incidents: Vec<IncidentView>,
    pub keys: Vec<KeyView>,
    pub clusters: Vec<String>,
    /// How many days a new key lasts unless its maker says otherwise.
    pub key_days: u32,
    /// Why no key was made.
    pub key_problem: Option<String>,
}

pub(crate) fn view(page: SessionsPage, now: OffsetDateTime) -> impl IntoView {
    let SessionsPage {
        logins,
        mut holdings,
        incidents,
        keys,
        clusters,
        key_days: days,
        key_problem: problem,
    } = page;
    let count = |length| i64::try_from(length).unwrap_or(i64::MAX);
    let (login_count, key_count) = (count(logins.len()), count(keys.len()));
    let rows = logins
        .into_iter()
        .map(|login| {
            let of_login = |holding: &mut HoldingView| holding.login == login.id;
            let holdings = holdings.extract_if(.., of_login).collect();
            view! { <LoginRow login holdings now /> }
        })
        .collect_view();
    let incidents = incidents
        .into_iter()
        .map(|incident| view! { <Incident incident now /> })
        .collect_view();
    let list = if keys.is_empty() {
        view! { <p class="empty">"You have no keys yet. Set up a computer on the page of your token, or make a key for other uses here."</p> }.into_any()
    } else {
        view! { <KeyList keys back="/sessions" now /> }.into_any()
    };
    view! {
        <div class="page-head">
            <h1>"Sessions"</h1>
            <SignOutEverywhere login_count key_count />
        </div>
        {incidents}
        <section class="card" aria-labelledby="logins-title">
            <h2 id="logins-title">"Logins"</h2>
            <ul class="rows logins">{rows}</ul>
            <p class="hint">"A program on a machine without a browser shows you a code? " <a href="/device">"Type it here"</a> "."</p>
        </section>
        <section class="card" aria-labelledby="keys-title" id="keys">
            <h2 id="keys-title">"Retrieval keys"</h2>
            <p>"A key lets " <code>"curl"</code> " and " <code>"kubectl"</code> " on a computer of yours fetch your token. It works only while you are logged in, in this browser or another, and sleeps otherwise."</p>
            {list}
            <KeyForm clusters chosen=None days back="/sessions" problem />
        </section>
    }
}

#[component]
fn LoginRow(login: LoginView, holdings: Vec<HoldingView>, now: OffsetDateTime) -> impl IntoView {
    let (browser, address) = (login.browser.clone(), login.address.clone());
    let end = (!login.current).then(|| {
        view! {
            <Sure ask="End…" of=format!(" the login of {browser}") action="/sessions/end" act="End this login".to_owned()>
                <input type="hidden" name="id" value=login.id.to_string() />
                <p>"This logs out " <strong>{browser}</strong> " at " <code>{address}</code> ". A token that is out already is good until it ends."</p>
            </Sure>
        }
    });
    let holdings = (!holdings.is_empty()).then(|| view! { <Holdings holdings now /> });
    let this = login
        .current
        .then(|| view! { <span class="badge">"this one"</span> });
    view! {
        <li>
            <div class="row-what">
                <p class="row-name">{login.browser} {this}</p>
                <p class="row-facts">
                    <code>{login.address}</code>
                    <span>"directory " {login.directory}</span>
                    <span>"logged in " <Past at=login.authenticated_at now /></span>
                    <span>"used " <Past at=login.last_used_at now /></span>
                    <span><Ahead at=login.expires_at now /></span>
                </p>
            </div>
            {end}
            {holdings}
        </li>
    }
}

#[component]
fn SignOutEverywhere(login_count: i64, key_count: i64) -> impl IntoView {
    view! {
        <Sure ask="Sign out everywhere…" of=String::new() action="/sessions/end-all" act="Sign out everywhere".to_owned()>
            <p>
                "This ends " <strong>{words::counted(login_count, "login")}</strong> ", this one too, and revokes " <strong>{words::counted(key_count, "key")}</strong>
                ". Tokens that are out already are good until they end; watches, " <code>"exec"</code> " and port-forwards that are open may go on longer."
            </p>
        </Sure>
    }
}
