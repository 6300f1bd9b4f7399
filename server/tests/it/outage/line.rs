//! A line to Postgres that can be cut, can fall silent, or can lose one reply.

use std::{net::SocketAddr, sync::Arc};

use secrecy::SecretString;
use sqlx::PgPool;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
};
use url::Url;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    None,
    /// Connections break, and new ones are closed at once.
    Cut,
    /// Nothing comes through and nothing breaks, as when the other machine hangs.
    Silent,
    /// What holds this text still arrives; its reply does not, and the connection breaks.
    LosesReplyTo(&'static str),
    /// What holds this text still arrives; its reply does not, and nothing breaks.
    HangsAt(&'static str),
}

pub(crate) struct Line {
    address: SocketAddr,
    fault: watch::Sender<Fault>,
}

impl Line {
    /// A line to the server of this pool.
    pub(crate) async fn to(pool: &PgPool) -> Arc<Self> {
        let options = pool.connect_options();
        let postgres = format!("{}:{}", options.get_host(), options.get_port());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let line = Arc::new(Self {
            address: listener.local_addr().unwrap(),
            fault: watch::Sender::new(Fault::None),
        });
        let accepting = line.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let fault = accepting.fault.subscribe();
                let server = TcpStream::connect(&postgres).await.unwrap();
                tokio::spawn(carry(client, server, fault));
            }
        });
        line
    }

    pub(crate) fn set(&self, fault: Fault) {
        self.fault.send_replace(fault);
    }

    /// The portal's own kind of pool, over this line, to the database of `pool`.
    pub(crate) async fn pool(&self, pool: &PgPool) -> PgPool {
        let mut url: Url = std::env::var("DATABASE_URL").unwrap().parse().unwrap();
        url.set_ip_host(self.address.ip()).unwrap();
        url.set_port(Some(self.address.port())).unwrap();
        url.set_path(pool.connect_options().get_database().unwrap());
        let url = SecretString::from(url.to_string());
        identity::database::connect(&url, 8).await.unwrap()
    }
}

/// Carries bytes both ways until an end closes or a fault breaks the connection.
async fn carry(mut client: TcpStream, mut server: TcpStream, mut fault: watch::Receiver<Fault>) {
    let (mut asked, mut answered) = ([0; 16 * 1024], [0; 16 * 1024]);
    loop {
        let now = *fault.borrow_and_update();
        match now {
            Fault::Cut => return,
            Fault::Silent => {
                if fault.changed().await.is_err() {
                    return;
                }
                continue;
            }
            Fault::None | Fault::LosesReplyTo(_) | Fault::HangsAt(_) => {}
        }
        tokio::select! {
            changed = fault.changed() => if changed.is_err() { return },
            read = client.read(&mut asked) => match read {
                Ok(length @ 1..) => {
                    let bytes = &asked[..length];
                    if server.write_all(bytes).await.is_err() { return }
                    if let Fault::LosesReplyTo(text) | Fault::HangsAt(text) = now
                        && String::from_utf8_lossy(bytes).contains(text)
                    {
                        // The first bytes of the reply tell that the work is done.
                        let _ = server.read(&mut answered).await;
                        if matches!(now, Fault::HangsAt(_)) {
                            let _ = fault.changed().await;
                        }
                        return;
                    }
                }
                Ok(0) | Err(_) => return,
            },
            read = server.read(&mut answered) => match read {
                Ok(length @ 1..) => if client.write_all(&answered[..length]).await.is_err() { return },
                Ok(0) | Err(_) => return,
            },
        }
    }
}
