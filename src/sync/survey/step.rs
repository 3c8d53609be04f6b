//! One slice brought up to the master: its base, what people made of it and what is generated now, merged.
//!
//! Knows neither branches nor the disk: trees come in, trees go out. The versions in a slice's front matter are set on
//! the merged result, so all three sides get the same ones before they are merged.

use semver::Version;

use crate::config::Policy;
use crate::fault::Fault;
use crate::git::tree_id;
use crate::merge::{self, Conflict, Entry, Take, Tree, TreeMerged};
use crate::report::plan::{Change, Items};
use crate::scaffold::{FileTree, Printer, record_of};
use crate::slicing::registry::{Decision, ItemRecord, SliceRecord};
use crate::slicing::slice::{ItemKind, Status};
use crate::slicing::{Slice, criteria_changed};
use crate::spec::edit::{self, Edit};
use crate::spec::front_matter;
use crate::sync::wanted::{Folder, base_id, with_record, without_record};

/// A slice as a branch or the disk has it.
#[derive(Debug, Clone, PartialEq)]
pub struct Here {
    /// The name of its folder.
    pub folder: String,
    /// What its `metadata.json` says; none in a folder that people made themselves.
    pub record: Option<SliceRecord>,
    /// The folder with all that is in it, also the record.
    pub tree: Tree,
}

/// What vso generated for a slice when its branch last took a generation.
#[derive(Debug, Clone, PartialEq)]
pub enum Base {
    /// This.
    Known(Tree),
    /// It is named and can't be found; every difference is a conflict then.
    Lost,
}

/// How conflicts are settled.
pub struct Asked<'a> {
    /// The project's policy.
    pub policy: Policy,
    /// What this run was told: the file's path in the slice, the conflict; none leaves it open.
    pub told: &'a dyn Fn(&str, &Conflict) -> Option<Take>,
}

/// A slice that something is to be done for.
#[derive(Debug)]
pub struct Step {
    /// The slice with the version and status that the merged result has.
    pub slice: Slice,
    /// New, update or conflict.
    pub change: Change,
    /// The version that the branch has.
    pub from: Option<String>,
    /// The folder's old name, where the component was renamed.
    pub renamed_from: Option<String>,
    /// Its folder as it should be; `path` is its name alone.
    pub folder: Folder,
    /// Conflicts that are open, by the file's path in the slice.
    pub open: Vec<(String, Conflict)>,
    /// The items that the master changes in it.
    pub items: Items,
    /// The merge that led to it, for markers; none where there was nothing to merge with.
    pub merged: Option<TreeMerged>,
    /// What else is to be said.
    pub notes: Vec<String>,
    /// Whether the master says of it what it said before: an engine, a template or a setting changed it.
    pub same_words: bool,
}

/// How a slice stands to the master.
#[derive(Debug)]
pub enum Stand {
    /// Nothing of the master waits for it. Holds what is generated.
    InStep(Tree),
    /// Nothing is to be done in either direction, as an earlier look at the very same found out. Its folder was not read.
    Settled,
    /// Something is to be done.
    Moved(Box<Step>),
}

/// Prints one slice as a folder, without its record.
///
/// # Errors
/// When a template can't be used (exit 2).
pub fn print(printer: &Printer<'_>, slice: &Slice) -> Result<Tree, Fault> {
    printer.slice(slice).map(folder_of).map_err(|error| super::unusable(&error))
}

/// A generated tree as people may have one.
#[must_use]
pub fn folder_of(files: FileTree) -> Tree {
    let mode = |executable| if executable { merge::Mode::Executable } else { merge::Mode::File };
    let entries = files
        .iter()
        .map(|(path, file)| (path.to_owned(), Entry { bytes: file.bytes.clone(), mode: mode(file.executable) }));
    entries.collect()
}

/// Brings one slice up to the master.
///
/// # Errors
/// When a template can't be used (exit 2).
pub fn bring(
    slice: &Slice,
    here: Option<&Here>,
    base: &dyn Fn() -> Result<Base, Fault>,
    printer: &Printer<'_>,
    asked: &Asked<'_>,
) -> Result<Stand, Fault> {
    bring_printed(slice, print(printer, slice)?, here, base, printer, asked)
}

