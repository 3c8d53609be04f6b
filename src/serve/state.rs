//! What all requests share: the project or the fleet, the ledger, the clock, sessions, figures, and a bounded way to
//! do what blocks.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::sync::{Semaphore, watch};
use tokio::task::spawn_blocking;

use super::health::Figures;
use super::health::probe::Probe;
use super::page::Pages;
use super::session::{Hosts, Sessions};
use super::view::{Project, Projects};
use super::webhook::{Secrets, Webhooks};
use super::work::{Bell, InStep};
use crate::config::Settings;
use crate::config::server::ServerConfig;
use crate::fault::{Fault, FaultKind};
use crate::forge::github::SignIn;
use crate::ledger::{Clock, Ledger, Time};
use crate::sync::fleet::{Fleet, Member};
use crate::worktree::Lock;

/// How many pieces of blocking work run at a time; more wait. Twice what the smallest machine has of cores, because
/// most of it waits for the disk.
const AT_ONCE: usize = 4;

/// What handlers take as their state.
pub type App = Arc<Shared>;

/// What a server is for.
#[derive(Debug)]
pub enum Home {
    /// The project in a folder of this machine.
    Project {
        /// Its root.
        root: PathBuf,
        /// Its settings.
        settings: Box<Settings>,
    },
    /// The repositories of a GitHub App's installations.
    Fleet {
        /// The server's settings.
        config: ServerConfig,
        /// GitHub's address for people and git, with `/` at its end.
        server: String,
    },
}

/// What a server is opened with.
#[derive(Debug)]
pub struct Opening {
    /// What it is for.
    pub home: Home,
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
    /// The folder that holds the ledger: the project's root, or the server's data.
    pub root: PathBuf,
    /// The ledger of the project or the server. Blocking: use it within [`Shared::blocking`].
    pub ledger: Arc<Ledger>,
    /// The repositories of an App's installations; none where one project is served.
    pub fleet: Option<Arc<Fleet>>,
    /// The settings of a server for an App's installations.
    pub config: Option<ServerConfig>,
    /// How people sign in with GitHub; none where the environment does not say, or one project is served.
    pub sign_in: Option<Arc<SignIn>>,
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
    /// Wakes the workers.
    pub(super) bell: Bell,
    /// Since when repositories are in step.
    pub(super) in_step: InStep,
    /// One server for one folder.
    _alone: Option<Lock>,
    pub(super) probe: Probe,
    pub(super) webhooks: Option<Webhooks>,
    blocking: Arc<Semaphore>,
    drain: watch::Sender<bool>,
}

impl Shared {
    pub(super) fn new(opening: Opening, address: SocketAddr) -> Result<Self, Fault> {
        let Opening { home, public, secrets, clock, announce } = opening;
        let hosts = Hosts::new(address, public.as_deref())?;
        let pages = Pages::new(Projects::default())?;
        let mut alone = None;
        let (root, ledger, fleet, config, sign_in) = match home {
            Home::Project { root, settings } => {
                let ledger = Arc::new(Ledger::open_with(&root, clock.clone())?);
                pages.projects.show(Project::local(&root, *settings, Arc::clone(&ledger)));
                (root, ledger, None, None, None)
            }
            Home::Fleet { config, server } => {
                alone = Some(alone_in(&config.data)?);
                let fleet = Fleet::open(&config.data, &server)?.bounded(config.mirrors.clone());
                let ledger = Arc::new(Ledger::open_with(&config.data, clock.clone())?);
                let sign_in = SignIn::find()?.map(Arc::new);
                (config.data.clone(), ledger, Some(Arc::new(fleet)), Some(config), sign_in)
            }
        };
        let webhooks = secrets.map(|secrets| Webhooks::open(&root, clock.clone(), secrets)).transpose()?;
        let shared = Self {
            sessions: Sessions::new(clock.clone(), &hosts)?,
            hosts,
            begun: clock.now(),
            figures: Figures::default(),
            bell: Bell::default(),
            in_step: InStep::default(),
            _alone: alone,
            probe: Probe::default(),
            webhooks,
            blocking: Arc::new(Semaphore::new(AT_ONCE)),
            drain: watch::Sender::new(false),
            root,
            ledger,
            fleet,
            config,
            sign_in,
            pages,
            clock,
            announce,
        };
        if let Some(fleet) = &shared.fleet {
            for member in fleet.members() {
                shared.show(&member)?;
            }
        }
        Ok(shared)
    }

    /// Shows a repository of the fleet as it is now: after it was taken in, renamed, or its settings changed.
    ///
    /// # Errors
    /// When its ledger can't be opened, or git fails (exit 3). Settings that can't be understood are shown as defaults; the
    /// checks of its commits say what is wrong with them.
    pub fn show(&self, member: &Member) -> Result<(), Fault> {
        let settings = match member.settings() {
            Ok((settings, _)) => settings,
            Err(fault) if fault.kind() == FaultKind::Usage => Settings::default(),
            Err(fault) => return Err(fault),
        };
        let is_shown = |shown: &Arc<Project>| shown.key == member.key() && shown.id == Some(member.id);
        if self.pages.projects.all().iter().any(|shown| is_shown(shown) && *shown.settings() == settings) {
            return Ok(());
        }
        let project = Project::member(member, settings, &self.clock, Arc::clone(&self.ledger))?;
        self.pages.projects.show(project);
        Ok(())
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
        self.bell.ring();
    }
}

/// Waits for a server that is ending; two would take each other's deliveries for their own.
fn alone_in(data: &Path) -> Result<Lock, Fault> {
    Lock::take(data, &|| tracing::info!("another server of this folder is still there")).map_err(|fault| {
        Fault::unfinished(format!("another server works in {}", data.display()))
            .because(&fault)
            .hint("one server for one folder; several repositories are no reason for a second one")
    })
}
