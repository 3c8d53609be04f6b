//! The journal of one write: what is to be done, so that a run killed at any moment can be finished or undone.
//!
//! `.slice-orchestrator/journal/<n>/` holds `new/` (the staged files), `record.json` (complete and synced before the
//! first visible change), `old/` (links to what was replaced) and, once a write has to be taken back, `undo`.
//! Without a record nothing visible has happened yet. A folder that ends in `.done` is only waiting to be removed.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::lock::Lock;
use super::path::{self, PathError, Walk};
use super::standing::Standing;
use super::{apply, shown, state};
use crate::fault::Fault;

/// One file of a write.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Step {
    /// Its path from the root, with `/`.
    pub path: String,
    /// What has to stand there before.
    pub before: Standing,
    /// What stands there afterwards: a file, or nothing.
    pub after: Standing,
    /// Where what stood there before is kept beside.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<String>,
}

/// All that has to be known to finish or undo a write.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Record {
    /// Folders that were missing and are renamed into place with all they hold, uppermost ones only.
    pub moved: Vec<String>,
    /// All folders that were missing, upper ones first.
    pub made: Vec<String>,
    /// The files.
    pub steps: Vec<Step>,
}

impl Record {
    /// Checks every path that the write touches, and gives the folders that are missing now, upper ones first.
    ///
    /// # Errors
    /// When a path is not safe, leaves the project or leads through a file.
    pub(super) fn check(&self, root: &Path) -> Result<Vec<String>, PathError> {
        let mut walk = Walk::new(root);
        let steps = self.steps.iter().flat_map(|step| std::iter::once(&step.path).chain(&step.keep));
        for touched in steps.chain(&self.moved).chain(&self.made) {
            path::check(touched)?;
            walk.above(touched)?;
        }
        Ok(walk.missing())
    }
}

/// The folder of one write.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
}

/// How an interrupted write ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recovered {
    /// It was complete in the journal and has been finished.
    Finished,
    /// It could not be finished, or had only begun, and nothing of it is left.
    Undone,
}

/// Finishes or undoes what a killed run left. Costs one look at a folder when there is nothing to do.
/// `waiting` is called when another vso is writing just now.
///
/// # Errors
/// When the disk fails or something stands in the way of both directions (exit 3).
pub fn recover(root: &Path, waiting: &dyn Fn()) -> Result<Option<Recovered>, Fault> {
    if entries(root)?.is_empty() { Ok(None) } else { recover_locked(&Lock::take(root, waiting)?) }
}

/// The same for one who holds the lock.
pub(super) fn recover_locked(lock: &Lock) -> Result<Option<Recovered>, Fault> {
    let root = lock.root();
    let mut ended = None;
    for entry in entries(root)? {
        let journal = Journal { folder: state::journal(root).join(&entry) };
        if entry.ends_with(".done") {
            fs::remove_dir_all(&journal.folder).map_err(|error| cant_recover(root, &error))?;
            continue;
        }
        let how = journal.end(root).map_err(|error| cant_recover(root, &error))?;
        journal.discard().map_err(|error| cant_recover(root, &error))?;
        ended = Some(how);
    }
    Ok(ended)
}

impl Journal {
    /// A new one; needs the lock so that numbers are free and nobody takes it for a leftover.
    pub(super) fn begin(lock: &Lock) -> io::Result<Self> {
        let above = state::journal(lock.root());
        fs::create_dir_all(&above)?;
        let free = (1..).map(|number: u32| above.join(number.to_string())).find(|path| !path.exists());
        let journal = Self { folder: free.unwrap_or(above) };
        fs::create_dir(&journal.folder)?;
        Ok(journal)
    }

    /// Where a file is staged.
    pub(super) fn staged(&self, path: &str) -> PathBuf {
        self.folder.join("new").join(path)
    }

    /// Where a replaced or removed file is kept until the write is over.
    pub(super) fn old(&self, path: &str) -> PathBuf {
        self.folder.join("old").join(path)
    }

    /// Writes the record down: from here on the write will be finished, whatever happens to this process.
    pub(super) fn commit(&self, record: &Record) -> io::Result<()> {
        let bytes = serde_json::to_vec(record)?;
        let draft = self.folder.join("record.draft");
        let mut file = fs::File::create(&draft)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        drop(file);
        fs::rename(draft, self.folder.join("record.json"))
    }

    /// Takes a committed write back. Once begun, every later recovery goes the same way.
    pub(super) fn undo(&self, root: &Path, record: &Record) -> io::Result<()> {
        fs::write(self.folder.join("undo"), b"")?;
        apply::undo(self, root, record)
    }

    /// Removes the journal: first its name in one step, then what it holds.
    pub(super) fn discard(self) -> io::Result<()> {
        let done = self.folder.with_extension("done");
        fs::rename(&self.folder, &done)?;
        fs::remove_dir_all(done)
    }

    /// Finishes or undoes the write, by what its folder says.
    fn end(&self, root: &Path) -> io::Result<Recovered> {
        let Some(record) = self.record()? else {
            return Ok(Recovered::Undone);
        };
        // A repository can bring a journal along: its paths are as little trusted as any.
        record.check(root).map_err(io::Error::other)?;
        if !self.folder.join("undo").exists() && apply::forward(self, root, &record).is_ok() {
            return Ok(Recovered::Finished);
        }
        self.undo(root, &record)?;
        Ok(Recovered::Undone)
    }

    fn record(&self) -> io::Result<Option<Record>> {
        match fs::read(self.folder.join("record.json")) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}

/// The journals of a project by name. What has no number for a name is none, and is left alone.
fn entries(root: &Path) -> Result<Vec<String>, Fault> {
    if !state::is_real(root)? {
        return Ok(Vec::new());
    }
    let listed = fs::read_dir(state::journal(root)).and_then(|listed| {
        let names = listed.map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()));
        names.collect::<io::Result<Vec<_>>>()
    });
    let mut names = match listed {
        Ok(names) => names,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(cant_recover(root, &error)),
    };
    names.retain(|name| name.strip_suffix(".done").unwrap_or(name).chars().all(|letter| letter.is_ascii_digit()));
    names.sort_unstable();
    Ok(names)
}

fn cant_recover(root: &Path, error: &io::Error) -> Fault {
    Fault::unfinished("an earlier run was interrupted while writing, and that can't be finished or undone")
        .because(error)
        .hint(format!("its journal is in {}; settle the cause and run this again", shown(&state::journal(root))))
}
