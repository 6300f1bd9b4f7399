//! Which client a request comes from, as it says itself (RFC 6749 §2.3.1).

use axum::body::Bytes;
use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderMap, header};
use identity::oauth::client::{self, Credentials, Proof, Registered};

use super::error::OAuthError;
use crate::{
    edge::{
        address::ClientAddress,
        form::{self, Fields, Typed},
        log::Chain,
    },
    state::AppState,
};

/// A client's credentials, and whether they came by HTTP Basic.
pub(super) struct Shown {
    id: String,
    secret: Option<String>,
    pub(super) basic: bool,
}

/// The fields of a request to an endpoint that takes forms only.
pub(super) fn fields(headers: &HeaderMap, body: &Bytes) -> Result<Fields, OAuthError> {
    if form::content_type(headers, form::URLENCODED) != Typed::Expected {
        return Err(OAuthError::invalid_request(
            "The body has to be application/x-www-form-urlencoded.",
        ));
    }
    Fields::parse(body).map_err(|error| OAuthError::invalid_request(error.to_string()))
}

/// A parameter; an empty one counts as left out (RFC 6749 §3.2).
pub(super) fn one<'a>(fields: &'a Fields, name: &str) -> Result<Option<&'a str>, OAuthError> {
    let value = fields
        .one(name)
        .map_err(|error| OAuthError::invalid_request(error.to_string()))?;
    Ok(value.filter(|value| !value.is_empty()))
}

impl Shown {
    /// Reads them: by HTTP Basic, or in the body, and not both.
    pub(super) fn read(headers: &HeaderMap, fields: &Fields) -> Result<Self, OAuthError> {
        if one(fields, "client_assertion")?.is_some() {
            return Err(OAuthError::invalid_client(false));
        }
        let (id, secret) = (one(fields, "client_id")?, one(fields, "client_secret")?);
        let Some(basic) = basic(headers)? else {
            let id = id.ok_or_else(|| OAuthError::invalid_client(false))?;
            return Ok(Self {
                id: id.to_owned(),
                secret: secret.map(str::to_owned),
                basic: false,
            });
        };
        // Naming oneself once more is not a second proof, if it is the same name.
        if secret.is_some() || id.is_some_and(|id| id != basic.0) {
            return Err(OAuthError::invalid_request(
                "A client proves itself in one way, not in two.",
            ));
        }
        Ok(Self {
            id: basic.0,
            secret: Some(basic.1),
            basic: true,
        })
    }

    /// Finds the client.
    pub(super) async fn authenticate(
        &self,
        state: &AppState,
        address: ClientAddress,
    ) -> Result<(Registered, Proof), OAuthError> {
        let shown = Credentials {
            id: &self.id,
            secret: self.secret.as_deref(),
        };
        let found = async {
            let mut conn = state.portal.pool.acquire().await?;
            client::authenticate(&mut conn, shown).await
        };
        match found.await {
            Ok(Some(found)) => Ok(found),
            Ok(None) if state.brute.is_too_much(address) => Err(OAuthError::slow_down()),
            Ok(None) => Err(OAuthError::invalid_client(self.basic)),
            Err(error) => {
                tracing::error!(error = %Chain(&error), "a client could not be looked up");
                Err(OAuthError::unavailable())
            }
        }
    }
}

/// A client that asks about a token, or gives it back (RFC 7009 §2.1, RFC 7662 §2.1).
pub(super) struct About {
    pub(super) registered: Registered,
    pub(super) proof: Proof,
    pub(super) token: String,
    pub(super) basic: bool,
}

impl About {
    pub(super) async fn read(
        state: &AppState,
        address: ClientAddress,
        headers: &HeaderMap,
        body: &Bytes,
    ) -> Result<Self, OAuthError> {
        let fields = fields(headers, body)?;
        let shown = Shown::read(headers, &fields)?;
        let (registered, proof) = shown.authenticate(state, address).await?;
        let token = one(&fields, "token")?
            .ok_or_else(|| OAuthError::invalid_request("token is missing."))?;
        // Whatever it says, but once.
        one(&fields, "token_type_hint")?;
        Ok(Self {
            registered,
            proof,
            token: token.to_owned(),
            basic: shown.basic,
        })
    }
}

