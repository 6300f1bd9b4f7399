//! The browser part: scripts, WebAssembly, styles and pictures, built into the binary.
//!
//! Addresses contain a hash over everything, so that browsers keep files for ever and still never
//! mix two versions. Files are compressed when they are built, never while they are served.

use std::{collections::BTreeMap, fmt::Write as _, sync::Arc};

use aws_lc_rs::digest::{Context, SHA256};
use axum::{
    Router,
    body::{Body, Bytes},
    extract::Path,
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "$CARGO_MANIFEST_DIR/../target/site"]
#[allow_missing = true]
struct Site;

/// Bytes of SHA-256 in an address; twice as many digits.
const HASH: usize = 6;

/// All files, in memory. Clones share them.
#[derive(Clone, Debug)]
pub struct Assets(Arc<Loaded>);

#[derive(Debug)]
struct Loaded {
    hash: String,
    files: BTreeMap<String, Bytes>,
}

impl Assets {
    /// Loads what was built in; in a debug build, what lies in the directory now.
    pub fn load() -> Self {
        let files = Site::iter().filter_map(|name| {
            let content = Site::get(&name)?.data.into_owned();
            Some((name.into_owned(), Bytes::from(content)))
        });
        Self::new(files.collect())
    }

    fn new(files: BTreeMap<String, Bytes>) -> Self {
        let mut context = Context::new(&SHA256);
        for (name, content) in &files {
            for part in [name.as_bytes(), content] {
                context.update(&(part.len() as u64).to_be_bytes());
                context.update(part);
            }
        }
        let mut hash = String::new();
        for byte in context.finish().as_ref().iter().take(HASH) {
            // Writing to a String does not fail.
            let _ = write!(hash, "{byte:02x}");
        }
        Self(Arc::new(Loaded { hash, files }))
    }

    /// The first twelve hexadecimal digits of SHA-256 over all names and contents.
    pub fn hash(&self) -> &str {
        &self.0.hash
    }

    /// Where a file is: `/pkg/<hash>/<name>`.
    pub fn path(&self, name: &str) -> String {
        format!("/pkg/{}/{name}", self.0.hash)
    }

    /// `/pkg/{hash}/{file}` and the icon under its well-known names.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let (assets, icon) = (self.clone(), self.clone());
        let file = get(
            |Path((hash, name)): Path<(String, String)>, headers: HeaderMap| async move {
                if hash == assets.hash() {
                    assets.respond(&name, &headers, "public, max-age=31536000, immutable")
                } else {
                    StatusCode::NOT_FOUND.into_response()
                }
            },
        );
        let icon = get(|headers: HeaderMap| async move {
            icon.respond("favicon.svg", &headers, "public, max-age=86400")
        });
        Router::new()
            .route("/pkg/{hash}/{file}", file)
            .route("/favicon.svg", icon.clone())
            .route("/favicon.ico", icon)
    }

    fn respond(&self, name: &str, headers: &HeaderMap, cache: &'static str) -> Response {
        let files = &self.0.files;
        let (Some(kind), Some(plain)) = (content_type(name), files.get(name)) else {
            return StatusCode::NOT_FOUND.into_response();
        };
        let compressed = [("br", "br"), ("gzip", "gz")]
            .into_iter()
            .filter(|(coding, _)| accepts(headers, coding))
            .find_map(|(coding, ending)| Some((coding, files.get(&format!("{name}.{ending}"))?)));
        let (coding, content) = match compressed {
            Some((coding, content)) => (Some(coding), content),
            None => (None, plain),
        };
        let mut response = Response::new(Body::from(content.clone()));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
        if let Some(coding) = coding {
            headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
        }
        response
    }
}

