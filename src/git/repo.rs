//! The repository around a project: found, opened, or refused with the reason and a hint.
//!
//! Opening reads git's configuration once, as libgit2 does to know the format and the owner; everything else is read
//! when it is asked for. Index, worktree and HEAD are never written.

use std::path::{Path, PathBuf};
use std::time::Duration;

use git2::{ErrorCode, Repository, RepositoryState};

use super::failed;
use super::id::Id;
use super::remote::{Credentials, PATIENCE};
use super::tree::Wide;
use crate::fault::Fault;

/// A repository and the project that lies in it.
pub struct Repo {
    pub(super) inner: Repository,
    root: PathBuf,
    prefix: String,
    pub(super) patience: Duration,
    pub(super) credentials: Option<Credentials>,
    pub(super) wide: Wide,
}

impl std::fmt::Debug for Repo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Repo").field("root", &self.root).field("git_dir", &self.git_dir()).finish()
    }
}

impl Repo {
    /// The repository around a project's folder; none when there is none. Variables such as `GIT_DIR` are not looked at.
    ///
    /// # Errors
    /// When there is one that can't be used: another owner, a format that libgit2 does not know (reftable, SHA-256,
    /// partial clone), broken files (exit 3).
    pub fn at(root: &Path) -> Result<Option<Self>, Fault> {
        match Repository::discover(root) {
            Ok(inner) => Self::around(inner, root).map(Some),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(refused(root, &error)),
        }
    }

    /// The repository that git names to its hooks (`GIT_DIR` and its like), else the one around the current folder; none
    /// when there is none. The project is its worktree; see [`Repo::within`].
    ///
    /// # Errors
    /// As [`Repo::at`].
    pub fn from_env() -> Result<Option<Self>, Fault> {
        match Repository::open_from_env() {
            Ok(inner) => {
                let root = inner.workdir().unwrap_or_else(|| inner.path()).to_owned();
                Self::around(inner, &root).map(Some)
            }
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(refused(Path::new("."), &error)),
        }
    }

    /// The same repository with another folder of its worktree as the project.
    ///
    /// # Errors
    /// When the folder is not in the worktree (exit 2).
    pub fn within(self, root: &Path) -> Result<Self, Fault> {
        Self::around(self.inner, root)
    }

    fn around(inner: Repository, root: &Path) -> Result<Self, Fault> {
        let prefix = match inner.workdir() {
            Some(worktree) => prefix_of(worktree, root)?,
            None => String::new(),
        };
        Ok(Self { inner, root: root.to_owned(), prefix, patience: PATIENCE, credentials: None, wide: Wide::default() })
    }

    /// The project's folder, as it was given.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The worktree's top folder; none for a bare repository.
    #[must_use]
    pub fn worktree(&self) -> Option<&Path> {
        self.inner.workdir()
    }

    /// git's own folder for this worktree: `.git`, or `.git/worktrees/<name>` for a linked one.
    #[must_use]
    pub fn git_dir(&self) -> &Path {
        self.inner.path()
    }

    /// git's own folder for all worktrees.
    #[must_use]
    pub fn common_dir(&self) -> &Path {
        self.inner.commondir()
    }

    /// The project's folder inside the repository, with `/`: empty, or `sub/dir`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// A project's path as one of the repository.
    #[must_use]
    pub fn place(&self, path: &str) -> String {
        match (self.prefix.as_str(), path) {
            ("", path) => path.to_owned(),
            (prefix, "") => prefix.to_owned(),
            (prefix, path) => format!("{prefix}/{path}"),
        }
    }

    /// Whether the history ends early here (`git clone --depth`).
    #[must_use]
    pub fn is_shallow(&self) -> bool {
        self.inner.is_shallow()
    }

    /// Whether this is a worktree added with `git worktree add`.
    #[must_use]
    pub fn is_linked(&self) -> bool {
        self.inner.is_worktree()
    }

    /// Whether this repository is a submodule of another one: its folder lies in the other's `modules`.
    #[must_use]
    pub fn is_submodule(&self) -> bool {
        let common = self.common_dir();
        self.worktree().is_some_and(|top| top.join(".git").is_file())
            && common.components().any(|part| part.as_os_str() == "modules")
            && !self.is_linked()
    }

