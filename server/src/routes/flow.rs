//! Logging in at a provider: the browser leaves from `/login`, and comes back to
//! `/login/callback/<directory>`.
//!
//! What goes wrong on the way is said on the login page, so that the next try is one click away.

use app::LoginProblem;
use axum::{
    extract::{Path, State},
    response::Response,
};
use domain::login::safe_return;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use identity::{
    connector::{Answer, Connector, Directory, RedirectConnector},
    flow::{self, BeginError, Brought, FinishError, ReturnRefusal},
    session::Use,
};

use super::{
    departure::{depart, go_on},
    login,
};
use crate::{
    edge::{
        form::{Fields, FormError, Query},
        log::Chain,
    },
    render::Renderer,
    state::AppState,
    viewer::{cookie_named, recognise, set_cookie, set_cookie_named},
    visitor::Visitor,
};

/// Sends the browser to a directory's provider.
pub(super) async fn leave(
    renderer: &Renderer,
    directory: &Directory,
    connector: &dyn RedirectConnector,
    return_to: &str,
    visitor: &Visitor,
) -> Response {
    let state = &renderer.state;
    let place = visitor.place(cookie_named(&visitor.headers, state.flow_cookie));
    match flow::begin(
        &state.portal,
        directory,
        connector,
        safe_return(return_to),
        place,
    )
    .await
    {
        Ok(begun) => {
            let mut response =
                depart(renderer, visitor, &directory.title, begun.url.as_str()).await;
            let seconds = flow::LIFETIME.whole_seconds();
            let cookie = set_cookie_named(
                state,
                state.flow_cookie,
                Some(begun.cookie.expose()),
                seconds,
            );
            response.headers_mut().append(header::SET_COOKIE, cookie);
            response
        }
        Err(BeginError::SlowDown(wait)) => {
            let seconds = u64::try_from(wait.whole_seconds()).unwrap_or(0) + 1;
            let problem = LoginProblem::SlowDown { seconds };
            refuse(
                renderer,
                StatusCode::TOO_MANY_REQUESTS,
                return_to,
                problem,
                Some(seconds),
            )
            .await
        }
        Err(error) => {
            tracing::error!(directory = directory.name, error = %Chain(&error), "a login could not begin");
            let problem = match error {
                BeginError::Unavailable(_) => LoginProblem::ProviderDown {
                    title: directory.title.clone(),
                },
                BeginError::SlowDown(_)
                | BeginError::Seal(_)
                | BeginError::Callback(_)
                | BeginError::Kept(_)
                | BeginError::Randomness(_)
                | BeginError::Database(_) => LoginProblem::Unavailable,
            };
            refuse(
                renderer,
                StatusCode::SERVICE_UNAVAILABLE,
                return_to,
                problem,
                Some(5),
            )
            .await
        }
    }
}

/// Takes the browser back.
pub(super) async fn come_back(
    State(state): State<AppState>,
    renderer: Renderer,
    visitor: Visitor,
    Path(name): Path<String>,
    Query(fields): Query,
) -> Response {
    let redirecting =
        state
            .portal
            .directory(&name)
            .and_then(|directory| match &directory.connector {
                Connector::Redirect(connector) => Some((directory, connector.as_ref())),
                Connector::Password(_) => None,
            });
    let headers = &visitor.headers;
    let Some((directory, connector)) = redirecting else {
        return super::not_found(renderer, headers.clone()).await;
    };
    let (flow_state, brought) = match read(&fields) {
        Ok(Some(read)) => read,
        Ok(None) => return over(&renderer, headers, LoginProblem::Incomplete).await,
        Err(error) => return super::token::bad(&renderer, None, &error).await,
    };
    let cookie = cookie_named(headers, state.flow_cookie);
    let flow = match flow::take(&state.portal, &name, flow_state, cookie).await {
        Ok(Ok(flow)) => flow,
        Ok(Err(ReturnRefusal::Unknown)) => {
            return over(&renderer, headers, LoginProblem::Over).await;
        }
        Ok(Err(ReturnRefusal::OtherBrowser)) => {
            count("other_browser");
            let problem = LoginProblem::OtherBrowser;
            return refuse(&renderer, StatusCode::FORBIDDEN, "/", problem, None).await;
        }
        Err(error) => return renderer.failure(None, &error).await,
    };
    let (return_to, others) = (flow.return_to.clone(), flow.others);
    let place = visitor.place(cookie_named(headers, state.cookie));
    let finished = flow::finish(&state.portal, directory, connector, flow, brought, place).await;
    let mut response = match finished {
        Ok(logged_in) => {
            count("accepted");
            let seconds = (logged_in.expires_at - state.portal.clock.now()).whole_seconds();
            let mut response = go_on(&renderer, &visitor, &return_to).await;
            let value = set_cookie(&state, Some(logged_in.cookie.expose()), seconds);
            response.headers_mut().append(header::SET_COOKIE, value);
            response
        }
        Err(error) => explain(&renderer, directory, &return_to, error).await,
    };
    if !others {
        let value = set_cookie_named(&state, state.flow_cookie, None, 0);
        response.headers_mut().append(header::SET_COOKIE, value);
    }
    response
}

