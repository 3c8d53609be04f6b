//! The files that all slices share (`deployments/`, `pytest.ini`): generated from templates and settings alone.
//!
//! No slice's proposal touches them; they travel with the master's. Their base is named in a record of their own, beside
//! the slices.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::base;
use super::{Look, Survey};
use crate::fault::Fault;
use crate::merge::{self, Entry, Tree};
use crate::sync::wanted::base_id;

/// The record's name in the folder of the slices.
pub const RECORD: &str = "metadata.json";

/// What the record holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The version of this format: 1.
    pub schema: u32,
    /// The id of the git tree of the shared files that vso generated last.
    pub base: String,
}

/// What becomes of the shared files.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Shared {
    /// Files that change, by path from the project's root, with the record.
    pub files: Vec<(String, Option<Entry>)>,
    /// What was generated.
    pub fresh: Tree,
    /// Files that both sides changed; they stay as people made them.
    pub open: Vec<(String, merge::Conflict)>,
}

/// Brings the shared files up to what is generated now.
///
/// # Errors
/// When they or their record can't be read.
pub fn bring(look: &Look<'_>, survey: &Survey) -> Result<Shared, Fault> {
    let fresh = survey.shared.clone();
    if fresh.is_empty() {
        return Ok(Shared::default());
    }
    let place = format!("{}/{RECORD}", look.config.project.slices);
    let record: Option<Record> = look.place.text(&place)?.and_then(|text| serde_json::from_str(&text).ok());
    let id = base_id(&fresh)?;
    if record.as_ref().is_some_and(|record| record.base == id) {
        return Ok(Shared { fresh, ..Shared::default() });
    }
    let base = match &record {
        Some(record) => base::stored_tree(look, &record.base)?,
        None => None,
    };
    // Without a base what is equal is settled and what differs stays as it stands.
    let base = base.unwrap_or_default();
    let paths: BTreeSet<&str> = fresh.iter().chain(base.iter()).map(|(path, _)| path).collect();
    let mut ours = Tree::new();
    for path in &paths {
        if let Some(entry) = look.place.entry(path)? {
            ours.insert(*path, entry);
        }
    }
    let resolved = merge::trees(&base, &ours, &fresh).resolve(&|_, _| None);
    let mut files = Vec::new();
    let after: BTreeSet<&str> = ours.iter().chain(resolved.tree.iter()).map(|(path, _)| path).collect();
    for path in after {
        let (before, now) = (ours.get(path), resolved.tree.get(path));
        if before != now {
            files.push((path.to_owned(), now.cloned()));
        }
    }
    let record = Record { schema: 1, base: base_id(&resolved.next_base)? };
    let text = serde_json::to_string_pretty(&record)
        .map_err(|error| Fault::unfinished(format!("{place} can't be written")).because(&error))?;
    let text = text + "\n";
    if look.place.text(&place)?.as_deref() != Some(&text) {
        files.push((place, Some(Entry::file(text))));
    }
    Ok(Shared { files, fresh: resolved.next_base, open: resolved.open })
}
