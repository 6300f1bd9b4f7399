//! The headers that every response carries, and the nonce that a page's own scripts carry.

use axum::{
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use url::Url;

use super::refuse;

/// What every response says, whatever it is.
const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), autoplay=(), camera=(), clipboard-read=(), clipboard-write=(self), \
         display-capture=(), encrypted-media=(), fullscreen=(), geolocation=(), gyroscope=(), \
         magnetometer=(), microphone=(), midi=(), payment=(), picture-in-picture=(), \
         publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()",
    ),
];

/// The random text that marks a page's own inline scripts (Content Security Policy Level 3 §7.1).
#[derive(Clone, Debug)]
pub struct Nonce(pub String);

/// What the headers depend on.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    https: bool,
}

impl Policy {
    /// The policy for an issuer.
    pub fn new(issuer: &Url) -> Self {
        Self {
            https: issuer.scheme() == "https",
        }
    }

    /// A handler's own `Cache-Control`, `Cross-Origin-Resource-Policy` and
    /// `Content-Security-Policy` stay.
    fn apply(self, headers: &mut HeaderMap, nonce: &Nonce) {
        for (name, value) in ALWAYS {
            headers.insert(name, HeaderValue::from_static(value));
        }
        if self.https {
            headers.insert(
                header::STRICT_TRANSPORT_SECURITY,
                HeaderValue::from_static("max-age=31536000; includeSubDomains"),
            );
        }
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        headers
            .entry("cross-origin-resource-policy")
            .or_insert(HeaderValue::from_static("same-origin"));
        let content = if is_html(headers) {
            HeaderValue::try_from(page(nonce)).ok()
        } else {
            None
        };
        headers
            .entry(header::CONTENT_SECURITY_POLICY)
            .or_insert(content.unwrap_or(HeaderValue::from_static(
                "default-src 'none'; frame-ancestors 'none'",
            )));
    }
}

fn is_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|essence| essence.trim().eq_ignore_ascii_case("text/html"))
}

fn page(Nonce(nonce): &Nonce) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    )
}

/// Gives the request a fresh [`Nonce`] as an extension, and the response its headers.
pub async fn apply(State(policy): State<Policy>, mut request: Request, next: Next) -> Response {
    let mut random = [0; 16];
    let filled = aws_lc_rs::rand::fill(&mut random);
    let nonce = Nonce(URL_SAFE_NO_PAD.encode(random));
    let mut response = if filled.is_ok() {
        request.extensions_mut().insert(nonce.clone());
        next.run(request).await
    } else {
        tracing::error!("no random bytes");
        refuse(StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong.")
    };
    policy.apply(response.headers_mut(), &nonce);
    response
}

#[cfg(test)]
mod tests {
    use axum::{
        Extension, Router,
        body::Body,
        middleware,
        response::{Html, IntoResponse},
        routing::get,
    };
    use tower::ServiceExt;

    use super::*;

    async fn ask(issuer: &str, path: &str) -> (HeaderMap, String) {
        let policy = Policy::new(&issuer.parse().unwrap());
        let app = Router::new()
            .route(
                "/page",
                get(|Extension(Nonce(nonce)): Extension<Nonce>| async { Html(nonce) }),
            )
            .route("/text", get(|| async { "text" }))
            .route(
                "/keys",
                get(|| async {
                    [
                        ("cache-control", "max-age=30"),
                        ("cross-origin-resource-policy", "cross-origin"),
                    ]
                    .into_response()
                }),
            )
            .layer(middleware::from_fn_with_state(policy, apply));
        let request = Request::get(path).body(Body::empty()).unwrap();
        let (head, body) = app.oneshot(request).await.unwrap().into_parts();
        let body = axum::body::to_bytes(body, 4096).await.unwrap();
        (head.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn a_page_names_its_own_nonce_and_no_two_are_the_same() {
        let (first, nonce) = ask("https://id.example", "/page").await;
        let (_, other) = ask("https://id.example", "/page").await;
        let policy = first["content-security-policy"].to_str().unwrap();
        assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        assert_ne!(nonce, other);
        assert_eq!(nonce.len(), 22);
    }

    #[tokio::test]
    async fn everything_is_closed_by_default() {
        for path in ["/text", "/page", "/unknown"] {
            let (headers, _) = ask("https://id.example", path).await;
            for (name, value) in [
                ("x-frame-options", "DENY"),
                ("x-content-type-options", "nosniff"),
                ("referrer-policy", "no-referrer"),
                ("cross-origin-opener-policy", "same-origin"),
                ("cross-origin-resource-policy", "same-origin"),
                ("cache-control", "no-store"),
                (
                    "strict-transport-security",
                    "max-age=31536000; includeSubDomains",
                ),
            ] {
                assert_eq!(headers[name], value, "{path}");
            }
        }
        let (headers, _) = ask("https://id.example", "/text").await;
        assert_eq!(
            headers["content-security-policy"],
            "default-src 'none'; frame-ancestors 'none'"
        );
    }

    #[tokio::test]
    async fn a_handlers_own_words_stay_and_http_promises_no_https() {
        let (headers, _) = ask("http://localhost:8080", "/keys").await;
        assert_eq!(headers["cache-control"], "max-age=30");
        assert_eq!(headers["cross-origin-resource-policy"], "cross-origin");
        assert!(!headers.contains_key("strict-transport-security"));
    }
}
