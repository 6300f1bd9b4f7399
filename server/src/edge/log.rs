//! Says what happens: one line and one count per request, and where lines go.
//!
//! Requests appear as method, route template, status and time. Paths, queries, headers and bodies
//! may hold secrets and stay out. Values come from users, so a line never contains a control
//! character or one that changes the reading direction.

use std::{
    error::Error,
    fmt::{self, Write as _},
    io::{self, Write},
    str::FromStr,
    time::Instant,
};

use axum::{
    extract::{MatchedPath, Request},
    response::Response,
};
use http::Method;
use tracing::{Instrument, Subscriber};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, util::SubscriberInitExt};
use uuid::Uuid;

/// What is logged without `SHOREPASS_LOG`.
pub const DEFAULT: &str =
    "info,tower=warn,tower_http=warn,hyper=warn,hyper_util=warn,h2=warn,sqlx=warn";

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LogFormat {
    #[default]
    Text,
    Json,
}

impl FromStr for LogFormat {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("text or json".to_owned()),
        }
    }
}

/// Sends logs to standard error, and panics there as well: where they happened, not what they said.
///
/// # Errors
/// When `SHOREPASS_LOG` is malformed, or logs go somewhere already.
pub fn init(format: LogFormat) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let filter = match std::env::var("SHOREPASS_LOG") {
        Ok(text) if !text.is_empty() => EnvFilter::try_new(text)?,
        _ => EnvFilter::try_new(DEFAULT)?,
    };
    lines(format, filter, io::stderr).try_init()?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "panic");
    }));
    Ok(())
}

/// Writes what passes the filter, a line each.
pub fn lines<W>(format: LogFormat, filter: EnvFilter, writer: W) -> Lines
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(false)
        .with_writer(Escaped(writer));
    match format {
        LogFormat::Text => Box::new(lines.finish()),
        LogFormat::Json => Box::new(lines.json().flatten_event(true).finish()),
    }
}

/// Takes what is said and writes lines.
pub type Lines = Box<dyn Subscriber + Send + Sync>;

/// What machines ask for all the time: counted, and logged at `debug` only.
const ROUTINE: [&str; 7] = [
    "/healthz",
    "/readyz",
    "/metrics",
    "/oauth2/jwks",
    "/.well-known/openid-configuration",
    "/k8s/authorize",
    "/k8s/tokenreview",
];

/// Logs and counts a request and its answer. All lines in between share an id.
pub async fn request<F>(request: Request, answer: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let start = Instant::now();
    let method = method(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    let routine = ROUTINE.contains(&route.as_str());
    let span = if routine {
        tracing::debug_span!("request", id = %Uuid::new_v4(), method, route)
    } else {
        tracing::info_span!("request", id = %Uuid::new_v4(), method, route)
    };
    async {
        let response = answer(request).await;
        let status = response.status();
        metrics::counter!(
            "http_requests_total",
            "route" => route,
            "method" => method,
            "status" => status.as_str().to_owned(),
        )
        .increment(1);
        let status = status.as_u16();
        let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
        if routine {
            tracing::debug!(status, milliseconds, "request");
        } else {
            tracing::info!(status, milliseconds, "request");
        }
        response
    }
    .instrument(span)
    .await
}

/// An error and its causes in one line, for JSON would hold the first alone.
pub struct Chain<'a>(pub &'a dyn Error);

impl fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}

/// Methods that somebody made up are one.
fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        Method::CONNECT => "CONNECT",
        Method::TRACE => "TRACE",
        _ => "other",
    }
}

/// Escapes what the subscriber leaves, above all line ends: it escapes a few terminal characters
/// only. It is given one line per call, and `\u…` means the same in JSON.
struct Escaped<M>(M);

impl<'a, M: MakeWriter<'a>> MakeWriter<'a> for Escaped<M> {
    type Writer = Escaped<M::Writer>;

    fn make_writer(&'a self) -> Self::Writer {
        Escaped(self.0.make_writer())
    }
}

impl<W: Write> Write for Escaped<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(line);
        let escaped = escape(text.strip_suffix('\n').unwrap_or(&text));
        self.0.write_all(format!("{escaped}\n").as_bytes())?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

fn escape(line: &str) -> String {
    let mut escaped = String::with_capacity(line.len());
    for character in line.chars() {
        let misleads = character.is_control()
            || matches!(character,
                '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{2069}' | '\u{feff}');
        if misleads {
            // Writing to a String does not fail.
            let _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::{
        Router,
        body::Body,
        middleware::{self, Next},
        routing::get,
    };
    use tower::ServiceExt;
    use tracing_subscriber::fmt::SubscriberBuilder;

    use super::*;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl Write for Kept {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(line)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Kept {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    const EVIL: &str = "a\r\nb\x1b[31m\u{9b}\u{202e}\u{2028}c";

    fn say() {
        tracing::info!(shown = %EVIL, debug = ?EVIL, plain = EVIL, "{EVIL}");
    }

    #[test]
    fn nobody_writes_a_line_or_a_colour_of_their_own() {
        let (text, json) = (Kept::default(), Kept::default());
        let (one, two) = (text.clone(), json.clone());
        let lines = SubscriberBuilder::default()
            .with_ansi(false)
            .with_writer(Escaped(move || one.clone()));
        tracing::subscriber::with_default(lines.finish(), say);
        let lines = SubscriberBuilder::default()
            .json()
            .with_writer(Escaped(move || two.clone()));
        tracing::subscriber::with_default(lines.finish(), say);
        for kept in [text.text(), json.text()] {
            let line = kept.strip_suffix('\n').unwrap();
            assert!(!line.contains(char::is_control), "{line:?}");
            assert!(!line.contains(['\u{202e}', '\u{2028}']), "{line:?}");
            assert!(line.contains("\\u202e"), "{line:?}");
        }
    }

    #[test]
    fn an_error_is_said_with_its_causes() {
        #[derive(Debug, thiserror::Error)]
        #[error("not ready")]
        struct Outer(#[source] std::io::Error);

        let error = Outer(std::io::Error::other("no route to host"));
        assert_eq!(Chain(&error).to_string(), "not ready: no route to host");
    }

    #[tokio::test]
    async fn a_request_is_its_route_and_nothing_else() {
        let kept = Kept::default();
        let writer = kept.clone();
        let lines = SubscriberBuilder::default()
            .with_ansi(false)
            .with_writer(Escaped(move || writer.clone()));
        let _guard = tracing::subscriber::set_default(lines.finish());
        let app = Router::new()
            .route("/names/{name}", get(|| async {}))
            .fallback(|| async { http::StatusCode::NOT_FOUND })
            .layer(middleware::from_fn(|asked, next: Next| {
                request(asked, |asked| next.run(asked))
            }));
        for path in ["/names/canary?refresh_token=canary", "/canary?canary"] {
            let request = Request::get(path)
                .header("authorization", "Bearer canary")
                .body(Body::from("canary"));
            app.clone().oneshot(request.unwrap()).await.unwrap();
        }
        let text = kept.text();
        assert!(!text.contains("canary"), "{text}");
        assert!(
            text.contains("/names/{name}") && text.contains("status=200"),
            "{text}"
        );
        assert!(
            text.contains("unmatched") && text.contains("status=404"),
            "{text}"
        );
    }
}
