//! The demonstration: a git repository with an example specification, its slices, and one change to show what it touches.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Decomposition, Request};
use crate::config::Config;
use crate::fault::{Fault, FaultKind};
use crate::git;
use crate::spec::edit::{self, Edit};
use crate::spec::span::Span;
use crate::worktree::{Change, Lock, Standing, Watch, read_text, replace_text, shown, write};

const MASTER: &str = include_str!("../../templates/demo/master-spec.md");
const MASTER_NAME: &str = "master-spec.md";

/// The change that the demonstration makes: a requirement, words in it, and what they become.
const CHANGE: (&str, &str, &str) = ("FR-024", "5 open loans", "3 open loans");

/// The folder in which the demonstration plays. A temporary one is removed when this is dropped.
#[derive(Debug)]
pub struct Stage {
    root: PathBuf,
    temporary: Option<tempfile::TempDir>,
    config: Config,
    stop: &'static AtomicBool,
}

/// What one changed requirement does.
#[derive(Debug)]
pub struct Consequence {
    /// The requirement's line before and after.
    pub line: (String, String),
    /// The slices with their files as they would be now.
    pub plan: Decomposition,
}

impl Stage {
    /// Makes the repository in `folder`, which must be new or empty, or in a temporary folder.
    ///
    /// # Errors
    /// When the folder holds anything (exit 2), or git or the disk fails (exit 3).
    pub fn set_up(folder: Option<&Path>, stop: &'static AtomicBool) -> Result<Self, Fault> {
        let failed = |error: &std::io::Error| Fault::unfinished("can't make a folder for the demo").because(error);
        let (root, temporary) = if let Some(folder) = folder {
            fs::create_dir_all(folder).map_err(|error| failed(&error))?;
            if fs::read_dir(folder).map_err(|error| failed(&error))?.next().is_some() {
                return Err(Fault::usage(format!("{} is not empty", shown(folder)))
                    .hint("--dir takes a folder that is new or empty; nothing was written"));
            }
            (folder.to_owned(), None)
        } else {
            let made = tempfile::Builder::new().prefix("vso-demo-").tempdir().map_err(|error| failed(&error))?;
            (made.path().to_owned(), Some(made))
        };
        let stage = Self { root, temporary, config: Config::default(), stop };
        git::init(&stage.root)?;
        stage.write(MASTER_NAME, MASTER)?;
        git::commit_all(&stage.root, "Write down what the tool library does")?;
        Ok(stage)
    }

    /// Where it plays.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The master's text as it was written.
    #[must_use]
    pub fn master(&self) -> &'static str {
        MASTER
    }

    /// Cuts the specification into slices, writes them and commits them.
    ///
    /// # Errors
    /// When the disk fails (exit 3) or the person interrupts (exit 130).
    pub fn decompose(&self) -> Result<Decomposition, Fault> {
        let plan = self.plan()?.carry_out(self.watch(), &|| ())?;
        git::commit_all(&self.root, "Decompose the master specification into slices")?;
        self.go_on()?;
        Ok(plan)
    }

    /// Changes one requirement of the master and says what that touches. The slices stay as they are.
    ///
    /// # Errors
    /// When the disk fails (exit 3) or the person interrupts (exit 130).
    pub fn change(&self, plan: &Decomposition) -> Result<Consequence, Fault> {
        let (id, old, new) = CHANGE;
        let text = plan.master.document.text();
        let requirement = plan.master.reading.requirements.iter().find(|found| found.id.as_deref() == Some(id));
        let span = requirement.map(|found| found.origin.span);
        let at = span.and_then(|span| Some(span.start + span.of(text).find(old)?));
        let at = at.ok_or_else(|| Fault::unfinished(format!("the example has no requirement {id} with {old:?}")))?;
        let edits = [Edit::new(Span::new(at, at + old.len()), new)];
        let changed = edit::apply(text, &edits)
            .map_err(|error| Fault::unfinished("the example can't be edited").because(&error))?;
        replace_text(&self.root.join(MASTER_NAME), text, &changed)?;
        self.go_on()?;
        Ok(Consequence { line: (line_at(text, at), line_at(&changed, at)), plan: self.plan()? })
    }

    /// Leaves the folder where it is.
    pub fn keep(mut self) -> PathBuf {
        self.temporary.take().map_or(self.root, tempfile::TempDir::keep)
    }

    /// A file of the stage.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn read(&self, path: &str) -> Result<String, Fault> {
        read_text(&self.root.join(path))
    }

    fn plan(&self) -> Result<Decomposition, Fault> {
        Decomposition::make(&self.root, &self.config, &Request::default())
    }

    fn write(&self, path: &str, text: &str) -> Result<(), Fault> {
        let change =
            Change { path, before: Standing::Nothing, bytes: Some(text.as_bytes()), executable: false, keep: None };
        write(&Lock::take(&self.root, &|| ())?, &[change], self.watch())
    }

    fn watch(&self) -> Watch<'_> {
        Watch { step: &|| (), stop: self.stop }
    }

    fn go_on(&self) -> Result<(), Fault> {
        if self.stop.load(Ordering::Relaxed) {
            return Err(Fault::new(FaultKind::Interrupted, "interrupted"));
        }
        Ok(())
    }
}

fn line_at(text: &str, at: usize) -> String {
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    text[start..].lines().next().unwrap_or_default().to_owned()
}
