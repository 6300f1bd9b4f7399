//! The table of contents, grouped by caller, and the layers that every request passes.

mod api;
mod clients;
mod clusters;
mod departure;
mod device;
pub mod discovery;
mod doctor;
mod flow;
pub mod health;
mod k8s;
pub mod k8stoken;
mod keys;
mod login;
mod oauth2;
mod overseer;
mod sessions;
mod setup;
mod signing_keys;
mod token;
mod users;

use axum::{
    Router, middleware,
    response::Response,
    routing::{get, post},
};
use http::{HeaderMap, StatusCode};
use identity::session::Use;

use crate::{
    edge::{self, origin},
    render::Renderer,
    state::AppState,
    viewer::recognise,
};

/// The whole application.
pub fn router(state: AppState) -> Router {
    let routes = Router::new()
        .merge(browsers(&state))
        .merge(shells())
        .merge(clusters())
        .merge(oauth2::programs())
        .merge(operators())
        .merge(state.assets.router())
        .fallback(not_found);
    edge::around(routes, &state.url, &state.trusted_proxies, state.limits).with_state(state)
}

/// People in browsers: pages, their forms, and what the pages' islands ask for.
fn browsers(state: &AppState) -> Router<AppState> {
    Router::new()
        .route("/", get(token::show_page).post(token::show_token))
        .route("/login", get(login::show_form).post(login::log_in))
        .route("/login/callback/{directory}", get(flow::come_back))
        .route("/logout", post(login::log_out))
        .route("/keys", get(keys::go_to_list).post(keys::create))
        .route("/keys/revoke", post(keys::revoke))
        .route("/setup", get(setup::go_to_start).post(setup::show))
        .route("/device", get(device::show_page).post(device::decide))
        .route("/doctor", get(doctor::show_page).post(doctor::look))
        .route("/sessions", get(sessions::show_page))
        .route("/sessions/end", post(sessions::end))
        .route("/sessions/end-client", post(sessions::end_client))
        .route("/sessions/end-all", post(sessions::end_all))
        .route(
            "/admin/clusters",
            get(clusters::show_all).post(clusters::add),
        )
        .route(
            "/admin/clusters/{name}",
            get(clusters::show_one).post(clusters::set),
        )
        .route(
            "/admin/clusters/{name}/namespaces",
            get(clusters::go_to_one).post(clusters::add_namespace),
        )
        .route(
            "/admin/clusters/{name}/check",
            get(clusters::go_to_one).post(clusters::check),
        )
        .route(
            "/admin/clusters/{name}/webhook",
            get(clusters::go_to_one).post(clusters::show_webhook),
        )
        .route("/admin/clients", get(clients::show).post(clients::register))
        .route("/admin/clients/secret", post(clients::renew_secret))
        .route("/admin/clients/remove", post(clients::remove))
        .route("/admin/keys", get(signing_keys::show))
        .route("/admin/keys/rotate", post(signing_keys::rotate))
        .route("/admin/keys/revoke", post(signing_keys::revoke))
        .route("/admin/users", get(users::list))
        .route("/admin/users/{username}", get(users::show))
        .route("/admin/users/{username}/sign-out", post(users::sign_out))
        .route("/admin/users/{username}/disable", post(users::disable))
        .route("/admin/users/{username}/enable", post(users::enable))
        .route("/api/check", post(api::check))
        .route("/api/pass", post(api::pass))
        .route("/api/token", post(api::token))
        .merge(oauth2::browsers())
        .layer(middleware::from_fn_with_state(
            origin::Rule::new(&state.url),
            origin::check,
        ))
}

/// curl, and kubectl through it.
fn shells() -> Router<AppState> {
    Router::new().route("/k8stoken", k8stoken::methods())
}

/// API servers, and everybody else who verifies tokens.
fn clusters() -> Router<AppState> {
    Router::new()
        .route(
            "/.well-known/openid-configuration",
            get(discovery::configuration),
        )
        .route(
            "/.well-known/oauth-authorization-server",
            get(discovery::configuration),
        )
        .route("/oauth2/jwks", get(discovery::jwks))
        .merge(k8s::routes())
}

/// Those who run the portal.
fn operators() -> Router<AppState> {
    Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
}

async fn not_found(renderer: Renderer, headers: HeaderMap) -> Response {
    let what = "There is no such page here. Your token is at the start.";
    let viewer = recognise(&renderer.state, &headers, Use::Page).await.ok();
    let person = viewer.map(|viewer| viewer.person);
    renderer
        .problem(person, StatusCode::NOT_FOUND, "Not found", what)
        .await
}
