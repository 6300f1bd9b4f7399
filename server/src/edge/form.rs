//! Reads `application/x-www-form-urlencoded` strictly (URL Standard §5.1, without its leniency).
//!
//! What one parser repairs and the next one reads differently is refused instead: stray `%`, bytes
//! that are no UTF-8, NUL, and a field that is asked for once and given twice.

use std::{borrow::Cow, fmt};

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Request},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header, request::Parts};
use percent_encoding::percent_decode;
use thiserror::Error;

use super::refuse;

/// The most fields of one form.
const FIELDS: usize = 100;

/// Why a form is refused. It names fields that we asked for and never repeats what was sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FormError {
    #[error("a form must be application/x-www-form-urlencoded")]
    ContentType,
    #[error("the form's encoding is malformed")]
    Encoding,
    #[error("the form has too many fields")]
    TooMany,
    #[error("the field {0} is given more than once")]
    Duplicate(String),
    #[error("the form could not be read")]
    Unread,
}

impl IntoResponse for FormError {
    fn into_response(self) -> Response {
        let status = match self {
            Self::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Encoding | Self::TooMany | Self::Duplicate(_) | Self::Unread => {
                StatusCode::BAD_REQUEST
            }
        };
        refuse(status, self.to_string())
    }
}

/// Decoded fields in their order. Printing them shows names only.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl fmt::Debug for Fields {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.0.iter().map(|(name, _)| name))
            .finish()
    }
}

impl Fields {
    /// Decodes a form. `&` separates and nothing else does; nothing between two of them is no field.
    ///
    /// # Errors
    /// [`FormError::Encoding`] where a `%` is not followed by two hexadecimal digits, or the result
    /// is not UTF-8 or contains NUL; [`FormError::TooMany`] above 100 fields.
    pub fn parse(text: &[u8]) -> Result<Self, FormError> {
        let mut fields = Vec::new();
        for field in text.split(|byte| *byte == b'&') {
            if field.is_empty() {
                continue;
            }
            if fields.len() == FIELDS {
                return Err(FormError::TooMany);
            }
            let mut halves = field.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            fields.push((name, value));
        }
        Ok(Self(fields))
    }

    /// The value of a field that may be given once.
    ///
    /// # Errors
    /// [`FormError::Duplicate`] when it is given more than once.
    pub fn one(&self, name: &str) -> Result<Option<&str>, FormError> {
        let mut values = self.values(name);
        match (values.next(), values.next()) {
            (value, None) => Ok(value),
            _ => Err(FormError::Duplicate(name.to_owned())),
        }
    }

    /// All values of a field.
    pub fn values<'a, 'n>(&'a self, name: &'n str) -> impl Iterator<Item = &'a str> + use<'a, 'n> {
        self.0
            .iter()
            .filter(move |(field, _)| field == name)
            .map(|(_, value)| value.as_str())
    }

    /// All fields, as given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}

fn decode(text: &[u8]) -> Result<String, FormError> {
    let whole = text
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'%')
        .all(|(at, _)| {
            text.get(at + 1..at + 3)
                .is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
        });
    if !whole {
        return Err(FormError::Encoding);
    }
    let spaced: Vec<u8> = text
        .iter()
        .map(|byte| if *byte == b'+' { b' ' } else { *byte })
        .collect();
    let decoded = percent_decode(&spaced)
        .decode_utf8()
        .map_err(|_| FormError::Encoding)
        .map(Cow::into_owned)?;
    if decoded.contains('\0') {
        return Err(FormError::Encoding);
    }
    Ok(decoded)
}

/// The fields of a request's body, as an extractor. An empty body without a content type is an
/// empty form.
#[derive(Clone, Debug)]
pub struct Form(pub Fields);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = FormError;

    async fn from_request(request: Request, state: &S) -> Result<Self, FormError> {
        let typed = content_type(request.headers(), URLENCODED);
        let bytes = Bytes::from_request(request, state)
            .await
            .map_err(|_| FormError::Unread)?;
        match typed {
            Typed::Expected => Fields::parse(&bytes).map(Self),
            Typed::No if bytes.is_empty() => Ok(Self(Fields::default())),
            Typed::No | Typed::Otherwise => Err(FormError::ContentType),
        }
    }
}

/// The type of a form's body.
pub const URLENCODED: &str = "application/x-www-form-urlencoded";

/// What a body is said to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typed {
    Expected,
    No,
    Otherwise,
}

/// Exactly one content type counts, and no character set but UTF-8.
pub fn content_type(headers: &HeaderMap, expected: &str) -> Typed {
    let mut values = headers.get_all(header::CONTENT_TYPE).iter();
    let (value, second) = (values.next(), values.next());
    let Some(value) = value else { return Typed::No };
    let Some(text) = value.to_str().ok().filter(|_| second.is_none()) else {
        return Typed::Otherwise;
    };
    let mut parts = text.split(';').map(str::trim);
    let essence = parts.next().unwrap_or_default();
    let parameters = parts.all(|parameter| match parameter.split_once('=') {
        Some((name, set)) if name.trim().eq_ignore_ascii_case("charset") => {
            set.trim().trim_matches('"').eq_ignore_ascii_case("utf-8")
        }
        _ => true,
    });
    if parameters && essence.eq_ignore_ascii_case(expected) {
        Typed::Expected
    } else {
        Typed::Otherwise
    }
}

