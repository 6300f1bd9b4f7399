//! Refuses requests that another site makes a browser send.
//!
//! Whether there is a cookie plays no role: logging somebody in is forgeable, too. `Origin` is
//! RFC 6454 §7, `Sec-Fetch-Site` is Fetch Metadata Request Headers §2.3.

use std::sync::Arc;

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, Method, StatusCode, header};
use url::Url;

use super::refuse;

/// The issuer's origin as text.
#[derive(Clone, Debug)]
pub struct Rule(Arc<str>);

impl Rule {
    /// The rule for an issuer.
    pub fn new(issuer: &Url) -> Self {
        Self(issuer.origin().ascii_serialization().into())
    }

    /// Whether a request with these headers comes from our own pages.
    fn permits(&self, headers: &HeaderMap) -> bool {
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let own = origins.next().is_some_and(|origin| origin == &*self.0);
        let alone = origins.next().is_none();
        let same_site = headers
            .get_all("sec-fetch-site")
            .iter()
            .all(|site| site == "same-origin" || site == "none");
        own && alone && same_site
    }
}

/// Lets GET, HEAD and OPTIONS pass, and everything else only from our own origin; otherwise 403.
pub async fn check(State(rule): State<Rule>, request: Request, next: Next) -> Response {
    let safe = matches!(
        *request.method(),
        Method::GET | Method::HEAD | Method::OPTIONS
    );
    if safe || rule.permits(request.headers()) {
        next.run(request).await
    } else {
        refuse(
            StatusCode::FORBIDDEN,
            "This request does not come from this portal's own pages.",
        )
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware, routing::any};
    use tower::ServiceExt;

    use super::*;

    async fn status(issuer: &str, method: &str, headers: &[(&str, &str)]) -> u16 {
        let rule = Rule::new(&issuer.parse().unwrap());
        let app = Router::new()
            .route("/", any(|| async {}))
            .layer(middleware::from_fn_with_state(rule, check));
        let mut request = Request::builder().method(method).uri("/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::empty()).unwrap();
        app.oneshot(request).await.unwrap().status().as_u16()
    }

    #[tokio::test]
    async fn only_our_own_pages_change_something() {
        let own = ("origin", "https://id.example");
        for (headers, expected) in [
            (&[own][..], 200),
            (&[own, ("sec-fetch-site", "same-origin")], 200),
            (&[own, ("sec-fetch-site", "none")], 200),
            (&[], 403),
            (&[("sec-fetch-site", "same-origin")], 403),
            (&[own, own], 403),
            (&[own, ("sec-fetch-site", "same-site")], 403),
            (&[own, ("sec-fetch-site", "cross-site")], 403),
            (
                &[
                    own,
                    ("sec-fetch-site", "same-origin"),
                    ("sec-fetch-site", "cross-site"),
                ],
                403,
            ),
            (&[("origin", "null")], 403),
            (&[("origin", "")], 403),
            (&[("origin", "http://id.example")], 403),
            (&[("origin", "https://id.example:8443")], 403),
            (&[("origin", "https://id.example.evil.example")], 403),
            (&[("origin", "https://evil.example")], 403),
            (&[("referer", "https://id.example/")], 403),
        ] {
            for method in ["POST", "PUT", "PATCH", "DELETE", "TRACE", "ODD"] {
                let status = status("https://id.example", method, headers).await;
                assert_eq!(status, expected, "{method} {headers:?}");
            }
        }
    }

    #[tokio::test]
    async fn reading_needs_no_origin_and_the_port_belongs_to_it() {
        for method in ["GET", "HEAD", "OPTIONS"] {
            assert_eq!(status("https://id.example", method, &[]).await, 200);
        }
        let origin = [("origin", "http://localhost:8080")];
        assert_eq!(status("http://localhost:8080", "POST", &origin).await, 200);
        assert_eq!(status("http://localhost:8081", "POST", &origin).await, 403);
    }
}
