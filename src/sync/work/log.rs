//! What a sync did, as lines of the project's log, for whoever asked: a person, the queue, the night or a server.

use std::path::Path;

use crate::fault::{Fault, FaultKind};
use crate::report::finding::counted;
use crate::sync::propose::{Deed, Line, Synced};
use crate::worktree::log::{Level, Log};

/// Writes down what became of a sync. What was done is done, whether the log can be written or not.
pub fn log(root: &Path, done: Result<&Synced, &Fault>) {
    let add = |level: Level, text: &str| drop(Log::Sync.add(root, level, text));
    match done {
        Ok(done) => {
            for line in done.lines.iter().filter(|line| line.deed != Deed::Unchanged) {
                let number = line.number.map(|number| format!("#{number} ")).unwrap_or_default();
                let conflicts = match line.conflicts.len() {
                    0 => String::new(),
                    count => format!(", {}", counted(count, "conflict")),
                };
                let why = line.note.as_deref().map(|note| format!(": {note}")).unwrap_or_default();
                let level = if is_undecided(line) { Level::Warning } else { Level::Info };
                add(level, &format!("{} {number}{}{conflicts}{why}", line.deed.word(), line.branch));
            }
            done.notes.iter().for_each(|note| add(Level::Warning, note));
        }
        Err(fault) if fault.kind() == FaultKind::Unfinished => add(Level::Error, &fault.to_string()),
        Err(_) => {}
    }
}

/// Whether a person has something to decide before this proposal can be merged.
#[must_use]
pub fn is_undecided(line: &Line) -> bool {
    let is_open = matches!(line.deed, Deed::Opened | Deed::Updated | Deed::Unchanged);
    !line.conflicts.is_empty() || line.deed == Deed::Blocked || (line.draft && is_open)
}