/// The same with what is generated for the slice as it is.
///
/// # Errors
/// As [`bring`].
pub fn bring_printed(
    slice: &Slice,
    fresh: Tree,
    here: Option<&Here>,
    base: &dyn Fn() -> Result<Base, Fault>,
    printer: &Printer<'_>,
    asked: &Asked<'_>,
) -> Result<Stand, Fault> {
    let Some(here) = here else { return new(slice, fresh) };
    let record = here.record.as_ref().filter(|record| !record.retired);
    let named = record.and_then(|record| record.base.as_deref());
    if here.folder == slice.id && named == Some(base_id(&fresh)?.as_str()) {
        return Ok(Stand::InStep(fresh));
    }
    let base = if record.is_some() { base()? } else { Base::Known(Tree::new()) };
    let ours = without_record(&here.tree);
    let settled = settled(slice, here, &ours);
    let fresh = if settled == *slice { fresh } else { print(printer, &settled)? };
    let slice = settled;
    let subject = Subject { slice: &slice, here, record, ours: &ours, fresh: &fresh, asked };
    match base {
        Base::Known(base) => subject.merged(&base),
        Base::Lost => subject.compared(),
    }
    .map(|step| Stand::Moved(Box::new(step)))
}

/// A slice that nobody has yet.
fn new(slice: &Slice, fresh: Tree) -> Result<Stand, Fault> {
    let record = SliceRecord { base: Some(base_id(&fresh)?), ..record_of(slice) };
    let folder = Folder {
        path: slice.id.clone(),
        was: None,
        tree: with_record(fresh.clone(), &record)?,
        base: fresh.clone(),
        fresh,
        record,
    };
    Ok(Stand::Moved(Box::new(Step {
        items: items(None, slice),
        slice: slice.clone(),
        change: Change::New,
        from: None,
        renamed_from: None,
        folder,
        open: Vec::new(),
        merged: None,
        notes: Vec::new(),
        same_words: false,
    })))
}

/// The slice with the version and status that its result will have: never below what people wrote into its front matter,
/// and a draft again when it is judged by other criteria.
fn settled(slice: &Slice, here: &Here, ours: &Tree) -> Slice {
    let mut slice = slice.clone();
    let stated = stamps(ours);
    if let Some(version) = stated.version.filter(|version| *version > slice.version) {
        slice.version = version;
    }
    let judged_anew = here.record.as_ref().is_none_or(|record| criteria_changed(record, &slice));
    if let (Some(status), false) = (stated.status, judged_anew) {
        slice.status = status;
    }
    slice
}

/// What a merge of one slice is about.
struct Subject<'a> {
    slice: &'a Slice,
    here: &'a Here,
    record: Option<&'a SliceRecord>,
    ours: &'a Tree,
    fresh: &'a Tree,
    asked: &'a Asked<'a>,
}

