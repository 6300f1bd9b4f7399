//! `shorepass serve`: applies the schema, listens, and drains on SIGTERM or Ctrl-C.

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use metrics_exporter_prometheus::PrometheusBuilder;
use tokio::signal::unix::{SignalKind, signal};

use super::{Failure, clock};
use crate::{
    config::Config,
    edge::{limits::Limits, listen, tls::Pair},
    routes, state,
    state::AppState,
    tasks,
};

pub(super) async fn run(config: &Config) -> Result<(), Failure> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let metrics = PrometheusBuilder::new().install_recorder()?;
    let pair = config.tls.as_ref().map(Pair::load).transpose()?;
    let tls = pair.as_ref().map(Pair::served);
    let portal = state::connect(config, clock()).await?;
    let limits = Limits::default();
    let state = AppState::new(config, portal, limits, Some(metrics));

    let listeners = config
        .listen
        .iter()
        .map(|address| bind(*address))
        .collect::<Result<Vec<_>, _>>()?;
    tracing::info!(issuer = config.issuer(), addresses = ?config.listen, "listening");
    let tasks = tokio::spawn(tasks::run(state.clone()));
    let watch = pair.map(|pair| tokio::spawn(pair.watch()));
    let stop = async {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        tracing::info!("draining");
    };
    listen::serve(routes::router(state), listeners, tls, limits, stop).await?;
    tasks.abort();
    if let Some(watch) = watch {
        watch.abort();
    }
    tracing::info!("stopped");
    Ok(())
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let listener = TcpListener::bind(address).map_err(|error| {
        io::Error::new(error.kind(), format!("cannot listen on {address}: {error}"))
    })?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
