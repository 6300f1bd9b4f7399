//! `/`: the token page, and the form that shows the token without WebAssembly.

use app::{Here, Page, SetupForm, TokenPage};
use axum::{extract::State, response::Response};
use domain::cluster::TokenKind;
use http::StatusCode;
use identity::{cluster, group, issuer, issuer::Refusal, retrieval, session::Viewer};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::{
    edge::{
        address::ClientAddress,
        form::{Fields, Form, FormError, Query},
    },
    render::Renderer,
    state::AppState,
    viewer::PageViewer,
};

pub(super) async fn show_page(
    State(state): State<AppState>,
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
    address: ClientAddress,
    Query(fields): Query,
) -> Response {
    page(&state, &renderer, &viewer, address, &fields, false).await
}

pub(super) async fn show_token(
    State(state): State<AppState>,
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
    address: ClientAddress,
    Form(fields): Form,
) -> Response {
    page(&state, &renderer, &viewer, address, &fields, true).await
}

async fn page(
    state: &AppState,
    renderer: &Renderer,
    viewer: &Viewer,
    address: ClientAddress,
    fields: &Fields,
    show: bool,
) -> Response {
    let person = Some(viewer.person.clone());
    let wanted = match fields.one("cluster") {
        Ok(cluster) => cluster.filter(|name| !name.is_empty()),
        Err(error) => return bad(renderer, person, &error).await,
    };
    match load(state, viewer, address, wanted, show).await {
        Ok(page) => {
            renderer
                .page(
                    StatusCode::OK,
                    person,
                    Here::Token,
                    Page::Token(Box::new(page)),
                )
                .await
        }
        Err(Refusal::ClusterRefused) => {
            renderer
                .problem(
                    person,
                    StatusCode::NOT_FOUND,
                    "No such cluster",
                    "There is no cluster of that name here.",
                )
                .await
        }
        Err(Refusal::LoginRequired) => crate::viewer::to_login("/", None),
        Err(error) => renderer.failure(person, &error).await,
    }
}

/// A form or query that cannot be read.
pub(super) async fn bad(
    renderer: &Renderer,
    person: Option<domain::user::Person>,
    error: &FormError,
) -> Response {
    renderer
        .problem(
            person,
            StatusCode::BAD_REQUEST,
            "That cannot be read",
            &format!("{error}. Nothing was changed."),
        )
        .await
}

/// Loads what the token page shows.
pub(super) async fn load(
    state: &AppState,
    viewer: &Viewer,
    address: ClientAddress,
    wanted: Option<&str>,
    show: bool,
) -> Result<TokenPage, Refusal> {
    let portal = &state.portal;
    let database = |error: sqlx::Error| Refusal::Unavailable(error.into());
    let mut conn = portal.pool.acquire().await.map_err(database)?;
    let clusters = cluster::store::names(&mut conn).await.map_err(database)?;
    let keys = retrieval::store::list(&mut conn, viewer.user_id, portal.clock.now())
        .await
        .map_err(database)?;
    drop(conn);
    let (mut pass, mut shown) = (None, None);
    if let Some(cluster) = wanted.or_else(|| clusters.first().map(String::as_str)) {
        let current = current(state, viewer, address, Some(cluster)).await?;
        pass = Some(current.pass);
        shown = show.then_some(current.token);
    }
    Ok(TokenPage {
        pass,
        clusters,
        base_url: portal.issuer.url.clone(),
        shown,
        setup: SetupForm {
            name: domain::key::suggest_name(&viewer.browser, &keys),
            problem: None,
        },
        keys,
        key_days: key_days(state),
        key_problem: None,
    })
}

/// The usual days of a new key.
pub(super) fn key_days(state: &AppState) -> u32 {
    u32::try_from(state.portal.lifetimes.retrieval_key.whole_days()).unwrap_or(u32::MAX)
}

/// The viewer's current token with its pass.
pub(super) async fn current(
    state: &AppState,
    viewer: &Viewer,
    address: ClientAddress,
    cluster: Option<&str>,
) -> Result<domain::pass::CurrentToken, Refusal> {
    let portal = &state.portal;
    let database = |error: sqlx::Error| Refusal::Unavailable(error.into());
    let issued = issuer::by_user(portal, viewer.user_id, cluster, &address.0.to_string()).await?;
    let now = portal.clock.now();
    let mut conn = portal.pool.acquire().await.map_err(database)?;
    let mut groups = group::held(&mut conn, viewer.user_id, &issued.cluster.name, now)
        .await
        .map_err(database)?;
    // Between the two queries a group may have come or gone: the pass tells what the token says.
    groups.retain(|group| issued.groups.iter().any(|name| name == group.name.as_str()));
    let token = issued.token.expose_secret().to_owned();
    let claims = match issued.cluster.tokens {
        TokenKind::IdToken => serde_json::to_string_pretty(&claims(&token)).unwrap_or_default(),
        TokenKind::Opaque => String::new(),
    };
    let seen_as = domain::pass::SeenAs {
        user: format!(
            "{}{}",
            issued.cluster.username_prefix, viewer.person.username
        ),
        groups: groups
            .iter()
            .map(|group| format!("{}{}", issued.cluster.groups_prefix, group.name))
            .collect(),
    };
    let pass = domain::pass::Pass {
        person: viewer.person.clone(),
        cluster: issued.cluster.name,
        seen_as,
        groups,
        claims,
        size: token.len(),
        issued_at: issued.issued_at,
        expires_at: issued.expires_at,
        now,
    };
    Ok(domain::pass::CurrentToken { token, pass })
}

/// The decoded payload of a token of ours.
fn claims(token: &str) -> Value {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    let payload = token
        .split('.')
        .nth(1)
        .and_then(|part| BASE64_URL_SAFE_NO_PAD.decode(part).ok());
    payload
        .and_then(|json| serde_json::from_slice(&json).ok())
        .unwrap_or_default()
}
