//! Where the portal listens: one port of this machine, on IPv4 and, where there is any, on IPv6.

use std::{
    env,
    io::{ErrorKind, Read as _, Write as _},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    time::Duration,
};

use anyhow::{Context as _, Result, anyhow, bail};

const USUAL: u16 = 8080;

#[derive(Clone)]
pub(crate) struct Address {
    port: u16,
    listen: Vec<SocketAddr>,
}

impl Address {
    /// The port that PORT names, else 8080. Fails when somebody listens there.
    pub(crate) fn chosen() -> Result<Self> {
        let port = match env::var("PORT") {
            Ok(text) if !text.is_empty() => text
                .parse()
                .ok()
                .filter(|port| *port > 0)
                .ok_or_else(|| anyhow!("PORT is {text:?}, which is no port number"))?,
            _ => USUAL,
        };
        Self::at(port)
    }

    pub(crate) fn free() -> Result<Self> {
        let listener =
            TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).context("127.0.0.1 has no free port")?;
        let port = listener.local_addr()?.port();
        drop(listener);
        Self::at(port)
    }

    fn at(port: u16) -> Result<Self> {
        let both = ["127.0.0.1", "[::1]"].map(|host| format!("{host}:{port}"));
        let mut listen = Vec::new();
        for address in both {
            let address: SocketAddr = address.parse()?;
            match TcpListener::bind(address) {
                Ok(_) => listen.push(address),
                Err(error) if error.kind() == ErrorKind::AddrInUse => bail!(
                    "port {port} is taken on {}: end the program that listens there, or choose \
                     another port with PORT=8081 make run",
                    address.ip()
                ),
                Err(error) if address.is_ipv4() => {
                    return Err(error).with_context(|| format!("{address} cannot be listened on"));
                }
                Err(_) => {}
            }
        }
        Ok(Self { port, listen })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://localhost:{}", self.port)
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn listen(&self) -> &[SocketAddr] {
        &self.listen
    }

    /// Whether the portal there says that it is ready.
    pub(crate) fn is_ready(&self) -> bool {
        self.ask_ready()
            .is_ok_and(|answer| answer.starts_with("HTTP/1.1 200"))
    }

    fn ask_ready(&self) -> Result<String> {
        let limit = Duration::from_secs(2);
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, self.port));
        let mut stream = TcpStream::connect_timeout(&address, limit)?;
        stream.set_read_timeout(Some(limit))?;
        stream.set_write_timeout(Some(limit))?;
        let host = format!("localhost:{}", self.port);
        write!(
            stream,
            "GET /readyz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        )?;
        let mut answer = String::new();
        stream.take(4096).read_to_string(&mut answer)?;
        Ok(answer)
    }
}
