//! Where git looks for the hooks of a repository, and its local settings: asked of the git binary itself.
//!
//! `core.hooksPath`, conditional includes, worktrees and submodules are git's to resolve; a second opinion could only be
//! wrong. Nothing here runs inside a hook, so a few child processes do no harm.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::crash;
use crate::fault::Fault;

/// What git says of the repository around a folder. All paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooked {
    /// The work tree's root.
    pub root: PathBuf,
    /// git's folder that all work trees of the repository share.
    pub common_dir: PathBuf,
    /// Where git looks for hooks.
    pub hooks: PathBuf,
    /// The repository's own attributes that no commit holds.
    pub attributes: PathBuf,
    /// The folder asked for, from the work tree's root, with `/`; empty for the root itself.
    pub prefix: String,
    /// `core.hooksPath` as it is set, from whichever file.
    pub hooks_path: Option<String>,
}

/// Asks git about the repository around a folder; none when there is no repository with a work tree.
///
/// # Errors
/// When git can't be started, or says no for another reason (exit 3).
pub fn hooked(folder: &Path) -> Result<Option<Hooked>, Fault> {
    let lines = ["--show-prefix", "--show-toplevel"];
    let Some(said) = ask(folder, ["rev-parse", "--path-format=absolute"].iter().chain(&lines))? else {
        return Ok(None);
    };
    let mut lines = said.lines();
    let prefix = lines.next().unwrap_or_default().trim_end_matches('/').to_owned();
    let Some(root) = lines.next().map(PathBuf::from) else { return Ok(None) };
    // A relative `core.hooksPath` starts at the root of the work tree.
    let wanted = ["--git-common-dir", "--git-path", "hooks", "--git-path", "info/attributes"];
    let said = ask(&root, ["rev-parse", "--path-format=absolute"].iter().chain(&wanted))?.unwrap_or_default();
    let [common_dir, hooks, attributes] = said.lines().collect::<Vec<_>>()[..] else {
        return Err(Fault::unfinished("git does not say where its hooks lie").hint("vso needs git 2.31 or newer"));
    };
    let hooks_path = ask(&root, ["config", "--get", "core.hooksPath"])?.map(|line| line.trim_end().to_owned());
    let (common_dir, hooks, attributes) = (common_dir.into(), hooks.into(), attributes.into());
    Ok(Some(Hooked { root, common_dir, hooks, attributes, prefix, hooks_path }))
}

/// All values of a key in the repository's own settings, which all its work trees share.
///
/// # Errors
/// When git can't be started (exit 3).
pub fn settings(root: &Path, key: &str) -> Result<Vec<String>, Fault> {
    let said = ask(root, ["config", "--local", "--get-all", "-z", key])?.unwrap_or_default();
    Ok(said.split_terminator('\0').map(str::to_owned).collect())
}

/// Sets a key in the repository's own settings to one value; nothing is written when it is so already.
///
/// # Errors
/// When the settings can't be written (exit 3).
pub fn set(root: &Path, key: &str, value: &str) -> Result<(), Fault> {
    if settings(root, key)? == [value] {
        return Ok(());
    }
    change(root, &["config", "--local", "--replace-all", key, value])
}

/// Takes a key out of the repository's own settings.
///
/// # Errors
/// When the settings can't be written (exit 3).
pub fn take_out(root: &Path, key: &str) -> Result<(), Fault> {
    if settings(root, key)?.is_empty() {
        return Ok(());
    }
    change(root, &["config", "--local", "--unset-all", key])
}

/// Takes a whole section (`merge.vso`) out of the repository's own settings; says whether there was one.
///
/// # Errors
/// When the settings can't be written (exit 3).
pub fn take_out_section(root: &Path, section: &str) -> Result<bool, Fault> {
    let pattern = format!("^{}\\.", section.replace('.', "\\."));
    if ask(root, ["config", "--local", "--name-only", "--get-regexp", &pattern])?.is_none() {
        return Ok(false);
    }
    change(root, &["config", "--local", "--remove-section", section]).map(|()| true)
}

