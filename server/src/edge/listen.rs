//! Accepts connections and serves HTTP/1.1 and HTTP/2 on them, plain or over TLS, until told to stop.
//!
//! Every phase of a connection has an end: its handshake, its first request, each head, silence, and
//! the drain.

use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    pin::pin,
};

use axum::Router;
use axum_server::{
    Handle, Server,
    tls_rustls::{RustlsAcceptor, RustlsConfig},
};
use hyper_util::rt::TokioTimer;
use tokio::task::JoinSet;

pub use super::limits::Limits;

/// The longest head of an HTTP/1.1 request in bytes.
const HEAD: usize = 64 * 1024;
/// The most header lines of an HTTP/1.1 request; more are 431 (RFC 6585 §5).
const HEADERS: usize = 100;
/// The same for HTTP/2, counted as RFC 9113 §6.5.2 does.
const HEADER_LIST: u32 = 64 * 1024;
/// Requests at once on one HTTP/2 connection.
const STREAMS: u32 = 100;

/// Serves `router` on all `listeners`, over TLS where a certificate is given. Once `stop` resolves, no connection is accepted any more,
/// running requests get `limits.drain` to finish, and then the function returns.
///
/// # Errors
/// When a listener cannot be used; the others are then stopped, too.
pub async fn serve(
    router: Router,
    listeners: Vec<TcpListener>,
    tls: Option<RustlsConfig>,
    limits: Limits,
    stop: impl Future,
) -> io::Result<()> {
    let handle = Handle::new();
    let servers = listeners
        .into_iter()
        .map(|listener| server(listener, limits))
        .collect::<io::Result<Vec<_>>>()?;
    let mut running = JoinSet::new();
    for server in servers {
        let service = router
            .clone()
            .into_make_service_with_connect_info::<SocketAddr>();
        let server = server.handle(handle.clone());
        match &tls {
            None => running.spawn(server.serve(service)),
            Some(tls) => {
                let acceptor = RustlsAcceptor::new(tls.clone()).handshake_timeout(limits.handshake);
                running.spawn(server.acceptor(acceptor).serve(service))
            }
        };
    }

    let mut stop = pin!(stop);
    let mut stopping = false;
    let mut outcome = Ok(());
    loop {
        tokio::select! {
            _ = &mut stop, if !stopping => {
                stopping = true;
                handle.graceful_shutdown(Some(limits.drain));
            }
            ended = running.join_next() => {
                let Some(ended) = ended else { return outcome };
                if let Err(error) = ended.unwrap_or_else(|error| Err(io::Error::other(error))) {
                    outcome = Err(error);
                    handle.shutdown();
                    handle.graceful_shutdown(Some(limits.drain));
                }
            }
        }
    }
}

fn server(listener: TcpListener, limits: Limits) -> io::Result<Server<SocketAddr>> {
    let mut server = axum_server::from_tcp(listener)?
        .first_request_timeout(limits.first_request)
        .accept_error_handler(|_, error| tracing::debug!(%error, "a connection failed"));
    let builder = server.http_builder();
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header)
        .max_buf_size(HEAD)
        .max_headers(HEADERS)
        .keep_alive(true);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEADER_LIST)
        .max_concurrent_streams(STREAMS)
        .keep_alive_interval(limits.keep_alive)
        .keep_alive_timeout(limits.keep_alive);
    Ok(server)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use axum::{middleware, routing::any};
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
        sync::oneshot,
    };

    use super::*;
    use crate::edge::limits;

    struct Running {
        address: SocketAddr,
        stop: oneshot::Sender<()>,
        server: tokio::task::JoinHandle<io::Result<()>>,
    }

    fn start() -> Running {
        let limits = Limits {
            first_request: Duration::from_millis(500),
            header: Duration::from_millis(500),
            sending: Duration::from_millis(300),
            drain: Duration::from_millis(500),
            ..Limits::default()
        };
        let router = Router::new()
            .route("/", any(|| async { "hello" }))
            .layer(middleware::from_fn_with_state(limits, limits::guard));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let server = tokio::spawn(serve(router, vec![listener], None, limits, stopped));
        Running {
            address,
            stop,
            server,
        }
    }

    async fn exchange(address: SocketAddr, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request).await.unwrap();
        let mut answer = Vec::new();
        let end = stream.read_to_end(&mut answer);
        let _ = tokio::time::timeout(Duration::from_secs(5), end)
            .await
            .expect("the server ends the connection");
        String::from_utf8_lossy(&answer).into_owned()
    }

    #[tokio::test]
    async fn bad_transport_is_answered_and_ended() {
        let running = start();
        let many = format!(
            "GET / HTTP/1.1\r\nhost: a\r\n{}\r\n",
            "x: y\r\n".repeat(1000)
        );
        for (request, status) in [
            (
                "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
                "200",
            ),
            (many.as_str(), "431"),
            (
                "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 5\r\n\r\n",
                "408",
            ),
            (
                "POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
                "400",
            ),
            (
                "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab",
                "400",
            ),
        ] {
            let answer = exchange(running.address, request.as_bytes()).await;
            assert!(
                answer.starts_with(&format!("HTTP/1.1 {status}")),
                "{}: {answer}",
                &request[..40]
            );
        }
        // A sender that does not listen before it has sent everything.
        let mut long = b"POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10485760\r\n\r\n".to_vec();
        long.resize(long.len() + 10_485_760, b'a');
        let answer = exchange(running.address, &long).await;
        assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
        // A head that never ends, and a connection that says nothing.
        exchange(running.address, b"GET / HTTP/1.1\r\nhost:").await;
        exchange(running.address, b"").await;
        running.stop.send(()).unwrap();
        running.server.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn stopping_does_not_wait_for_ever() {
        let running = start();
        let mut idle = TcpStream::connect(running.address).await.unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\n").await.unwrap();
        exchange(
            running.address,
            b"GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n",
        )
        .await;
        let start = Instant::now();
        running.stop.send(()).unwrap();
        running.server.await.unwrap().unwrap();
        assert!(start.elapsed() < Duration::from_secs(3));
        assert!(TcpStream::connect(running.address).await.is_err());
    }
}
