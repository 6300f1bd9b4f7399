//! What may answer in the portal's place, and the API server that kubectl talks to.

use std::sync::{Arc, Mutex};

use axum::{Router, http::HeaderMap};
use axum_server::tls_rustls::RustlsConfig;
use http::StatusCode;
use identity::{
    clock::{Clock, SystemClock},
    pki::Ca,
};
use secrecy::ExposeSecret;
use tokio::net::TcpListener;

/// What was sent as `Authorization`.
pub(crate) type Sent = Arc<Mutex<Vec<String>>>;

fn app(status: u16, kind: &'static str, body: &'static str) -> (Router, Sent) {
    let sent = Sent::default();
    let seen = sent.clone();
    let answer = move |headers: HeaderMap| async move {
        let value = headers.get("authorization");
        let value = value.map(|value| value.to_str().unwrap().to_owned());
        seen.lock().unwrap().extend(value);
        let status = StatusCode::from_u16(status).unwrap();
        (status, [("content-type", kind)], body)
    };
    (Router::new().fallback(answer), sent)
}

/// A server that answers everything alike; its address.
pub(crate) async fn answering(status: u16, kind: &'static str, body: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (app, _) = app(status, kind, body);
    tokio::spawn(async move { axum::serve(listener, app).await });
    url
}

/// What kubectl takes for an API server: kubectl sends credentials over TLS only.
pub(crate) struct ApiServer {
    pub(crate) url: String,
    /// The certificate of its authority.
    pub(crate) ca: String,
    pub(crate) sent: Sent,
}

pub(crate) async fn api_server() -> ApiServer {
    // kubectl has a clock of its own.
    let ca = Ca::make("cluster", SystemClock.now()).unwrap();
    let server = ca
        .server(&["127.0.0.1".to_owned()], SystemClock.now())
        .unwrap();
    let (certificates, key) = (server.certificates.into_bytes(), server.key);
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let tls = RustlsConfig::from_pem(certificates, key.expose_secret().as_bytes().to_vec());
    let tls = tls.await.unwrap();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let (app, sent) = app(200, "application/json", "{}");
    let server = axum_server::from_tcp_rustls(listener, tls).unwrap();
    tokio::spawn(server.serve(app.into_make_service()));
    let ca = ca.certificate().to_owned();
    ApiServer { url, ca, sent }
}

/// An address at which nobody answers.
pub(crate) async fn nobody() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}", listener.local_addr().unwrap())
}