    /// What git is in the middle of, in a word for people; none when nothing is under way.
    #[must_use]
    pub fn under_way(&self) -> Option<&'static str> {
        match self.inner.state() {
            RepositoryState::Clean => None,
            RepositoryState::Merge => Some("merge"),
            RepositoryState::Revert | RepositoryState::RevertSequence => Some("revert"),
            RepositoryState::CherryPick | RepositoryState::CherryPickSequence => Some("cherry-pick"),
            RepositoryState::Bisect => Some("bisect"),
            RepositoryState::Rebase | RepositoryState::RebaseInteractive | RepositoryState::RebaseMerge => {
                Some("rebase")
            }
            RepositoryState::ApplyMailbox | RepositoryState::ApplyMailboxOrRebase => Some("am"),
        }
    }

    /// A setting of git's configuration as text; none when it is not set.
    ///
    /// # Errors
    /// When the configuration can't be read (exit 3).
    pub fn setting(&self, key: &str) -> Result<Option<String>, Fault> {
        let read =
            self.inner.config().and_then(|mut config| config.snapshot()).and_then(|config| config.get_string(key));
        match read {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.code() == ErrorCode::NotFound => Ok(None),
            Err(error) => Err(failed(&format!("git's setting {key} can't be read"), &error)),
        }
    }

    /// The commit that HEAD names, also a detached one; none before the first commit.
    ///
    /// # Errors
    /// When HEAD can't be read (exit 3).
    pub fn head(&self) -> Result<Option<Id>, Fault> {
        match self.inner.refname_to_id("HEAD") {
            Ok(id) => Ok(Some(Id(id))),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::UnbornBranch) => Ok(None),
            Err(error) => Err(failed("HEAD can't be read", &error)),
        }
    }

    /// The branch that HEAD names, without `refs/heads/`, also one without a commit yet; none while HEAD is detached.
    #[must_use]
    pub fn branch(&self) -> Option<String> {
        let head = self.inner.find_reference("HEAD").ok()?;
        let target = head.symbolic_target().ok().flatten()?;
        target.strip_prefix("refs/heads/").map(str::to_owned)
    }

    /// The commit that a revision names (`main`, `v1.0`, `HEAD~2`, an id); none when there is none.
    ///
    /// # Errors
    /// When the text is no revision, is ambiguous, or names something else than a commit (exit 2).
    pub fn resolve(&self, rev: &str) -> Result<Option<Id>, Fault> {
        let found = self.inner.revparse_single(rev).and_then(|object| object.peel_to_commit());
        match found {
            Ok(commit) => Ok(Some(Id(commit.id()))),
            Err(error) if matches!(error.code(), ErrorCode::NotFound | ErrorCode::UnbornBranch) => Ok(None),
            Err(error) => Err(Fault::usage(format!("{rev:?} names no commit: {}", error.message()))),
        }
    }
}

/// The project's folder below the worktree, with links followed on both sides.
fn prefix_of(worktree: &Path, root: &Path) -> Result<String, Fault> {
    let real = |path: &Path| {
        path.canonicalize().map_err(|error| Fault::unfinished(format!("can't read {}", path.display())).because(&error))
    };
    let (worktree, root) = (real(worktree)?, real(root)?);
    let Ok(below) = root.strip_prefix(&worktree) else {
        return Err(Fault::usage(format!("{} is not in the worktree {}", root.display(), worktree.display()))
            .hint("GIT_WORK_TREE or core.worktree points somewhere else"));
    };
    let parts: Option<Vec<&str>> = below.iter().map(|part| part.to_str()).collect();
    let parts =
        parts.ok_or_else(|| Fault::usage(format!("the path {} is not UTF-8", root.display())).hint("rename it"))?;
    Ok(parts.join("/"))
}

