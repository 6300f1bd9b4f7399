//! How much and how long a request may be.
//!
//! Bodies are read here, whole and under a limit, before any handler runs: a slow sender holds
//! nothing but its connection, and every route refuses in the same way.
//! Each refusal is one word, because a shell may take it for a token (see `routes/k8stoken.rs`).

use std::{panic::AssertUnwindSafe, time::Duration};

use axum::{
    body::{Body, Bytes},
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use futures_util::FutureExt;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use http_body_util::BodyExt;
use tokio::time::timeout;
use uuid::Uuid;

use super::refuse;

/// How much is read of a body that is refused anyway, so that its sender gets to see the answer.
const DISCARD: usize = 16 * 1024 * 1024;

/// Marks a request of which only the beginning is there: its body was longer than the limit, and the
/// route answers all the same ([`answers_beginnings`]).
#[derive(Clone, Copy, Debug)]
pub struct CutShort;

/// The routes that answer a body that is too long, instead of refusing it. For the authorization
/// webhook no answer is as good as "let it pass", and how long the body is, is up to whoever is to be
/// stopped.
fn answers_beginnings(path: &str) -> bool {
    path == "/k8s/authorize"
}

/// The bounds of connections and requests.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From a connection's start to the end of its TLS handshake.
    pub handshake: Duration,
    /// From there, or from its start without TLS, to the end of its first request's head.
    pub first_request: Duration,
    /// From the readiness for a request to the end of its head.
    pub header: Duration,
    /// From the end of a request's head to the end of its body.
    pub sending: Duration,
    /// From there to the start of the response.
    pub answering: Duration,
    /// How often a silent HTTP/2 connection is asked whether it lives, and how long for an answer.
    pub keep_alive: Duration,
    /// How long a refused body is read on.
    pub discard: Duration,
    /// From the wish to stop to the end of the last connection.
    pub drain: Duration,
    /// Bytes of a request's body.
    pub body: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            first_request: Duration::from_secs(10),
            header: Duration::from_secs(5),
            sending: Duration::from_secs(10),
            answering: Duration::from_secs(10),
            keep_alive: Duration::from_secs(20),
            discard: Duration::from_secs(2),
            drain: Duration::from_secs(8),
            body: 64 * 1024,
        }
    }
}

/// Lets a request pass whole, once its body is there, and ends what goes wrong on the way: 408 when
/// its sender takes too long (RFC 9110 §15.5.9), 503 when the handler does, 500 with the name of an
/// incident when it panics.
pub async fn guard(State(limits): State<Limits>, request: Request, next: Next) -> Response {
    let request = match timeout(limits.sending, limits.read(request)).await {
        Ok(Ok(request)) => request,
        Ok(Err(refusal)) => return refusal,
        Err(_) => return closing(refuse(StatusCode::REQUEST_TIMEOUT, "too_slow")),
    };
    let answer = AssertUnwindSafe(next.run(request)).catch_unwind();
    match timeout(limits.answering, answer).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) => incident(),
        Err(_) => unavailable(),
    }
}

impl Limits {
    /// Reads the body: 415 when it is encoded (RFC 9110 §8.4), 413 when it is too long, 400 when it
    /// is broken off, badly chunked or in another transfer coding.
    async fn read(self, request: Request) -> Result<Request, Response> {
        let (head, mut body) = request.into_parts();
        if !is_framed(&head.headers) {
            discard(self, body).await;
            return Err(closing(refuse(StatusCode::BAD_REQUEST, "bad_request")));
        }
        if head.headers.contains_key(header::CONTENT_ENCODING) {
            discard(self, body).await;
            return Err(refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "encoded_body"));
        }
        match collect(&mut body, self.body).await {
            Ok(bytes) => Ok(Request::from_parts(head, Body::from(bytes))),
            Err(Unread::TooLong(beginning)) if answers_beginnings(head.uri.path()) => {
                discard(self, body).await;
                let mut request = Request::from_parts(head, Body::from(beginning));
                request.extensions_mut().insert(CutShort);
                Ok(request)
            }
            Err(Unread::TooLong(_)) => {
                discard(self, body).await;
                Err(refuse(StatusCode::PAYLOAD_TOO_LARGE, "body_too_long"))
            }
            Err(Unread::Broken) => Err(refuse(StatusCode::BAD_REQUEST, "bad_request")),
        }
    }
}

