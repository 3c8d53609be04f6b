//! What people changed in slices on disk, what the master changes in them, and where both meet. Touches nothing.
//!
//! All three sides are compared as the merge compares them: an item or a file is a conflict when the merge leaves it open.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;

use super::place::Place;
use super::step::{Base, Stand, stamped};
use super::{Look, Retired, Survey, Surveyed, base, history};
use crate::config::Config;
use crate::fault::Fault;
use crate::git::{Id, Repo};
use crate::merge::{Conflict, Entry, Tree};
use crate::report::diff::{By, Diff, FORMAT, FileDiff, ItemDiff, SliceDiff, Standing, patch};
use crate::scaffold::carry::{self, Part, Sides};
use crate::slicing::slice::ItemKind;
use crate::slicing::{Refinements, Registry};
use crate::sync::plan::{chosen, open};
use crate::sync::wanted::without_record;

/// The page of a slice that states its items.
const PAGE: &str = "spec.md";

/// Finds what stands between slices on disk and the master: all of them, or those that are named by id, number or
/// component. `patches` asks for unified diffs of the files too.
///
/// # Errors
/// When there is no such slice (exit 2), slices can't be made from the master (exit 1 or 2), or the disk or git fails
/// (exit 3).
pub fn diff(root: &Path, config: &Config, named: &[String], patches: bool) -> Result<Diff, Fault> {
    let repo = Repo::at(root).ok().flatten();
    let known = repo.as_ref().map_or_else(|| Ok(Registry::default()), history::registry)?;
    let look = Look {
        place: Place::Disk(root),
        repo: repo.as_ref(),
        config,
        history: &known,
        refinements: Refinements::default(),
        memory: Default::default(),
        asked: Default::default(),
        regenerate_from: None,
        told: &open,
    };
    let survey = Survey::make(&look)?;
    let (mut slices, mut retired) = (BTreeSet::new(), BTreeSet::new());
    for name in named {
        match survey.retired.iter().find(|gone| gone.record.slice_id == *name) {
            Some(gone) => retired.insert(gone.record.number),
            None => slices.insert(chosen(&survey.slices, name)?.slice.number),
        };
    }
    let mut found = Vec::new();
    for surveyed in survey.slices.iter().filter(|it| named.is_empty() || slices.contains(&it.slice.number)) {
        found.push(of_slice(&look, surveyed, patches)?);
    }
    let gone = survey.retired.iter().filter(|it| named.is_empty() || retired.contains(&it.record.number));
    found.extend(gone.map(of_retired));
    found.retain(|slice| !slice.is_empty());
    Ok(Diff { format: FORMAT, slices: found })
}

/// What stands between one slice of a commit and the master there, with the patches of its files; none when the survey
/// has no such slice. Asks no remote for a base that is not here.
///
/// # Errors
/// When git fails (exit 3).
pub fn of_commit(
    repo: &Repo,
    config: &Config,
    tree: Option<Id>,
    survey: &Survey,
    slice: &str,
) -> Result<Option<SliceDiff>, Fault> {
    let (known, place) = (Registry::default(), Place::Commit(repo, tree));
    let look = Look {
        place,
        repo: Some(repo),
        config,
        history: &known,
        refinements: Refinements::default(),
        memory: Default::default(),
        asked: Cell::new(true),
        regenerate_from: None,
        told: &open,
    };
    if let Some(gone) = survey.retired.iter().find(|gone| gone.record.slice_id == slice) {
        return Ok(Some(of_retired(gone)));
    }
    let Some(surveyed) = survey.slices.iter().find(|surveyed| surveyed.slice.id == slice) else { return Ok(None) };
    if !matches!(surveyed.stand, Stand::Settled) {
        return of_slice(&look, surveyed, true).map(Some);
    }
    // Settled: the master makes of it what it made of it then, so that only people can have changed anything.
    let Some(here) = survey.inputs.here(&place, config, surveyed.slice.number, &surveyed.slice.id)? else {
        return Ok(None);
    };
    let base = here.record.as_ref().map_or(Ok(Base::Lost), |record| base::find(&look, record))?;
    let (base, is_lost) = match base {
        Base::Known(base) => (base, false),
        Base::Lost => (without_record(&here.tree), true),
    };
    let ours = without_record(&here.tree);
    let raised = stamped(&base, &ours);
    let compared = Compared { theirs: raised.clone(), raised, base, ours, is_lost, open: Vec::new() };
    Ok(Some(SliceDiff {
        id: surveyed.slice.id.clone(),
        name: surveyed.slice.name.clone(),
        standing: Standing::Here,
        base: here.record.and_then(|record| record.base),
        base_lost: is_lost,
        items: compared.items(),
        files: compared.files(true),
        notes: Vec::new(),
    }))
}

