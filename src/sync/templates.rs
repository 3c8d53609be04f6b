//! The templates of a project: the built-in ones, overlaid file by file by what lies in `.vso/templates/`.

use std::path::Path;

use crate::fault::Fault;
use crate::scaffold::Templates;
use crate::worktree::{files_below, read_text};

/// The folder of a project's own templates.
pub const FOLDER: &str = ".vso/templates";

/// Reads them.
///
/// # Errors
/// When one of them can't be read or is not UTF-8 (exit 2).
pub fn templates(root: &Path) -> Result<Templates, Fault> {
    Ok(Templates::embedded().overlaid(own(root)?))
}

/// Reads the project's own ones: path below the folder, text.
///
/// # Errors
/// When one of them can't be read or is not UTF-8 (exit 2).
pub fn own(root: &Path) -> Result<Vec<(String, String)>, Fault> {
    let folder = root.join(FOLDER);
    let read = |path: String| read_text(&folder.join(&path)).map(|text| (path, text));
    files_below(&folder)?.into_iter().map(read).collect()
}
