//! The answer "nothing to do", kept for as long as nothing that a plan looks at has changed.
//!
//! A plan depends on a few entries of the target's tree, on the generation history, the settings and the engine. Their
//! ids are known without reading anything below them, so the question costs the same for ten slices and ten thousand.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::config::{Config, FILE};
use crate::fault::Fault;
use crate::git::{GENERATED, Id, Repo};
use crate::report::plan::Plan;
use crate::worktree::{cache, cached};

/// A plan with nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quick {
    /// How many slices are in step.
    pub slices: usize,
    /// The plan as JSON, with a final newline.
    pub json: String,
}

/// The name of the entry in the cache.
const ENTRY: &str = "plan-nothing-to-do";

/// What a plan for a commit of a branch depends on.
///
/// # Errors
/// When the repository can't be read (exit 3).
pub fn key(repo: &Repo, config: &Config, target: Option<Id>, branch: &str) -> Result<String, Fault> {
    let mut hash = Sha256::new();
    hash.update(format!("{}\0{branch}\0{config:?}\0", env!("CARGO_PKG_VERSION")));
    hash.update(format!("{:?}\0", repo.find_ref(GENERATED)?));
    if let Some(tree) = target.map(|target| repo.project_of(target)).transpose()?.flatten() {
        let project = &config.project;
        for path in [&*project.master, &*project.slices, FILE, super::super::templates::FOLDER, "deployments"] {
            hash.update(format!("{path}\0{:?}\0", repo.entry(tree, path)?.map(|(id, _)| id)));
        }
    }
    Ok(hex::encode(hash.finalize()))
}

/// The answer that was kept under a key.
#[must_use]
pub fn find(root: &Path, key: &str, target: Option<Id>) -> Option<Quick> {
    let text = String::from_utf8(cached(root, ENTRY)?).ok()?;
    let mut lines = text.splitn(4, '\n');
    let (kept, slices, then, json) = (lines.next()?, lines.next()?, lines.next()?, lines.next()?);
    if kept != key {
        return None;
    }
    // The commit is another one when something else was committed since.
    let json = json.replacen(then, &shown(target), 1);
    Some(Quick { slices: slices.parse().ok()?, json })
}

/// Keeps an answer, when it is that there is nothing to do. A cache that can't be written is no harm.
pub fn keep(root: &Path, key: &str, plan: &Plan, target: Option<Id>) {
    let Ok(json) = serde_json::to_string_pretty(plan) else { return };
    if plan.is_empty() && plan.conflicts() == 0 {
        let text = format!("{key}\n{}\n{}\n{json}\n", plan.slices.len(), shown(target));
        let _ = cache(root, ENTRY, text.as_bytes());
    }
}

/// The key of the plan's JSON that names the commit.
fn shown(target: Option<Id>) -> String {
    target.map_or_else(|| "\"target\": null".to_owned(), |id| format!("\"target\": \"{id}\""))
}