/// Runs git and gives what it printed; none when it says no without a complaint, or there is no repository.
fn ask<S: AsRef<OsStr>>(folder: &Path, arguments: impl IntoIterator<Item = S>) -> Result<Option<String>, Fault> {
    let output = git(folder).args(arguments).output().map_err(|error| not_started(&error))?;
    let complaint = String::from_utf8_lossy(&output.stderr);
    if output.status.success() {
        return Ok(Some(String::from_utf8_lossy(&output.stdout).into_owned()));
    }
    let expected = ["not a git repository", "must be run in a work tree"];
    if complaint.trim().is_empty() || expected.iter().any(|words| complaint.contains(words)) {
        return Ok(None);
    }
    Err(refused(&complaint))
}

fn change(root: &Path, arguments: &[&str]) -> Result<(), Fault> {
    crash::point("git.config.before");
    let output = git(root).args(arguments).output().map_err(|error| not_started(&error))?;
    crash::point("git.config.after");
    if output.status.success() { Ok(()) } else { Err(refused(&String::from_utf8_lossy(&output.stderr))) }
}

/// git in a folder, speaking English, and not bound to the repository of a hook that runs this.
fn git(folder: &Path) -> Command {
    let mut git = Command::new("git");
    git.arg("-C").arg(folder).stdin(Stdio::null()).env("LC_ALL", "C");
    for bound in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_COMMON_DIR"] {
        git.env_remove(bound);
    }
    git
}

fn not_started(error: &std::io::Error) -> Fault {
    Fault::unfinished("git can't be started").because(error).hint("vso works with git 2.31 or newer on the PATH")
}

fn refused(complaint: &str) -> Fault {
    let line = complaint.lines().find(|line| !line.trim().is_empty()).unwrap_or("no reason given");
    Fault::unfinished(format!("git says: {}", line.trim_start_matches("fatal: ").trim_start_matches("error: ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_come_and_go_without_a_trace() {
        let folder = tempfile::tempdir().unwrap();
        crate::git::init(folder.path()).unwrap();
        std::fs::create_dir_all(folder.path().join("a b/c")).unwrap();
        let config = folder.path().join(".git/config");
        let before = std::fs::read(&config).unwrap();
        set(folder.path(), "vso.projects", "[\"one\", \"t*o\"]").unwrap();
        set(folder.path(), "vso.projects", "[\"one\"]").unwrap();
        set(folder.path(), "merge.vso.driver", "a \"b\" 'c' # ;").unwrap();
        assert_eq!(settings(folder.path(), "vso.projects").unwrap(), ["[\"one\"]"]);
        assert_eq!(settings(folder.path(), "merge.vso.driver").unwrap(), ["a \"b\" 'c' # ;"]);
        take_out(folder.path(), "vso.projects").unwrap();
        take_out(folder.path(), "vso.projects").unwrap();
        assert!(take_out_section(folder.path(), "merge.vso").unwrap());
        assert!(!take_out_section(folder.path(), "merge.vso").unwrap());
        assert_eq!(std::fs::read(&config).unwrap(), before);
    }

    #[test]
    fn git_says_where_hooks_lie() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap();
        assert_eq!(hooked(&root).unwrap(), None);
        crate::git::init(&root).unwrap();
        std::fs::create_dir_all(root.join("a b/c")).unwrap();
        let found = hooked(&root.join("a b/c")).unwrap().unwrap();
        assert_eq!((found.prefix.as_str(), &found.root, &found.common_dir), ("a b/c", &root, &root.join(".git")));
        assert_eq!((found.hooks, found.attributes), (root.join(".git/hooks"), root.join(".git/info/attributes")));
        set(&root, "core.hooksPath", ".my hooks").unwrap();
        let found = hooked(&root.join("a b/c")).unwrap().unwrap();
        assert_eq!((found.hooks, found.hooks_path.as_deref()), (root.join(".my hooks"), Some(".my hooks")));
    }
}
