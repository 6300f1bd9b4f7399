//! `/admin/users`: administrators look people up, sign them out, and shut them out; auditors look.

use app::{Here, Page, UserPage, UsersPage};
use axum::{
    extract::{Path, State},
    response::Response,
};
use http::StatusCode;
use identity::{
    directory::shut_out::{self, ShutOutError},
    roster,
};

use super::{
    login,
    overseer::{Administrator, Overseer},
    token,
};
use crate::{
    edge::{
        form::{Form, Query},
        log::Chain,
    },
    render::Renderer,
    state::AppState,
    viewer::see_other,
};

/// What is looked for is no longer than this, in bytes.
const LONGEST: usize = 400;

pub(super) async fn list(
    State(state): State<AppState>,
    renderer: Renderer,
    overseer: Overseer,
    Query(fields): Query,
) -> Response {
    let person = Some(overseer.viewer.person);
    let asked = fields.one("q").and_then(|query| {
        let after = fields.one("after")?;
        Ok((query.unwrap_or_default(), after.unwrap_or_default()))
    });
    let (query, after) = match asked {
        Ok(asked) => asked,
        Err(error) => return token::bad(&renderer, person, &error).await,
    };
    if query.len() > LONGEST || after.len() > LONGEST {
        let what = "What you look for is too long for a name or an address.";
        let status = StatusCode::BAD_REQUEST;
        return renderer.problem(person, status, "Too long", what).await;
    }
    let now = state.portal.clock.now();
    let found = async {
        let mut conn = state.portal.pool.acquire().await?;
        roster::search(&mut conn, query, after, now).await
    };
    match found.await {
        Ok(part) => {
            let page = Page::Users(UsersPage {
                query: query.to_owned(),
                after: after.to_owned(),
                entries: part.entries,
                next: part.next,
            });
            renderer
                .page(StatusCode::OK, person, Here::Users, page)
                .await
        }
        Err(error) => renderer.failure(person, &error).await,
    }
}

pub(super) async fn show(
    State(state): State<AppState>,
    renderer: Renderer,
    overseer: Overseer,
    Path(username): Path<String>,
) -> Response {
    one(&state, &renderer, overseer, &username, StatusCode::OK, None).await
}

async fn one(
    state: &AppState,
    renderer: &Renderer,
    overseer: Overseer,
    username: &str,
    status: StatusCode,
    problem: Option<String>,
) -> Response {
    let Overseer { viewer, operator } = overseer;
    let now = state.portal.clock.now();
    let found = async {
        let mut conn = state.portal.pool.acquire().await?;
        let delay = roster::delay(&mut conn).await?;
        let profile = roster::find(&mut conn, username, now).await?;
        Ok::<_, sqlx::Error>(profile.map(|profile| (profile, delay)))
    };
    let person = Some(viewer.person);
    match found.await {
        Ok(Some((profile, delay))) => {
            let page = UserPage {
                is_self: profile.id == viewer.user_id,
                profile,
                delay,
                may_change: operator.is_some(),
                problem,
            };
            let page = Page::User(Box::new(page));
            renderer.page(status, person, Here::Users, page).await
        }
        Ok(None) => unknown(renderer, person).await,
        Err(error) => renderer.failure(person, &error).await,
    }
}

async fn unknown(renderer: &Renderer, person: Option<domain::user::Person>) -> Response {
    let what = "There is no such user. Everybody who has logged in is under Users.";
    renderer
        .problem(person, StatusCode::NOT_FOUND, "No such user", what)
        .await
}

/// A username is made of letters, digits and `.@_+-`; what is none goes nowhere.
fn address(username: &str) -> String {
    let username = domain::user::Username::parse(username);
    username.map_or("/admin/users".to_owned(), |username| {
        format!("/admin/users/{username}")
    })
}

pub(super) async fn sign_out(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Path(username): Path<String>,
    _: Form,
) -> Response {
    let now = state.portal.clock.now();
    let done = async {
        let mut tx = state.portal.pool.begin().await?;
        shut_out::sign_out(&mut tx, &administrator.operator, &username, now).await?;
        Ok(tx.commit().await?)
    };
    let done = done.await;
    let is_self = administrator.viewer.person.username.as_str() == username;
    if done.is_ok() && is_self {
        return login::logged_out(&state);
    }
    answer(&state, &renderer, administrator, &username, done).await
}

pub(super) async fn disable(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Path(username): Path<String>,
    _: Form,
) -> Response {
    let now = state.portal.clock.now();
    let done = async {
        let mut tx = state.portal.pool.begin().await?;
        shut_out::disable(&mut tx, &administrator.operator, &username, now).await?;
        Ok(tx.commit().await?)
    };
    let done = done.await;
    answer(&state, &renderer, administrator, &username, done).await
}

pub(super) async fn enable(
    State(state): State<AppState>,
    renderer: Renderer,
    administrator: Administrator,
    Path(username): Path<String>,
    _: Form,
) -> Response {
    let done = async {
        let mut tx = state.portal.pool.begin().await?;
        shut_out::enable(&mut tx, &administrator.operator, &username).await?;
        Ok(tx.commit().await?)
    };
    let done = done.await;
    answer(&state, &renderer, administrator, &username, done).await
}

async fn answer(
    state: &AppState,
    renderer: &Renderer,
    administrator: Administrator,
    username: &str,
    done: Result<(), ShutOutError>,
) -> Response {
    let Administrator { viewer, operator } = administrator;
    let error = match done {
        Ok(()) => return see_other(&address(username)),
        Err(error) => error,
    };
    match &error {
        ShutOutError::Database(_) => renderer.failure(Some(viewer.person), &error).await,
        ShutOutError::Unknown(_) => unknown(renderer, Some(viewer.person)).await,
        ShutOutError::Yourself | ShutOutError::LastAdministrator(_) => {
            let problem = sentence(&error);
            let overseer = Overseer {
                viewer,
                operator: Some(operator),
            };
            let status = StatusCode::CONFLICT;
            one(state, renderer, overseer, username, status, Some(problem)).await
        }
    }
}

/// A refusal as a sentence.
fn sentence(error: &ShutOutError) -> String {
    let text = Chain(error).to_string();
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => format!("{}{}.", first.to_uppercase(), letters.as_str()),
        None => text,
    }
}
