//! Ids of a document's requirements, shown and written into the author's text.

use std::collections::HashSet;
use std::path::Path;

use super::{master, registry};
use crate::config::Config;
use crate::fault::Fault;
use crate::report::ids::{FORMAT, IdView, IdsReport};
use crate::slicing::{Registry, requirement_ids};
use crate::spec::ids::{self, Numbering};
use crate::spec::{Document, Reading, read};
use crate::worktree::{replace_text, shown};

/// The ids of a document's requirements; with `write`, after writing those that the text lacks.
///
/// # Errors
/// When the file can't be read (exit 2) or written (exit 3), or a slice's record can't be read (exit 2).
pub fn ids(root: &Path, config: &Config, path: &Path, write: bool) -> Result<IdsReport, Fault> {
    let mut document = master::document(path)?;
    let records = registry(root, config)?;
    let taken: HashSet<String> =
        records.slices.iter().flat_map(|slice| &slice.items).map(|item| item.id.clone()).collect();
    let mut reading = read::read(&document);
    let mut numbering = ids::number(&document, &reading, &taken);
    let mut written = 0;
    if write && !numbering.given.is_empty() {
        let text = numbering.text(&document);
        let changed = Document::parse(text).map_err(|error| {
            Fault::refused(format!("{} would be no document with these ids", shown(path))).because(&error)
        })?;
        replace_text(path, document.text(), changed.text())?;
        written = numbering.given.len();
        document = changed;
        reading = read::read(&document);
        numbering = ids::number(&document, &reading, &taken);
    }
    Ok(IdsReport {
        format: FORMAT,
        document: shown(path).replace('\\', "/"),
        requirements: views(&reading, &records, &numbering),
        written,
    })
}

fn views(reading: &Reading, records: &Registry, numbering: &Numbering) -> Vec<IdView> {
    let mut views: Vec<IdView> = requirement_ids(reading, records)
        .into_iter()
        .zip(&reading.requirements)
        .map(|((id, explicit), requirement)| IdView {
            id,
            explicit,
            proposed: None,
            left: None,
            line: requirement.origin.line,
            text: requirement.text.clone(),
        })
        .collect();
    for given in &numbering.given {
        views[given.requirement].proposed = Some(given.id.clone());
    }
    for left in &numbering.left {
        views[left.requirement].left = Some(left.reason.to_owned());
    }
    views
}