/// Why a repository can't be used, with what to do about it.
fn refused(place: &Path, error: &git2::Error) -> Fault {
    let place = place.display();
    let message = error.message().to_lowercase();
    if error.code() == ErrorCode::Owner {
        return Fault::unfinished(format!("the git repository of {place} belongs to somebody else"))
            .hint("if you trust it: git config --global --add safe.directory <its folder>");
    }
    let known = [
        (
            "refstorage",
            "keeps its refs in reftable",
            "convert it with `git refs migrate --ref-format=files`, or clone it with `--ref-format=files`",
        ),
        ("sha256", "uses SHA-256 objects", "vso works on SHA-1 repositories, git's default"),
        ("objectformat", "uses another object format", "vso works on SHA-1 repositories, git's default"),
        (
            "partialclone",
            "is a partial clone",
            "clone it without `--filter`: missing objects can't be told from lost ones",
        ),
    ];
    if let Some((_, what, hint)) = known.iter().find(|(word, ..)| message.contains(word)) {
        return Fault::unfinished(format!("the git repository of {place} {what}, which vso can't read")).hint(*hint);
    }
    if message.contains("unsupported extension") || message.contains("unsupported repository version") {
        return Fault::unfinished(format!("the git repository of {place} uses what vso can't read"))
            .because(error)
            .hint("a clone of it by an older git, or without that extension, works");
    }
    failed("the git repository can't be read", error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::sample::Sample;
    use std::fs;

    #[test]
    fn the_repository_around_a_folder_is_found() {
        let sample = Sample::new();
        assert!(Repo::at(sample.outside()).unwrap().is_none());
        let repo = sample.repo();
        assert_eq!((repo.head().unwrap(), repo.branch().as_deref(), repo.prefix()), (None, Some("main"), ""));
        assert_eq!(repo.resolve("HEAD").unwrap(), None);
        let first = sample.commit(&[("a/b/c.md", "x")], "one");
        let below = Repo::at(&sample.path("a/b")).unwrap().unwrap();
        assert_eq!(
            (below.prefix(), below.place("c.md"), below.head().unwrap()),
            ("a/b", "a/b/c.md".into(), Some(first))
        );
        assert_eq!(repo.within(&sample.path("a")).unwrap().prefix(), "a");
        sample.git(&["checkout", "-q", "--detach"]);
        assert_eq!((below.branch(), below.head().unwrap()), (None, Some(first)));
        assert_eq!(below.resolve("main").unwrap(), Some(first));
        assert_eq!(below.resolve("none").unwrap(), None);
        assert!(below.resolve("HEAD:a").is_err() && below.resolve("a..b..c").is_err());
    }

    #[test]
    fn linked_worktrees_bare_repositories_and_submodules_are_known() {
        let sample = Sample::new();
        sample.commit(&[("a.md", "x")], "one");
        sample.git(&["worktree", "add", "-q", "-b", "side", "../linked"]);
        let linked = Repo::at(&sample.path("../linked")).unwrap().unwrap();
        assert!(linked.is_linked() && !linked.is_submodule() && linked.git_dir() != linked.common_dir());
        assert_eq!(linked.common_dir().canonicalize().unwrap(), sample.path(".git").canonicalize().unwrap());
        assert_eq!(linked.branch().as_deref(), Some("side"));
        let bare = sample.bare();
        let bare = Repo::at(&bare).unwrap().unwrap();
        assert_eq!((bare.worktree(), bare.prefix()), (None, ""));
        let above = Sample::new();
        let url = sample.path("").display().to_string();
        above.git(&["-c", "protocol.file.allow=always", "submodule", "-q", "add", &url, "sub"]);
        assert!(Repo::at(&above.path("sub")).unwrap().unwrap().is_submodule());
        assert!(!above.repo().is_submodule());
    }

    #[test]
    fn what_is_under_way_is_said() {
        let sample = Sample::new();
        sample.commit(&[("a.md", "x")], "one");
        assert_eq!(sample.repo().under_way(), None);
        sample.git(&["checkout", "-q", "-b", "side"]);
        sample.commit(&[("a.md", "y")], "two");
        sample.git(&["checkout", "-q", "main"]);
        sample.commit(&[("a.md", "z")], "three");
        for (command, expected) in [("merge", "merge"), ("rebase", "rebase"), ("cherry-pick", "cherry-pick")] {
            assert!(!sample.try_git(&[command, "side"]).status.success());
            assert_eq!(sample.repo().under_way(), Some(expected));
            sample.git(&[command, "--abort"]);
        }
    }

    #[test]
    fn a_partial_clone_is_named_where_something_is_missing() {
        let sample = Sample::new();
        sample.commit(&[("a.md", "x")], "one");
        sample.git(&["config", "uploadpack.allowFilter", "true"]);
        let url = format!("file://{}", sample.path("").display());
        sample.git(&["clone", "-q", "--filter=blob:none", &url, "../partial"]);
        // git 2.47 marks the remote only, and older ones the repository.
        let missing = sample.git_with(&["hash-object", "-w", "--stdin"], b"never there").trim().parse().unwrap();
        let partial = Repo::at(&sample.path("../partial"));
        if let Ok(partial) = partial {
            let fault = partial.unwrap().blob(missing).unwrap_err();
            assert!(fault.hints()[0].contains("partial clone"), "{fault}");
        }
        sample.git(&["-C", "../partial", "config", "extensions.partialClone", "origin"]);
        let fault = Repo::at(&sample.path("../partial")).unwrap_err();
        assert!(fault.message().contains("partial clone") && !fault.hints().is_empty(), "{fault}");
    }

    #[test]
    fn broken_repositories_are_a_fault() {
        let sample = Sample::new();
        fs::write(sample.path(".git/config"), "[core\nx").unwrap();
        assert!(Repo::at(&sample.path("")).is_err());
        let sample = Sample::new();
        fs::write(sample.path(".git/HEAD"), "garbage\u{0}").unwrap();
        let found = Repo::at(&sample.path(""));
        assert!(found.is_err() || found.unwrap().is_none_or(|repo| repo.head().is_err()));
    }
}
