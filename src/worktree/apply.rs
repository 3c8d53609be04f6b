//! Doing a recorded write, and taking it back. Both can be begun again after any part of them was done.
//!
//! A file is only replaced or removed while it is what the record says; what a person put there in the meantime
//! stops the write and stays.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;

use super::journal::{Journal, Record, Step};
use super::standing::{Standing, standing};

/// Brings the project from before to after.
pub(super) fn forward(journal: &Journal, root: &Path, record: &Record) -> io::Result<()> {
    for folder in &record.moved {
        let staged = journal.staged(folder);
        if staged.exists() {
            make_folder_above(&root.join(folder))?;
            // Fails when the target holds anything: people's files are never mixed in or covered.
            fs::rename(staged, root.join(folder)).map_err(|error| at(folder, &error))?;
        }
    }
    for step in &record.steps {
        do_step(journal, root, step).map_err(|error| at(&step.path, &error))?;
    }
    Ok(())
}

fn do_step(journal: &Journal, root: &Path, step: &Step) -> io::Result<()> {
    let target = root.join(&step.path);
    let staged = journal.staged(&step.path);
    match (&step.before, &step.after) {
        (Standing::Nothing, _) if staged.exists() => create(&staged, &target, &step.after),
        (Standing::Nothing, _) => Ok(()),
        (before, Standing::Nothing) => remove(journal, step, &target, before),
        (before, _) if staged.exists() => {
            set_aside(journal, root, step, &target, before)?;
            fs::rename(staged, target)
        }
        _ => Ok(()),
    }
}

/// A link fails when something stands there, in one step; renaming would cover it.
fn create(staged: &Path, target: &Path, after: &Standing) -> io::Result<()> {
    make_folder_above(target)?;
    match fs::hard_link(staged, target) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            if standing(target)? == *after {
                Ok(())
            } else {
                Err(in_the_way())
            }
        }
        // A file system without links: the look and the rename are two steps there.
        Err(_) if standing(target)? == Standing::Nothing => fs::rename(staged, target),
        Err(error) => Err(error),
    }
}

fn set_aside(journal: &Journal, root: &Path, step: &Step, target: &Path, before: &Standing) -> io::Result<()> {
    if standing(target)? != *before {
        return Err(changed_meanwhile());
    }
    link_or_same(target, &journal.old(&step.path), before)?;
    step.keep.as_ref().map_or(Ok(()), |keep| link_or_same(target, &root.join(keep), before))
}

fn remove(journal: &Journal, step: &Step, target: &Path, before: &Standing) -> io::Result<()> {
    let found = standing(target)?;
    if found == Standing::Nothing {
        return Ok(());
    }
    if found != *before {
        return Err(changed_meanwhile());
    }
    let old = journal.old(&step.path);
    make_folder_above(&old)?;
    fs::rename(target, old)
}

/// Gives what stands at `from` a second name, unless that was done before.
fn link_or_same(from: &Path, to: &Path, expected: &Standing) -> io::Result<()> {
    make_folder_above(to)?;
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            if standing(to)? == *expected {
                Ok(())
            } else {
                Err(in_the_way())
            }
        }
        Err(_) if standing(to)? == Standing::Nothing => fs::copy(from, to).map(|_| ()),
        Err(error) => Err(error),
    }
}

/// Brings the project back from anywhere between before and after.
pub(super) fn undo(journal: &Journal, root: &Path, record: &Record) -> io::Result<()> {
    for step in record.steps.iter().rev() {
        undo_step(journal, root, step).map_err(|error| at(&step.path, &error))?;
    }
    for folder in record.made.iter().rev() {
        // Not empty: a person put something there, and it stays.
        match fs::remove_dir(root.join(folder)) {
            Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::DirectoryNotEmpty) => {
                return Err(at(folder, &error));
            }
            _ => {}
        }
    }
    Ok(())
}

fn undo_step(journal: &Journal, root: &Path, step: &Step) -> io::Result<()> {
    let target = root.join(&step.path);
    let found = standing(&target)?;
    let ours = found == step.after;
    if step.before == Standing::Nothing {
        return if ours { fs::remove_file(target) } else { Ok(()) };
    }
    let old = journal.old(&step.path);
    if standing(&old)? == Standing::Nothing {
        return Ok(());
    }
    if ours {
        fs::rename(&old, &target)?;
    }
    let Some(keep) = step.keep.as_ref().map(|keep| root.join(keep)) else {
        return Ok(());
    };
    let both = standing(&target)? == step.before && standing(&keep)? == step.before;
    if both { fs::remove_file(keep) } else { Ok(()) }
}

fn make_folder_above(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), fs::create_dir_all)
}

fn in_the_way() -> io::Error {
    io::Error::new(ErrorKind::AlreadyExists, "something else stands there now")
}

fn changed_meanwhile() -> io::Error {
    io::Error::new(ErrorKind::AlreadyExists, "it was changed while vso was working")
}

fn at(path: &str, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{path}: {error}"))
}
