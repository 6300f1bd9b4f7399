//! `/device`: a code that a program shows, who that is, and what the person says to it.

use leptos::prelude::*;
use time::OffsetDateTime;

use crate::parts::moment::Past;

/// What the page shows.
pub struct DevicePage {
    pub step: DeviceStep,
}

/// How far the person has come.
pub enum DeviceStep {
    /// They type the code, or send the one that a link brought.
    Ask {
        code: String,
        /// Why it was of no use.
        problem: Option<String>,
    },
    /// They see who asks.
    Confirm(DeviceAsking),
    Allowed {
        title: String,
    },
    Denied {
        title: String,
    },
}

/// Who asks.
pub struct DeviceAsking {
    pub code: String,
    /// How the client is called.
    pub title: String,
    pub cluster: String,
    /// Where the program asked from, as far as that is known.
    pub address: String,
    /// Whether that is where this browser is.
    pub same_address: bool,
    pub since: OffsetDateTime,
    /// For whom it would act.
    pub username: String,
}

pub(crate) fn view(page: DevicePage, now: OffsetDateTime) -> impl IntoView {
    match page.step {
        DeviceStep::Ask { code, problem } => view! { <Ask code problem /> }.into_any(),
        DeviceStep::Allowed { title } => view! { <Allowed title /> }.into_any(),
        DeviceStep::Denied { title } => view! { <Denied title /> }.into_any(),
        DeviceStep::Confirm(asking) => view! { <Confirm asking now /> }.into_any(),
    }
}

#[component]
fn Ask(code: String, problem: Option<String>) -> impl IntoView {
    let failed = problem.is_some();
    view! {
        <article class="device">
            <h1>"Let a program on another computer in"</h1>
            <p>
                "On a machine without a browser, "
                <code>"kubectl"</code>
                " shows a code and waits. Type it here to see who asks; nothing is allowed by that."
            </p>
            {problem.map(|problem| view! { <p class="error" role="alert">{problem}</p> })}
            <form method="post" action="/device" class="device-code-form">
                <label class="field">
                    <span>"Code"</span>
                    <input
                        class="mono device-field"
                        name="user_code"
                        value=code
                        placeholder="XXXX-XXXX"
                        required
                        maxlength="40"
                        autocomplete="off"
                        autocapitalize="characters"
                        spellcheck="false"
                        autofocus
                        aria-invalid=failed.then_some("true")
                    />
                </label>
                <button class="button lead">"See who asks"</button>
            </form>
            <p class="hint">"Got the code from somebody else? Leave it: who types it lends them their access."</p>
        </article>
    }
}

#[component]
fn Confirm(asking: DeviceAsking, now: OffsetDateTime) -> impl IntoView {
    let DeviceAsking {
        code,
        title,
        cluster,
        address,
        same_address,
        since,
        username,
    } = asking;
    view! {
        <article class="device">
            <h1>{format!("Let {title} act for you?")}</h1>
            <p class="device-care" role="note">
                <strong>"Only if you started this yourself a moment ago."</strong>
                " If somebody sent you here, or gave you this code, deny it: they would act with your access."
            </p>
            <dl class="device-facts">
                <div>
                    <dt>"Code"</dt>
                    <dd>
                        <code class="device-code">{code.clone()}</code>
                        <span class="hint">"The same as your terminal shows?"</span>
                    </dd>
                </div>
                <div><dt>"Program"</dt><dd>{title}</dd></div>
                <div><dt>"Cluster"</dt><dd><code>{cluster}</code></dd></div>
                <div>
                    <dt>"Asks from"</dt>
                    <dd>
                        <code>{address}</code>
                        <span class="hint">
                            {if same_address {
                                "The same address as this browser’s."
                            } else {
                                "Not the address of this browser: right if you started it on a machine elsewhere."
                            }}
                        </span>
                    </dd>
                </div>
                <div><dt>"Asked"</dt><dd><Past at=since now /></dd></div>
                <div><dt>"Acts as"</dt><dd><code>{username}</code></dd></div>
            </dl>
            <form method="post" action="/device" class="device-answer">
                <input type="hidden" name="user_code" value=code />
                <button class="button lead" name="decision" value="allow">"Allow"</button>
                <button class="button" name="decision" value="deny">"Deny"</button>
            </form>
            <p class="hint">"It can do there what you can do, for as long as this login lasts. Logging out ends it."</p>
        </article>
    }
}

#[component]
fn Allowed(title: String) -> impl IntoView {
    view! {
        <article class="device">
            <h1>"Allowed"</h1>
            <p>
                <strong>{title}</strong>
                " goes on by itself within a few seconds. You can close this page and go back to the terminal."
            </p>
            <p>"It acts for you for as long as this login lasts. To end it sooner, log out or end the login under " <a href="/sessions">"Sessions"</a> "."</p>
            <p><a class="button" href="/">"To your token"</a></p>
        </article>
    }
}

#[component]
fn Denied(title: String) -> impl IntoView {
    view! {
        <article class="device">
            <h1>"Denied"</h1>
            <p><strong>{title}</strong> " gets nothing, and its code is of no use any more."</p>
            <p>"If you did not start it, somebody may have wanted your access: tell those who run your clusters."</p>
            <p><a class="button" href="/">"To your token"</a></p>
        </article>
    }
}
