//! What stands between the network and the handlers: connections, limits, and the checks and
//! headers that every request and response share.
//!
//! Nothing here knows about people, tokens or clusters.

pub mod address;
pub mod form;
pub mod headers;
pub mod host;
pub mod limits;
pub mod listen;
pub mod log;
pub mod origin;
pub mod tls;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use ipnet::IpNet;
use url::Url;

use limits::Limits;

/// Puts everything that all routes share around a router, whose routes and fallback must be
/// complete. [`origin`] is for the routes of browsers only and goes there.
pub fn around<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    issuer: &Url,
    trusted_proxies: &[IpNet],
    limits: Limits,
) -> Router<S> {
    let edge = Arc::new(Edge {
        host: host::Rule::new(issuer),
        trusted: address::Trusted::new(trusted_proxies),
        policy: headers::Policy::new(issuer),
        limits,
    });
    router.layer(middleware::from_fn_with_state(edge, pass))
}

struct Edge {
    host: host::Rule,
    trusted: address::Trusted,
    policy: headers::Policy,
    limits: Limits,
}

/// The way of every request: logged, asked for its host and address, held to the limits. What is
/// refused on the way carries the headers like everything else.
async fn pass(State(edge): State<Arc<Edge>>, request: Request, next: Next) -> Response {
    log::request(request, |mut request| async move {
        let mut response = match edge.host.check(&request) {
            Ok(()) => {
                edge.trusted.find(&mut request);
                limits::guard(State(edge.limits), request, next).await
            }
            Err(refusal) => refusal,
        };
        edge.policy.apply(&mut response);
        response
    })
    .await
}

/// A plain refusal: a status and one line of text.
fn refuse(status: StatusCode, text: impl Into<String>) -> Response {
    (status, text.into()).into_response()
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

    use axum::{
        body::Body,
        extract::ConnectInfo,
        routing::{get, post},
    };
    use tower::ServiceExt;

    use super::{address::ClientAddress, *};

    fn app() -> Router {
        let router = Router::new()
            .route("/", post(|| async {}))
            .route("/panic", get(|| async { panic!("secret") as () }))
            .route(
                "/from",
                get(|from: ClientAddress| async move { from.to_string() }),
            );
        around(
            router,
            &"https://id.example".parse().unwrap(),
            &["10.0.0.0/8".parse().unwrap()],
            Limits::default(),
        )
    }

    #[tokio::test]
    async fn whatever_is_refused_carries_the_headers() {
        for (method, path, host, size, expected) in [
            ("POST", "/", "id.example", 0, 200),
            ("POST", "/", "evil.example", 0, 421),
            ("POST", "/", "", 0, 400),
            ("POST", "/", "id.example", 100_000, 413),
            ("GET", "/", "id.example", 0, 405),
            ("GET", "/unknown", "id.example", 0, 404),
            ("GET", "/panic", "id.example", 0, 500),
        ] {
            let request = Request::builder().method(method).uri(path);
            let request = request.header("host", host);
            let request = request.body(Body::from(vec![b'a'; size])).unwrap();
            let response = app().oneshot(request).await.unwrap();
            assert_eq!(response.status(), expected, "{method} {path} {host}");
            for name in [
                "content-security-policy",
                "cache-control",
                "x-frame-options",
            ] {
                assert!(response.headers().contains_key(name), "{expected} {name}");
            }
        }
    }

    #[tokio::test]
    async fn handlers_learn_the_clients_address() {
        let peer: SocketAddr = "10.0.0.1:1".parse().unwrap();
        let request = Request::get("/from")
            .header("host", "id.example")
            .header("x-forwarded-for", "6.6.6.6, 198.51.100.1")
            .extension(ConnectInfo(peer))
            .body(Body::empty());
        let response = app().oneshot(request.unwrap()).await.unwrap();
        let body = axum::body::to_bytes(response.into_body(), 100).await;
        assert_eq!(body.unwrap(), "198.51.100.1");
    }
}
