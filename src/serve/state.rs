//! What all requests share: the project, its settings, the ledger, the clock, sessions, figures, and a bounded way to
//! do what blocks.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

use super::health::Figures;
use super::health::probe::Probe;
use super::page::Pages;
use super::session::{Hosts, Sessions};
use super::view::{Project, Projects};
use super::webhook::{Secrets, Webhooks};
use crate::config::{Config, Settings, Source};
use crate::fault::Fault;
use crate::ledger::{Clock, Ledger, Time};

/// How many pieces of blocking work run at a time; more wait. Twice what the smallest machine has of cores, because
/// most of it waits for the disk.
const AT_ONCE: usize = 4;

/// What handlers take as their state.
pub type App = Arc<Shared>;

/// What a server is opened with.
#[derive(Debug)]
pub struct Opening {
    /// The project's root.
    pub root: PathBuf,
    /// Its settings.
    pub config: Config,
    /// Where each setting came from, by its key; one that is not here has its default.
    pub sources: BTreeMap<String, Source>,
    /// The address under which people reach it through a proxy, such as `https://vso.example.org`; none for loopback.
    pub public: Option<String>,
    /// The secrets of webhooks; none to take no webhooks.
    pub secrets: Option<Secrets>,
    /// Where moments come from.
    pub clock: Clock,
    /// Tells whoever started the server a line, such as the next link.
    pub announce: fn(&str),
}

/// What all requests share.
#[derive(Debug)]
pub struct Shared {
    /// The project's root.
    pub root: PathBuf,
    /// Its settings, as they were when the server began.
    pub config: Config,
    /// Where each setting came from.
    pub sources: BTreeMap<String, Source>,
    /// The ledger of the project. Blocking: use it within [`Shared::blocking`].
    pub ledger: Arc<Ledger>,
    /// What the pages and the API show.
    pub pages: Pages,
    /// Where moments come from.
    pub clock: Clock,
    /// When the server began.
    pub begun: Time,
    /// Who may see pages.
    pub sessions: Sessions,
    /// Under which names it is reached.
    pub hosts: Hosts,
    /// What `/metrics` says.
    pub figures: Figures,
    /// Tells whoever started the server a line.
    pub announce: fn(&str),
    pub(super) probe: Probe,
    pub(super) webhooks: Option<Webhooks>,
    blocking: Arc<Semaphore>,
    drain: watch::Sender<bool>,
}

impl Shared {
    pub(super) fn new(opening: Opening, address: SocketAddr) -> Result<Self, Fault> {
        let Opening { root, config, sources, public, secrets, clock, announce } = opening;
        let hosts = Hosts::new(address, public.as_deref())?;
        let ledger = Arc::new(Ledger::open_with(&root, clock.clone())?);
        let settings = Settings { config: config.clone(), sources: sources.clone() };
        let pages = Pages::new(Projects::of([Project::new("local", &root, settings, Arc::clone(&ledger))]))?;
        let webhooks = secrets.map(|secrets| Webhooks::open(&root, clock.clone(), secrets)).transpose()?;
        Ok(Self {
            sessions: Sessions::new(clock.clone(), &hosts)?,
            hosts,
            begun: clock.now(),
            figures: Figures::default(),
            probe: Probe::default(),
            webhooks,
            blocking: Arc::new(Semaphore::new(AT_ONCE)),
            drain: watch::Sender::new(false),
            root,
            config,
            sources,
            ledger,
            pages,
            clock,
            announce,
        })
    }

    /// Does what blocks away from the threads that move bytes, `AT_ONCE` at a time. Once begun it is finished, also
    /// when whoever asked is gone.
    ///
    /// # Errors
    /// What `work` fails of; and when it panics (exit 3).
    pub async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        let shared = Arc::clone(self);
        let place = Arc::clone(&self.blocking).acquire_owned().await;
        let done = spawn_blocking(move || {
            let _place = place;
            work(&shared)
        });
        done.await.unwrap_or_else(|_| Err(Fault::unfinished("the work ended by a defect of vso; its log says where")))
    }

    /// Whether the server is ending.
    #[must_use]
    pub fn is_draining(&self) -> bool {
        *self.drain.borrow()
    }

    /// Ends when the server begins to end: for answers that go on and on.
    pub async fn draining(&self) {
        let mut drain = self.drain.subscribe();
        // The sender lives as long as this.
        let _ = drain.wait_for(|ending| *ending).await;
    }

    pub(super) fn begin_draining(&self) {
        self.drain.send_replace(true);
    }
}
