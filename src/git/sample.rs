//! Real repositories in temporary folders, driven by the real git, for this room's tests.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::{Id, Repo};
use crate::merge::{Entry, Tree};

/// A repository `project/` in a folder of its own, with nobody's configuration but its own.
pub(crate) struct Sample {
    folder: tempfile::TempDir,
}

impl Sample {
    /// An empty one with the branch `main`.
    pub(crate) fn new() -> Self {
        let sample = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(sample.folder.path().join("project")).unwrap();
        sample.git(&["init", "-q", "-b", "main"]);
        sample
    }

    /// The folder around it, which is in no repository.
    pub(crate) fn outside(&self) -> &Path {
        self.folder.path()
    }

    /// A path from the repository's top.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.folder.path().join("project").join(below)
    }

    /// It, opened.
    pub(crate) fn repo(&self) -> Repo {
        Repo::at(&self.path("")).unwrap().unwrap()
    }

    /// A new bare repository beside it.
    pub(crate) fn bare(&self) -> PathBuf {
        let place = self.folder.path().join("remote.git");
        self.git(&["init", "-q", "--bare", "-b", "main", &place.display().to_string()]);
        place
    }

    /// Runs git in it.
    pub(crate) fn try_git(&self, arguments: &[&str]) -> Output {
        self.command(arguments).stdin(Stdio::null()).output().unwrap()
    }

    /// Runs git in it, and insists that it succeeds.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        succeeded(arguments, self.try_git(arguments))
    }

    /// Runs git in it with something to read.
    #[track_caller]
    pub(crate) fn git_with(&self, arguments: &[&str], input: &[u8]) -> String {
        let mut child = self.command(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(input).unwrap();
        succeeded(arguments, child.wait_with_output().unwrap())
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new("git");
        for name in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_PREFIX"] {
            command.env_remove(name);
        }
        for (name, value) in [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_AUTHOR_NAME", "Author"),
            ("GIT_AUTHOR_EMAIL", "author@example.invalid"),
            ("GIT_COMMITTER_NAME", "Committer"),
            ("GIT_COMMITTER_EMAIL", "committer@example.invalid"),
            ("GIT_EDITOR", "true"),
        ] {
            command.env(name, value);
        }
        command.args(arguments).current_dir(self.path(""));
        command
    }

    /// Writes files and commits them.
    #[track_caller]
    pub(crate) fn commit(&self, files: &[(&str, &str)], message: &str) -> Id {
        for (path, text) in files {
            let path = self.path(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", message]);
        self.git(&["rev-parse", "HEAD"]).trim().parse().unwrap()
    }
}

#[track_caller]
fn succeeded(arguments: &[&str], output: Output) -> String {
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// A folder of plain files.
pub(crate) fn tree(files: &[(&str, &str)]) -> Tree {
    files.iter().map(|(path, text)| ((*path).to_owned(), Entry::file(*text))).collect()
}
