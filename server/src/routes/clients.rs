//! `/admin/clients`: administrators register programs that fetch tokens for people, give them secrets,
//! and remove them.

use app::{ClientsPage, Here, Page};
use axum::{extract::State, response::Response};
use domain::client::{Client, GrantType, Source};
use http::StatusCode;
use identity::{
    cluster,
    oauth::client::{self, ClientRefusal},
};

use super::{overseer::Administrator, token};
use crate::{
    edge::form::{Fields, Form, FormError},
    render::Renderer,
    state::AppState,
    viewer::see_other,
};

/// What an answer shows beside the list.
#[derive(Default)]
struct Shown {
    new: Option<Client>,
    problem: Option<String>,
    secret: Option<(String, String)>,
}

fn blank() -> Client {
    Client {
        id: String::new(),
        title: String::new(),
        cluster: String::new(),
        confidential: true,
        redirect_uris: Vec::new(),
        post_logout_redirect_uris: Vec::new(),
        backchannel_logout_uri: None,
        grants: vec![GrantType::AuthorizationCode, GrantType::RefreshToken],
        pkce_required: true,
        first_party: false,
        source: Source::Page,
    }
}

pub(super) async fn show(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
) -> Response {
    page(
        &state,
        &renderer,
        &administrator,
        StatusCode::OK,
        Shown::default(),
    )
    .await
}

async fn page(
    state: &AppState,
    renderer: &Renderer,
    administrator: &Administrator,
    status: StatusCode,
    shown: Shown,
) -> Response {
    let person = Some(administrator.viewer.person.clone());
    let read = async {
        let mut conn = state.portal.pool.acquire().await?;
        let clusters = cluster::store::list(&mut conn).await?;
        let registered = client::store::list(&mut conn).await?;
        Ok::<_, sqlx::Error>((clusters, registered))
    };
    match read.await {
        Ok((mut clusters, registered)) => {
            clusters.retain(domain::cluster::Cluster::takes_id_tokens);
            let built_in = clusters.iter();
            let built_in = built_in.map(|each| Client::built_in(&each.name, &each.audience));
            let page = Page::Clients(ClientsPage {
                clients: built_in.chain(registered).collect(),
                clusters: clusters.iter().map(|each| each.name.clone()).collect(),
                new: shown.new.unwrap_or_else(blank),
                problem: shown.problem,
                secret: shown.secret,
            });
            renderer.page(status, person, Here::Clients, page).await
        }
        Err(error) => renderer.failure(person, &error).await,
    }
}

/// The client that a form describes. Whether it is in order is `client`'s to say.
fn typed(fields: &Fields) -> Result<Client, FormError> {
    let text = |name: &str| {
        let text = fields.one(name)?.unwrap_or_default().trim();
        Ok::<_, FormError>(text.to_owned())
    };
    let several = |name: &str| {
        let text = text(name)?;
        let words = text.split_whitespace().map(str::to_owned);
        Ok::<Vec<String>, FormError>(words.collect())
    };
    let says = |name: &str| Ok::<_, FormError>(fields.one(name)?.is_some());
    let redirect_uris = several("redirect_uris")?;
    let mut grants = Vec::new();
    for (grant, given) in [
        (GrantType::AuthorizationCode, !redirect_uris.is_empty()),
        (GrantType::RefreshToken, says("refresh_token")?),
        (GrantType::DeviceCode, says("device_code")?),
    ] {
        grants.extend(given.then_some(grant));
    }
    Ok(Client {
        id: text("id")?,
        title: text("title")?,
        cluster: text("cluster")?,
        confidential: says("confidential")?,
        redirect_uris,
        post_logout_redirect_uris: several("post_logout_redirect_uris")?,
        backchannel_logout_uri: Some(text("backchannel_logout_uri")?).filter(|uri| !uri.is_empty()),
        grants,
        pkce_required: !says("without_pkce")?,
        first_party: says("first_party")?,
        source: Source::Page,
    })
}

pub(super) async fn register(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Form(fields): Form,
) -> Response {
    let person = Some(administrator.viewer.person.clone());
    let new = match typed(&fields) {
        Ok(new) => new,
        Err(error) => return token::bad(&renderer, person, &error).await,
    };
    let now = state.portal.clock.now();
    let registered = async {
        let mut tx = state.portal.pool.begin().await?;
        let secret = client::register(&mut tx, &administrator.operator, &new, now).await?;
        tx.commit().await?;
        Ok::<_, ClientRefusal>(secret)
    };
    match registered.await {
        Ok(None) => see_other("/admin/clients"),
        Ok(Some(secret)) => {
            let shown = Shown {
                secret: Some((new.id, secret.expose().to_owned())),
                ..Shown::default()
            };
            page(&state, &renderer, &administrator, StatusCode::OK, shown).await
        }
        Err(refusal) => refuse(&state, &renderer, &administrator, refusal, Some(new)).await,
    }
}

pub(super) async fn renew_secret(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Form(fields): Form,
) -> Response {
    let id = match fields.one("id") {
        Ok(id) => id.unwrap_or_default(),
        Err(error) => {
            let person = Some(administrator.viewer.person.clone());
            return token::bad(&renderer, person, &error).await;
        }
    };
    let renewed = async {
        let mut tx = state.portal.pool.begin().await?;
        let secret = client::renew_secret(&mut tx, &administrator.operator, id).await?;
        tx.commit().await?;
        Ok::<_, ClientRefusal>(secret)
    };
    match renewed.await {
        Ok(secret) => {
            let shown = Shown {
                secret: Some((id.to_owned(), secret.expose().to_owned())),
                ..Shown::default()
            };
            page(&state, &renderer, &administrator, StatusCode::OK, shown).await
        }
        Err(refusal) => refuse(&state, &renderer, &administrator, refusal, None).await,
    }
}

pub(super) async fn remove(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Form(fields): Form,
) -> Response {
    let id = match fields.one("id") {
        Ok(id) => id.unwrap_or_default(),
        Err(error) => {
            let person = Some(administrator.viewer.person.clone());
            return token::bad(&renderer, person, &error).await;
        }
    };
    let now = state.portal.clock.now();
    let removed = async {
        let mut tx = state.portal.pool.begin().await?;
        client::remove(&mut tx, &administrator.operator, id, now).await?;
        tx.commit().await?;
        Ok::<_, ClientRefusal>(())
    };
    match removed.await {
        Ok(()) => see_other("/admin/clients"),
        Err(refusal) => refuse(&state, &renderer, &administrator, refusal, None).await,
    }
}

async fn refuse(
    state: &AppState,
    renderer: &Renderer,
    administrator: &Administrator,
    refusal: ClientRefusal,
    new: Option<Client>,
) -> Response {
    let status = match &refusal {
        ClientRefusal::Database(_) | ClientRefusal::Randomness(_) => {
            let person = Some(administrator.viewer.person.clone());
            return renderer.failure(person, &refusal).await;
        }
        ClientRefusal::Unknown(_) => StatusCode::NOT_FOUND,
        ClientRefusal::Exists(_)
        | ClientRefusal::Audience(_)
        | ClientRefusal::Cluster(_)
        | ClientRefusal::Configured(_)
        | ClientRefusal::Secret
        | ClientRefusal::Record(_) => StatusCode::BAD_REQUEST,
    };
    let shown = Shown {
        new,
        problem: Some(super::clusters::sentence(&refusal)),
        secret: None,
    };
    page(state, renderer, administrator, status, shown).await
}