impl Subject<'_> {
    fn merged(&self, base: &Tree) -> Result<Step, Fault> {
        let (base, ours) = (stamped(base, self.fresh), stamped(self.ours, self.fresh));
        let policy = self.policy(&base);
        let merged = merge::trees(&base, &ours, self.fresh);
        let decided: Vec<(Conflict, Take)> = merged
            .conflicts()
            .filter_map(|(path, conflict)| Some((conflict.clone(), self.decide(policy.as_ref(), path, conflict)?)))
            .collect();
        let resolved = merged.resolve(&|path, conflict| self.decide(policy.as_ref(), path, conflict));
        let mut record = self.fresh_record(&resolved.next_base)?;
        for (conflict, take) in &decided {
            remember(&mut record, conflict, take);
        }
        let (tree, base) = (resolved.tree, resolved.next_base);
        Ok(Step { merged: Some(merged), ..self.step(tree, base, record, resolved.open, Vec::new())? })
    }

    /// Without a base every difference is a conflict, and nothing that stands there is touched.
    fn compared(&self) -> Result<Step, Fault> {
        let ours = stamped(self.ours, self.fresh);
        let (mut tree, mut base, mut open) = (ours.clone(), self.fresh.clone(), Vec::new());
        let mut record = self.fresh_record(self.fresh)?;
        let words = |entry: &Entry| String::from_utf8_lossy(&entry.bytes).into_owned();
        for (path, entry) in self.fresh.iter() {
            let Some(found) = ours.get(path) else {
                tree.insert(path, entry.clone());
                continue;
            };
            if found.bytes == entry.bytes {
                continue;
            }
            let conflict =
                Conflict { item: path.to_owned(), base: None, ours: Some(words(found)), theirs: Some(words(entry)) };
            match self.decide(None, path, &conflict) {
                Some(take) => {
                    match &take {
                        Take::Theirs => drop(tree.insert(path, entry.clone())),
                        Take::Text(text) => {
                            drop(tree.insert(path, Entry { bytes: text.clone().into(), mode: found.mode }))
                        }
                        Take::Ours | Take::Base => {}
                    }
                    remember(&mut record, &conflict, &take);
                }
                None => {
                    base.remove(path);
                    open.push((path.to_owned(), conflict));
                }
            }
        }
        record.base = Some(base_id(&base)?);
        let named = self.record.and_then(|record| record.base.clone()).unwrap_or_else(|| "none".into());
        let note = format!("its base ({named}) can't be found, so every difference waits for a person");
        self.step(tree, base, record, open, vec![note])
    }

    fn step(
        &self,
        tree: Tree,
        base: Tree,
        record: SliceRecord,
        open: Vec<(String, Conflict)>,
        notes: Vec<String>,
    ) -> Result<Step, Fault> {
        let renamed_from = (self.here.folder != self.slice.id).then(|| self.here.folder.clone());
        let folder = Folder {
            path: self.slice.id.clone(),
            was: renamed_from.clone(),
            tree: with_record(tree, &record)?,
            base,
            fresh: self.fresh.clone(),
            record,
        };
        Ok(Step {
            items: items(self.record, self.slice),
            same_words: self.record.is_some_and(|record| says_the_same(record, self.slice)),
            slice: self.slice.clone(),
            change: if open.is_empty() { Change::Update } else { Change::Conflict },
            from: self.record.map(|record| record.version.clone()),
            renamed_from,
            folder,
            open,
            merged: None,
            notes,
        })
    }

    fn fresh_record(&self, base: &Tree) -> Result<SliceRecord, Fault> {
        let (decisions, waivers) =
            self.record.map(|record| (record.decisions.clone(), record.waivers.clone())).unwrap_or_default();
        Ok(SliceRecord { base: Some(base_id(base)?), decisions, waivers, ..record_of(self.slice) })
    }

    /// What was decided before weighs most, then what this run is told, then the policy.
    fn decide(&self, policy: Option<&Take>, path: &str, conflict: &Conflict) -> Option<Take> {
        let remembered = self.record.and_then(|record| remembered(record, conflict));
        remembered.or_else(|| (self.asked.told)(path, conflict)).or_else(|| policy.cloned())
    }

    /// The side that the policy takes; none where a person decides.
    fn policy(&self, base: &Tree) -> Option<Take> {
        match self.asked.policy {
            Policy::Manual => None,
            Policy::Master => Some(Take::Theirs),
            Policy::Slice => Some(Take::Ours),
            Policy::Version => {
                let before = self.record.and_then(|record| Version::parse(&record.version).ok())?;
                let slice = stamps(self.ours).version.is_some_and(|version| version > before);
                let master = raised(self.record?, self.slice, stamps(base).master);
                match (slice, master) {
                    (true, false) => Some(Take::Ours),
                    (false, true) => Some(Take::Theirs),
                    _ => None,
                }
            }
        }
    }
}

/// Whether the master's own version is above the one of the slice's base.
fn raised(record: &SliceRecord, slice: &Slice, base: Option<String>) -> bool {
    let parse = |text: &str| Version::parse(text).ok();
    let before = base.as_deref().and_then(parse).or_else(|| parse(&record.master_version));
    match (before, parse(&slice.master_version)) {
        (Some(before), Some(now)) => now > before,
        _ => slice.master_version != record.master_version,
    }
}

/// Writes a decision down, so that it is not asked twice.
fn remember(record: &mut SliceRecord, conflict: &Conflict, take: &Take) {
    let key = conflict.key();
    if record.decisions.iter().any(|decision| decision.key == key) {
        return;
    }
    let (word, text) = match take {
        Take::Theirs => ("master", None),
        Take::Ours => ("slice", None),
        Take::Base => ("base", None),
        Take::Text(text) => ("edit", Some(text.clone())),
    };
    record.decisions.push(Decision { key, item: conflict.item.clone(), take: word.into(), text });
}

