//! A client's request to a person, read from the query (RFC 6749 §4.1.1, `OpenID` Connect Core 1.0
//! §3.1.2.1).
//!
//! Until client and address are known to belong together, an error is a page: a browser is never sent
//! to an address that nobody registered (RFC 9700 §4.11.2). From then on the client hears of it.

use domain::{
    authorization::{Prompt, Scope, Scopes, is_challenge, max_age},
    client::GrantType,
};
use identity::{
    issuer::hint,
    oauth::{
        authorize::Asked,
        client::{Registered, store},
    },
};

use crate::{edge::form::Fields, state::AppState};

/// The parameter that is ours: when something was demanded of the person.
pub(super) const DEMANDED: &str = "demanded";

/// A request, and the client that it comes from.
pub(super) struct Request {
    pub(super) registered: Registered,
    pub(super) asked: Asked,
    pub(super) state: Option<String>,
    pub(super) login_hint: Option<String>,
    /// The query without what is ours.
    pub(super) query: String,
    pub(super) demanded: Option<String>,
}

/// Why there is no request to judge.
pub(super) enum Wrong {
    /// The person is told, and nobody else.
    Page(String),
    /// The client is told, at its address.
    Client(Box<Back>),
    Database(sqlx::Error),
}

/// What a client is told at its address.
pub(super) struct Back {
    pub(super) redirect_uri: String,
    pub(super) state: Option<String>,
    pub(super) error: &'static str,
    pub(super) description: &'static str,
}

/// Reads a request.
pub(super) async fn read(state: &AppState, fields: &Fields) -> Result<Request, Wrong> {
    // A parameter that is given twice means what each reader makes of it (RFC 6749 §3.1).
    let mut names: Vec<_> = fields.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    if let Some(twice) = names.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Wrong::Page(format!(
            "The program that sent you here gave the parameter {} twice.",
            shown(twice[0])
        )));
    }
    let one = |name: &str| {
        let value = fields.one(name).ok().flatten();
        value.filter(|value| !value.is_empty())
    };
    let Some(id) = one("client_id") else {
        return Err(Wrong::Page(
            "The program that sent you here does not say which one it is (client_id).".into(),
        ));
    };
    let found = async {
        let mut conn = state.portal.pool.acquire().await?;
        store::find(&mut conn, id).await
    };
    let Some(registered) = found.await.map_err(Wrong::Database)? else {
        return Err(Wrong::Page(format!(
            "The program that sent you here calls itself {}, and no such client is registered.",
            shown(id)
        )));
    };
    let client = &registered.client;
    let Some(redirect_uri) = one("redirect_uri").filter(|uri| client.redirects_to(uri)) else {
        return Err(Wrong::Page(format!(
            "{} wants to be answered at an address that is not registered for it (redirect_uri).",
            client.title
        )));
    };
    let given = one("state").map(str::to_owned);
    let back = |error, description| {
        Wrong::Client(Box::new(Back {
            redirect_uri: redirect_uri.to_owned(),
            state: given.clone(),
            error,
            description,
        }))
    };
    for (name, error) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ] {
        if one(name).is_some() {
            return Err(back(error, "Parameters are taken from the query only."));
        }
    }
    match one("response_type") {
        Some("code") => {}
        Some(_) => {
            return Err(back(
                "unsupported_response_type",
                "Only response_type=code is answered.",
            ));
        }
        None => return Err(back("invalid_request", "response_type is missing.")),
    }
    if !matches!(one("response_mode"), None | Some("query")) {
        return Err(back(
            "invalid_request",
            "Only response_mode=query is answered.",
        ));
    }
    if !client.may(GrantType::AuthorizationCode) {
        return Err(back(
            "unauthorized_client",
            "This client may not use this grant.",
        ));
    }
    let scopes = Scopes::parse(one("scope").unwrap_or_default());
    if !scopes.contains(Scope::OpenId) {
        return Err(back("invalid_scope", "The scope openid is missing."));
    }
    let challenge = match (one("code_challenge"), one("code_challenge_method")) {
        (None, None) if client.pkce_required => {
            return Err(back(
                "invalid_request",
                "code_challenge is missing (RFC 7636).",
            ));
        }
        (None, None) => None,
        (Some(challenge), Some("S256")) if is_challenge(challenge) => Some(challenge.to_owned()),
        (Some(_), Some("S256")) | (None, Some(_)) => {
            return Err(back(
                "invalid_request",
                "code_challenge is not one of the method S256.",
            ));
        }
        (Some(_), _) => {
            return Err(back(
                "invalid_request",
                "Only code_challenge_method=S256 is answered.",
            ));
        }
    };
    let prompt = match one("prompt") {
        None => Prompt::default(),
        Some(text) => Prompt::parse(text)
            .ok_or_else(|| back("invalid_request", "prompt is not understood."))?,
    };
    let age = match one("max_age") {
        None => None,
        Some(text) => Some(
            max_age(text)
                .ok_or_else(|| back("invalid_request", "max_age is no number of seconds."))?,
        ),
    };
    let expected = match one("id_token_hint") {
        None => None,
        Some(token) => match hint::read(&state.portal, token) {
            Some(hint) if hint.aud.contains(&client.id) => Some(hint.uid),
            _ => {
                return Err(back(
                    "invalid_request",
                    "id_token_hint is no token that was issued to this client here.",
                ));
            }
        },
    };
    if one("nonce").is_some_and(|nonce| nonce.len() > 512) {
        return Err(back("invalid_request", "nonce is longer than 512 bytes."));
    }
    let asked = Asked {
        redirect_uri: redirect_uri.to_owned(),
        scopes,
        nonce: one("nonce").map(str::to_owned),
        challenge,
        prompt,
        max_age: age,
        expected,
    };
    Ok(Request {
        asked,
        state: given,
        login_hint: one("login_hint").map(str::to_owned),
        query: query(fields),
        demanded: one(DEMANDED).map(str::to_owned),
        registered,
    })
}

/// The query again, in one way of writing it, without what is ours.
fn query(fields: &Fields) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(fields.iter().filter(|(name, _)| *name != DEMANDED));
    query.finish()
}

/// What somebody sent, fit to be shown.
fn shown(text: &str) -> String {
    let visible = text.chars().filter(|c| !domain::name::is_invisible(*c));
    format!("“{}”", visible.take(60).collect::<String>())
}
