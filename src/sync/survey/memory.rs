//! What the last look at a commit found settled, slice by slice, so that a plan costs what changed and not what there is.
//!
//! A slice is settled when its folder has the tree it had then, and what it is generated from is what it was then. Both
//! are compared by hashes that are computed anew each time; without this file everything is looked at again.

use std::collections::HashMap;
use std::path::Path;

use sha2::{Digest, Sha256};

use super::inputs::Inputs;
use crate::git::Id;
use crate::scaffold::digest;
use crate::slicing::Slice;
use crate::slicing::registry::{Registry, SliceRecord};
use crate::worktree::{cache, cached};

/// The name of the entry in the cache.
const ENTRY: &str = "settled-slices";

/// One slice that was found settled.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Settled {
    /// The tree of its folder.
    tree: Id,
    /// What it was generated from.
    made_from: String,
    /// Whether its record was the one of the generation history.
    known: bool,
}

/// What was found settled, by slice.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Memory(HashMap<String, Settled>);

impl Memory {
    /// What the last look left; nothing when it can't be read.
    #[must_use]
    pub fn read(root: &Path) -> Self {
        let text = cached(root, ENTRY).and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        Self(text.lines().filter_map(row).collect())
    }

    /// Keeps it for the next look. A cache that can't be written is no harm.
    pub fn write(&self, root: &Path) {
        let mut rows: Vec<String> = self
            .0
            .iter()
            .map(|(slice, settled)| format!("{slice} {} {} {}\n", settled.tree, settled.made_from, settled.known))
            .collect();
        rows.sort_unstable();
        let _ = cache(root, ENTRY, rows.concat().as_bytes());
    }

    /// Adds a settled slice.
    pub fn settle(&mut self, record: &SliceRecord, tree: Id, made_from: String, history: &Registry) {
        let known = history.slices.iter().any(|other| other == record);
        self.0.insert(record.slice_id.clone(), Settled { tree, made_from, known });
    }

    /// Whether a slice was found settled with this tree, generated from this.
    #[must_use]
    pub fn has(&self, slice: &str, tree: Option<Id>, made_from: &str) -> bool {
        self.0.get(slice).is_some_and(|settled| Some(settled.tree) == tree && settled.made_from == made_from)
    }

    /// Whether the record in a folder with this tree is the one of the generation history.
    #[must_use]
    pub fn knows(&self, slice: &str, tree: Option<Id>) -> bool {
        self.0.get(slice).is_some_and(|settled| settled.known && Some(settled.tree) == tree)
    }
}

fn row(line: &str) -> Option<(String, Settled)> {
    let mut words = line.split(' ');
    let slice = words.next()?.to_owned();
    let (tree, made_from, known) = (words.next()?.parse().ok()?, words.next()?.to_owned(), words.next()? == "true");
    Some((slice, Settled { tree, made_from, known }))
}

/// What all slices are generated from besides their own content: the engine, the templates, the settings.
#[must_use]
pub fn ground(inputs: &Inputs) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{}\0{:?}\0", env!("CARGO_PKG_VERSION"), inputs.settings));
    for (path, text) in inputs.templates.iter() {
        hash.update(format!("{path}\0{}\0", text.len()));
        hash.update(text);
    }
    hex::encode(&hash.finalize()[..16])
}

/// What one slice is generated from.
#[must_use]
pub fn made_from(slice: &Slice, ground: &str) -> String {
    format!("{}-{ground}", digest(slice))
}
