//! The fields of a cluster's record.

use domain::cluster::{Cluster, TokenKind};
use leptos::prelude::*;

/// `record` is what the fields say to begin with; its certificate is kept where nothing else is
/// pasted. A new cluster gets a name, too.
#[component]
pub(crate) fn ClusterForm(
    action: String,
    record: Cluster,
    is_new: bool,
    problem: Option<String>,
    button: &'static str,
    lead: bool,
) -> impl IntoView {
    let failed = problem.is_some();
    let name = is_new.then(|| {
        view! {
            <label class="field">
                <span>"Name"</span>
                <input class="mono" name="name" value=record.name.clone() required maxlength="63" pattern="[a-z0-9]([a-z0-9\\-]*[a-z0-9])?" title="Lower-case letters, digits and hyphens" autocomplete="off" spellcheck="false" autofocus=failed />
            </label>
        }
    });
    let kept = record.ca_certificate.clone();
    let has_certificate = kept.is_some();
    let text = |label: &'static str, name: &'static str, value: String, hint: &'static str| {
        view! {
            <label class="field">
                <span>{label}</span>
                <input class="mono" name=name value=value autocomplete="off" spellcheck="false" />
                <small class="hint">{hint}</small>
            </label>
        }
    };
    view! {
        <form class="record" method="post" action=action>
            {problem.map(|problem| view! { <p class="error" role="alert">{problem}</p> })}
            {name}
            <label class="field">
                <span>"API URL"</span>
                <input class="mono" type="url" name="api_url" value=record.api_url required placeholder="https://api.harbour.example:6443" autocomplete="off" spellcheck="false" />
                <small class="hint">"Where kubectl finds the API server: the server of a kubeconfig that works."</small>
            </label>
            <label class="field">
                <span>"Certificate of its authority"</span>
                <textarea class="mono" name="ca_certificate" rows="4" placeholder="-----BEGIN CERTIFICATE-----" autocomplete="off" spellcheck="false"></textarea>
                <small class="hint">
                    {if has_certificate { "The one that is there stays unless you paste another." } else { "In PEM. Leave it empty where everybody trusts the API server anyway." }}
                </small>
            </label>
            {kept.map(|pem| view! {
                <input type="hidden" name="kept_certificate" value=pem />
                <label class="choice"><input type="checkbox" name="no_certificate" value="yes" />" Take the certificate out: everybody trusts the API server anyway"</label>
            })}
            <details class="fold" open=!is_new || failed>
                <summary>"What the API server is told"</summary>
                <div class="record-more">
                    {text("Audience", "audience", record.audience, "Of this cluster alone (--oidc-client-id). Empty: the cluster’s name.")}
                    {text("Prefix of usernames", "username_prefix", record.username_prefix, "What the API server puts before them; may be empty.")}
                    {text("Prefix of groups", "groups_prefix", record.groups_prefix, "May be empty as well.")}
                    {text("Groups claim", "groups_claim", record.groups_claim, "The claim that carries the groups.")}
                    <label class="field">
                        <span>"Seconds that a token lives"</span>
                        <input type="number" name="token_lifetime" value=record.token_lifetime min="60" max="900" required inputmode="numeric" />
                        <small class="hint">"60 to 900. Access that is taken away may last as long."</small>
                    </label>
                    {text("Names of groups", "group_template", record.group_template, "For namespaces that are added from now on.")}
                </div>
            </details>
            <details class="fold" open=!is_new || failed>
                <summary>"How access is cut off"</summary>
                <div class="record-more">
                    <label class="field">
                        <span>"What people show the API server"</span>
                        <select name="tokens">
                            {TokenKind::ALL.map(|kind| view! {
                                <option value=kind.as_str() selected=kind == record.tokens>{title(kind)}</option>
                            }).collect_view()}
                        </select>
                        <small class="hint">"About an opaque token the API server asks the portal: it needs the token webhook."</small>
                    </label>
                    <label class="choice"><input type="checkbox" name="webhook" value="yes" checked=record.webhook />" The API server was told of the authorization webhook"</label>
                </div>
            </details>
            <button class=if lead { "button lead" } else { "button" }>{button}</button>
        </form>
    }
}

fn title(kind: TokenKind) -> &'static str {
    match kind {
        TokenKind::IdToken => "id_token, which it verifies by itself",
        TokenKind::Opaque => "opaque token, about which it asks",
    }
}
