//! Three-way merge of folders: which file is which, then each file by its own kind.
//!
//! An edit is never dropped because the other side renamed, moved or deleted the file.

use std::collections::BTreeSet;

use super::folder::{Entry, Mode, Tree};
use super::merged::{Conflict, Labels, Merged, Take};
use super::{Kind, merge};

/// The merge of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeMerged {
    files: Vec<File>,
}

/// One file of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    path: String,
    /// Where theirs has it.
    theirs_path: String,
    content: Content,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Content {
    /// Nothing to decide: what is there, and what theirs has.
    Settled { entry: Option<Entry>, theirs: Option<Entry> },
    /// A text that was merged.
    Text { merged: Merged, mode: Mode, theirs: Mode },
    /// One decision for the whole file.
    Whole { conflict: Conflict, base: Option<Entry>, ours: Option<Entry>, theirs: Option<Entry> },
}

/// A folder after decisions.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolved {
    /// The result; what is open is as in ours.
    pub tree: Tree,
    /// What the next merge takes as its base: theirs, with what is open as in base.
    pub next_base: Tree,
    /// What is open, with its path.
    pub open: Vec<(String, Conflict)>,
}

/// Merges what `ours` and `theirs` made of the folder `base`.
#[must_use]
pub fn trees(base: &Tree, ours: &Tree, theirs: &Tree) -> TreeMerged {
    let paths: BTreeSet<&str> =
        [base, ours, theirs].into_iter().flat_map(|tree| tree.iter().map(|(path, _)| path)).collect();
    let files = paths.into_iter().map(|path| {
        let content = content(path, base.get(path), ours.get(path), theirs.get(path));
        File { path: path.to_owned(), theirs_path: path.to_owned(), content }
    });
    TreeMerged { files: files.collect() }
}

fn content(path: &str, base: Option<&Entry>, ours: Option<&Entry>, theirs: Option<&Entry>) -> Content {
    let settled = |entry: Option<&Entry>| Content::Settled { entry: entry.cloned(), theirs: theirs.cloned() };
    if theirs == base || ours == theirs {
        return settled(ours);
    }
    if ours == base {
        return settled(theirs);
    }
    if let (Some(o), Some(t)) = (ours, theirs)
        && o.mode != Mode::Link
        && t.mode != Mode::Link
        && base.is_none_or(|entry| entry.mode != Mode::Link)
        && let (Some(b), Some(o_text), Some(t_text)) = (base.map_or(Some(""), text), text(o), text(t))
    {
        let merged = merge(Kind::of(path), b, o_text, t_text);
        let mode = if base.is_some_and(|entry| entry.mode == o.mode) { t.mode } else { o.mode };
        return Content::Text { merged, mode, theirs: t.mode };
    }
    let [b, o, t] = [base, ours, theirs].map(|entry| entry.map(shown));
    let conflict = Conflict { item: "file".into(), base: b, ours: o, theirs: t };
    Content::Whole { conflict, base: base.cloned(), ours: ours.cloned(), theirs: theirs.cloned() }
}

/// The text of a file, unless it is binary.
fn text(entry: &Entry) -> Option<&str> {
    std::str::from_utf8(&entry.bytes).ok().filter(|text| !text.contains('\0'))
}

/// What people see of a whole file.
fn shown(entry: &Entry) -> String {
    use sha2::{Digest, Sha256};
    match text(entry) {
        Some(text) => text.to_owned(),
        None => format!("binary, {} bytes, sha256 {}\n", entry.bytes.len(), hex::encode(Sha256::digest(&entry.bytes))),
    }
}

impl TreeMerged {
    /// The conflicts with their paths, in the order of the paths.
    pub fn conflicts(&self) -> impl Iterator<Item = (&str, &Conflict)> {
        self.files.iter().flat_map(|file| {
            let (whole, inside) = match &file.content {
                Content::Settled { .. } => (None, None),
                Content::Whole { conflict, .. } => (Some(conflict), None),
                Content::Text { merged, .. } => (None, Some(merged.conflicts())),
            };
            whole.into_iter().chain(inside.into_iter().flatten()).map(|conflict| (file.path.as_str(), conflict))
        })
    }

    /// Whether nothing is left to decide.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.conflicts().next().is_none()
    }

    /// The result with the decisions that there are. None leaves a conflict open: the result keeps ours, and the next
    /// base keeps base, so that the next merge asks again.
    #[must_use]
    pub fn resolve(&self, decide: &dyn Fn(&str, &Conflict) -> Option<Take>) -> Resolved {
        let mut resolved = Resolved::default();
        for file in &self.files {
            file.resolve(decide, &mut resolved);
        }
        resolved
    }

    /// The result with markers around each conflict in texts; where the whole file is in question, ours stays, or theirs
    /// if ours has none.
    #[must_use]
    pub fn marked(&self, labels: &Labels) -> Tree {
        let entry = |file: &File| match &file.content {
            Content::Settled { entry, .. } => entry.clone(),
            Content::Text { merged, mode, .. } => {
                Some(Entry { bytes: merged.marked(labels).into_bytes(), mode: *mode })
            }
            Content::Whole { ours, theirs, .. } => ours.clone().or_else(|| theirs.clone()),
        };
        self.files.iter().filter_map(|file| Some((file.path.clone(), entry(file)?))).collect()
    }
}

impl File {
    fn resolve(&self, decide: &dyn Fn(&str, &Conflict) -> Option<Take>, resolved: &mut Resolved) {
        let (entry, next) = match &self.content {
            Content::Settled { entry, theirs } => (entry.clone(), theirs.clone()),
            Content::Text { merged, mode, theirs } => {
                let is_open = |conflict: &Conflict| decide(&self.path, conflict).is_none();
                let text = merged.text(&|conflict| decide(&self.path, conflict).unwrap_or(Take::Ours));
                let open = merged.conflicts().filter(|conflict| is_open(conflict));
                resolved.open.extend(open.map(|conflict| (self.path.clone(), conflict.clone())));
                let next = merged.next_base(&is_open);
                let entry = |text: String, mode| Some(Entry { bytes: text.into_bytes(), mode });
                (entry(text, *mode), entry(next, *theirs))
            }
            Content::Whole { conflict, base, ours, theirs } => match decide(&self.path, conflict) {
                Some(Take::Base) => (base.clone(), theirs.clone()),
                Some(Take::Ours) => (ours.clone(), theirs.clone()),
                Some(Take::Theirs) => (theirs.clone(), theirs.clone()),
                Some(Take::Text(text)) => (Some(Entry::file(text)), theirs.clone()),
                None => {
                    resolved.open.push((self.path.clone(), conflict.clone()));
                    (ours.clone(), base.clone())
                }
            },
        };
        if let Some(entry) = entry {
            resolved.tree.insert(self.path.clone(), entry);
        }
        if let Some(next) = next {
            resolved.next_base.insert(self.theirs_path.clone(), next);
        }
    }
}
