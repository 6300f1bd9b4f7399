//! `/admin/users/<username>`: what somebody has, and shutting them out.

use domain::{
    key::KeyView,
    login::LoginView,
    membership::Why,
    roster::{Delay, IdentityView, MembershipView, Profile},
};
use leptos::prelude::*;
use time::OffsetDateTime;

use super::users::badges;
use crate::{
    parts::{
        moment::{Ahead, Past},
        sure::Sure,
    },
    words,
};

/// What the page shows.
pub struct UserPage {
    pub profile: Profile,
    /// None where no cluster is connected.
    pub delay: Option<Delay>,
    /// Whether the viewer may shut them out and let them in.
    pub may_change: bool,
    /// Whether they are the viewer.
    pub is_self: bool,
    /// Why nothing was changed.
    pub problem: Option<String>,
}

pub(crate) fn view(page: UserPage, now: OffsetDateTime) -> impl IntoView {
    let UserPage {
        profile,
        delay,
        may_change,
        is_self,
        problem,
    } = page;
    let acts = may_change.then(|| acts(&profile, delay.clone(), is_self));
    let out = still_out(&profile, delay, now);
    let Profile {
        id,
        username,
        display_name,
        email,
        portal_roles,
        created_at,
        disabled_at,
        identities,
        logins,
        keys,
        memberships,
        ..
    } = profile;
    let accounts = identities
        .into_iter()
        .map(|one| identity(one, now))
        .collect_view();
    let disabled =
        disabled_at.map(|at| view! { <div><dt>"disabled"</dt><dd><Past at now /></dd></div> });
    let logins = list(logins, "Not logged in.", |one| login(one, now));
    let keys = list(keys, "No keys.", |one| key(one, now));
    let memberships = list(memberships, "In no group.", |one| membership(one, now));
    view! {
        <p class="crumb"><a href="/admin/users">"Users"</a></p>
        <div class="page-head">
            <h1>{display_name}{badges(&portal_roles, disabled_at.is_some())}</h1>
            {acts}
        </div>
        {problem.map(|problem| view! { <p class="error" role="alert">{problem}</p> })}
        {out}
        <section class="card" aria-labelledby="who-title">
            <h2 id="who-title" class="sr">"Who they are"</h2>
            <dl class="facts">
                <div><dt>"username"</dt><dd><code>{username}</code></dd></div>
                {email.map(|email| view! { <div><dt>"e-mail"</dt><dd>{email}</dd></div> })}
                <div><dt>"known"</dt><dd><Past at=created_at now /></dd></div>
                {disabled}
                <div><dt>"uid in tokens"</dt><dd><code>{id.to_string()}</code></dd></div>
            </dl>
            <h3>"Accounts"</h3>
            <ul class="rows">{accounts}</ul>
        </section>
        <section class="card" aria-labelledby="logins-title">
            <h2 id="logins-title">"Logins"</h2>
            {logins}
        </section>
        <section class="card" aria-labelledby="keys-title">
            <h2 id="keys-title">"Retrieval keys"</h2>
            {keys}
        </section>
        <section class="card" aria-labelledby="groups-title">
            <h2 id="groups-title">"Groups"</h2>
            {memberships}
        </section>
    }
}

fn list<T, V: IntoView + 'static>(
    all: Vec<T>,
    none: &'static str,
    row: impl Fn(T) -> V,
) -> AnyView {
    if all.is_empty() {
        return view! { <p class="empty">{none}</p> }.into_any();
    }
    let rows = all.into_iter().map(row).collect_view();
    view! { <ul class="rows">{rows}</ul> }.into_any()
}

/// The buttons.
fn acts(profile: &Profile, delay: Option<Delay>, is_self: bool) -> impl IntoView + use<> {
    let Profile {
        username,
        display_name,
        logins,
        keys,
        disabled_at,
        ..
    } = profile;
    let (logins, keys) = (
        words::counted(count(logins), "login"),
        words::counted(count(keys), "key"),
    );
    let address = |what: &str| format!("/admin/users/{username}/{what}");
    let (name, username) = (display_name.clone(), username.clone());
    let sign_out = disabled_at.is_none().then(|| {
        let last = worst(delay.as_ref());
        let (logins, keys, name) = (logins.clone(), keys.clone(), name.clone());
        view! {
            <Sure ask="Sign out everywhere…" of=format!(" {username}") action=address("sign-out") act=format!("Sign {username} out everywhere")>
                <p>"This ends " <strong>{logins}</strong> " and revokes " <strong>{keys}</strong> " of " <strong>{name}</strong>
                    ", who may log in again." {is_self.then_some(" That is you: you are logged out here, too.")}</p>
                {last}
            </Sure>
        }
    });
    let switch = match (disabled_at, is_self) {
        (Some(_), _) => view! {
            <Sure gives=true ask="Enable…" of=format!(" {username}") action=address("enable") act=format!("Enable {username}")>
                <p><strong>{name}</strong> " may log in again, with the groups that they are in. Logins and keys that have ended stay ended."</p>
            </Sure>
        }
        .into_any(),
        (None, true) => view! { <p class="hint">"You cannot disable yourself; another administrator can."</p> }.into_any(),
        (None, false) => {
            let last = worst(delay.as_ref());
            view! {
                <Sure ask="Disable…" of=format!(" {username}") action=address("disable") act=format!("Disable {username}")>
                    <p>"This ends " <strong>{logins}</strong> " and revokes " <strong>{keys}</strong> " of " <strong>{name}</strong>
                        ", who cannot log in until enabled again."</p>
                    {last}
                </Sure>
            }
            .into_any()
        }
    };
    view! { <div class="acts">{sign_out}{switch}</div> }
}

