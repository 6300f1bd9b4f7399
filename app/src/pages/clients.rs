//! `/admin/clients`: the programs that fetch tokens for people, and registering another.

use domain::client::{Client, GrantType, Source};
use leptos::prelude::*;

use crate::{islands::CopyButton, parts::sure::Sure};

/// What the page shows.
pub struct ClientsPage {
    /// Those of clusters first.
    pub clients: Vec<Client>,
    /// The names of the clusters that take `id_token`s.
    pub clusters: Vec<String>,
    /// What the form says to begin with.
    pub new: Client,
    /// Why nothing was registered.
    pub problem: Option<String>,
    /// The id and the secret of a client that has just got one.
    pub secret: Option<(String, String)>,
}

pub(crate) fn view(page: ClientsPage) -> impl IntoView {
    let ClientsPage {
        clients,
        clusters,
        new,
        problem,
        secret,
    } = page;
    let secret = secret.map(|(id, secret)| {
        view! {
            <section class="card setup" aria-labelledby="secret-title">
                <div class="command-head">
                    <h2 id="secret-title">"Secret of " <code>{id}</code></h2>
                    <CopyButton of="secret".to_owned() what="the secret".to_owned() lead=true />
                </div>
                <pre id="secret" class="token">{secret}</pre>
                <p class="once">"It is not shown again. Give it to the program now; if it is lost, make another."</p>
            </section>
        }
    });
    let unfolded = problem.is_some();
    view! {
        <div class="page-head"><h1>"Clients"</h1></div>
        {secret}
        <section class="card" aria-labelledby="known-title">
            <h2 id="known-title">"Programs that fetch tokens for people"</h2>
            <ul class="rows">{clients.into_iter().map(row).collect_view()}</ul>
        </section>
        <section class="card" aria-labelledby="new-title">
            <details class="fold" open=unfolded>
                <summary><h2 id="new-title">"Register a client"</h2></summary>
                <ClientForm new clusters problem />
            </details>
        </section>
    }
}

fn row(client: Client) -> impl IntoView {
    let kind = if client.confidential {
        "with a secret"
    } else {
        "public"
    };
    let from = match client.source {
        Source::BuiltIn => "each cluster has one",
        Source::Configuration => "from the configuration",
        Source::Page => "registered here",
    };
    let asks = (!client.first_party).then_some("people are asked first");
    let actions = (client.source == Source::Page).then(|| {
        let (id, name) = (client.id.clone(), client.title.clone());
        let renew = client.confidential.then(|| {
            let id = id.clone();
            view! {
                <Sure ask="New secret" of=format!("for {name}") action="/admin/clients/secret" act="Make another secret".to_owned() gives=true>
                    <input type="hidden" name="id" value=id />
                    <p>"The one that it has ends at once."</p>
                </Sure>
            }
        });
        view! {
            <div class="row-actions">
                {renew}
                <Sure ask="Remove" of=name.clone() action="/admin/clients/remove" act=format!("Remove {name}")>
                    <input type="hidden" name="id" value=id />
                    <p>"It gets no tokens any more, and those that refresh others end."</p>
                </Sure>
            </div>
        }
    });
    view! {
        <li>
            <div class="row-what">
                <p class="row-name">{client.title.clone()}</p>
                <p class="row-facts">
                    <code>{client.id.clone()}</code>
                    <span>"cluster " <code>{client.cluster.clone()}</code></span>
                    <span>{kind}</span>
                    <span>{from}</span>
                    {asks.map(|asks| view! { <span>{asks}</span> })}
                </p>
            </div>
            {actions}
        </li>
    }
}

#[component]
fn ClientForm(new: Client, clusters: Vec<String>, problem: Option<String>) -> impl IntoView {
    let failed = problem.is_some();
    let several = |uris: &[String]| uris.join(" ");
    let chosen = new.cluster.clone();
    let box_of = |name: &'static str, checked: bool, text: &'static str| {
        view! { <label class="choice"><input type="checkbox" name=name value="yes" checked=checked />" " {text}</label> }
    };
    view! {
        <form class="record" method="post" action="/admin/clients">
            {problem.map(|problem| view! { <p class="error" role="alert">{problem}</p> })}
            <label class="field">
                <span>"Id"</span>
                <input class="mono" name="id" value=new.id.clone() required maxlength="100" autocomplete="off" spellcheck="false" autofocus=failed />
                <small class="hint">"What the program calls itself (client_id)."</small>
            </label>
            <label class="field">
                <span>"Title"</span>
                <input name="title" value=new.title.clone() required maxlength="100" autocomplete="off" />
                <small class="hint">"What people read where they are asked, and under Sessions."</small>
            </label>
            <label class="field">
                <span>"Cluster"</span>
                <select name="cluster">
                    {clusters.into_iter().map(|name| {
                        let selected = name == chosen;
                        view! { <option value=name.clone() selected=selected>{name.clone()}</option> }
                    }).collect_view()}
                </select>
                <small class="hint">"Its tokens are for this one."</small>
            </label>
            <label class="field wide">
                <span>"Where people come back to"</span>
                <input class="mono" name="redirect_uris" value=several(&new.redirect_uris) placeholder="https://dashboard.harbour.example/oidc-callback" autocomplete="off" spellcheck="false" />
                <small class="hint">"Addresses (redirect_uri), several with spaces between them: https, or http on 127.0.0.1, [::1] or localhost, where the port is free."</small>
            </label>
            <label class="field wide">
                <span>"Where people go after logging out"</span>
                <input class="mono" name="post_logout_redirect_uris" value=several(&new.post_logout_redirect_uris) autocomplete="off" spellcheck="false" />
            </label>
            <label class="field wide">
                <span>"Where it is told that a login has ended"</span>
                <input class="mono" type="url" name="backchannel_logout_uri" value=new.backchannel_logout_uri.clone().unwrap_or_default() autocomplete="off" spellcheck="false" />
                <small class="hint">"For back-channel logout; may be empty."</small>
            </label>
            <fieldset class="field wide">
                <legend>"What it may do"</legend>
                {box_of("confidential", new.confidential, "It can keep a secret: a program on a server")}
                {box_of("refresh_token", new.may(GrantType::RefreshToken), "It may refresh its tokens while the login lasts")}
                {box_of("device_code", new.may(GrantType::DeviceCode), "It may run where there is no browser (device code)")}
                {box_of("first_party", new.first_party, "It is our own: people are not asked")}
                {box_of("without_pkce", !new.pkce_required, "It cannot do PKCE (only with a secret)")}
            </fieldset>
            <button class="button lead">"Register"</button>
        </form>
    }
}
