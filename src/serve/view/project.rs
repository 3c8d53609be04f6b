//! The repositories that a server shows, each with its settings, its ledger and what is kept of its commits.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use schemars::JsonSchema;
use serde::Serialize;

use super::ground::{Board, Ground, Kept};
use crate::config::{Config, Settings};
use crate::fault::Fault;
use crate::git::{Id, Repo};
use crate::ledger::Ledger;

/// One repository that is shown.
#[derive(Debug)]
pub struct Project {
    /// What stands for it in addresses: `local`, later the owner's and the repository's names.
    pub key: String,
    /// Its name for people.
    pub name: String,
    root: PathBuf,
    settings: Settings,
    ledger: Arc<Ledger>,
    pub(super) ground: Mutex<Kept<Ground>>,
    pub(super) board: Mutex<Kept<Board>>,
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
    /// The project in a folder.
    #[must_use]
    pub fn new(key: &str, root: &Path, settings: Settings, ledger: Arc<Ledger>) -> Self {
        let place = root.canonicalize().ok();
        let name = place.as_deref().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
        Self {
            key: key.to_owned(),
            name: name.unwrap_or_else(|| key.to_owned()),
            root: root.to_owned(),
            settings,
            ledger,
            ground: Mutex::default(),
            board: Mutex::default(),
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

    /// Its repository, opened anew: the handle belongs to one thread.
    ///
    /// # Errors
    /// When there is none (exit 2) or it can't be read (exit 3).
    pub fn repo(&self) -> Result<Repo, Fault> {
        Repo::at(&self.root)?.ok_or_else(|| {
            Fault::usage("there is no git repository here").hint("`git init` makes one; vso shows what is committed")
        })
    }

    /// Something that differs whenever anything was written into the ledger, as every sync does: cheap to ask for again and again.
    ///
    /// # Errors
    /// When the ledger can't be read (exit 3).
    pub fn pulse(&self) -> Result<(i64, i64), Fault> {
        self.ledger.pulse()
    }

    /// As a row of a list.
    #[must_use]
    pub fn row(&self) -> RepositoryRow {
        RepositoryRow { key: self.key.clone(), name: self.name.clone() }
    }
}

/// All repositories of a server, by key.
#[derive(Debug, Default)]
pub struct Projects(BTreeMap<String, Arc<Project>>);

impl Projects {
    /// These.
    #[must_use]
    pub fn of(projects: impl IntoIterator<Item = Project>) -> Self {
        Self(projects.into_iter().map(|project| (project.key.clone(), Arc::new(project))).collect())
    }

    /// One by its key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Arc<Project>> {
        self.0.get(key).cloned()
    }

    /// All of them, in the order of their keys.
    pub fn all(&self) -> impl Iterator<Item = &Arc<Project>> {
        self.0.values()
    }

    /// As rows.
    #[must_use]
    pub fn rows(&self) -> Vec<RepositoryRow> {
        self.0.values().map(|project| project.row()).collect()
    }
}

/// A view that panicked left what was kept before.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
