//! Git repositories. The only room that uses git2.
//!
//! [`Repo`] is the repository around a project: objects are read and written as values ([`crate::merge::Tree`]), refs
//! move by compare-and-swap. No index, worktree or HEAD is touched, but by [`commit_all`] in the repository that `demo`
//! makes for itself.

mod along;
mod commit;
mod folders;
mod generation;
mod history;
mod id;
mod mirror;
mod refs;
mod remote;
mod repo;
#[cfg(test)]
pub(crate) mod sample;
mod seen;
mod tree;

use std::path::{Path, PathBuf};

use git2::{IndexAddOption, Repository, RepositoryInitOptions, Signature, Time};

pub use commit::{Author, Commit};
pub use folders::{staged, staged_file};
pub use generation::{Generation, Part, Recorded};
pub use history::{ENGINE, GENERATED, History, Inputs, Recording, Tip};
pub use id::{Id, Kind, NoId, Planted, empty_tree, tree_id};
pub use refs::{Moved, check_ref};
pub use remote::{Credentials, Exchange, Reach, Update};
pub use repo::Repo;
pub use seen::SEEN;
pub use tree::{Odd, Oddity};

use crate::fault::Fault;

pub mod hooks_path;

/// What stands around a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Around {
    /// The work tree's root; none for a bare repository.
    pub root: Option<PathBuf>,
    /// The branch, also one without a commit yet; none while HEAD is detached.
    pub branch: Option<String>,
    /// Whether there is a commit.
    pub born: bool,
}

/// Looks for the repository around a folder; none when there is none.
///
/// # Errors
/// When there is one that can't be read, with git's reason (exit 3).
pub fn around(folder: &Path) -> Result<Option<Around>, Fault> {
    let Some(found) = Repo::at(folder)? else { return Ok(None) };
    let born = found.head()?.is_some();
    Ok(Some(Around { root: found.worktree().map(PathBuf::from), branch: found.branch(), born }))
}

/// Makes a repository in a folder, with the branch `main`.
///
/// # Errors
/// When the disk fails (exit 3).
pub fn init(folder: &Path) -> Result<(), Fault> {
    let mut options = RepositoryInitOptions::new();
    options.initial_head("main").no_reinit(true).external_template(false);
    Repository::init_opts(folder, &options)
        .map(|_| ())
        .map_err(|error| failed("the git repository can't be made", &error))
}

/// Commits everything in a repository that this program made for itself, with a fixed author and time: the person's
/// identity is theirs to use.
///
/// # Errors
/// When git fails (exit 3).
pub fn commit_all(folder: &Path, message: &str) -> Result<(), Fault> {
    let commit = || -> Result<(), git2::Error> {
        let repository = Repository::open(folder)?;
        let mut index = repository.index()?;
        index.add_all(["*"], IndexAddOption::DEFAULT, None)?;
        index.write()?;
        let tree = repository.find_tree(index.write_tree()?)?;
        let author = Signature::new("vso demo", "demo@example.invalid", &Time::new(DEMO_TIME, 0))?;
        let parent = repository.head().ok().and_then(|head| head.peel_to_commit().ok());
        let parents: Vec<&git2::Commit<'_>> = parent.iter().collect();
        repository.commit(Some("HEAD"), &author, &author, message, &tree, &parents).map(|_| ())
    };
    commit().map_err(|error| failed("the commit can't be made", &error))
}

/// Gives a repository that this program made for itself the remote `origin`.
///
/// # Errors
/// When git fails (exit 3).
pub fn add_origin(folder: &Path, url: &str) -> Result<(), Fault> {
    let add = || -> Result<(), git2::Error> { Repository::open(folder)?.remote("origin", url).map(|_| ()) };
    add().map_err(|error| failed("the remote can't be added", &error))
}

/// 2026-01-01, in seconds since 1970: the same in every demonstration, so that commits have the same ids.
const DEMO_TIME: i64 = 1_767_225_600;

fn failed(what: &str, error: &git2::Error) -> Fault {
    Fault::unfinished(format!("{what}: {}", error.message()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repository_is_made_and_found() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        init(&root).unwrap();
        let found = around(&root).unwrap().unwrap();
        assert_eq!((found.branch.as_deref(), found.born), (Some("main"), false));
        std::fs::write(root.join("a.md"), "a").unwrap();
        commit_all(&root, "one").unwrap();
        commit_all(&root, "two").unwrap();
        let found = around(&root.join(".git").join("..")).unwrap().unwrap();
        assert!(found.born);
        assert_eq!(found.root.unwrap().canonicalize().unwrap(), root);
    }
}
