//! A client's request to a person, read from the query (RFC 6749 §4.1.1, `OpenID` Connect Core 1.0
//! §3.1.2.1).
//!
//! Until client and address are known to belong together, an error is a page: a browser is never sent
//! to an address that nobody registered (RFC 9700 §4.11.2). From then on the client hears of it.

use domain::{
    authorization::{Prompt, Scope, Scopes, is_challenge, max_age},
    client::{Client, GrantType},
};
use identity::{
    issuer::hint,
    oauth::{
        authorize::Asked,
        client::{Registered, store},
    },
};

use uuid::Uuid;

use crate::{edge::form::Fields, state::AppState};

/// The parameter that is ours: when something was demanded of the person.
pub(super) const DEMANDED: &str = "demanded";

/// The longest nonce, in bytes.
const MAX_NONCE: usize = 512;

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
    once(fields)?;
    let registered = client(state, fields).await?;
    let client = &registered.client;
    let Some(redirect_uri) = one(fields, "redirect_uri").filter(|uri| client.redirects_to(uri))
    else {
        let what = format!(
            "{} wants to be answered at an address that is not registered for it (redirect_uri).",
            client.title
        );
        return Err(Wrong::Page(what));
    };
    let given = one(fields, "state").map(str::to_owned);
    match asked(state, fields, client, redirect_uri) {
        Ok(asked) => Ok(Request {
            asked,
            state: given,
            login_hint: one(fields, "login_hint").map(str::to_owned),
            query: query(fields),
            demanded: one(fields, DEMANDED).map(str::to_owned),
            registered,
        }),
        Err((error, description)) => Err(Wrong::Client(Box::new(Back {
            redirect_uri: redirect_uri.to_owned(),
            state: given,
            error,
            description,
        }))),
    }
}

/// A parameter that is given once; an empty one counts as left out (RFC 6749 §3.1).
fn one<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    let value = fields.one(name).ok().flatten();
    value.filter(|value| !value.is_empty())
}

/// A parameter that is given twice means what each reader makes of it (RFC 6749 §3.1).
fn once(fields: &Fields) -> Result<(), Wrong> {
    let mut names: Vec<_> = fields.iter().map(|(name, _)| name).collect();
    names.sort_unstable();
    match names.windows(2).find(|pair| pair[0] == pair[1]) {
        None => Ok(()),
        Some(twice) => Err(Wrong::Page(format!(
            "The program that sent you here gave the parameter {} twice.",
            shown(twice[0])
        ))),
    }
}

async fn client(state: &AppState, fields: &Fields) -> Result<Registered, Wrong> {
    let Some(id) = one(fields, "client_id") else {
        let what = "The program that sent you here does not say which one it is (client_id).";
        return Err(Wrong::Page(what.into()));
    };
    let found = async {
        let mut conn = state.portal.pool.acquire().await?;
        store::find(&mut conn, id).await
    };
    let registered = found.await.map_err(Wrong::Database)?;
    registered.ok_or_else(|| {
        Wrong::Page(format!(
            "The program that sent you here calls itself {}, and no such client is registered.",
            shown(id)
        ))
    })
}

/// What the client hears: the protocol's word, and a sentence.
type Said = (&'static str, &'static str);

/// What is asked of the person.
fn asked(
    state: &AppState,
    fields: &Fields,
    client: &Client,
    redirect_uri: &str,
) -> Result<Asked, Said> {
    for (name, error) in [
        ("request", "request_not_supported"),
        ("request_uri", "request_uri_not_supported"),
        ("registration", "registration_not_supported"),
    ] {
        if one(fields, name).is_some() {
            return Err((error, "Parameters are taken from the query only."));
        }
    }
    let invalid = |description| Err(("invalid_request", description));
    match one(fields, "response_type") {
        Some("code") => {}
        Some(_) => {
            return Err((
                "unsupported_response_type",
                "Only response_type=code is answered.",
            ));
        }
        None => return invalid("response_type is missing."),
    }
    if !matches!(one(fields, "response_mode"), None | Some("query")) {
        return invalid("Only response_mode=query is answered.");
    }
    if !client.may(GrantType::AuthorizationCode) {
        return Err(("unauthorized_client", "This client may not use this grant."));
    }
    let scopes = Scopes::parse(one(fields, "scope").unwrap_or_default());
    if !scopes.contains(Scope::OpenId) {
        return Err(("invalid_scope", "The scope openid is missing."));
    }
    let Some(prompt) = Prompt::parse(one(fields, "prompt").unwrap_or_default()) else {
        return invalid("prompt is not understood.");
    };
    let age = one(fields, "max_age").map(max_age);
    if age == Some(None) {
        return invalid("max_age is no number of seconds.");
    }
    let nonce = one(fields, "nonce");
    if nonce.is_some_and(|nonce| nonce.len() > MAX_NONCE) {
        return invalid("nonce is longer than 512 bytes.");
    }
    Ok(Asked {
        redirect_uri: redirect_uri.to_owned(),
        scopes,
        nonce: nonce.map(str::to_owned),
        challenge: challenge(fields, client)?,
        prompt,
        max_age: age.flatten(),
        expected: expected(state, fields, client)?,
    })
}

/// The challenge of the method S256, where there has to be one or is one (RFC 7636 §4.3). A challenge
/// without a method would be of the method `plain`.
fn challenge(fields: &Fields, client: &Client) -> Result<Option<String>, Said> {
    let given = (
        one(fields, "code_challenge"),
        one(fields, "code_challenge_method"),
    );
    let said = match given {
        (None, None) if !client.pkce_required => return Ok(None),
        (None, None) => "code_challenge is missing (RFC 7636).",
        (Some(challenge), Some("S256")) if is_challenge(challenge) => {
            return Ok(Some(challenge.to_owned()));
        }
        (Some(_), Some("S256")) | (None, Some(_)) => {
            "code_challenge is not one of the method S256."
        }
        (Some(_), Some(_) | None) => "Only code_challenge_method=S256 is answered.",
    };
    Err(("invalid_request", said))
}

/// Whom the client means by `id_token_hint`.
fn expected(state: &AppState, fields: &Fields, client: &Client) -> Result<Option<Uuid>, Said> {
    let Some(token) = one(fields, "id_token_hint") else {
        return Ok(None);
    };
    match hint::read(&state.portal, token) {
        Some(hint) if hint.aud.contains(&client.id) => Ok(Some(hint.uid)),
        Some(_) | None => Err((
            "invalid_request",
            "id_token_hint is no token that was issued to this client here.",
        )),
    }
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
