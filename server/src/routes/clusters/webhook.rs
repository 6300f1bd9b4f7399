//! The script that tells an API server of the webhooks. There is a secret in it, so it is on the page
//! only in the answer to a form.

use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use identity::cluster::{
    self, Refusal,
    config::{ApiVersion, Issuer, webhook_script},
    credential::{self, CredentialError, Which},
};

use super::{Shown, one, sentence};
use crate::routes::overseer::Administrator;
use crate::{edge::form::Form, render::Renderer, state::AppState};

pub(in crate::routes) async fn show(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Path(name): Path<String>,
    Form(fields): Form,
) -> Response {
    let person = Some(administrator.viewer.person.clone());
    let which = match fields.one("new_secret") {
        Ok(Some("yes")) => Which::New,
        Ok(_) => Which::Present,
        Err(error) => return super::super::token::bad(&renderer, person, &error).await,
    };
    let (status, shown) = match script(&state, &administrator, &name, which).await {
        Ok(text) => (
            StatusCode::OK,
            Shown {
                webhook: Some(text),
                ..Shown::default()
            },
        ),
        // The page says that there is none.
        Err(CredentialError::Cluster(Refusal::Unknown(_))) => (StatusCode::OK, Shown::default()),
        Err(error @ CredentialError::Seal(_)) => (
            StatusCode::BAD_REQUEST,
            Shown {
                webhook_problem: Some(sentence(&error)),
                ..Shown::default()
            },
        ),
        Err(error) => return renderer.failure(person, &error).await,
    };
    one(&state, &renderer, &administrator, &name, status, shown).await
}

async fn script(
    state: &AppState,
    administrator: &Administrator,
    name: &str,
    which: Which,
) -> Result<String, CredentialError> {
    let portal = &state.portal;
    let sealer = &portal.issuer.sealer;
    let operator = &administrator.operator;
    let mut tx = portal.pool.begin().await?;
    let now = portal.clock.now();
    let secret = credential::reveal(&mut tx, sealer, operator, name, which, now).await?;
    let cluster = cluster::get(&mut tx, name).await?;
    tx.commit().await?;
    let authority = state.authority();
    let issuer = Issuer {
        url: &portal.issuer.url,
        ca: authority.as_ref(),
        es256: state.es256,
    };
    let version = ApiVersion::V1;
    Ok(webhook_script(&cluster, &issuer, version, None, &secret))
}
