//! What all hooks do that come after something: from the commit that was last looked at to HEAD, what was touched.
//!
//! Never "this commit": one look covers a rebase of fifty commits, a hook that was missed, and a pull.

use std::path::{Path, PathBuf};

use super::project::Project;
use super::{Said, touched};
use crate::fault::Fault;
use crate::git::{Id, Repo, empty_tree};
use crate::ledger::{Ledger, Work};

/// The kind of work that is queued.
pub const SYNC: &str = "sync";

/// Looks from the commit last seen to HEAD, queues a sync where something relevant was touched, and remembers HEAD.
///
/// # Errors
/// When git, the settings or the ledger fail. HEAD is remembered only when the work is queued, or there is none.
pub fn look() -> Result<Said, Fault> {
    let Some(repo) = Repo::from_env()? else { return Ok(Said::default()) };
    // A detached HEAD is nobody's state to sync: a bisect, a checkout of a tag, the middle of something.
    let (Some(head), Some(_)) = (repo.head()?, repo.branch()) else { return Ok(Said::default()) };
    let from = match repo.seen().filter(|seen| repo.has(*seen)) {
        Some(seen) => Some(seen),
        None => repo.commit_at(head)?.parents.first().copied().filter(|parent| repo.has(*parent)),
    };
    if from == Some(head) {
        return Ok(Said::default());
    }
    let before = from.map_or_else(|| Ok(empty_tree()), |commit| repo.tree_of(commit))?;
    let after = repo.tree_of(head)?;
    let mut said = Said::default();
    if before != after {
        for prefix in Project::folders(&repo)? {
            said.lines.extend(project(&repo, &prefix, before, after, head)?);
        }
    }
    repo.set_seen(head)?;
    Ok(said)
}

fn project(repo: &Repo, prefix: &str, before: Id, after: Id, head: Id) -> Result<Vec<String>, Fault> {
    if repo.entry(before, prefix)? == repo.entry(after, prefix)? {
        return Ok(Vec::new());
    }
    let project = Project::at(repo, after, prefix)?;
    let Some(touched) = touched::between(repo, &project, before)? else { return Ok(Vec::new()) };
    let what = format!("vso: {}", touched.words);
    if !touched.is_cut {
        return Ok(vec![what, "vso: next: `vso decompose` makes the slices".to_owned()]);
    }
    if !touched.is_sound {
        return Ok(vec![what, "vso: next: `vso lint` says what to mend; then `vso sync` can go on".to_owned()]);
    }
    let root = repo.root().join(prefix);
    let key = if prefix.is_empty() { "." } else { prefix };
    let work = Work::new(SYNC).key(key).once(format!("{SYNC} {head}"));
    Ledger::open(&root)?.enqueue(work)?;
    Ok(vec![what, "vso: queued: `vso sync` will propose what follows from it".to_owned()])
}

/// Whether a rebase or `git am` is under way here, by a look at git's folder and nothing else: fifty commits of a rebase
/// are fifty starts of this program, and the last word is `post-rewrite`'s.
#[must_use]
pub fn is_rebasing() -> bool {
    let folder = std::env::var_os("GIT_DIR").map_or_else(|| PathBuf::from(".git"), PathBuf::from);
    ["rebase-merge", "rebase-apply"].iter().any(|name| Path::is_dir(&folder.join(name)))
}
