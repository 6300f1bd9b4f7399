//! `/login` and `/logout`. Who logs in at a provider goes on in `flow`.

use app::{DirectoryChoice, Here, LoginPage, LoginProblem, Page, Way};
use axum::{extract::State, response::Response};
use domain::login::safe_return;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::{
    connector::Connector,
    session::{
        self,
        log_in::{LogInError, with_password},
    },
};
use secrecy::SecretString;

use super::{departure::go_on, flow};
use crate::{
    edge::{
        form::{Fields, Form, FormError, Query},
        log::Chain,
    },
    render::Renderer,
    state::AppState,
    viewer::{cookie, cookies, see_other, set_cookie},
    visitor::Visitor,
};

pub(super) async fn show_form(renderer: Renderer, Query(fields): Query) -> Response {
    let given = (
        fields.one("return_to"),
        fields.one("after"),
        fields.one("login_hint"),
    );
    let (return_to, after, hint) = match given {
        (Ok(return_to), Ok(after), Ok(hint)) => (return_to, after, hint),
        (Err(error), ..) | (_, Err(error), _) | (.., Err(error)) => {
            return super::token::bad(&renderer, None, &error).await;
        }
    };
    let problem = match after {
        Some("logout") => Some(LoginProblem::LoggedOut),
        Some("idle") => Some(LoginProblem::Expired),
        _ => None,
    };
    form(
        &renderer,
        StatusCode::OK,
        return_to.unwrap_or("/"),
        hint.unwrap_or_default(),
        problem,
    )
    .await
}

/// The page, with what went wrong before.
pub(super) async fn form(
    renderer: &Renderer,
    status: StatusCode,
    return_to: &str,
    username: &str,
    problem: Option<LoginProblem>,
) -> Response {
    let directories = renderer.state.portal.directories.iter();
    let page = LoginPage {
        return_to: safe_return(return_to).to_owned(),
        directories: directories
            .map(|directory| DirectoryChoice {
                name: directory.name.clone(),
                title: directory.title.clone(),
                way: match directory.connector {
                    Connector::Password(_) => Way::Password,
                    Connector::Redirect(_) => Way::Provider,
                },
            })
            .collect(),
        username: username.to_owned(),
        problem,
    };
    renderer
        .page(status, None, Here::Elsewhere, Page::Login(page))
        .await
}

/// The fields of the form.
struct Typed<'a> {
    return_to: &'a str,
    directory: &'a str,
    username: &'a str,
    password: &'a str,
}

fn typed<'a>(state: &'a AppState, fields: &'a Fields) -> Result<Typed<'a>, FormError> {
    let only = match state.portal.directories.as_slice() {
        [only] => only.name.as_str(),
        _ => "",
    };
    Ok(Typed {
        return_to: fields.one("return_to")?.unwrap_or("/"),
        directory: fields
            .one("directory")?
            .filter(|name| !name.is_empty())
            .unwrap_or(only),
        username: fields.one("username")?.unwrap_or_default(),
        password: fields.one("password")?.unwrap_or_default(),
    })
}

pub(super) async fn log_in(
    State(state): State<AppState>,
    renderer: Renderer,
    visitor: Visitor,
    Form(fields): Form,
) -> Response {
    let typed = match typed(&state, &fields) {
        Ok(typed) => typed,
        Err(error) => return super::token::bad(&renderer, None, &error).await,
    };
    if let Some(directory) = state.portal.directory(typed.directory)
        && let Connector::Redirect(connector) = &directory.connector
    {
        let connector = connector.as_ref();
        return flow::leave(&renderer, directory, connector, typed.return_to, &visitor).await;
    }
    let place = visitor.place(cookie(&state, &visitor.headers));
    let password = SecretString::from(typed.password);
    let error = match with_password(
        &state.portal,
        typed.directory,
        typed.username,
        &password,
        place,
    )
    .await
    {
        Ok(logged_in) => {
            let seconds = (logged_in.expires_at - state.portal.clock.now()).whole_seconds();
            let mut response = go_on(&renderer, &visitor, typed.return_to).await;
            let value = set_cookie(&state, Some(logged_in.cookie.expose()), seconds);
            response.headers_mut().insert(header::SET_COOKIE, value);
            metrics::counter!("shorepass_logins_total", "outcome" => "accepted").increment(1);
            return response;
        }
        Err(error) => error,
    };
    let (status, problem, retry) = match &error {
        LogInError::Refused => (StatusCode::UNAUTHORIZED, LoginProblem::Wrong, None),
        LogInError::SlowDown(wait) => {
            let seconds = u64::try_from(wait.whole_seconds()).unwrap_or(0) + 1;
            (
                StatusCode::TOO_MANY_REQUESTS,
                LoginProblem::SlowDown { seconds },
                Some(seconds),
            )
        }
        LogInError::Busy => (
            StatusCode::SERVICE_UNAVAILABLE,
            LoginProblem::Unavailable,
            Some(5),
        ),
        LogInError::Connector(_)
        | LogInError::Directory(_)
        | LogInError::Randomness(_)
        | LogInError::Database(_) => {
            tracing::error!(
                error = %Chain(&error),
                "logging in failed"
            );
            (
                StatusCode::SERVICE_UNAVAILABLE,
                LoginProblem::Unavailable,
                Some(5),
            )
        }
    };
    metrics::counter!("shorepass_logins_total", "outcome" => status.as_str().to_owned())
        .increment(1);
    let mut response = form(
        &renderer,
        status,
        typed.return_to,
        typed.username,
        Some(problem),
    )
    .await;
    if let Some(seconds) = retry {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

pub(super) async fn log_out(
    State(state): State<AppState>,
    renderer: Renderer,
    headers: HeaderMap,
    _: Form,
) -> Response {
    match end(&state, &headers).await {
        Ok(()) => logged_out(&state),
        Err(error) => renderer.failure(None, &error).await,
    }
}

/// Back to the form, without the cookie.
pub(super) fn logged_out(state: &AppState) -> Response {
    without_cookie(state, see_other("/login?after=logout"))
}

/// Takes from the browser what it kept of a login.
pub(super) fn without_cookie(state: &AppState, mut response: Response) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::SET_COOKIE, set_cookie(state, None, 0));
    let everything = HeaderValue::from_static("\"cache\", \"storage\"");
    headers.insert("clear-site-data", everything);
    response
}

/// Ends the logins of a browser. An idle cookie, or one of two, tells no longer who is calling, but
/// still which login to end.
pub(super) async fn end(state: &AppState, headers: &HeaderMap) -> Result<(), sqlx::Error> {
    for cookie in cookies(state, headers) {
        session::end_by_cookie(&state.portal, cookie).await?;
    }
    Ok(())
}
