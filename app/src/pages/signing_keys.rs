//! `/admin/keys`: the signing keys as bars over time, rotating and revoking them, and what has to be
//! done at API servers after that.

use domain::{
    revocation::{PRESENT, RELOAD_INSTEAD},
    signing_key::{Life, State},
};
use leptos::prelude::*;
use time::{Duration, OffsetDateTime};

use crate::{
    islands::CopyButton,
    parts::{
        key_bar::{KeyBar, Span},
        moment::Past,
        sure::Sure,
    },
    words,
};

/// What the page shows.
pub struct SigningKeysPage {
    /// The newest first.
    pub keys: Vec<SigningKey>,
    pub schedule: Option<Rotation>,
    /// For how long a new key is published before it signs.
    pub lead: Duration,
    /// Whether the viewer may rotate and revoke.
    pub may_change: bool,
    /// Where a key was revoked lately.
    pub aftermath: Option<Aftermath>,
    /// Why nothing was changed.
    pub problem: Option<String>,
}

/// A key in the list.
pub struct SigningKey {
    pub kid: String,
    pub algorithm: String,
    pub created_at: OffsetDateTime,
    pub life: Life,
    pub revoked_at: Option<OffsetDateTime>,
}

/// Rotation by itself.
pub struct Rotation {
    pub every: Duration,
    /// When the next key is published; none while one is.
    pub next: Option<OffsetDateTime>,
}

/// What is left to do after a key was revoked.
pub struct Aftermath {
    pub kid: String,
    pub revoked_at: OffsetDateTime,
    /// From when on every API server fetches.
    pub ready_at: OffsetDateTime,
    /// For each cluster, what makes it fetch.
    pub present: Vec<(String, String)>,
    /// What does so instead, on a server of any of them.
    pub reload: String,
}

pub(crate) fn view(page: SigningKeysPage, now: OffsetDateTime) -> impl IntoView {
    let SigningKeysPage {
        keys,
        schedule,
        lead,
        may_change,
        aftermath,
        problem,
    } = page;
    let pending = keys.iter().any(|key| key.life.state(now) == State::Pending);
    let rotate = (may_change && !pending).then(|| {
        view! {
            <form method="post" action="/admin/keys/rotate"><button class="button lead">"Rotate now"</button></form>
        }
    });
    let span = span(&keys, schedule.as_ref(), lead, now);
    let expected = schedule
        .as_ref()
        .and_then(|rotation| rotation.next)
        .map(|next| next.max(now) + lead);
    let (gone, there): (Vec<_>, Vec<_>) = keys
        .into_iter()
        .partition(|key| key.life.state(now) == State::Removed);
    let row = |key| view! { <KeyRow key expected span may_change now /> };
    let there = there.into_iter().map(row).collect_view();
    let gone = (!gone.is_empty()).then(|| {
        let count = gone.len();
        let rows = gone.into_iter().map(row).collect_view();
        view! {
            <details class="fold">
                <summary>"No longer published " <span class="count hint">{count}</span></summary>
                <ul class="rows lives">{rows}</ul>
            </details>
        }
    });
    view! {
        <div class="page-head"><h1>"Signing keys"</h1>{rotate}</div>
        {problem.map(|problem| view! { <p class="error" role="alert">{problem}</p> })}
        {aftermath.map(|aftermath| after(aftermath, now))}
        <section class="card" aria-labelledby="published-title">
            <h2 id="published-title">"Published"</h2>
            <p class="hint">{plan(schedule.as_ref(), lead, now)}</p>
            <ul class="rows lives">{there}</ul>
            <p class="life-legend hint">
                <span><i class="life-waits"></i>"published, does not sign"</span>
                <span><i class="life-signs"></i>"signs"</span>
                <span><i class="life-later"></i>"will sign"</span>
                <span><i class="life-now"></i>"now"</span>
            </p>
            {gone}
        </section>
    }
}

/// When the next key comes, in words.
fn plan(schedule: Option<&Rotation>, lead: Duration, now: OffsetDateTime) -> impl IntoView + use<> {
    let lead = words::span(lead.whole_seconds());
    let when = match schedule {
        None => view! { "Keys are replaced only when somebody rotates them. " }.into_any(),
        Some(Rotation { every, next: None }) => {
            let every = words::span(every.whole_seconds());
            view! { "A key signs for " {every} ", then the next one takes over. One is on its way. " }
                .into_any()
        }
        Some(Rotation {
            every,
            next: Some(next),
        }) => {
            let every = words::span(every.whole_seconds());
            let next = *next;
            let next = if next > now {
                view! { "in " <Until at=next now /> }.into_any()
            } else {
                "within seconds".into_any()
            };
            view! { "A key signs for " {every} ". The next one is published " {next} ". " }
                .into_any()
        }
    };
    view! { {when} "A new key is published " {lead} " before it signs, so that every API server knows it by then." }
}

#[component]
fn Until(at: OffsetDateTime, now: OffsetDateTime) -> impl IntoView {
    let iso = words::iso(at.unix_timestamp());
    let text = words::span((at - now).whole_seconds());
    view! { <time datetime=iso.clone() title=iso>{text}</time> }
}

#[component]
fn Since(at: OffsetDateTime, now: OffsetDateTime) -> impl IntoView {
    let iso = words::iso(at.unix_timestamp());
    let text = words::span((now - at).whole_seconds());
    view! { <time datetime=iso.clone() title=iso>{text}</time> }
}