/// Id and secret from `Authorization: Basic`, each form-encoded in it. Another scheme is none.
fn basic(headers: &HeaderMap) -> Result<Option<(String, String)>, OAuthError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    let malformed = || OAuthError::invalid_client(true);
    if values.next().is_some() {
        return Err(OAuthError::invalid_request("Authorization is given twice."));
    }
    let value = value.to_str().map_err(|_| malformed())?.trim();
    let (scheme, encoded) = value.split_once(' ').unwrap_or((value, ""));
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(malformed());
    }
    let bytes = BASE64_STANDARD
        .decode(encoded.trim())
        .map_err(|_| malformed())?;
    let text = String::from_utf8(bytes).map_err(|_| malformed())?;
    let (id, secret) = text.split_once(':').ok_or_else(malformed)?;
    // Form encoding is what a form's field has, so a field is what is read.
    let decode = |text: &str| {
        let field = [b"x=".as_slice(), text.as_bytes()].concat();
        let fields = Fields::parse(&field).map_err(|_| malformed())?;
        let mut all = fields.iter();
        match (all.next(), all.next()) {
            (Some((_, value)), None) => Ok(value.to_owned()),
            _ => Err(malformed()),
        }
    };
    Ok(Some((decode(id)?, decode(secret)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(
        authorization: Option<&str>,
        body: &str,
    ) -> Result<(String, Option<String>), &'static str> {
        let mut headers = HeaderMap::new();
        if let Some(value) = authorization {
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
        }
        let fields = Fields::parse(body.as_bytes()).unwrap();
        let shown = Shown::read(&headers, &fields).map_err(|error| error.word())?;
        Ok((shown.id, shown.secret))
    }

    fn basic(text: &str) -> String {
        format!("Basic {}", BASE64_STANDARD.encode(text))
    }

    #[test]
    fn a_client_says_who_it_is_in_one_way() {
        let ok = |id: &str, secret: Option<&str>| Ok((id.to_owned(), secret.map(str::to_owned)));
        for (authorization, body, expected) in [
            (None, "client_id=a", ok("a", None)),
            (None, "client_id=a&client_secret=s", ok("a", Some("s"))),
            (None, "client_id=a&client_secret=", ok("a", None)),
            (Some(basic("kubernetes:")), "", ok("kubernetes", Some(""))),
            (Some(basic("a:s")), "client_id=a", ok("a", Some("s"))),
            (Some(basic("a%3Ab:s+%2B")), "", ok("a:b", Some("s +"))),
            (Some(basic("a:s:t")), "", ok("a", Some("s:t"))),
            (Some(basic("a:s")), "client_id=b", Err("invalid_request")),
            (
                Some(basic("a:s")),
                "client_secret=s",
                Err("invalid_request"),
            ),
            (Some(basic("a&b:s")), "", Err("invalid_client")),
            (Some(basic("a%zz:s")), "", Err("invalid_client")),
            (Some(basic("nothing")), "", Err("invalid_client")),
            (Some("Basic !".into()), "", Err("invalid_client")),
            (
                Some("Bearer x".into()),
                "client_id=a",
                Err("invalid_client"),
            ),
            (None, "", Err("invalid_client")),
            (None, "client_id=", Err("invalid_client")),
            (
                None,
                "client_id=a&client_assertion=x",
                Err("invalid_client"),
            ),
            (None, "client_id=a&client_id=a", Err("invalid_request")),
        ] {
            assert_eq!(
                read(authorization.as_deref(), body),
                expected,
                "{authorization:?} {body}"
            );
        }
    }
}
