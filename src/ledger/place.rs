//! Where the ledger lies: `.slice-orchestrator/queue.db`, in a folder that git never sees.
//!
//! A link in the place of the folder or the file is refused: one that came with a repository must not say where vso
//! writes.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use crate::fault::Fault;

/// The folder's name, as everywhere in vso.
pub const FOLDER: &str = ".slice-orchestrator";

/// The file's name in it.
pub const FILE: &str = "queue.db";

/// The path of a project's ledger, whether it is there or not.
#[must_use]
pub fn path(root: &Path) -> PathBuf {
    root.join(FOLDER).join(FILE)
}

/// Makes the folder if it is missing, and gives the file's path.
pub(super) fn prepare(root: &Path) -> Result<PathBuf, Fault> {
    is_there(root)?;
    let folder = root.join(FOLDER);
    make(&folder).map_err(|error| {
        Fault::unfinished(format!("can't make the folder {FOLDER}"))
            .because(&error)
            .hint("vso keeps its queue there; the folder has to be writable")
    })?;
    Ok(path(root))
}

/// Whether a project has a ledger.
///
/// # Errors
/// When a link or something else stands in its place (exit 3).
pub fn is_there(root: &Path) -> Result<bool, Fault> {
    let refused = |what: &str| {
        Err(Fault::unfinished(format!("{what} is a symbolic link or not what it should be"))
            .hint("nothing was written; move it away"))
    };
    match fs::symlink_metadata(root.join(FOLDER)) {
        Ok(about) if about.is_dir() => {}
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
        _ => return refused(FOLDER),
    }
    let mut found = false;
    for ending in ["", "-wal", "-shm", "-journal"] {
        match fs::symlink_metadata(root.join(FOLDER).join(format!("{FILE}{ending}"))) {
            Ok(about) if about.is_file() => found |= ending.is_empty(),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            _ => return refused(&format!("{FOLDER}/{FILE}{ending}")),
        }
    }
    Ok(found)
}

fn make(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    match fs::File::create_new(folder.join(".gitignore")) {
        Ok(mut file) => file.write_all(b"*\n"),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
