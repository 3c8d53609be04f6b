//! How the slices on disk stand to the master: found by generating in memory and comparing.

use std::path::Path;

use super::decompose::{Decomposition, Fate, PlannedFile, Request};
use super::registry::RECORD;
use crate::config::Config;
use crate::fault::Fault;
use crate::slicing::Slice;

/// How one slice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Every file is what the master makes of it.
    InStep,
    /// The master makes it, and nothing of it is on disk, but perhaps the record that holds its number.
    New,
    /// The master, a template or a setting changed since the slice was written.
    Stale,
    /// The master says what it said, and people changed or removed files.
    Edited,
    /// The master no longer makes it.
    Retired,
}

impl Step {
    /// `in-step`, `new`, `stale`, `edited` or `retired`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::InStep => "in-step",
            Self::New => "new",
            Self::Stale => "stale",
            Self::Edited => "edited",
            Self::Retired => "retired",
        }
    }
}

/// All slices of a project with how they stand.
#[derive(Debug)]
pub struct Status {
    /// The plan that was compared; its slices are in the order of the answers.
    pub plan: Decomposition,
    /// One answer a slice, with the paths of the files that differ or are missing.
    pub steps: Vec<(Step, Vec<String>)>,
}

/// Looks at a project.
///
/// # Errors
/// When slices can't be made from its master (exit 1 or 2), or the disk fails (exit 3).
pub fn status(root: &Path, config: &Config) -> Result<Status, Fault> {
    let plan = Decomposition::make(root, config, &Request::default())?;
    let steps = plan.slicing.slices.iter().map(|slice| step(&plan, slice)).collect();
    Ok(Status { plan, steps })
}

/// `metadata.json` holds the fingerprint of every item: where it is equal, the master says the same as before.
fn step(plan: &Decomposition, slice: &Slice) -> (Step, Vec<String>) {
    let files: Vec<&PlannedFile> = plan.files_of(slice).collect();
    let apart: Vec<&&PlannedFile> = files.iter().filter(|file| file.fate != Fate::Unchanged).collect();
    let record = |file: &&&PlannedFile| file.path.ends_with(&format!("/{RECORD}"));
    let step = if apart.is_empty() {
        Step::InStep
    } else if files.iter().all(|file| file.fate == Fate::New || file.path.ends_with(&format!("/{RECORD}"))) {
        Step::New
    } else if apart.iter().any(record) {
        Step::Stale
    } else {
        Step::Edited
    };
    (step, apart.into_iter().map(|file| file.path.clone()).collect())
}
