//! Three-way merge of folders: which file is which, then each file by its own kind.
//!
//! An edit is never dropped because the other side renamed, moved or deleted the file.

mod content;
mod renames;

use std::collections::{BTreeMap, BTreeSet};

use super::folder::{Entry, Tree};
use super::merged::{Conflict, Labels, Take};
use content::Content;

/// The merge of a folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TreeMerged {
    files: Vec<File>,
}

/// One file of the result.
#[derive(Debug, Clone, PartialEq, Eq)]
struct File {
    /// Where it goes.
    path: String,
    /// Where theirs has it, or would have it.
    theirs_path: String,
    content: Content,
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
///
/// A file that one side renamed or moved, whole or with its folder, takes the other side's edits along. Renaming
/// differently on both sides, and deleting what the other side edited, are conflicts on the file.
#[must_use]
pub fn trees(base: &Tree, ours: &Tree, theirs: &Tree) -> TreeMerged {
    let (in_ours, in_theirs) = (renames::find(base, ours), renames::find(base, theirs));
    let mut files: Vec<File> = Vec::new();
    let (mut taken_ours, mut taken_theirs) = (BTreeSet::new(), BTreeSet::new());
    for (path, entry) in base.iter() {
        let place = |side: &Tree, moved: &BTreeMap<String, String>| {
            moved.get(path).cloned().or_else(|| side.get(path).map(|_| path.to_owned()))
        };
        let (o, t) = (place(ours, &in_ours), place(theirs, &in_theirs));
        taken_ours.extend(o.clone());
        taken_theirs.extend(t.clone());
        files.extend(Traced { path, base: entry, ours: (ours, o), theirs: (theirs, t) }.merged());
    }
    let new = |side: &Tree, taken: &BTreeSet<String>| {
        side.iter().map(|(path, _)| path.to_owned()).filter(|path| !taken.contains(path)).collect::<BTreeSet<_>>()
    };
    let (new_ours, new_theirs) = (new(ours, &taken_ours), new(theirs, &taken_theirs));
    for path in new_ours.union(&new_theirs) {
        // A file that theirs has under another name here is not the file that ours added here.
        let o = ours.get(path).filter(|_| new_ours.contains(path));
        let t = theirs.get(path).filter(|_| new_theirs.contains(path));
        let content = content::merged(path, None, o, t);
        files.push(File { path: path.clone(), theirs_path: path.clone(), content });
    }
    TreeMerged { files: apart(files, base, ours, theirs) }
}

/// A file of base and what became of it.
struct Traced<'a> {
    path: &'a str,
    base: &'a Entry,
    ours: (&'a Tree, Option<String>),
    theirs: (&'a Tree, Option<String>),
}

impl Traced<'_> {
    fn merged(&self) -> Vec<File> {
        let (o_path, t_path) = (self.ours.1.as_deref(), self.theirs.1.as_deref());
        let (o, t) = (o_path.and_then(|path| self.ours.0.get(path)), t_path.and_then(|path| self.theirs.0.get(path)));
        let file = |path: &str, content: Content| File {
            path: path.to_owned(),
            theirs_path: t_path.unwrap_or(self.path).to_owned(),
            content,
        };
        match (o_path, t_path) {
            (Some(o_path), Some(t_path)) if o_path != self.path && t_path != self.path && o_path != t_path => {
                vec![file(o_path, content::renamed_twice(self.path, self.base, (o_path, o), (t_path, t)))]
            }
            (Some(o_path), Some(t_path)) => {
                let path = if o_path == self.path { t_path } else { o_path };
                vec![file(path, content::merged(path, Some(self.base), o, t))]
            }
            _ => {
                let path = o_path.or(t_path).unwrap_or(self.path);
                // Renamed and not edited is enough: the one who deletes it may not mean the new place.
                let is_moved = path != self.path;
                let content = if is_moved {
                    content::moved_or_deleted(self.path, self.base, o, t)
                } else {
                    content::merged(path, Some(self.base), o, t)
                };
                vec![file(path, content)]
            }
        }
    }
}

/// Where two files would go to one path, or one below the other, names are not settled by chance: the folders are merged
/// path by path.
fn apart(files: Vec<File>, base: &Tree, ours: &Tree, theirs: &Tree) -> Vec<File> {
    let mut places: BTreeSet<&str> = BTreeSet::new();
    let is_there = |file: &&File| !file.content.is_gone();
    let meet = files.iter().filter(is_there).any(|file| !places.insert(&file.path));
    let mut next: BTreeSet<&str> = BTreeSet::new();
    let meet_next = files.iter().filter(|file| file.content.is_in_theirs()).any(|file| !next.insert(&file.theirs_path));
    if !meet && !meet_next {
        let mut files = files;
        files.sort_by(|one, other| one.path.cmp(&other.path));
        return files;
    }
    let paths: BTreeSet<&str> =
        [base, ours, theirs].into_iter().flat_map(|tree| tree.iter().map(|(path, _)| path)).collect();
    let files = paths.into_iter().map(|path| File {
        path: path.to_owned(),
        theirs_path: path.to_owned(),
        content: content::merged(path, base.get(path), ours.get(path), theirs.get(path)),
    });
    files.collect()
}

impl TreeMerged {
    /// The conflicts with their paths, in the order of the paths.
    pub fn conflicts(&self) -> impl Iterator<Item = (&str, &Conflict)> {
        self.files.iter().flat_map(|file| file.content.conflicts().map(|conflict| (file.path.as_str(), conflict)))
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
            let decided = file.content.resolve(&|conflict| decide(&file.path, conflict));
            if let Some((path, entry)) = decided.entry {
                resolved.tree.insert(path.unwrap_or_else(|| file.path.clone()), entry);
            }
            if let Some((path, entry)) = decided.next {
                resolved.next_base.insert(path.unwrap_or_else(|| file.theirs_path.clone()), entry);
            }
            resolved.open.extend(decided.open.into_iter().map(|conflict| (file.path.clone(), conflict)));
        }
        resolved
    }

    /// The result with markers around each conflict in texts; where the whole file is in question, ours stays, or theirs
    /// if ours has none.
    #[must_use]
    pub fn marked(&self, labels: &Labels) -> Tree {
        self.files.iter().filter_map(|file| Some((file.path.clone(), file.content.marked(labels)?))).collect()
    }
}
