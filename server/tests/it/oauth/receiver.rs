//! A client that is told of logouts, over TLS, on a free port.

use std::{
    net::TcpListener,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{
    Form, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::post,
};
use http::StatusCode;
use identity::pki::Ca;
use secrecy::ExposeSecret;
use serde::Deserialize;
use server::{
    config::Tls,
    edge::{limits::Limits, listen, tls::Pair},
};
use time::OffsetDateTime;

/// What it does with the next notices.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mood {
    Takes(u16),
    Redirects,
    Hangs,
}

#[derive(Clone)]
struct Inner {
    mood: Arc<Mutex<Mood>>,
    got: Arc<Mutex<Vec<String>>>,
}

pub(crate) struct Receiver {
    inner: Inner,
    pub(crate) uri: String,
    folder: tempfile::TempDir,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notice {
    logout_token: String,
}

async fn take(State(inner): State<Inner>, Form(notice): Form<Notice>) -> Response {
    inner.got.lock().unwrap().push(notice.logout_token);
    let mood = *inner.mood.lock().unwrap();
    match mood {
        Mood::Takes(status) => StatusCode::from_u16(status).unwrap().into_response(),
        Mood::Redirects => {
            (StatusCode::TEMPORARY_REDIRECT, [("location", "/elsewhere")]).into_response()
        }
        Mood::Hangs => std::future::pending().await,
    }
}

impl Receiver {
    pub(crate) fn start() -> Self {
        crate::support::install_tls();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let port = listener.local_addr().unwrap().port();
        let folder = tempfile::tempdir().unwrap();
        let file = |name: &str, text: &str| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let now = OffsetDateTime::now_utc();
        let root = Ca::make("Receiver", now).unwrap();
        file("root.crt", root.certificate());
        let made = root.server(&["localhost".to_owned()], now).unwrap();
        let pair = Pair::load(&Tls {
            cert: file("tls.crt", &made.certificates),
            key: file("tls.key", made.key.expose_secret()),
        });
        let inner = Inner {
            mood: Arc::new(Mutex::new(Mood::Takes(200))),
            got: Arc::default(),
        };
        let routes = Router::new()
            .route("/logout", post(take))
            .route("/elsewhere", post(take))
            .with_state(inner.clone());
        tokio::spawn(listen::serve(
            routes,
            vec![listener],
            Some(pair.unwrap().served()),
            Limits::default(),
            std::future::pending::<()>(),
        ));
        Self {
            inner,
            uri: format!("https://localhost:{port}/logout"),
            folder,
        }
    }

    /// The root of its certificate.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("root.crt")
    }

    pub(crate) fn set(&self, mood: Mood) {
        *self.inner.mood.lock().unwrap() = mood;
    }

    /// The logout tokens that came since somebody looked last.
    pub(crate) fn got(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.got.lock().unwrap())
    }
}
