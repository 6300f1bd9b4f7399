//! The headers that every response carries, and the nonce that a page's own scripts carry.

use std::sync::Arc;

use aws_lc_rs::error::Unspecified;
use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderName, HeaderValue, header};
use url::Url;

pub const RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

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
/// A response with a page in it carries it as an extension.
#[derive(Clone, Debug)]
pub struct Nonce(pub String);

impl Nonce {
    /// A new one.
    ///
    /// # Errors
    /// Where there is no randomness.
    pub fn generate() -> Result<Self, Unspecified> {
        let mut random = [0; 16];
        aws_lc_rs::rand::fill(&mut random)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(random)))
    }
}

/// What every response of an issuer carries.
#[derive(Clone, Debug)]
pub struct Policy(Arc<[(HeaderName, HeaderValue)]>);

impl Policy {
    /// The policy for an issuer.
    pub fn new(issuer: &Url) -> Self {
        let hsts = (issuer.scheme() == "https" && !is_this_computer(issuer)).then_some((
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000; includeSubDomains",
        ));
        let all = ALWAYS.into_iter().chain(hsts);
        Self(
            all.map(|(name, value)| (name, HeaderValue::from_static(value)))
                .collect(),
        )
    }

    /// A handler's own `Cache-Control`, `Cross-Origin-Resource-Policy` and
    /// `Content-Security-Policy` stay. A page's scripts run only with its [`Nonce`].
    pub fn apply(&self, response: &mut Response) {
        let nonce = response.extensions_mut().remove::<Nonce>();
        let headers = response.headers_mut();
        headers.reserve(self.0.len() + 3);
        for (name, value) in &*self.0 {
            headers.insert(name, value.clone());
        }
        headers
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
        headers
            .entry(RESOURCE_POLICY)
            .or_insert(HeaderValue::from_static("same-origin"));
        let content = nonce.and_then(|nonce| HeaderValue::try_from(page(&nonce)).ok());
        headers
            .entry(header::CONTENT_SECURITY_POLICY)
            .or_insert(content.unwrap_or(HeaderValue::from_static(
                "default-src 'none'; frame-ancestors 'none'",
            )));
    }
}

/// Whether the issuer shares its name with whatever else runs on the person's computer. A promise of
/// https would be theirs too, as browsers and curl keep it by name: the programs that wait for a code at
/// `http://localhost` (RFC 8252 §7.3) could not be reached any more.
fn is_this_computer(issuer: &Url) -> bool {
    let host = issuer.host_str().unwrap_or_default();
    host == "localhost" || host.ends_with(".localhost")
}

fn page(Nonce(nonce): &Nonce) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; \
         style-src 'self'; connect-src 'self'; img-src 'self'; font-src 'self'; \
         base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    )
}

#[cfg(test)]
mod tests {
    use axum::response::{Html, IntoResponse};
    use http::HeaderMap;

    use super::*;

    fn dressed(issuer: &str, response: impl IntoResponse) -> HeaderMap {
        let mut response = response.into_response();
        Policy::new(&issuer.parse().unwrap()).apply(&mut response);
        response.into_parts().0.headers
    }

    #[test]
    fn a_page_names_its_own_nonce_and_no_two_are_the_same() {
        let Nonce(nonce) = Nonce::generate().unwrap();
        let Nonce(other) = Nonce::generate().unwrap();
        let page = (axum::Extension(Nonce(nonce.clone())), Html(""));
        let first = dressed("https://id.example", page);
        let policy = first["content-security-policy"].to_str().unwrap();
        assert!(policy.contains(&format!("'nonce-{nonce}'")), "{policy}");
        assert!(!policy.contains("unsafe-inline") && !policy.contains("'unsafe-eval'"));
        assert_ne!(nonce, other);
        assert_eq!(nonce.len(), 22);
    }

    #[test]
    fn everything_is_closed_by_default() {
        for response in ["text".into_response(), Html("page").into_response()] {
            let headers = dressed("https://id.example", response);
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
                assert_eq!(headers[name], value);
            }
            assert_eq!(
                headers["content-security-policy"],
                "default-src 'none'; frame-ancestors 'none'"
            );
        }
    }

    #[test]
    fn a_handlers_own_words_stay_and_http_promises_no_https() {
        let own = [
            ("cache-control", "max-age=30"),
            ("cross-origin-resource-policy", "cross-origin"),
        ];
        let headers = dressed("http://localhost:8080", own);
        assert_eq!(headers["cache-control"], "max-age=30");
        assert_eq!(headers["cross-origin-resource-policy"], "cross-origin");
        assert!(!headers.contains_key("strict-transport-security"));
    }

    #[test]
    fn other_programs_on_this_computer_stay_in_reach() {
        for (issuer, promised) in [
            ("https://localhost:8443", false),
            ("https://portal.localhost", false),
            ("https://localhost.example", true),
        ] {
            let headers = dressed(issuer, "");
            let found = headers.contains_key("strict-transport-security");
            assert_eq!(found, promised, "{issuer}");
        }
    }
}
