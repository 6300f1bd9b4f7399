//! `/setup`: the other ways of setting a computer up, which need no retrieval key: kubelogin, and
//! kubectl's own `oidc` provider. Each is a kubeconfig to save.

use app::{Here, KubeconfigPage, OtherWay, Page};
use axum::{extract::State, response::Response};
use http::StatusCode;
use identity::{
    cluster::{
        self,
        kubeconfig::{self, AuthProvider, Credential, Reached},
    },
    oauth::{Refusal, client, family},
    session::Viewer,
};
use thiserror::Error;

use super::token;
use crate::{
    edge::{address::ClientAddress, form::Form},
    render::Renderer,
    state::AppState,
    viewer::{PageViewer, see_other, to_login},
};

#[derive(Debug, Error)]
enum SetupError {
    #[error("the login has ended")]
    LoggedOut,
    #[error("no tokens could be handed out")]
    Refused(#[from] Refusal),
    #[error("the database refused")]
    Database(#[from] sqlx::Error),
}

pub(super) async fn go_to_start() -> Response {
    see_other("/")
}

pub(super) async fn show(
    State(state): State<AppState>,
    renderer: Renderer,
    PageViewer(viewer): PageViewer,
    address: ClientAddress,
    Form(fields): Form,
) -> Response {
    let person = Some(viewer.person.clone());
    let way = match fields.one("way") {
        Ok(way) => way.and_then(OtherWay::parse),
        Err(error) => return token::bad(&renderer, person, &error).await,
    };
    let Some(way) = way else {
        return see_other("/");
    };
    match kubeconfig(&state, &viewer, way, &address.to_string()).await {
        Ok((text, context)) => {
            let page = KubeconfigPage { way, text, context };
            renderer
                .page(
                    StatusCode::OK,
                    person,
                    Here::Elsewhere,
                    Page::Kubeconfig(page),
                )
                .await
        }
        Err(SetupError::LoggedOut) => to_login("/", None),
        Err(error) => renderer.failure(person, &error).await,
    }
}

/// The kubeconfig, and the context to begin with.
async fn kubeconfig(
    state: &AppState,
    viewer: &Viewer,
    way: OtherWay,
    address: &str,
) -> Result<(String, Option<String>), SetupError> {
    let portal = &state.portal;
    let mut reached = {
        let mut conn = portal.pool.acquire().await?;
        cluster::store::reached(&mut conn, viewer.user_id, None, portal.clock.now()).await?
    };
    reached.retain(|each| each.takes_id_tokens);
    let authority = state.authority().map(|certificates| certificates.to_pem());
    let context = kubeconfig::first_context(&reached);
    let mut entries = Vec::with_capacity(reached.len());
    for each in reached {
        let credential = match way {
            OtherWay::Kubelogin => {
                Credential::kubelogin(&portal.issuer.url, &each.audience, authority.as_deref())
            }
            OtherWay::AuthProvider => {
                let kept = kept(state, viewer, &each, authority.clone(), address).await?;
                Credential::auth_provider(kept)
            }
        };
        entries.push((each, credential));
    }
    Ok((kubeconfig::write(&entries), context))
}

/// What kubectl's own provider keeps for a cluster.
async fn kept(
    state: &AppState,
    viewer: &Viewer,
    reached: &Reached,
    authority: Option<String>,
    address: &str,
) -> Result<AuthProvider, SetupError> {
    let portal = &state.portal;
    let registered = {
        let mut conn = portal.pool.acquire().await?;
        client::store::find(&mut conn, &reached.audience).await?
    };
    let registered = registered.ok_or(Refusal::Client)?;
    let handed = family::hand_out(portal, viewer, &registered, address).await?;
    let (granted, secret) = handed.ok_or(SetupError::LoggedOut)?;
    Ok(AuthProvider {
        issuer: portal.issuer.url.clone(),
        client_id: reached.audience.clone(),
        client_secret: secret.secret().clone(),
        refresh_token: granted.refresh_token.ok_or(SetupError::LoggedOut)?,
        id_token: granted.id_token,
        authority,
    })
}
