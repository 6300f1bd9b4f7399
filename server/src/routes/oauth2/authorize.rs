//! `/oauth2/authorize`: a client sends a person here, and they go back with a code or an error.
//! `/oauth2/consent`: what the person says, where they are asked.

use app::{ConsentPage, Here, Page};
use axum::{extract::State, response::Response};
use domain::{authorization::Scope, login::safe_return};
use http::StatusCode;
use identity::{
    oauth::{
        Refusal,
        authorize::{self, Demand, Next},
    },
    session::{NotRecognised, Use, Viewer},
};
use url::Url;

use super::{
    error::OAuthError,
    request::{self, Back, DEMANDED, Request, Wrong},
};
use crate::{
    edge::form::{Fields, Form, Query},
    render::Renderer,
    routes::departure::depart,
    state::AppState,
    viewer::{recognise, see_other},
    visitor::Visitor,
};

/// Answers a request.
pub(super) async fn ask(renderer: Renderer, visitor: Visitor, Query(fields): Query) -> Response {
    let request = match request::read(&renderer.state, &fields).await {
        Ok(request) => request,
        Err(wrong) => return refuse(&renderer, wrong).await,
    };
    judge(&renderer, &visitor, request).await
}

/// The same by a form, which some clients send (`OpenID` Connect Core 1.0 §3.1.2.1). A browser does not
/// show its cookie along with another site's form, so it comes again, by a link.
pub(super) async fn ask_by_form(Form(fields): Form) -> Response {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields.iter());
    see_other(&format!("/oauth2/authorize?{}", query.finish()))
}

/// Takes what a person says about a client.
pub(super) async fn answer(
    State(state): State<AppState>,
    renderer: Renderer,
    visitor: Visitor,
    Form(form): Form,
) -> Response {
    let (Ok(Some(query)), Ok(Some(decision))) = (form.one("request"), form.one("decision")) else {
        return page(
            &renderer,
            "The form is incomplete. Go back to the program and begin again.",
        )
        .await;
    };
    let Ok(fields) = Fields::parse(query.as_bytes()) else {
        return page(
            &renderer,
            "The form is damaged. Go back to the program and begin again.",
        )
        .await;
    };
    let request = match request::read(&state, &fields).await {
        Ok(request) => request,
        Err(wrong) => return refuse(&renderer, wrong).await,
    };
    if decision != "allow" {
        let back = denied(&request, "access_denied", "The person did not agree.");
        return depart(
            &renderer,
            &visitor,
            &request.registered.client.title,
            &back_url(&state, &back),
        )
        .await;
    }
    let viewer = match recognise(&state, &visitor.headers, Use::Person).await {
        Ok(viewer) => viewer,
        Err(NotRecognised::Database(error)) => return renderer.failure(None, &error).await,
        Err(NotRecognised::Idle | NotRecognised::Unknown) => {
            return log_in(&renderer, &request).await;
        }
    };
    let (registered, scopes) = (&request.registered, &request.asked.scopes);
    if let Err(error) = authorize::agree(&state.portal, &viewer, registered, scopes).await {
        return renderer.failure(Some(viewer.person), &error).await;
    }
    let on = path(&request.query, request.demanded.as_deref());
    depart(&renderer, &visitor, &registered.client.title, &on).await
}

async fn judge(renderer: &Renderer, visitor: &Visitor, request: Request) -> Response {
    let state = &renderer.state;
    let portal = &state.portal;
    let viewer = match recognise(state, &visitor.headers, Use::Person).await {
        Ok(viewer) => Some(viewer),
        Err(NotRecognised::Idle | NotRecognised::Unknown) => None,
        Err(NotRecognised::Database(error)) => return renderer.failure(None, &error).await,
    };
    let present = match &viewer {
        None => None,
        Some(viewer) => {
            let scopes = &request.asked.scopes;
            match authorize::present(portal, viewer, &request.registered, scopes).await {
                Ok(present) => present,
                Err(error) => return renderer.failure(None, &error).await,
            }
        }
    };
    let demand = request.demanded.as_deref();
    let demand = demand.and_then(|text| Demand::open(portal, &request.query, text));
    let first_party = request.registered.client.first_party;
    let now = portal.clock.now();
    match (
        authorize::decide(&request.asked, first_party, present, demand, now),
        viewer,
    ) {
        (Next::LogIn, _) | (Next::Go | Next::Ask, None) => log_in(renderer, &request).await,
        (Next::Ask, Some(viewer)) => consent(renderer, &request, viewer, demand).await,
        (Next::Go, Some(viewer)) => code(renderer, &request, &viewer).await,
        (Next::LoginRequired, _) => {
            let back = denied(&request, "login_required", "The person has to log in.");
            see_other(&back_url(state, &back))
        }
        (Next::ConsentRequired, _) => {
            let back = denied(&request, "consent_required", "The person has to agree.");
            see_other(&back_url(state, &back))
        }
    }
}