/// What was decided of a conflict before.
#[must_use]
pub fn remembered(record: &SliceRecord, conflict: &Conflict) -> Option<Take> {
    let key = conflict.key();
    let decision = record.decisions.iter().find(|decision| decision.key == key)?;
    Some(match decision.take.as_str() {
        "master" => Take::Theirs,
        "slice" => Take::Ours,
        "base" => Take::Base,
        _ => decision.text.clone().map_or(Take::Ours, Take::Text),
    })
}

/// The items that stand otherwise in a slice than its record says; what vso derives from a requirement counts with it.
#[must_use]
pub fn items(record: Option<&SliceRecord>, slice: &Slice) -> Items {
    let fresh = record_of(slice);
    let own = |record: &SliceRecord| -> Vec<ItemRecord> {
        record.items.iter().filter(|item| !item.is_derived()).cloned().collect()
    };
    let before = record.map(own).unwrap_or_default();
    let now = own(&fresh);
    let find = |items: &[ItemRecord], item: &ItemRecord| {
        items.iter().find(|other| (other.kind, &other.id) == (item.kind, &item.id)).cloned()
    };
    let mut items = Items::default();
    for item in &now {
        match find(&before, item) {
            None => items.added.push(item.id.clone()),
            Some(old) if old.fingerprint != item.fingerprint => items.changed.push(item.id.clone()),
            Some(_) => {}
        }
    }
    items.removed = before.iter().filter(|item| find(&now, item).is_none()).map(|item| item.id.clone()).collect();
    items
}

/// Whether the master says of a slice what it said when its record was written.
fn says_the_same(record: &SliceRecord, slice: &Slice) -> bool {
    let fresh = record_of(slice);
    let words = |record: &SliceRecord| -> Vec<(ItemKind, String, String)> {
        let items = record.items.iter();
        items.map(|item| (item.kind, item.id.clone(), item.fingerprint.as_str().to_owned())).collect()
    };
    let needs = |record: &SliceRecord| record.dependencies.iter().map(|need| need.slice.clone()).collect::<Vec<_>>();
    words(record) == words(&fresh)
        && needs(record) == needs(&fresh)
        && (&record.name, &record.description, record.platform, &record.slice_id)
            == (&fresh.name, &fresh.description, fresh.platform, &fresh.slice_id)
}

/// What people can write into a slice's front matter and vso sets again on each merged result.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Stamps {
    version: Option<Version>,
    master: Option<String>,
    status: Option<Status>,
}

/// The file that carries them, and the keys.
const STAMPED: &str = "spec.md";
const KEYS: [&str; 3] = ["version", "master_version", "status"];

fn stamps(tree: &Tree) -> Stamps {
    let Some(text) = tree.get(STAMPED).and_then(|entry| std::str::from_utf8(&entry.bytes).ok()) else {
        return Stamps::default();
    };
    let Some(front) = front_matter::find(text) else { return Stamps::default() };
    let value = |key: &str| front.scalar(key, text);
    Stamps {
        version: value(KEYS[0]).and_then(|found| Version::parse(&found).ok()),
        master: value(KEYS[1]),
        status: value(KEYS[2]).and_then(|found| serde_json::from_value(serde_json::Value::String(found)).ok()),
    }
}

/// A tree whose front matter has the versions and the status of another one, line for line.
pub(super) fn stamped(tree: &Tree, like: &Tree) -> Tree {
    let mut tree = tree.clone();
    let text = |tree: &Tree| tree.get(STAMPED).and_then(|entry| String::from_utf8(entry.bytes.clone()).ok());
    let (Some(own), Some(other)) = (text(&tree), text(like)) else { return tree };
    let (Some(own_front), Some(other_front)) = (front_matter::find(&own), front_matter::find(&other)) else {
        return tree;
    };
    let edits: Vec<Edit> = KEYS
        .iter()
        .filter_map(|key| Some(Edit::new(own_front.entry(key, &own)?, other_front.entry(key, &other)?.of(&other))))
        .collect();
    if let (Ok(text), Some(mode)) = (edit::apply(&own, &edits), tree.get(STAMPED).map(|entry| entry.mode)) {
        tree.insert(STAMPED, Entry { bytes: text.into_bytes(), mode });
    }
    tree
}

/// Whether a folder is what vso generated, but for versions and status.
///
/// # Errors
/// When git can't name a tree.
pub fn is_untouched(ours: &Tree, base: &Tree) -> Result<bool, Fault> {
    let ours = without_record(ours);
    Ok(tree_id(&stamped(&ours, base))? == tree_id(base)?)
}