/// The fields of a request's query string, as an extractor.
#[derive(Clone, Debug)]
pub struct Query(pub Fields);

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = FormError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, FormError> {
        let query = parts.uri.query().unwrap_or_default();
        Fields::parse(query.as_bytes()).map(Self)
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn what_is_well_formed_is_decoded() {
        for (text, expected) in [
            ("", &[][..]),
            ("a=1", &[("a", "1")]),
            ("a=1&b=2", &[("a", "1"), ("b", "2")]),
            ("&&a=1&", &[("a", "1")]),
            ("a", &[("a", "")]),
            ("a=", &[("a", "")]),
            ("=a", &[("", "a")]),
            ("a=b=c", &[("a", "b=c")]),
            ("a=1+2%2b3%20", &[("a", "1 2+3 ")]),
            ("a%3D=%C3%A9", &[("a=", "é")]),
            ("a=1;b=2", &[("a", "1;b=2")]),
            ("a=%0d%0aSet-Cookie:x", &[("a", "\r\nSet-Cookie:x")]),
            ("a=é", &[("a", "é")]),
            ("a=%2541", &[("a", "%41")]),
        ] {
            let fields = Fields::parse(text.as_bytes()).unwrap();
            assert_eq!(fields.iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }

    #[test]
    fn what_is_malformed_is_refused() {
        for text in [
            &b"a=%"[..],
            b"a=%4",
            b"a=%zz",
            b"a=%u0041",
            b"a=% 41",
            b"a=%+1",
            b"a=%%41",
            b"%=1",
            b"a=%c0%af",
            b"a=%ff",
            b"a=%ed%a0%80",
            b"a=\xff",
            b"a=%00",
            b"a\0=1",
        ] {
            assert_eq!(Fields::parse(text), Err(FormError::Encoding), "{text:?}");
        }
    }

    #[test]
    fn a_hundred_fields_are_enough() {
        assert!(Fields::parse("a=1&".repeat(100).as_bytes()).is_ok());
        for count in [101, 10_000] {
            let text = "a=1&".repeat(count);
            assert_eq!(Fields::parse(text.as_bytes()), Err(FormError::TooMany));
        }
    }

    #[test]
    fn a_field_given_twice_is_not_one() {
        let fields = Fields::parse(b"a=1&b=2&a=1&A=3").unwrap();
        assert_eq!(fields.one("a"), Err(FormError::Duplicate("a".into())));
        assert_eq!(fields.one("b"), Ok(Some("2")));
        assert_eq!(fields.one("A"), Ok(Some("3")));
        assert_eq!(fields.one("c"), Ok(None));
        assert_eq!(fields.values("a").collect::<Vec<_>>(), ["1", "1"]);
    }

    #[test]
    fn values_are_not_printed() {
        let fields = Fields::parse(b"password=secret").unwrap();
        assert_eq!(format!("{fields:?}"), r#"["password"]"#);
    }

    #[tokio::test]
    async fn only_a_form_is_a_form() {
        let form = "application/x-www-form-urlencoded";
        for (types, body, expected) in [
            (&[form][..], "a=1", 200),
            (&["Application/X-WWW-Form-URLEncoded"], "a=1", 200),
            (
                &["application/x-www-form-urlencoded; charset=UTF-8"],
                "a=1",
                200,
            ),
            (
                &["application/x-www-form-urlencoded; charset=utf-16"],
                "a=1",
                415,
            ),
            (&[form, form], "a=1", 415),
            (&[form, "text/plain"], "a=1", 415),
            (&["text/plain"], "a=1", 415),
            (&["application/json"], "{}", 415),
            (&["multipart/form-data; boundary=x"], "a=1", 415),
            (&[""], "a=1", 415),
            (&["text/plain"], "", 415),
            (&[], "a=1", 415),
            (&[], "", 200),
            (&[form], "a=%zz", 400),
        ] {
            let mut request = Request::post("/");
            for value in types {
                request = request.header("content-type", *value);
            }
            let request = request.body(Body::from(body)).unwrap();
            let status = match Form::from_request(request, &()).await {
                Ok(_) => StatusCode::OK,
                Err(error) => error.into_response().status(),
            };
            assert_eq!(status, expected, "{types:?} {body}");
        }
    }

    #[tokio::test]
    async fn a_query_is_read_as_strictly() {
        for (uri, expected) in [
            ("/?a=1", Ok(Some("1"))),
            ("/", Ok(None)),
            ("/?a=%zz", Err(())),
        ] {
            let (mut parts, ()) = Request::get(uri).body(()).unwrap().into_parts();
            let query = Query::from_request_parts(&mut parts, &()).await;
            let value = query.as_ref().map(|Query(fields)| fields.one("a").unwrap());
            assert_eq!(value.map_err(|_| ()), expected, "{uri}");
        }
    }
}