/// A slice's trees as they are compared.
struct Compared {
    base: Tree,
    /// The base with the versions and the status that the result has: vso raises them, not the master.
    raised: Tree,
    ours: Tree,
    theirs: Tree,
    is_lost: bool,
    open: Vec<(String, Conflict)>,
}

fn of_slice(look: &Look<'_>, surveyed: &Surveyed, patches: bool) -> Result<SliceDiff, Fault> {
    let here = surveyed.here.as_ref();
    let record = here.and_then(|here| here.record.as_ref()).filter(|record| !record.retired);
    let ours = here.map(|here| without_record(&here.tree)).unwrap_or_default();
    let mut notes = Vec::new();
    let (base, theirs, open) = match &surveyed.stand {
        // It was found settled; its files were not even read.
        Stand::Settled => (Base::Known(ours.clone()), ours.clone(), Vec::new()),
        Stand::InStep(fresh) => (Base::Known(fresh.clone()), fresh.clone(), Vec::new()),
        Stand::Moved(step) => {
            notes.clone_from(&step.notes);
            let base = record.map_or_else(|| Ok(Base::Known(Tree::new())), |record| base::find(look, record))?;
            (base, step.folder.fresh.clone(), step.open.clone())
        }
    };
    let is_new = ours.is_empty() && matches!(surveyed.stand, Stand::Moved(_));
    let (base, is_lost) = match base {
        Base::Known(tree) => (tree, false),
        Base::Lost => (Tree::new(), true),
    };
    let compared = Compared { raised: stamped(&base, &theirs), base, ours, theirs, is_lost, open };
    Ok(SliceDiff {
        id: surveyed.slice.id.clone(),
        name: surveyed.slice.name.clone(),
        standing: if is_new { Standing::New } else { Standing::Here },
        base: record.and_then(|record| record.base.clone()),
        base_lost: compared.is_lost,
        items: if is_new { Vec::new() } else { compared.items() },
        files: compared.files(patches),
        notes,
    })
}

/// A slice that goes: what people changed in it is for them to decide on.
fn of_retired(retired: &Retired) -> SliceDiff {
    let by = if retired.open.is_some() { By::Conflict } else { By::Master };
    let stays = without_record(&retired.folder.tree);
    let files = stays.iter().map(|(path, _)| FileDiff {
        path: path.to_owned(),
        by,
        conflicts: Vec::new(),
        slice_patch: None,
        master_patch: None,
    });
    SliceDiff {
        id: retired.record.slice_id.clone(),
        name: retired.record.name.clone(),
        standing: Standing::Retired,
        base: retired.record.base.clone(),
        base_lost: false,
        items: Vec::new(),
        files: files.collect(),
        notes: retired.open.iter().filter_map(|open| open.ours.clone()).map(|words| words.trim().to_owned()).collect(),
    }
}

