//! The repositories that a server shows, each with its settings, its ledger and what is kept of its commits.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use schemars::JsonSchema;
use serde::Serialize;

use super::ground::{Board, Ground, Kept};
use crate::config::{Config, Settings};
use crate::fault::Fault;
use crate::git::{Id, Repo};
use crate::ledger::{Clock, Ledger};
use crate::serve::session::Rights;
use crate::sync::fleet::Member;

/// One repository that is shown.
#[derive(Debug)]
pub struct Project {
    /// What stands for it in addresses: `local`, or the owner's and the repository's names with a dot between.
    pub key: String,
    /// Its name for people: its folder's, or `owner/name`.
    pub name: String,
    /// GitHub's number of it; none for the one on this machine.
    pub id: Option<u64>,
    root: PathBuf,
    settings: Settings,
    ledger: Arc<Ledger>,
    inbox: Arc<Ledger>,
    pub(super) ground: Kept<Ground>,
    pub(super) board: Kept<Board>,
    pub(super) histories: Mutex<HashMap<(Id, String), History>>,
    pub(super) days: Mutex<HashMap<(&'static str, i64), u32>>,
    pub(super) health: Mutex<Option<(std::time::Instant, Arc<super::SettingsView>)>>,
}

/// The commits that changed one slice.
pub(super) type History = Arc<Vec<super::HistoryRow>>;

/// One repository in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RepositoryRow {
    /// What stands for it in addresses.
    pub key: String,
    /// Its name for people.
    pub name: String,
}

impl Project {
    /// The project in a folder of this machine; what is delivered for it lies in its own ledger.
    #[must_use]
    pub fn local(root: &Path, settings: Settings, ledger: Arc<Ledger>) -> Self {
        let place = root.canonicalize().ok();
        let name = place.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        let name = name.unwrap_or_else(|| "local".to_owned());
        Self::new(("local".to_owned(), name, None), root, settings, (Arc::clone(&ledger), ledger))
    }

    /// A server's mirror of a repository, with the server's ledger, in which deliveries lie.
    ///
    /// # Errors
    /// When its own ledger can't be opened (exit 3).
    pub fn member(member: &Member, settings: Settings, clock: &Clock, inbox: Arc<Ledger>) -> Result<Self, Fault> {
        let ledger = Arc::new(Ledger::open_with(&member.root, clock.clone())?);
        let names = (member.key(), member.full_name(), Some(member.id));
        Ok(Self::new(names, &member.root, settings, (ledger, inbox)))
    }

    fn new(
        (key, name, id): (String, String, Option<u64>),
        root: &Path,
        settings: Settings,
        (ledger, inbox): (Arc<Ledger>, Arc<Ledger>),
    ) -> Self {
        Self {
            key,
            name,
            id,
            root: root.to_owned(),
            settings,
            ledger,
            inbox,
            ground: Kept::default(),
            board: Kept::default(),
            histories: Mutex::default(),
            days: Mutex::default(),
            health: Mutex::default(),
        }
    }

    /// Its folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Its settings, as the server was started with them.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.settings.config
    }

    /// The same with the source of each value.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its ledger.
    #[must_use]
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// The ledger in which its deliveries lie: its own, or the server's, which holds those of other repositories too.
    #[must_use]
    pub fn inbox(&self) -> &Ledger {
        &self.inbox
    }

    /// The key of its deliveries in that ledger; none where they are all its own.
    pub(super) fn delivery_key(&self) -> Option<String> {
        self.id.map(|id| format!("repository {id}"))
    }

    /// The same for a thread that may outlive the question.
    pub(super) fn shared_ledger(&self) -> Arc<Ledger> {
        Arc::clone(&self.ledger)
    }

    /// Its repository, opened anew: the handle belongs to one thread.
    ///
    /// # Errors
    /// When there is none (exit 2) or it can't be read (exit 3).
    pub fn repo(&self) -> Result<Repo, Fault> {
        Repo::at(&self.root)?.ok_or_else(|| {
            Fault::usage("there is no git repository here").hint("`git init` makes one; vso shows what is committed")
        })
    }

    /// Something that differs whenever anything was written into its ledger, as every sync does, or into the one in which its
    /// deliveries lie: cheap to ask for again and again.
    ///
    /// # Errors
    /// When a ledger can't be read (exit 3).
    pub fn pulse(&self) -> Result<[(i64, i64); 2], Fault> {
        Ok([self.ledger.pulse()?, self.inbox.pulse()?])
    }

    /// As a row of a list.
    #[must_use]
    pub fn row(&self) -> RepositoryRow {
        RepositoryRow { key: self.key.clone(), name: self.name.clone() }
    }
}

/// All repositories of a server, by key. They come and go while it runs.
#[derive(Debug, Default)]
pub struct Projects(RwLock<BTreeMap<String, Arc<Project>>>);

impl Projects {
    /// One by its key, where the visitor may see it: one that they may not see is one that is not there.
    #[must_use]
    pub fn get(&self, key: &str, may: &Rights) -> Option<Arc<Project>> {
        let found = self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        found.filter(|project| may.may_see(project.id))
    }

    /// Those that the visitor may see, in the order of their keys.
    #[must_use]
    pub fn seen(&self, may: &Rights) -> Vec<Arc<Project>> {
        self.all().into_iter().filter(|project| may.may_see(project.id)).collect()
    }

    /// All of them, in the order of their keys: for the server's own work, never for an answer.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Project>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Shows a project from now on. One of the same key, or of the same number on GitHub, is not shown any more.
    pub fn show(&self, project: Project) {
        let mut all = self.0.write().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, other| project.id.is_none() || other.id != project.id);
        all.insert(project.key.clone(), Arc::new(project));
    }

    /// Shows those alone that are wanted.
    pub fn keep(&self, is_wanted: impl Fn(&Project) -> bool) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).retain(|_, project| is_wanted(project));
    }

    /// Those that the visitor may see, as rows.
    #[must_use]
    pub fn rows(&self, may: &Rights) -> Vec<RepositoryRow> {
        self.seen(may).iter().map(|project| project.row()).collect()
    }
}

/// A view that panicked left what was kept before.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
