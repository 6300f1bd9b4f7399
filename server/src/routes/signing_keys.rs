//! `/admin/keys`: administrators rotate and revoke signing keys; auditors look.

use app::{Aftermath, Here, Page, Rotation, SigningKey, SigningKeysPage};
use axum::{extract::State, response::Response};
use domain::revocation;
use http::StatusCode;
use identity::{
    cluster::{self, config::authentication_path},
    issuer::keys::{self, KeyError, KeyRow},
};
use time::{Duration, OffsetDateTime};

use super::{
    overseer::{Administrator, Overseer},
    token,
};
use crate::{edge::form::Form, render::Renderer, state::AppState, tasks, viewer::see_other};

const HERE: &str = "/admin/keys";
/// For how long after a revocation the page says what is left to do.
const AFTERMATH: Duration = Duration::DAY;
/// How many keys that are published no more are shown.
const GONE: usize = 12;

pub(super) async fn show(
    State(state): State<AppState>,
    renderer: Renderer,
    overseer: Overseer,
) -> Response {
    page(&state, &renderer, overseer, StatusCode::OK, None).await
}

async fn page(
    state: &AppState,
    renderer: &Renderer,
    overseer: Overseer,
    status: StatusCode,
    problem: Option<String>,
) -> Response {
    let person = Some(overseer.viewer.person);
    match load(state, overseer.operator.is_some(), problem).await {
        Ok(page) => {
            let page = Page::SigningKeys(page);
            renderer.page(status, person, Here::SigningKeys, page).await
        }
        Err(error) => renderer.failure(person, &error).await,
    }
}

async fn load(
    state: &AppState,
    may_change: bool,
    problem: Option<String>,
) -> Result<SigningKeysPage, sqlx::Error> {
    let portal = &state.portal;
    let (issuer, now) = (&portal.issuer, portal.clock.now());
    let mut conn = portal.pool.acquire().await?;
    let keys = keys::list(&mut conn).await?;
    let lately = keys
        .iter()
        .filter_map(|key| Some((key.kid.clone(), key.revoked_at?)))
        .filter(|(_, at)| now - *at < AFTERMATH)
        .max_by_key(|(_, at)| *at);
    let aftermath = match lately {
        Some((kid, revoked_at)) => Some(Aftermath {
            ready_at: revoked_at + revocation::wait(issuer.jwks_max_age),
            present: cluster::store::list(&mut conn)
                .await?
                .into_iter()
                .map(|cluster| {
                    let command = revocation::present(&issuer.url, &cluster);
                    (cluster.name, command)
                })
                .collect(),
            reload: revocation::reload(&authentication_path()),
            kid,
            revoked_at,
        }),
        None => None,
    };
    let schedule = issuer.schedule().map(|schedule| Rotation {
        every: schedule.every,
        next: schedule.next(keys.iter().map(|key| key.life), now),
    });
    Ok(SigningKeysPage {
        keys: shown(keys, now),
        schedule,
        lead: issuer.overlap.lead,
        may_change,
        aftermath,
        problem,
    })
}

/// The newest first, and not all that ever were.
fn shown(keys: Vec<KeyRow>, now: OffsetDateTime) -> Vec<SigningKey> {
    let mut gone = 0;
    let keys = keys.into_iter().rev().filter(|key| {
        let published = key.life.is_published(now);
        gone += usize::from(!published);
        published || gone <= GONE
    });
    let key = keys.map(|key| SigningKey {
        kid: key.kid,
        algorithm: key.algorithm,
        created_at: key.created_at,
        life: key.life,
        revoked_at: key.revoked_at,
    });
    key.collect()
}

pub(super) async fn rotate(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    _: Form,
) -> Response {
    let portal = &state.portal;
    let (issuer, now) = (&portal.issuer, portal.clock.now());
    let (sealer, algorithm) = (&issuer.sealer, issuer.algorithm);
    let done = async {
        let mut tx = portal.pool.begin().await?;
        let kid = keys::rotate(&mut tx, sealer, algorithm, issuer.overlap, now).await?;
        tx.commit().await?;
        Ok::<_, KeyError>(kid)
    };
    match done.await {
        Ok(kid) => {
            let by = administrator.operator.name();
            tracing::info!(by, kid, "published a signing key that takes over");
            show_again(&state).await
        }
        Err(error) => refused(&state, &renderer, administrator, error).await,
    }
}

pub(super) async fn revoke(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Form(fields): Form,
) -> Response {
    let person = Some(administrator.viewer.person.clone());
    let kid = match fields.one("kid") {
        Ok(kid) => kid.unwrap_or_default(),
        Err(error) => return token::bad(&renderer, person, &error).await,
    };
    let portal = &state.portal;
    let (issuer, now) = (&portal.issuer, portal.clock.now());
    let (sealer, algorithm) = (&issuer.sealer, issuer.algorithm);
    let done = async {
        let mut tx = portal.pool.begin().await?;
        keys::revoke(&mut tx, sealer, algorithm, kid, now).await?;
        tx.commit().await?;
        Ok::<_, KeyError>(())
    };
    match done.await {
        Ok(()) => {
            let by = administrator.operator.name();
            tracing::warn!(by, kid, "revoked a signing key");
            show_again(&state).await
        }
        Err(error) => refused(&state, &renderer, administrator, error).await,
    }
}

/// This replica knows at once; the others within seconds.
async fn show_again(state: &AppState) -> Response {
    if let Err(error) = tasks::reload(state).await {
        tracing::warn!(error = %error, "the signing keys could not be read again; they soon are");
    }
    see_other(HERE)
}

async fn refused(
    state: &AppState,
    renderer: &Renderer,
    administrator: Administrator,
    error: KeyError,
) -> Response {
    let Administrator { viewer, operator } = administrator;
    let (status, problem) = match &error {
        KeyError::Pending { .. } => (
            StatusCode::CONFLICT,
            "A new key is on its way already. It is in the list below.",
        ),
        KeyError::Unknown(_) => (
            StatusCode::NOT_FOUND,
            "There is no such key, or it is published no more.",
        ),
        KeyError::Seal { .. }
        | KeyError::Malformed(..)
        | KeyError::Algorithm(_)
        | KeyError::Generate
        | KeyError::Sealing(_)
        | KeyError::Database(_) => return renderer.failure(Some(viewer.person), &error).await,
    };
    let overseer = Overseer {
        viewer,
        operator: Some(operator),
    };
    page(state, renderer, overseer, status, Some(problem.to_owned())).await
}
