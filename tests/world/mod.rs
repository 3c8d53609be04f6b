//! A sealed world for tests from outside: a folder of its own, the real binary, a cleared environment.
#![allow(dead_code, reason = "each test binary uses its own part of the world")]

pub mod project;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// A temporary folder in which vso runs; gone when dropped.
pub struct World {
    folder: tempfile::TempDir,
}

/// How a run ended.
pub struct Ran {
    /// The exit code; -1 when a signal ended it.
    pub code: i32,
    /// What went to stdout.
    pub out: String,
    /// What went to stderr.
    pub err: String,
}

impl World {
    /// An empty world.
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a temporary folder") }
    }

    /// A world with a file `master-spec.md`.
    pub fn with_master(text: &str) -> Self {
        let world = Self::new();
        world.write("master-spec.md", text);
        world
    }

    /// Its folder.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a file and the folders above it.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("folders can be made");
        std::fs::write(&path, bytes).expect("the file can be written");
        path
    }

    /// Reads a file as text.
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.path().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
    }

    /// Whether something stands at a path.
    pub fn has(&self, path: &str) -> bool {
        self.path().join(path).exists()
    }

    /// All files with their bytes, by path with `/`, without `.git`.
    pub fn files(&self) -> std::collections::BTreeMap<String, Vec<u8>> {
        let mut found = std::collections::BTreeMap::new();
        let mut folders = vec![self.path().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).expect("a folder can be read") {
                let path = entry.expect("an entry can be read").path();
                if path.is_dir() && !path.ends_with(".git") {
                    folders.push(path);
                } else if path.is_file() {
                    let name =
                        path.strip_prefix(self.path()).expect("it is below").to_string_lossy().replace('\\', "/");
                    found.insert(name, std::fs::read(&path).expect("a file can be read"));
                }
            }
        }
        found
    }

    /// The binary with a cleared environment, ready for arguments.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(self.path()).stdin(Stdio::null());
        for kept in ["PATH", "SystemRoot", "TEMP", "TMP"] {
            command.envs(std::env::var_os(kept).map(|value| (kept, value)));
        }
        command.env("HOME", self.path()).env("LC_ALL", "C.UTF-8").env("TZ", "UTC").env("TERM", "dumb");
        for (name, value) in [
            ("GIT_CONFIG_GLOBAL", "/dev/null"),
            ("GIT_CONFIG_SYSTEM", "/dev/null"),
            ("GIT_AUTHOR_NAME", "Author"),
            ("GIT_AUTHOR_EMAIL", "author@example.invalid"),
            ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
            ("GIT_COMMITTER_NAME", "Committer"),
            ("GIT_COMMITTER_EMAIL", "committer@example.invalid"),
            ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
        ] {
            command.env(name, value);
        }
        command
    }

    /// Runs vso.
    pub fn vso(&self, arguments: &[&str]) -> Ran {
        self.finish(self.command(env!("CARGO_BIN_EXE_vso")).args(arguments).output().expect("vso can be started"))
    }

    /// Runs vso with further environment variables.
    pub fn vso_with(&self, variables: &[(&str, &str)], arguments: &[&str]) -> Ran {
        let mut command = self.command(env!("CARGO_BIN_EXE_vso"));
        command.envs(variables.iter().copied()).args(arguments);
        self.finish(command.output().expect("vso can be started"))
    }

    /// Runs git and insists that it succeeds.
    pub fn git(&self, arguments: &[&str]) -> String {
        let ran = self.finish(self.command("git").args(arguments).output().expect("git can be started"));
        assert_eq!(ran.code, 0, "git {arguments:?}: {}", ran.err);
        ran.out
    }

    /// Output with this world's folder replaced by `[WORLD]` and the version by `[VERSION]`.
    fn finish(&self, output: Output) -> Ran {
        let clean = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).replace(&*self.path().to_string_lossy(), "[WORLD]");
            text.replace(env!("CARGO_PKG_VERSION"), "[VERSION]")
        };
        Ran { code: output.status.code().unwrap_or(-1), out: clean(&output.stdout), err: clean(&output.stderr) }
    }
}

impl Ran {
    /// Exit code, stdout and stderr in one text, for snapshots.
    pub fn all(&self) -> String {
        format!("exit {}\n----- stdout\n{}----- stderr\n{}", self.code, self.out, self.err)
    }

    /// Insists on an exit code.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "stdout:\n{}\nstderr:\n{}", self.out, self.err);
        self
    }
}