fn count<T>(all: &[T]) -> i64 {
    i64::try_from(all.len()).unwrap_or(i64::MAX)
}

/// How long clusters go on at the most.
fn worst(delay: Option<&Delay>) -> impl IntoView + use<> {
    delay.map(|Delay { cluster, seconds }| {
        let (cluster, span) = (cluster.clone(), words::span((*seconds).into()));
        view! {
            <p>"A token that is out already works for " <strong>{span}</strong> " more at the most (cluster " <code>{cluster}</code>
                "). What is open by then, such as watches and " <code>"exec"</code> ", may go on longer."</p>
        }
    })
}

/// What clusters may still take from somebody who was shut out a moment ago.
fn still_out(
    profile: &Profile,
    delay: Option<Delay>,
    now: OffsetDateTime,
) -> Option<impl IntoView + use<>> {
    let (at, delay) = (profile.shut_out_at?, delay?);
    let left = i64::from(delay.seconds) - (now - at).whole_seconds();
    let what = match profile.disabled_at {
        Some(_) => "Disabled ",
        None => "Signed out everywhere ",
    };
    (left > 0).then(|| {
        view! {
            <p class="notice still-out" role="status">
                {what} <Past at now /> ". Tokens that were out by then work for " <strong>{words::span(left)}</strong>
                " more at the most (cluster " <code>{delay.cluster}</code> ")."
            </p>
        }
    })
}

fn identity(one: IdentityView, now: OffsetDateTime) -> impl IntoView {
    let last = match one.last_login_at {
        Some(at) => view! { <span>"logged in " <Past at now /></span> }.into_any(),
        None => view! { <span>"never logged in"</span> }.into_any(),
    };
    view! {
        <li>
            <div class="row-what">
                <p class="row-name"><code>{one.subject}</code></p>
                <p class="row-facts"><span>"directory " {one.directory}</span>{last}</p>
            </div>
        </li>
    }
}

fn login(one: LoginView, now: OffsetDateTime) -> impl IntoView {
    view! {
        <li>
            <div class="row-what">
                <p class="row-name">{one.browser}</p>
                <p class="row-facts">
                    <code>{one.address}</code>
                    <span>"directory " {one.directory}</span>
                    <span>"logged in " <Past at=one.authenticated_at now /></span>
                    <span>"used " <Past at=one.last_used_at now /></span>
                    <span><Ahead at=one.expires_at now /></span>
                </p>
            </div>
        </li>
    }
}

fn key(one: KeyView, now: OffsetDateTime) -> impl IntoView {
    let cluster = match one.cluster {
        Some(name) => view! { <code>{name}</code> }.into_any(),
        None => view! { "all clusters" }.into_any(),
    };
    let used = match one.last_used_at {
        Some(at) => view! { "used " <Past at now /> }.into_any(),
        None => view! { "never used" }.into_any(),
    };
    let from = one
        .last_used_from
        .map(|from| view! { " from " <code>{from}</code> });
    view! {
        <li>
            <div class="row-what">
                <p class="row-name">{one.name}</p>
                <p class="row-facts"><span>{cluster}</span><span>{used}{from}</span><span><Ahead at=one.expires_at now /></span></p>
            </div>
        </li>
    }
}

fn membership(one: MembershipView, now: OffsetDateTime) -> impl IntoView {
    let why = match one.why {
        Why::Grant => format!("granted by {}", one.from),
        Why::Mapping => format!("from the directory {}", one.from),
        Why::Administrator => format!("added by {}", one.from),
    };
    let place = match one.cluster {
        Some(cluster) => view! { <span>"cluster " <code>{cluster}</code></span> }.into_any(),
        None => view! { <span>"every cluster"</span> }.into_any(),
    };
    let until = match one.until {
        Some(at) => view! { <span><Ahead at now /></span> }.into_any(),
        None => view! { <span>"without an end"</span> }.into_any(),
    };
    let since = if one.since > now {
        view! { <span>"begins in " {words::span((one.since - now).whole_seconds())}</span> }
            .into_any()
    } else {
        view! { <span>"since " <Past at=one.since now /></span> }.into_any()
    };
    view! {
        <li>
            <div class="row-what">
                <p class="row-name"><code>{one.group}</code></p>
                <p class="row-facts">{place}<span>{why}</span>{since}{until}</p>
            </div>
        </li>
    }
}