/// What a browser brought: the `state`, and the answer. None where one of them is missing, or where it
/// is two answers at once.
fn read(fields: &Fields) -> Result<Option<(&str, Brought<'_>)>, FormError> {
    let one = |name| Ok(fields.one(name)?.filter(|value| !value.is_empty()));
    let (code, error) = (one("code")?, one("error")?);
    let (description, issuer) = (one("error_description")?, one("iss")?);
    let answer = match (code, error) {
        (Some(code), None) => Answer::Code(code),
        (None, Some(error)) => Answer::Error { error, description },
        (Some(_), Some(_)) | (None, None) => return Ok(None),
    };
    let state = one("state")?;
    Ok(state.map(|state| (state, Brought { answer, issuer })))
}

/// Says why nobody was logged in.
async fn explain(
    renderer: &Renderer,
    directory: &Directory,
    return_to: &str,
    error: FinishError,
) -> Response {
    let title = directory.title.clone();
    let (outcome, status, problem) = match &error {
        FinishError::Declined(said) => (
            "declined",
            StatusCode::FORBIDDEN,
            LoginProblem::Declined {
                title,
                error: said.error.clone(),
                description: said.description.clone(),
            },
        ),
        FinishError::NotAdmitted => (
            "not_admitted",
            StatusCode::FORBIDDEN,
            LoginProblem::NotAdmitted { title },
        ),
        FinishError::Untrusted(_) => (
            "untrusted",
            StatusCode::FORBIDDEN,
            LoginProblem::Untrusted { title },
        ),
        FinishError::Unavailable(_) => (
            "provider_down",
            StatusCode::SERVICE_UNAVAILABLE,
            LoginProblem::ProviderDown { title },
        ),
        FinishError::Seal(_)
        | FinishError::Callback(_)
        | FinishError::Kept(_)
        | FinishError::LogIn(_) => (
            "failed",
            StatusCode::SERVICE_UNAVAILABLE,
            LoginProblem::Unavailable,
        ),
    };
    count(outcome);
    match &error {
        FinishError::Declined(_) | FinishError::NotAdmitted => {
            tracing::info!(directory = directory.name, error = %Chain(&error), "nobody was logged in");
        }
        FinishError::Untrusted(_)
        | FinishError::Unavailable(_)
        | FinishError::Seal(_)
        | FinishError::Callback(_)
        | FinishError::Kept(_)
        | FinishError::LogIn(_) => {
            tracing::error!(directory = directory.name, error = %Chain(&error), "nobody was logged in");
        }
    }
    let retry = (status == StatusCode::SERVICE_UNAVAILABLE).then_some(5);
    refuse(renderer, status, return_to, problem, retry).await
}

/// A return to nothing. Whoever is logged in, because they went back or loaded the page again, is
/// told that all is well; others may try again.
async fn over(renderer: &Renderer, headers: &HeaderMap, problem: LoginProblem) -> Response {
    count("over");
    let status = StatusCode::BAD_REQUEST;
    match recognise(&renderer.state, headers, Use::Page).await {
        Ok(viewer) => {
            let what = "This way back was used before, and you are logged in. Nothing was changed.";
            let person = Some(viewer.person);
            renderer
                .problem(person, status, "Logged in already", what)
                .await
        }
        Err(_) => refuse(renderer, status, "/", problem, None).await,
    }
}

async fn refuse(
    renderer: &Renderer,
    status: StatusCode,
    return_to: &str,
    problem: LoginProblem,
    retry: Option<u64>,
) -> Response {
    let mut response = login::form(renderer, status, return_to, "", Some(problem)).await;
    if let Some(seconds) = retry {
        let seconds = HeaderValue::from(seconds);
        response.headers_mut().insert(header::RETRY_AFTER, seconds);
    }
    response
}

fn count(outcome: &'static str) {
    metrics::counter!("shorepass_logins_total", "outcome" => outcome).increment(1);
}
