//! The projects of a repository, and what of a commit is theirs: the master, the slices, the settings, the templates.
//!
//! Everything is read from trees, never from the work tree: a hook speaks of commits.

use std::collections::BTreeMap;

use crate::config::{self, Config};
use crate::fault::Fault;
use crate::git::{Id, Repo};
use crate::slicing::registry::{Registry, SliceRecord};
use crate::sync::registry::RECORD;

/// Where a project keeps templates of its own.
const TEMPLATES: &str = ".vso/templates";

/// A project in the tree of a commit.
#[derive(Debug, Clone)]
pub struct Project {
    /// Its folder from the repository's root, with `/`; empty for the root.
    pub prefix: String,
    /// Its settings in that tree, with those of the environment over them.
    pub config: Config,
    /// The tree.
    pub tree: Id,
}

impl Project {
    /// The folders of all projects that hooks were installed for; the root when none says otherwise.
    ///
    /// # Errors
    /// When git's settings can't be read (exit 3).
    pub fn folders(repo: &Repo) -> Result<Vec<String>, Fault> {
        let set = repo.setting(super::install::PROJECTS)?;
        let named: Vec<String> = set.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        let folders: Vec<String> =
            named.into_iter().map(|name| if name == "." { String::new() } else { name }).collect();
        Ok(if folders.is_empty() { vec![String::new()] } else { folders })
    }

    /// A project in a tree.
    ///
    /// # Errors
    /// When its settings can't be understood (exit 2), or an object is missing (exit 3).
    pub fn at(repo: &Repo, tree: Id, prefix: &str) -> Result<Self, Fault> {
        let file = repo.file(tree, &below(prefix, config::FILE))?;
        let given: BTreeMap<String, String> = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .filter(|(name, _)| name.starts_with("VSO_"))
            .collect();
        let config = if file.is_none() && given.is_empty() {
            Config::default()
        } else {
            let text = file.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
            config::layered(text.as_deref(), &given, &[])?.config
        };
        Ok(Self { prefix: prefix.to_owned(), config, tree })
    }

    /// A path of the project as one of the repository.
    #[must_use]
    pub fn path(&self, path: &str) -> String {
        below(&self.prefix, path)
    }

    /// The master, from the repository's root.
    #[must_use]
    pub fn master(&self) -> String {
        self.path(&self.config.project.master)
    }

    /// The folder of the slices, from the repository's root.
    #[must_use]
    pub fn slices(&self) -> String {
        self.path(&self.config.project.slices)
    }

    /// The paths that matter to vso, from the repository's root: master, slices, settings, templates.
    #[must_use]
    pub fn places(&self) -> [String; 4] {
        [self.master(), self.slices(), self.path(config::FILE), self.path(TEMPLATES)]
    }

    /// What the slices in this tree remember. A record that can't be read is left out: that is for `vso sync` to say.
    ///
    /// # Errors
    /// When an object is missing (exit 3).
    pub fn registry(&self, repo: &Repo) -> Result<Registry, Fault> {
        let mut slices = Vec::new();
        for (_, tree) in repo.folders(self.tree, &self.slices())? {
            let record = repo.file(tree, RECORD)?;
            let record: Option<SliceRecord> = record.and_then(|bytes| serde_json::from_slice(&bytes).ok());
            slices.extend(record);
        }
        slices.sort_by(|one, other| (one.number, &one.slice_id).cmp(&(other.number, &other.slice_id)));
        slices.dedup_by_key(|record| record.number);
        Ok(Registry { slices })
    }
}

/// A path below a folder.
fn below(prefix: &str, path: &str) -> String {
    if prefix.is_empty() { path.to_owned() } else { format!("{prefix}/{path}") }
}
