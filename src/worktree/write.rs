//! Writing many files as one: checked, staged, recorded, moved into place, or not written at all.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::journal::{self, Journal, Record, Step};
use super::lock::Lock;
use super::standing::Standing;
use super::{apply, shown};
use crate::fault::{Fault, FaultKind};

/// One file to write, replace or remove.
#[derive(Debug, Clone)]
pub struct Change<'a> {
    /// Its path from the root, with `/`.
    pub path: &'a str,
    /// What stands there now; anything else at the moment of writing stops the whole write.
    pub before: Standing,
    /// The new bytes; none to remove the file.
    pub bytes: Option<&'a [u8]>,
    /// Whether it may be run.
    pub executable: bool,
    /// A free name beside it for what stands there now ([`free_name`]).
    pub keep: Option<String>,
}

/// Who watches a long write.
#[derive(Clone, Copy)]
pub struct Watch<'a> {
    /// Called after each staged file.
    pub step: &'a (dyn Fn() + Sync),
    /// Set when the person wants it to end; the project then stays as it was.
    pub stop: &'a AtomicBool,
}

/// Writes all changes, or none of them. Finishes or undoes first what an earlier run left.
///
/// # Errors
/// When a path is not safe or leaves the project, something is in the way or changed meanwhile, the disk is full or
/// read-only (exit 3), or the person interrupts (exit 130). The project is then as it was before.
pub fn write(lock: &Lock, changes: &[Change<'_>], watch: Watch<'_>) -> Result<(), Fault> {
    let root = lock.root();
    journal::recover_locked(lock)?;
    let record = record(root, changes)?;
    let journal = Journal::begin(lock).map_err(|error| failed(root, &error))?;
    let staged = stage(&journal, root, changes, watch)
        .and_then(|()| journal.commit(&record).map_err(|error| failed(root, &error)));
    if let Err(fault) = staged {
        // Nothing visible has happened; what can't be removed now is removed by the next run.
        let _ = journal.discard();
        return Err(fault);
    }
    if let Err(error) = apply::forward(&journal, root, &record) {
        journal.undo(root, &record).map_err(|error| half_way(root, &error))?;
        let _ = journal.discard();
        return Err(failed(root, &error));
    }
    // The write is complete; a journal that can't be removed now is removed by the next run.
    let _ = journal.discard();
    Ok(())
}

/// Puts another text in the place of a file's, in one step; its mode stays. For edits in a person's own file, which may
/// lie anywhere; a symbolic link is followed, since the person named it.
///
/// # Errors
/// When the file no longer has the text `before` (exit 1), or the disk fails (exit 3); the file is then as it was.
pub fn replace_text(path: &Path, before: &str, after: &str) -> Result<(), Fault> {
    let failed = |error: &io::Error| {
        Fault::unfinished(format!("can't write {}", shown(path))).because(error).hint("the file is as it was")
    };
    let real = path.canonicalize().map_err(|error| failed(&error))?;
    if fs::read(&real).map_err(|error| failed(&error))? != before.as_bytes() {
        return Err(Fault::refused(format!("{} was changed meanwhile", shown(path))).hint("run this again"));
    }
    let replaced = || -> io::Result<()> {
        let mut file = tempfile::NamedTempFile::new_in(real.parent().unwrap_or(&real))?;
        file.write_all(after.as_bytes())?;
        file.as_file().set_permissions(fs::metadata(&real)?.permissions())?;
        file.persist(&real).map(|_| ()).map_err(|refused| refused.error)
    };
    replaced().map_err(|error| failed(&error))
}

/// The first name beside a file that nobody has: `spec.md.orig`, `spec.md.orig.2`, …
///
/// # Errors
/// When the disk does not say.
pub fn free_name(root: &Path, path: &str) -> Result<String, Fault> {
    let names = std::iter::once(format!("{path}.orig")).chain((2..).map(|number: u32| format!("{path}.orig.{number}")));
    for name in names {
        match fs::symlink_metadata(root.join(&name)) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(name),
            Err(error) => return Err(failed(root, &error)),
        }
    }
    Err(Fault::unfinished(format!("{path} has too many copies beside it")))
}

/// What the journal has to know, after all paths were checked.
pub(super) fn record(root: &Path, changes: &[Change<'_>]) -> Result<Record, Fault> {
    let steps = changes.par_iter().map(|change| Step {
        path: change.path.to_owned(),
        before: change.before.clone(),
        after: change.bytes.map_or(Standing::Nothing, Standing::file),
        keep: change.keep.clone(),
    });
    let mut record = Record { steps: steps.collect(), ..Record::default() };
    let made = record.check(root).map_err(|error| error.fault())?;
    let known: BTreeSet<&str> = made.iter().map(String::as_str).collect();
    let uppermost = |folder: &&String| folder.rsplit_once('/').is_none_or(|(above, _)| !known.contains(above));
    record.moved = made.iter().filter(uppermost).cloned().collect();
    record.made = made;
    Ok(record)
}

pub(super) fn stage(journal: &Journal, root: &Path, changes: &[Change<'_>], watch: Watch<'_>) -> Result<(), Fault> {
    let folders = changes.iter().filter_map(|change| change.path.rsplit_once('/').map(|(folder, _)| folder));
    let mut last = None;
    for folder in std::iter::once("").chain(folders).filter(|folder| last.replace(*folder) != Some(*folder)) {
        fs::create_dir_all(journal.staged(folder)).map_err(|error| failed(root, &error))?;
    }
    changes.par_iter().try_for_each(|change| {
        if watch.stop.load(Ordering::Relaxed) {
            return Err(Fault::new(FaultKind::Interrupted, "interrupted; nothing was written"));
        }
        (watch.step)();
        let Some(bytes) = change.bytes else { return Ok(()) };
        stage_one(&journal.staged(change.path), &root.join(change.path), change, bytes)
            .map_err(|error| failed(root, &error))
    })
}

/// A replaced file keeps its mode; a new one that may be run gets the right to be.
fn stage_one(staged: &Path, target: &Path, change: &Change<'_>, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(staged)?;
    file.write_all(bytes)?;
    if matches!(change.before, Standing::File(_)) {
        file.set_permissions(fs::metadata(target)?.permissions())?;
    }
    if change.executable { make_executable(&file) } else { Ok(()) }
}

#[cfg(unix)]
fn make_executable(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let mut rights = file.metadata()?.permissions();
    // Whoever may read it may run it.
    rights.set_mode(rights.mode() | (rights.mode() & 0o444) >> 2);
    file.set_permissions(rights)
}

#[cfg(not(unix))]
fn make_executable(_file: &File) -> io::Result<()> {
    Ok(())
}

fn failed(root: &Path, error: &io::Error) -> Fault {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            "nothing was written; make room and run this again"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "nothing was written; the folder has to be writable"
        }
        io::ErrorKind::CrossesDevices => "nothing was written; the project has to lie on one file system",
        _ => "nothing was written",
    };
    Fault::unfinished(format!("can't write in {}", shown(root))).because(error).hint(hint)
}

fn half_way(root: &Path, error: &io::Error) -> Fault {
    Fault::unfinished(format!("writing in {} failed, and so did taking it back", shown(root)))
        .because(error)
        .hint("the journal is kept: settle the cause and run any command of vso, which takes it back")
}