/// Other endings are not served: not `.br` and `.gz` either.
fn content_type(name: &str) -> Option<&'static str> {
    match name.rsplit_once('.')?.1 {
        "css" => Some("text/css; charset=utf-8"),
        "js" => Some("text/javascript; charset=utf-8"),
        "wasm" => Some("application/wasm"),
        "svg" => Some("image/svg+xml"),
        "png" => Some("image/png"),
        "woff2" => Some("font/woff2"),
        "txt" => Some("text/plain; charset=utf-8"),
        _ => None,
    }
}

/// Whether `Accept-Encoding` names this coding without refusing it (RFC 9110 §12.5.3).
fn accepts(headers: &HeaderMap, coding: &str) -> bool {
    headers
        .get_all(header::ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|item| {
            let mut parts = item.split(';').map(str::trim);
            let named = parts
                .next()
                .is_some_and(|name| name.eq_ignore_ascii_case(coding));
            let refused = parts
                .filter_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")))
                .any(|weight| weight.parse::<f32>().map_or(true, |weight| weight <= 0.0));
            named && !refused
        })
}

#[cfg(test)]
mod tests {
    use http::Request;
    use tower::ServiceExt;

    use super::*;

    fn assets() -> Assets {
        let files = [
            "a.js",
            "a.js.br",
            "a.js.gz",
            "b.wasm",
            "favicon.svg",
            "c.html",
        ];
        let files = files.map(|name| (name.to_owned(), Bytes::from(name)));
        Assets::new(files.into_iter().collect())
    }

    async fn ask(path: &str, accept: &str) -> (u16, HeaderMap, String) {
        let request = Request::get(path).header("accept-encoding", accept);
        let request = request.body(Body::empty()).unwrap();
        let response = assets().router::<()>().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = axum::body::to_bytes(body, 4096).await.unwrap();
        let body = String::from_utf8(body.to_vec()).unwrap();
        (head.status.as_u16(), head.headers, body)
    }

    #[tokio::test]
    async fn the_best_accepted_coding_is_served_and_caches_know() {
        for (accept, file, coding) in [
            ("gzip, deflate, br, zstd", "a.js.br", Some("br")),
            ("gzip", "a.js.gz", Some("gzip")),
            ("br;q=0, GZIP;q=0.5", "a.js.gz", Some("gzip")),
            ("br; q=0.0", "a.js", None),
            ("brotli", "a.js", None),
            ("", "a.js", None),
        ] {
            let (status, headers, body) = ask(&assets().path("a.js"), accept).await;
            assert_eq!((status, body.as_str()), (200, file), "{accept}");
            let found = headers
                .get("content-encoding")
                .map(|it| it.to_str().unwrap());
            assert_eq!(found, coding, "{accept}");
            assert_eq!(headers["vary"], "accept-encoding");
            assert_eq!(headers["content-type"], "text/javascript; charset=utf-8");
            assert_eq!(
                headers["cache-control"],
                "public, max-age=31536000, immutable"
            );
        }
    }

    #[tokio::test]
    async fn only_files_of_this_version_are_there() {
        let assets = assets();
        for (path, expected) in [
            (assets.path("b.wasm"), 200),
            ("/favicon.svg".to_owned(), 200),
            ("/favicon.ico".to_owned(), 200),
            ("/pkg/000000000000/a.js".to_owned(), 404),
            (assets.path("a.js.br"), 404),
            (assets.path("a.js.gz"), 404),
            (assets.path("c.html"), 404),
            (assets.path("unknown.js"), 404),
            (assets.path("..%2fa.js"), 404),
        ] {
            assert_eq!(ask(&path, "br").await.0, expected, "{path}");
        }
    }

    #[test]
    fn the_hash_is_about_names_and_contents() {
        let one = |name: &str, content: &'static str| {
            let file = (name.to_owned(), Bytes::from(content));
            Assets::new([file].into()).hash().to_owned()
        };
        assert_eq!(one("a", "b").len(), 12);
        assert_eq!(one("a", "b"), one("a", "b"));
        assert_ne!(one("a", "b"), one("a", "c"));
        assert_ne!(one("a", "b"), one("ab", ""));
    }
}