/// Sends the browser to log in, and back with the whole request.
async fn log_in(renderer: &Renderer, request: &Request) -> Response {
    let demanded = match Demand::now(&renderer.state.portal, &request.query) {
        Ok(demanded) => demanded,
        Err(error) => return renderer.failure(None, &error).await,
    };
    let on = path(&request.query, Some(&demanded));
    if safe_return(&on) != on {
        let what = "The request of the program that sent you here is too long.";
        return page(renderer, what).await;
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("return_to", &on);
    if let Some(hint) = &request.login_hint {
        query.append_pair("login_hint", hint);
    }
    see_other(&format!("/login?{}", query.finish()))
}

fn path(query: &str, demanded: Option<&str>) -> String {
    match demanded {
        Some(demanded) => format!("/oauth2/authorize?{query}&{DEMANDED}={demanded}"),
        None => format!("/oauth2/authorize?{query}"),
    }
}

async fn consent(
    renderer: &Renderer,
    request: &Request,
    viewer: Viewer,
    demand: Option<Demand>,
) -> Response {
    let demanded = match (&request.demanded, demand) {
        (Some(demanded), Some(_)) => demanded.clone(),
        _ => match Demand::now(&renderer.state.portal, &request.query) {
            Ok(demanded) => demanded,
            Err(error) => return renderer.failure(Some(viewer.person), &error).await,
        },
    };
    let client = &request.registered.client;
    let scopes = &request.asked.scopes;
    let page = ConsentPage {
        title: client.title.clone(),
        host: Url::parse(&request.asked.redirect_uri)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_default(),
        cluster: client.cluster.clone(),
        email: scopes.contains(Scope::Email),
        request: format!("{}&{DEMANDED}={demanded}", request.query),
    };
    renderer
        .page(
            StatusCode::OK,
            Some(viewer.person),
            Here::Elsewhere,
            Page::Consent(page),
        )
        .await
}

/// Sends the browser back to the client with a code.
async fn code(renderer: &Renderer, request: &Request, viewer: &Viewer) -> Response {
    let state = &renderer.state;
    let (registered, asked) = (&request.registered, &request.asked);
    match authorize::grant(&state.portal, viewer, registered, asked).await {
        Ok(code) => {
            let answer = [("code", code.expose())];
            see_other(&answered(
                state,
                &asked.redirect_uri,
                request.state.as_deref(),
                &answer,
            ))
        }
        Err(Refusal::Unavailable(failure)) => {
            renderer
                .failure(Some(viewer.person.clone()), &failure)
                .await
        }
        Err(refusal) => {
            let word = OAuthError::of(state, &refusal, false).word();
            let back = denied(request, word, "The client may not do this.");
            see_other(&back_url(state, &back))
        }
    }
}

fn denied(request: &Request, error: &'static str, description: &'static str) -> Back {
    Back {
        redirect_uri: request.asked.redirect_uri.clone(),
        state: request.state.clone(),
        error,
        description,
    }
}

async fn refuse(renderer: &Renderer, wrong: Wrong) -> Response {
    match wrong {
        Wrong::Page(what) => page(renderer, &what).await,
        Wrong::Client(back) => see_other(&back_url(&renderer.state, &back)),
        Wrong::Database(error) => renderer.failure(None, &error).await,
    }
}

async fn page(renderer: &Renderer, what: &str) -> Response {
    let title = "This program cannot log you in";
    renderer
        .problem(None, StatusCode::BAD_REQUEST, title, what)
        .await
}

fn back_url(state: &AppState, back: &Back) -> String {
    let answer = [
        ("error", back.error),
        ("error_description", back.description),
    ];
    answered(state, &back.redirect_uri, back.state.as_deref(), &answer)
}

/// A client's address with an answer, its `state` as it gave it, and who answers (RFC 9207 §2).
fn answered(state: &AppState, uri: &str, given: Option<&str>, answer: &[(&str, &str)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(answer);
    if let Some(given) = given {
        query.append_pair("state", given);
    }
    query.append_pair("iss", &state.portal.issuer.url);
    let joint = if uri.contains('?') { '&' } else { '?' };
    format!("{uri}{joint}{}", query.finish())
}
