//! What a proposal has to hold, as a value: planning makes it, proposing puts it on a branch.

use sha2::{Digest, Sha256};

use crate::fault::Fault;
use crate::git::{Id, tree_id};
use crate::merge::{self, Conflict, Entry, Take, Tree};
use crate::scaffold::carry::indexed_as;
use crate::scaffold::{RECORD, printed_record};
use crate::slicing::registry::{Decision, SliceRecord};

/// What a proposal is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Subject {
    /// One slice.
    Slice {
        /// Its number, which lasts.
        number: u32,
        /// Its id, which a rename changes.
        id: String,
    },
    /// The master, with the slices that its edits come from.
    Master,
    /// Everything at once: a wide plan that waits for a person.
    All,
}

/// A slice's folder as it should be.
#[derive(Debug, Clone, PartialEq)]
pub struct Folder {
    /// Its path from the project's root.
    pub path: String,
    /// Its old path, where its component was renamed.
    pub was: Option<String>,
    /// All of it, with its record.
    pub tree: Tree,
    /// What vso generated for it, but for open conflicts, where the old base stays.
    pub base: Tree,
    /// What vso generated for it.
    pub fresh: Tree,
    /// What its `metadata.json` says.
    pub record: SliceRecord,
}

/// What a proposal has to hold.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// What it is about.
    pub subject: Subject,
    /// The new version of the slice or the master; it names the branch.
    pub version: String,
    /// One line.
    pub title: String,
    /// Markdown.
    pub body: String,
    /// Slices' folders, each replaced as a whole.
    pub folders: Vec<Folder>,
    /// Single files by their path from the project's root; none to remove one.
    pub files: Vec<(String, Option<Entry>)>,
    /// Conflicts that are open, by the file's path from the project's root; the folders keep the slice's text there.
    pub conflicts: Vec<(String, Conflict)>,
    /// Hash of what is wanted: with an equal one there is nothing new to say.
    pub key: String,
    /// Whether an engine, a template or a setting changed, and no word of the master.
    pub wide_cause: bool,
}

impl Wanted {
    /// The hash of a proposal's content.
    ///
    /// # Errors
    /// When git can't name a tree (a path that git has no room for).
    pub fn key_of(folders: &[Folder], files: &[(String, Option<Entry>)]) -> Result<String, Fault> {
        let mut hash = Sha256::new();
        for folder in folders {
            hash.update(format!("{}\0{:?}\0{}\0", folder.path, folder.was, tree_id(&folder.tree)?));
        }
        for (path, entry) in files {
            hash.update(format!("{path}\0"));
            match entry {
                Some(entry) => hash.update([&[1, entry.mode as u8], entry.bytes.as_slice()].concat()),
                None => hash.update([0]),
            }
        }
        Ok(hex::encode(&hash.finalize()[..16]))
    }

    /// The same proposal over what people committed on its branch: `last` is what vso wrote there, `head` what stands
    /// there now, both from the project's root. What they wrote stays; where this proposal changes the same item, theirs
    /// stays and the item is open again; an item that was open and that they wrote themselves is decided by that.
    ///
    /// # Errors
    /// When a record can't be written.
    pub fn onto(mut self, last: &Tree, head: &Tree, decided: &Decided<'_>) -> Result<Self, Fault> {
        let mut open = Vec::new();
        for folder in &mut self.folders {
            let was_open: Vec<&(String, Conflict)> =
                self.conflicts.iter().filter(|(path, _)| path.starts_with(&format!("{}/", folder.path))).collect();
            let places = [Some(folder.path.as_str()), folder.was.as_deref()];
            let below = |tree: &Tree| places.iter().flatten().map(|place| below(tree, place)).find(|it| !it.is_empty());
            let (last, head) = (below(last).unwrap_or_default(), below(head).unwrap_or_default());
            let place = folder.path.clone();
            let decided = |path: &str, conflict: &Conflict| decided(&format!("{place}/{path}"), conflict);
            open.extend(join_folder(folder, &last, &head, &was_open, &decided)?);
        }
        for (path, entry) in &mut self.files {
            let merged = merged_file(last.get(path), head.get(path), entry.as_ref());
            let resolved = merged.resolve(&|_, conflict| decided(path, conflict));
            open.extend(resolved.open.into_iter().map(|(_, conflict)| (path.clone(), conflict)));
            let joined = resolved.tree.get("file").cloned();
            *entry = joined;
        }
        self.conflicts = open;
        Ok(self)
    }

    /// What the next update takes as wanted last: this, but for items that people and this proposal wrote differently
    /// and nobody decided; they stay as they were wanted before, so that the next update asks again.
    ///
    /// # Errors
    /// When a record can't be written.
    pub fn asked(mut self, last: &Tree, head: &Tree, decided: &Decided<'_>) -> Result<Self, Fault> {
        for folder in &mut self.folders {
            let places = [Some(folder.path.as_str()), folder.was.as_deref()];
            let below = |tree: &Tree| places.iter().flatten().map(|place| below(tree, place)).find(|it| !it.is_empty());
            let plain = |tree: &Tree| without_record(&below(tree).unwrap_or_default());
            let merged = merge::trees(&plain(last), &plain(head), &without_record(&folder.tree));
            let place = folder.path.clone();
            let take = |path: &str, conflict: &Conflict| decided(&format!("{place}/{path}"), conflict);
            folder.tree = with_record(merged.resolve(&take).next_base, &folder.record)?;
        }
        for (path, entry) in &mut self.files {
            let merged = merged_file(last.get(path), head.get(path), entry.as_ref());
            let resolved = merged.resolve(&|_, conflict| decided(path, conflict));
            *entry = resolved.next_base.get("file").cloned();
        }
        Ok(self)
    }
}

