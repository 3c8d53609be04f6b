//! vso's own folder in a project, `.slice-orchestrator/`: made on first use, ignored by git from its first moment.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::shown;
use crate::fault::Fault;

/// The folder's name. Deleting it loses no design and no code.
pub const STATE: &str = ".slice-orchestrator";

/// Where journals lie.
pub(super) fn journal(root: &Path) -> PathBuf {
    root.join(STATE).join("journal")
}

/// Makes the folder if it is missing.
///
/// # Errors
/// When it can't be made or is a symbolic link (exit 3).
pub(super) fn open(root: &Path) -> Result<PathBuf, Fault> {
    is_real(root)?;
    let state = root.join(STATE);
    make(&state).map_err(|error| {
        Fault::unfinished(format!("can't make the folder {STATE}"))
            .because(&error)
            .hint("vso keeps its lock and its journal there; nothing was written")
    })?;
    Ok(state)
}

/// Whether the folder is there. A link in its place or in the journal's is refused: recovery removes leftovers, and
/// a link that came with a repository must not say what a leftover is.
///
/// # Errors
/// When one of the two is a symbolic link or a file (exit 3).
pub(super) fn is_real(root: &Path) -> Result<bool, Fault> {
    for path in [root.join(STATE), journal(root)] {
        match fs::symlink_metadata(&path) {
            Ok(about) if about.is_dir() => {}
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            Ok(_) => {
                return Err(Fault::unfinished(format!("{} has to be a folder and is none", shown(&path)))
                    .hint("nothing was written; move it away"));
            }
            Err(error) => return Err(Fault::unfinished(format!("can't look at {}", shown(&path))).because(&error)),
        }
    }
    Ok(true)
}

fn make(state: &Path) -> io::Result<()> {
    fs::create_dir_all(state)?;
    match fs::File::create_new(state.join(".gitignore")) {
        Ok(mut file) => io::Write::write_all(&mut file, b"*\n"),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}
