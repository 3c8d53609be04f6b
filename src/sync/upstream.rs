//! Slices to master: what people changed in slices and the master states goes up.

use super::history;
use super::survey::{Look, Survey};
use super::wanted::Folder;
use crate::fault::Fault;
use crate::merge::Conflict;
use crate::report::plan::Upstream;

/// What goes up.
#[derive(Debug, Clone, Default)]
pub struct Up {
    /// The edited master; none where it stays as it is.
    pub text: Option<String>,
    /// Its new version, where the edits raise it.
    pub version: Option<String>,
    /// The items, also those that can't be carried up.
    pub edits: Vec<Upstream>,
    /// Whether the index is written anew.
    pub index: bool,
    /// The folders of the slices that the edits come from, generated from the edited master; `path` is the name alone.
    pub folders: Vec<Folder>,
    /// Conflicts that are open in them: the slice's id, and the file's path in the slice.
    pub open: Vec<(String, Vec<(String, Conflict)>)>,
    /// What the generation history has to know of the edited master.
    pub generation: Option<history::Fresh>,
}

/// Finds what goes up.
///
/// # Errors
/// When the edited master can't be generated from.
pub fn find(_look: &Look<'_>, _survey: &Survey) -> Result<Up, Fault> {
    Ok(Up::default())
}