/// Merges one file. The index of slices in a master is vso's: it is as wanted on all sides, so that two clones that wrote
/// theirs at the same moment do not ask a person about it.
fn merged_file(last: Option<&Entry>, head: Option<&Entry>, wanted: Option<&Entry>) -> merge::TreeMerged {
    let model = wanted.and_then(|entry| std::str::from_utf8(&entry.bytes).ok());
    let single = |entry: Option<&Entry>| -> Tree {
        let Some(entry) = entry else { return Tree::new() };
        let text = model.zip(std::str::from_utf8(&entry.bytes).ok());
        let bytes = text.and_then(|(model, text)| indexed_as(text, model)).map(String::into_bytes);
        let entry = Entry { bytes: bytes.unwrap_or_else(|| entry.bytes.clone()), mode: entry.mode };
        [("file".to_owned(), entry)].into_iter().collect()
    };
    merge::trees(&single(last), &single(head), &single(wanted))
}

/// What people decided about a conflict on a proposal's own branch: the file's path from the project's root.
pub type Decided<'a> = dyn Fn(&str, &Conflict) -> Option<Take> + 'a;

/// The part of a tree below a folder.
#[must_use]
pub fn below(tree: &Tree, folder: &str) -> Tree {
    let prefix = format!("{folder}/");
    let entries = tree.iter().filter_map(|(path, entry)| Some((path.strip_prefix(&prefix)?.to_owned(), entry.clone())));
    entries.collect()
}

/// Joins people's commits with a slice's folder; gives the conflicts that are open then.
fn join_folder(
    folder: &mut Folder,
    last: &Tree,
    head: &Tree,
    was_open: &[&(String, Conflict)],
    decided: &Decided<'_>,
) -> Result<Vec<(String, Conflict)>, Fault> {
    let plain = |tree: &Tree| without_record(tree);
    let wanted = plain(&folder.tree);
    let take = |path: &str, conflict: &Conflict| decided(path, conflict);
    let theirs = merge::trees(&plain(last), &plain(head), &wanted).resolve(&take);
    // What they changed and this proposal changes too goes back to open: the base keeps vso's last text there.
    let base = merge::trees(&wanted, &folder.base, &theirs.next_base).resolve(&|_, _| Some(Take::Theirs)).tree;
    let known: Vec<String> = was_open.iter().map(|(_, conflict)| conflict.key()).collect();
    let reopened: Vec<(String, Option<String>)> =
        theirs.open.iter().map(|(path, conflict)| (path.clone(), conflict.ours.clone())).collect();
    let settles = |path: &str, conflict: &Conflict| {
        let is_open =
            known.contains(&conflict.key()) || reopened.iter().any(|(at, ours)| at == path && *ours == conflict.ours);
        (!is_open).then_some(Take::Ours)
    };
    let merged = merge::trees(&base, &theirs.tree, &folder.fresh);
    for (path, conflict) in merged.conflicts().filter(|(path, conflict)| settles(path, conflict).is_some()) {
        let _ = path;
        folder.record.decisions.push(Decision {
            key: conflict.key(),
            item: conflict.item.clone(),
            take: "edit".into(),
            text: conflict.ours.clone(),
        });
    }
    let resolved = merged.resolve(&settles);
    folder.base = resolved.next_base;
    folder.record.base = Some(base_id(&folder.base)?);
    folder.tree = with_record(resolved.tree, &folder.record)?;
    let place = |(path, conflict): (String, Conflict)| (format!("{}/{path}", folder.path), conflict);
    Ok(resolved.open.into_iter().map(place).collect())
}

/// The name under which a base is found again.
///
/// # Errors
/// When git can't name a tree.
pub fn base_id(base: &Tree) -> Result<String, Fault> {
    tree_id(base).map(|id: Id| id.to_string())
}

/// A slice's folder without its record, which belongs to vso.
#[must_use]
pub fn without_record(tree: &Tree) -> Tree {
    tree.iter().filter(|(path, _)| *path != RECORD).map(|(path, entry)| (path.to_owned(), entry.clone())).collect()
}

/// A slice's folder with its record.
///
/// # Errors
/// When the record can't be written as JSON.
pub fn with_record(mut tree: Tree, record: &SliceRecord) -> Result<Tree, Fault> {
    let text = printed_record(record).map_err(|error| {
        Fault::unfinished(format!("the record of {} can't be written", record.slice_id)).because(&error)
    })?;
    tree.insert(RECORD, Entry::file(text));
    Ok(tree)
}
