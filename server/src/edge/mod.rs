//! What stands between the network and the handlers: connections, limits, and the checks and
//! headers that every request and response share.
//!
//! Nothing here knows about people, tokens or clusters. From the outside in, the layers are:
//! [`log`], [`limits`] (panics and the whole-request time-out), [`headers`], [`address`], [`host`],
//! [`limits`] (the body), and [`origin`] on the routes that browsers use.

pub mod address;
pub mod form;
pub mod headers;
pub mod host;
pub mod limits;
pub mod listen;
pub mod log;
pub mod origin;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

/// A plain refusal: a status and one line of text.
fn refuse(status: StatusCode, text: impl Into<String>) -> Response {
    (status, text.into()).into_response()
}
