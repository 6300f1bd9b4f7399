//! `/oauth2/logout`: a client sends a person here to log out (`OpenID` Connect RP-Initiated Logout 1.0).
//! `/oauth2/logout/confirm`: they say that they want to.
//!
//! Where an `id_token` shows that the client knows the browser's login, it ends at once, and the person
//! goes on to the address that the client has registered. A browser does not show its cookie along with
//! another site's form, so whoever comes by one is asked.

use app::{Here, LogoutPage, Page};
use axum::{extract::State, response::Response};
use http::StatusCode;
use identity::{
    issuer::hint::{self, Hint},
    oauth::{
        client::{Registered, store},
        logout::{Next, decide},
    },
    session,
};

use crate::{
    edge::form::{Fields, Form, Query},
    render::Renderer,
    routes::{departure::depart, login},
    state::AppState,
    viewer::{cookie, see_other},
    visitor::Visitor,
};

/// A request that is in order.
struct Request {
    hint: Option<Hint>,
    registered: Option<Registered>,
    /// Where the person goes on to, as the client wrote it.
    uri: Option<String>,
    state: Option<String>,
}

/// Why there is no request.
enum Wrong {
    /// The person is told.
    Page(&'static str),
    Database(sqlx::Error),
}

pub(super) async fn ask(renderer: Renderer, visitor: Visitor, Query(fields): Query) -> Response {
    judge(&renderer, &visitor, &fields).await
}

pub(super) async fn ask_by_form(
    renderer: Renderer,
    visitor: Visitor,
    Form(fields): Form,
) -> Response {
    judge(&renderer, &visitor, &fields).await
}

async fn judge(renderer: &Renderer, visitor: &Visitor, fields: &Fields) -> Response {
    let state = &renderer.state;
    let request = match read(state, fields).await {
        Ok(request) => request,
        Err(wrong) => return refuse(renderer, wrong).await,
    };
    let decided = async {
        let viewer = match cookie(state, &visitor.headers) {
            Some(cookie) => session::of_browser(&state.portal, cookie).await?,
            None => None,
        };
        let next = decide(&state.portal, request.hint.as_ref(), viewer.as_ref()).await?;
        if next == Next::End {
            login::end(state, &visitor.headers).await?;
        }
        Ok::<_, sqlx::Error>((next, viewer))
    };
    match decided.await {
        Ok((Next::End | Next::Ended, _)) => match request.on() {
            Some(on) => login::without_cookie(state, see_other(&on)),
            None => login::logged_out(state),
        },
        Ok((Next::Ask, viewer)) => {
            let username = viewer
                .as_ref()
                .map(|viewer| viewer.person.username.as_str());
            let page = LogoutPage {
                username: username.map(str::to_owned),
                title: request.title().map(str::to_owned),
                fields: request.carried(),
            };
            let person = viewer.map(|viewer| viewer.person);
            renderer
                .page(StatusCode::OK, person, Here::Elsewhere, Page::Logout(page))
                .await
        }
        Err(error) => renderer.failure(None, &error).await,
    }
}

/// Logs out whoever said that they want to, and goes on to where the client wanted them.
pub(super) async fn confirm(
    State(state): State<AppState>,
    renderer: Renderer,
    visitor: Visitor,
    Form(fields): Form,
) -> Response {
    let request = match read(&state, &fields).await {
        Ok(request) => request,
        Err(wrong) => return refuse(&renderer, wrong).await,
    };
    if let Err(error) = login::end(&state, &visitor.headers).await {
        return renderer.failure(None, &error).await;
    }
    match (request.on(), request.title()) {
        (Some(on), Some(title)) => {
            let response = depart(&renderer, &visitor, title, &on).await;
            login::without_cookie(&state, response)
        }
        _ => login::logged_out(&state),
    }
}

/// Reads a request. What belongs to no client, or not together, is refused: somebody made it up.
async fn read(state: &AppState, fields: &Fields) -> Result<Request, Wrong> {
    let one = |name: &str| {
        let value = fields
            .one(name)
            .map_err(|_| Wrong::Page("The program that sent you here says something twice."))?;
        Ok(value.filter(|value| !value.is_empty()))
    };
    let (token, id) = (one("id_token_hint")?, one("client_id")?);
    let (uri, given) = (one("post_logout_redirect_uri")?, one("state")?);
    let hint = token.and_then(|token| hint::read(&state.portal, token));
    let party = hint.as_ref().and_then(Hint::party);
    if id.is_some() && party.is_some() && id != party {
        return Err(Wrong::Page(
            "The program that sent you here is not the one that it says it is.",
        ));
    }
    let registered = match id.or(party) {
        None => None,
        Some(id) => {
            let found = async {
                let mut conn = state.portal.pool.acquire().await?;
                store::find(&mut conn, id).await
            };
            found.await.map_err(Wrong::Database)?
        }
    };
    if id.is_some() && registered.is_none() {
        return Err(Wrong::Page(
            "The program that sent you here is not registered.",
        ));
    }
    // A hint that is none is no reason to go anywhere.
    let uri = uri.filter(|_| token.is_none() || hint.is_some());
    let known = |uri| {
        let client = registered.as_ref().map(|registered| &registered.client);
        client.is_some_and(|client| client.returns_to(uri))
    };
    if uri.is_some_and(|uri| !known(uri)) {
        return Err(Wrong::Page(
            "The program that sent you here wants you back at an address that is not registered for it.",
        ));
    }
    Ok(Request {
        uri: uri.map(str::to_owned),
        state: given.map(str::to_owned),
        registered,
        hint,
    })
}

impl Request {
    fn title(&self) -> Option<&str> {
        let registered = self.registered.as_ref();
        registered.map(|registered| registered.client.title.as_str())
    }

    /// Where the person goes on to, with the client's `state` as it gave it.
    fn on(&self) -> Option<String> {
        let uri = self.uri.clone()?;
        let Some(given) = &self.state else {
            return Some(uri);
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("state", given);
        let joint = if uri.contains('?') { '&' } else { '?' };
        Some(format!("{uri}{joint}{}", query.finish()))
    }

    /// What the person's answer takes along. The hint has said all that it had to say.
    fn carried(&self) -> Vec<(&'static str, String)> {
        let client = self.registered.as_ref();
        let fields = [
            (
                "client_id",
                client.map(|registered| registered.client.id.clone()),
            ),
            ("post_logout_redirect_uri", self.uri.clone()),
            ("state", self.state.clone()),
        ];
        let given = fields.into_iter();
        given
            .filter_map(|(name, value)| Some((name, value?)))
            .collect()
    }
}

async fn refuse(renderer: &Renderer, wrong: Wrong) -> Response {
    match wrong {
        Wrong::Page(what) => {
            let (status, title) = (StatusCode::BAD_REQUEST, "This program cannot log you out");
            renderer.problem(None, status, title, what).await
        }
        Wrong::Database(error) => renderer.failure(None, &error).await,
    }
}