/// From the first of what is shown to the last, and a little more.
fn span(
    keys: &[SigningKey],
    schedule: Option<&Rotation>,
    lead: Duration,
    now: OffsetDateTime,
) -> Span {
    let published = keys
        .iter()
        .filter(|key| key.life.state(now) != State::Removed);
    let from = published.clone().map(|key| key.created_at).min();
    let from = from.unwrap_or(now).min(now - Duration::HOUR);
    let planned = schedule
        .and_then(|rotation| rotation.next)
        .map(|next| next + lead);
    let ends = published.filter_map(|key| key.life.removed_at.max(Some(key.life.active_from)));
    let to = ends.chain(planned).max().unwrap_or(now).max(now);
    let margin: Duration = (to - from) / 12;
    let margin = margin.max(Duration::HOUR);
    Span {
        from,
        to: to + margin,
    }
}

#[component]
fn KeyRow(
    key: SigningKey,
    /// When the one that signs will stop.
    expected: Option<OffsetDateTime>,
    span: Span,
    may_change: bool,
    now: OffsetDateTime,
) -> impl IntoView {
    let SigningKey {
        kid,
        algorithm,
        created_at,
        life,
        revoked_at,
    } = key;
    let state = life.state(now);
    let (class, word) = match (state, revoked_at) {
        (State::Pending, _) => ("badge wait", "waits"),
        (State::Active, _) => ("badge", "signs"),
        (State::Retired, _) => ("badge soft", "retired"),
        (State::Removed, None) => ("badge soft", "removed"),
        (State::Removed, Some(_)) => ("badge stop", "revoked"),
    };
    let facts = match state {
        State::Pending => {
            view! { <span>"signs in " <Until at=life.active_from now /></span> }.into_any()
        }
        State::Active => {
            view! { <span>"has signed for " <Since at=life.active_from now /></span> }.into_any()
        }
        State::Retired => life
            .retired_at
            .map(|at| view! { <span>"signed until " <Past at now /></span> })
            .into_any(),
        State::Removed => life
            .removed_at
            .map(|at| view! { <span>"gone " <Past at now /></span> })
            .into_any(),
    };
    let stays = life
        .removed_at
        .filter(|at| *at > now)
        .map(|at| view! { <span>"published for " <Until at now /> " more"</span> });
    let bar =
        (state != State::Removed).then(|| view! { <KeyBar created_at life expected span now /> });
    let revoke = (may_change && state != State::Removed).then(|| {
        let what = match state {
            State::Active => "It signs now: another takes over at once, and API servers may refuse its tokens for some seconds.",
            State::Pending | State::Retired | State::Removed => "It does not sign now.",
        };
        let (kid, named) = (kid.clone(), kid.clone());
        let short: String = kid.chars().take(8).collect();
        view! {
            <Sure ask="Revoke…" of=format!(" {kid}") action="/admin/keys/revoke" act=format!("Revoke {short}…")>
                <input type="hidden" name="kid" value=kid />
                <p>"For a key that others may know. " {what}</p>
                <p>"API servers go on trusting " <code>{named}</code> " until they fetch the keys again. What makes them do so is shown next."</p>
            </Sure>
        }
    });
    view! {
        <li>
            <div class="row-what">
                <p class="row-name"><code>{kid.clone()}</code> <span class=class>{word}</span></p>
                <p class="row-facts"><span>{algorithm}</span><span>"published " <Past at=created_at now /></span>{facts}{stays}</p>
                {bar}
            </div>
            {revoke}
        </li>
    }
}

/// What is left to do.
fn after(aftermath: Aftermath, now: OffsetDateTime) -> impl IntoView {
    let Aftermath {
        kid,
        revoked_at,
        ready_at,
        present,
        reload,
    } = aftermath;
    let iso = words::iso(ready_at.unix_timestamp());
    let clock = iso.get(11..19).unwrap_or_default().to_owned();
    let ready = if ready_at > now {
        let left = words::span((ready_at - now).whole_seconds());
        view! { "Wait until " <time datetime=iso.clone() title=iso>{clock}" UTC"</time> " (" {left} "), then do one of the two for each cluster." }.into_any()
    } else {
        view! { "Do one of the two for each cluster." }.into_any()
    };
    let clusters = present
        .into_iter()
        .map(|(cluster, command)| {
            let (id, what) = (
                format!("present-{cluster}"),
                format!("the commands for {cluster}"),
            );
            let head = view! { <h3><code>{cluster}</code></h3> };
            view! { <Commands id what command>{head}</Commands> }
        })
        .collect_view();
    view! {
        <section class="card aftermath" aria-labelledby="after-title">
            <h2 id="after-title">"Make the API servers forget the revoked key"</h2>
            <p>
                <code>{kid}</code> " was revoked " <Past at=revoked_at now /> " and is published no more. An API server that has fetched it "
                <strong>"goes on trusting it"</strong> " until it fetches the keys again, and that it does only when it sees a token of a key that it does not know. "
                {ready}
            </p>
            <p>{PRESENT}</p>
            {clusters}
            <Commands id="reload".to_owned() what="the command that reloads".to_owned() command=reload>
                <p>{RELOAD_INSTEAD}</p>
            </Commands>
            <p class="hint">"The portal cannot see whether this was done. These steps are shown for a day."</p>
        </section>
    }
}

#[component]
fn Commands(id: String, what: String, command: String, children: Children) -> impl IntoView {
    view! {
        <div class="command">
            <div class="command-head">{children()} <CopyButton of=id.clone() what lead=false /></div>
            <pre id=id tabindex="0">{command}</pre>
        </div>
    }
}
