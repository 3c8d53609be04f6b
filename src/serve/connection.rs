//! Connections: how many, how large their buffers, how long they may take for their headers, and how they end.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use super::state::App;

/// Connections at a time; more wait in the listener's queue.
const CONNECTIONS: usize = 256;

/// Bytes that are read ahead of a connection; its headers have to fit in. With all connections busy: 4 MiB.
const BUFFER: usize = 16 * 1024;

/// How long a connection may take to send the head of a request, an idle one included.
const HEAD: Duration = Duration::from_secs(5);

/// How long what has begun may take to finish when the server ends.
const DRAIN: Duration = Duration::from_secs(10);

/// A pause after a failure to accept (too many open files), which would come again at once.
const BREATH: Duration = Duration::from_millis(50);

/// How a server ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drained {
    /// All that had begun was answered.
    Clean,
    /// So many connections were cut.
    Cut(usize),
}

pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    shared: &App,
    stop: impl Future<Output = ()>,
) -> Drained {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEAD).max_buf_size(BUFFER);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut stop = pin!(stop);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, stream) = tokio::select! {
            accepted = accepted => accepted,
            () = &mut stop => break,
        };
        match stream {
            Ok((stream, _)) => {
                let answered = {
                    // Small answers must not wait for more to come.
                    let _ = stream.set_nodelay(true);
                    let service = TowerToHyperService::new(router.clone());
                    graceful.watch(http.serve_connection(TokioIo::new(stream), service))
                };
                tokio::spawn(async move {
                    let _place = place;
                    // How a connection breaks off is its other end's business.
                    let _ = answered.await;
                });
            }
            Err(error) => {
                tracing::warn!(%error, "can't accept a connection");
                sleep(BREATH).await;
            }
        }
    }
    drop(listener);
    shared.begin_draining();
    let open = graceful.count();
    tracing::info!(connections = open, "draining");
    match timeout(DRAIN, graceful.shutdown()).await {
        Ok(()) => Drained::Clean,
        Err(_) => Drained::Cut(CONNECTIONS - places.available_permits()),
    }
}