impl Compared {
    fn items(&self) -> Vec<ItemDiff> {
        let page = |tree: &Tree| tree.get(PAGE).and_then(|entry| String::from_utf8(entry.bytes.clone()).ok());
        let [base, ours, theirs] = [&self.base, &self.ours, &self.theirs].map(|tree| page(tree).unwrap_or_default());
        let open: Vec<&Conflict> =
            self.open.iter().filter(|(path, _)| path == PAGE).map(|(_, conflict)| conflict).collect();
        let mut named = vec![false; open.len()];
        let mut items = Vec::new();
        for row in carry::sides(&base, &ours, &theirs) {
            // Without a base, what reads alike was changed by nobody.
            if self.is_lost && row.slice == row.master {
                continue;
            }
            let (slice, master) = (row.slice != row.base, row.master != row.base);
            let mut is_open = false;
            for (at, conflict) in open.iter().enumerate() {
                let whole = self.is_lost && conflict.item == PAGE;
                let meets = slice && master && row.slice != row.master && speaks_of(conflict, &row);
                named[at] |= whole || meets;
                is_open |= whole || meets;
            }
            items.extend(By::of(slice, master, is_open).map(|by| item(row, by)));
        }
        let rest = open.iter().zip(named).filter(|(_, named)| !named);
        items.extend(rest.map(|(conflict, _)| ItemDiff {
            kind: None,
            id: conflict.item.clone(),
            part: word(Part::Text).to_owned(),
            by: By::Conflict,
            base: conflict.base.clone(),
            slice: conflict.ours.clone(),
            master: conflict.theirs.clone(),
        }));
        items
    }

    fn files(&self, patches: bool) -> Vec<FileDiff> {
        let trees = [&self.base, &self.ours, &self.theirs];
        let mut paths: BTreeSet<&str> = trees.into_iter().flat_map(Tree::iter).map(|(path, _)| path).collect();
        paths.extend(self.open.iter().map(|(path, _)| path.as_str()));
        paths.into_iter().filter_map(|path| self.file(path, patches)).collect()
    }

    fn file(&self, path: &str, patches: bool) -> Option<FileDiff> {
        let (base, ours, theirs) = (self.base.get(path), self.ours.get(path), self.theirs.get(path));
        let conflicts: Vec<String> =
            self.open.iter().filter(|(other, _)| other == path).map(|(_, conflict)| conflict.item.clone()).collect();
        let (slice, master) = if self.is_lost {
            (ours != theirs && ours.is_some(), ours != theirs && theirs.is_some())
        } else {
            (ours != base, theirs != self.raised.get(path))
        };
        let is_marked = ours.is_some_and(is_marked) && slice;
        let by = By::of(slice, master, is_marked || !conflicts.is_empty())?;
        let bytes = |entry: Option<&'_ Entry>| entry.map(|entry| entry.bytes.clone());
        let [base, ours, theirs] = [bytes(base), bytes(ours), bytes(theirs)];
        let written = |side, before: &Option<Vec<u8>>, after: &Option<Vec<u8>>| {
            patches.then(|| patch(path, side, before.as_deref(), after.as_deref())).flatten()
        };
        let (slice_patch, master_patch) = if self.is_lost {
            (None, written(("slice", "master"), &ours, &theirs))
        } else {
            let of_slice = if slice { written(("base", "slice"), &base, &ours) } else { None };
            (of_slice, if master { written(("base", "master"), &base, &theirs) } else { None })
        };
        Some(FileDiff { path: path.to_owned(), by, conflicts, slice_patch, master_patch })
    }
}

fn item(row: Sides, by: By) -> ItemDiff {
    ItemDiff {
        kind: Some(row.kind),
        id: row.id,
        part: word(row.part).to_owned(),
        by,
        base: row.base,
        slice: row.slice,
        master: row.master,
    }
}

fn word(part: Part) -> &'static str {
    match part {
        Part::Text => "text",
        Part::Category => "category",
        Part::Detail => "detail",
    }
}

/// Whether a conflict on the page is about an item, or about the criterion that vso makes from it.
fn speaks_of(conflict: &Conflict, row: &Sides) -> bool {
    match row.kind {
        ItemKind::Endpoint | ItemKind::Model => {
            let texts = [&conflict.base, &conflict.ours, &conflict.theirs];
            texts.into_iter().flatten().any(|text| text.contains(&row.id))
        }
        ItemKind::Requirement | ItemKind::Criterion => {
            let derived = conflict.item.strip_prefix("AC-").is_some_and(|item| {
                item.strip_prefix(&row.id).is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
            });
            conflict.item == row.id || derived
        }
    }
}

/// Whether somebody has still to settle the markers of a merge in a file.
fn is_marked(entry: &Entry) -> bool {
    let starts = |mark: &[u8]| entry.bytes.split(|byte| *byte == b'\n').any(|line| line.starts_with(mark));
    starts(b"<<<<<<< ") && starts(b">>>>>>> ")
}