enum Unread {
    /// With what was read.
    TooLong(Vec<u8>),
    Broken,
}

async fn collect(body: &mut Body, limit: usize) -> Result<Bytes, Unread> {
    use axum::body::HttpBody as _;

    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(|_| Unread::Broken)?.into_data() {
            if bytes.len() + data.len() > limit {
                bytes.extend_from_slice(&data[..limit - bytes.len()]);
                return Err(Unread::TooLong(bytes));
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(bytes.into())
}

/// Reads on for a while: closing a connection with unread input resets it, and the answer is lost.
async fn discard(limits: Limits, mut body: Body) {
    let read = async {
        let mut left = DISCARD;
        while let Some(Ok(frame)) = body.frame().await {
            let size = frame.data_ref().map_or(0, Bytes::len);
            match left.checked_sub(size) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // Whether it ended or not, the answer is the same.
    let _ = timeout(limits.discard, read).await;
}

/// Whether all who read this request find its end at the same place: in chunks, once, or without
/// (RFC 9112 §6.1). A length beside chunks is hyper's to see: it ends the connection.
fn is_framed(headers: &HeaderMap) -> bool {
    let mut codings = headers.get_all(header::TRANSFER_ENCODING).iter();
    let chunked = codings
        .next()
        .is_none_or(|coding| coding.as_bytes().eq_ignore_ascii_case(b"chunked"));
    chunked && codings.next().is_none()
}

fn unavailable() -> Response {
    tracing::error!("a handler took too long");
    let mut response = refuse(StatusCode::SERVICE_UNAVAILABLE, "unavailable");
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
    response
}

/// What follows on this connection is not answered.
fn closing(mut response: Response) -> Response {
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// What the panic says stays out of the answer and of the log; a header names the incident.
fn incident() -> Response {
    let incident = Uuid::new_v4();
    tracing::error!(%incident, "a handler panicked");
    let mut response = refuse(StatusCode::INTERNAL_SERVER_ERROR, "internal_error");
    if let Ok(value) = HeaderValue::try_from(incident.to_string()) {
        response.headers_mut().insert("x-incident", value);
    }
    response
}

#[cfg(test)]
mod tests {
    use axum::{Router, middleware, routing::any};
    use tower::ServiceExt;

    use super::*;

    fn app(limits: Limits) -> Router {
        Router::new()
            .route(
                "/",
                any(|body: Bytes| async move { body.len().to_string() }),
            )
            .route("/panic", any(|| async { panic!("secret") as () }))
            .route(
                "/slow",
                any(|| async { tokio::time::sleep(Duration::from_hours(1)).await }),
            )
            .layer(middleware::from_fn_with_state(limits, guard))
    }

    async fn text(response: Response) -> String {
        let bytes = axum::body::to_bytes(response.into_body(), 4096)
            .await
            .unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn a_body_up_to_the_limit_arrives_and_a_longer_one_is_413() {
        for (size, status) in [(0, 200), (65536, 200), (65537, 413), (10 << 20, 413)] {
            let request = Request::post("/").body(Body::from(vec![b'a'; size]));
            let response = app(Limits::default())
                .oneshot(request.unwrap())
                .await
                .unwrap();
            assert_eq!(response.status(), status, "{size}");
        }
    }

    #[tokio::test]
    async fn an_encoded_body_is_415() {
        for encoding in ["gzip", "identity", ""] {
            let request = Request::post("/").header("content-encoding", encoding);
            let response = app(Limits::default())
                .oneshot(request.body(Body::from("x")).unwrap())
                .await
                .unwrap();
            assert_eq!(response.status(), 415, "{encoding}");
        }
    }

    #[tokio::test]
    async fn a_handler_without_end_is_503() {
        let request = Request::get("/slow").body(Body::empty()).unwrap();
        let limits = Limits {
            answering: Duration::from_millis(20),
            ..Limits::default()
        };
        let response = app(limits).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 503);
        assert!(response.headers().contains_key("retry-after"));
    }

    #[tokio::test]
    async fn a_panic_is_500_and_does_not_say_what_it_said() {
        let request = Request::get("/panic").body(Body::empty()).unwrap();
        let response = app(Limits::default()).oneshot(request).await.unwrap();
        assert_eq!(response.status(), 500);
        assert!(response.headers().contains_key("x-incident"));
        assert_eq!(text(response).await, "internal_error");
    }
}
