//! The companion server: webhooks, dashboard and API on one port; the only room with axum and hyper.
//!
//! The async part only moves bytes. Whatever blocks (git, the ledger, a sync) runs through [`Shared::blocking`], a
//! bounded number at a time. It speaks plain HTTP: what stands in front of it for the internet is a proxy's business.

pub mod api;
mod connection;
pub mod deed;
mod gate;
pub mod health;
pub mod log;
pub mod page;
pub mod problem;
pub mod register;
pub mod session;
pub mod state;
pub mod view;
pub mod webhook;
pub mod work;

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use tokio::net::TcpListener;
use tokio::time::sleep;
use tower_http::catch_panic::CatchPanicLayer;

pub use connection::Drained;
pub use gate::RequestId;
pub use problem::Problem;
pub use session::Visitor;
pub use state::{App, Home, Opening, Shared};

use crate::fault::Fault;

/// What is kept of the commits of an App's repository is given up when nobody looked at it so long.
const IDLE: Duration = Duration::from_secs(3600);

/// A server that listens and does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    port: u16,
    shared: App,
}

impl Server {
    /// Takes an address (port 0 for any that is free) and makes what all requests share.
    ///
    /// # Errors
    /// When the port is taken (exit 3), the public address is none (exit 2), or the ledger can't be opened (exit 3).
    pub async fn bind(wanted: SocketAddr, opening: Opening) -> Result<Self, Fault> {
        let taken = |error: std::io::Error| {
            Fault::unfinished(format!("can't listen on {wanted}"))
                .because(&error)
                .hint("another server may have the port; --port 0 takes one that is free")
        };
        let listener = TcpListener::bind(wanted).await.map_err(taken)?;
        let address = listener.local_addr().map_err(taken)?;
        Ok(Self { listener, port: address.port(), shared: Arc::new(Shared::new(opening, address)?) })
    }

    /// The port that it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What all requests share.
    #[must_use]
    pub fn shared(&self) -> &App {
        &self.shared
    }

    /// Answers until `stop` ends, then lets what has begun finish, within bounds.
    pub async fn run(self, stop: impl Future<Output = ()>) -> Drained {
        let router = router(&self.shared);
        self.look();
        let workers = work::Workers::start(&self.shared);
        let timers = work::Timers::start(&self.shared);
        let rest = tokio::spawn(rest(Arc::clone(&self.shared)));
        let drained = connection::serve(self.listener, router, &self.shared, stop).await;
        rest.abort();
        tokio::join!(workers.end(), timers.end());
        drained
    }
}

impl Server {
    /// The first look at a large project takes long: it begins before anybody asks. An App's repositories are looked at
    /// when work on them ends.
    fn look(&self) {
        let mut projects = self.shared.pages.projects.all();
        projects.retain(|project| project.id.is_none());
        let look = move || projects.iter().for_each(|project| project.look());
        if let Err(error) = thread::Builder::new().name("first-look".into()).spawn(look) {
            tracing::warn!(%error, "can't look at the repositories before somebody asks");
        }
    }
}

/// Gives up, from time to time, what is kept of an App's repositories that nobody looks at, and of sessions that are over.
async fn rest(shared: App) {
    loop {
        sleep(IDLE / 4).await;
        shared.sessions.forget_ended();
        for project in shared.pages.projects.all().into_iter().filter(|project| project.id.is_some()) {
            project.rest(IDLE);
        }
    }
}

/// All routes. What people see stands behind the session; probes and webhooks have keys of their own.
fn router(shared: &App) -> Router {
    let inside = Router::new()
        .merge(page::router())
        .nest("/api/v1", api::router())
        .route("/session", get(session::about))
        .route("/leave", post(session::leave))
        .fallback(unknown)
        .layer(from_fn_with_state(Arc::clone(shared), session::guard));
    let mut outside = Router::new();
    if shared.fleet.is_some() {
        outside = outside.route("/sign-in", get(session::sign_in)).route("/sign-in/back", get(session::back));
    }
    outside
        .merge(inside)
        .merge(page::open_router())
        .route("/webhooks", post(webhook::receive))
        .route("/enter", get(session::enter))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .layer(CatchPanicLayer::custom(problem::panicked))
        .layer(from_fn(gate::headers))
        .layer(from_fn_with_state(Arc::clone(shared), gate::account))
        .with_state(Arc::clone(shared))
}

async fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such page")
}
