//! A project looked at: what its master makes now, and how every slice stands to it. Touches nothing.
//!
//! [`Survey::make`] is the common ground of `vso plan`, `vso sync` (which look at a commit) and `vso decompose`
//! (which looks at the files on disk).

pub mod base;
pub mod diff;
pub mod history;
pub mod inputs;
pub mod memory;
pub mod place;
pub mod quick;
pub mod shared;
pub mod step;

use std::cell::Cell;
use std::collections::BTreeMap;

use rayon::prelude::*;

use self::inputs::{Inputs, Standing};
use self::memory::{Memory, made_from};
use self::place::Place;
use self::step::{Asked, Base, Here, Stand, bring_printed, is_untouched};
use super::wanted::{Folder, with_record, without_record};
use crate::config::Config;
use crate::fault::Fault;
use crate::git::{Id, Repo};
use crate::merge::{Conflict, Take, Tree};
use crate::scaffold::{Printer, ScaffoldError};
use crate::slicing::registry::SliceRecord;
use crate::slicing::{self, Refinements, Registry, Slice, Slicing};

/// A slice as it stands here, and what is to be done for it.
#[derive(Debug)]
pub struct Surveyed {
    /// The slice that the master makes.
    pub slice: Slice,
    /// What stands here of it.
    pub here: Option<Here>,
    /// How that stands to the master.
    pub stand: Stand,
    /// Hash of everything that its files are made from.
    pub made_from: String,
}

/// A slice that the master no longer makes.
#[derive(Debug)]
pub struct Retired {
    /// Its record.
    pub record: SliceRecord,
    /// Its folder as it would be: the record alone, or all of it where people changed something.
    pub folder: Folder,
    /// What a person has to decide: whether their changes go with the slice.
    pub open: Option<Conflict>,
}

/// A project looked at.
#[derive(Debug)]
pub struct Survey {
    /// What generation starts from.
    pub inputs: Inputs,
    /// What the master makes.
    pub slicing: Slicing,
    /// Its slices, dependencies first.
    pub slices: Vec<Surveyed>,
    /// Slices that it no longer makes and that still stand here.
    pub retired: Vec<Retired>,
    /// The files that all slices share, by path from the project's root.
    pub shared: Tree,
}

/// What a survey looks at and by which rules.
pub struct Look<'a> {
    /// Where the project stands.
    pub place: Place<'a>,
    /// The repository with the generation history; none where there is no repository.
    pub repo: Option<&'a Repo>,
    /// The settings.
    pub config: &'a Config,
    /// The registry of the generation history.
    pub history: &'a Registry,
    /// What a language model proposed.
    pub refinements: Refinements,
    /// What an earlier look found settled.
    pub memory: Memory,
    /// Whether the remote was asked for bases that are not here; once is enough.
    pub asked: Cell<bool>,
    /// The commit from whose history a base that is nowhere may be generated again; none: the one that HEAD names.
    pub regenerate_from: Option<Id>,
    /// What settles conflicts: the slice's id, the file's path in it, the conflict.
    pub told: &'a dyn Fn(&str, &str, &Conflict) -> Option<Take>,
}

impl Survey {
    /// What this look found settled: slices in step, of which nothing goes up either.
    #[must_use]
    pub fn settled(&self, history: &Registry, goes_up: impl Fn(&str) -> bool) -> Memory {
        let mut memory = Memory::default();
        for surveyed in &self.slices {
            let Some(standing) = self.inputs.standing.get(&surveyed.slice.number) else { continue };
            let Some(tree) = standing.seen.id else { continue };
            let moved = matches!(surveyed.stand, Stand::Moved(_));
            if !moved && standing.seen.name == surveyed.slice.id && !goes_up(&surveyed.slice.id) {
                memory.settle(&standing.record, tree, surveyed.made_from.clone(), history);
            }
        }
        memory
    }

    /// Looks at a project.
    ///
    /// # Errors
    /// When the master, a record or a template can't be used (exit 1 or 2), or the disk or git fails (exit 3).
    pub fn make(look: &Look<'_>) -> Result<Self, Fault> {
        let inputs = Inputs::read(&look.place, look.config, look.history, &look.memory)?;
        Self::over(look, inputs)
    }

    /// The same over inputs that were read before, such as those with an edited master.
    ///
    /// # Errors
    /// As [`Survey::make`].
    pub fn over(look: &Look<'_>, inputs: Inputs) -> Result<Self, Fault> {
        let slicing = slicing_of(&inputs, look)?;
        let printer = Printer::new(&inputs.templates, &inputs.settings).map_err(|error| unusable(&error))?;
        let ground = memory::ground(&inputs);
        let seen = Seen { memory: &look.memory, standing: &inputs.standing, ground: &ground };
        let printed: Vec<Printed> =
            slicing.slices.par_iter().map(|slice| seen.printed(slice, &printer)).collect::<Result<_, _>>()?;
        let mut slices = Vec::with_capacity(slicing.slices.len());
        for (slice, printed) in slicing.slices.iter().zip(printed) {
            slices.push(surveyed(look, &inputs, &printer, slice, printed)?);
        }
        let shared = if slicing.slices.is_empty() {
            Tree::new()
        } else {
            step::folder_of(printer.shared().map_err(|error| unusable(&error))?)
        };
        let retired = retired(look, &inputs, &slicing)?;
        drop(printer);
        Ok(Self { inputs, slicing, slices, retired, shared })
    }
}

/// The slices that the master makes, with versions by what this place has of them.
fn slicing_of(inputs: &Inputs, look: &Look<'_>) -> Result<Slicing, Fault> {
    let mut slicing = inputs.master.slicing(&inputs.registry, look.config, look.refinements.clone())?;
    let version = slicing.master_version.clone();
    slicing.slices.par_iter_mut().for_each(|slice| {
        let standing = inputs.standing.get(&slice.number).map(|standing| &standing.record);
        slicing::settle(slice, standing, &version);
    });
    Ok(slicing)
}

/// What a slice's files are made from, and the files unless it is known to be settled.
struct Printed {
    made_from: String,
    fresh: Option<Tree>,
}

/// What has to be known to print slices side by side: nothing of a repository.
struct Seen<'a> {
    memory: &'a Memory,
    standing: &'a BTreeMap<u32, Standing>,
    ground: &'a str,
}

impl Seen<'_> {
    fn printed(&self, slice: &Slice, printer: &Printer<'_>) -> Result<Printed, Fault> {
        let made_from = made_from(slice, self.ground);
        let settled = self.standing.get(&slice.number).is_some_and(|standing| {
            standing.seen.name == slice.id && self.memory.has(&slice.id, standing.seen.id, &made_from)
        });
        let fresh = if settled { None } else { Some(step::print(printer, slice)?) };
        Ok(Printed { made_from, fresh })
    }
}

fn surveyed(
    look: &Look<'_>,
    inputs: &Inputs,
    printer: &Printer<'_>,
    slice: &Slice,
    printed: Printed,
) -> Result<Surveyed, Fault> {
    let Printed { made_from, fresh } = printed;
    let Some(fresh) = fresh else {
        let standing = inputs.standing.get(&slice.number);
        let here = standing.map(|standing| Here {
            folder: standing.seen.name.clone(),
            record: Some(standing.record.clone()),
            tree: Tree::new(),
        });
        return Ok(Surveyed { slice: slice.clone(), here, stand: Stand::Settled, made_from });
    };
    let here = inputs.here(&look.place, look.config, slice.number, &slice.id)?;
    let told = |path: &str, conflict: &Conflict| (look.told)(&slice.id, path, conflict);
    let asked = Asked { policy: look.config.sync.conflicts, told: &told };
    let record = here.as_ref().and_then(|here| here.record.clone());
    let find = || record.as_ref().map_or(Ok(Base::Lost), |record| base::find(look, record));
    let stand = bring_printed(slice, fresh, here.as_ref(), &find, printer, &asked)?;
    Ok(Surveyed { slice: slice.clone(), here, stand, made_from })
}

/// Slices that stand here and that the master no longer makes, unless that is settled.
fn retired(look: &Look<'_>, inputs: &Inputs, slicing: &Slicing) -> Result<Vec<Retired>, Fault> {
    let made: Vec<u32> = slicing.slices.iter().map(|slice| slice.number).collect();
    let gone = inputs.standing.iter().filter(|(number, standing)| !made.contains(number) && !standing.record.retired);
    gone.map(|(number, standing)| {
        let record = &standing.record;
        let here = inputs.here(&look.place, look.config, *number, &record.slice_id)?;
        let tree = here.map(|here| here.tree).unwrap_or_default();
        retire(look, record, &standing.seen.name, &tree)
    })
    .collect()
}

/// A slice's folder goes down to its record, unless people changed something in it.
fn retire(look: &Look<'_>, record: &SliceRecord, name: &str, tree: &Tree) -> Result<Retired, Fault> {
    let ours = without_record(tree);
    let base = base::find(look, record)?;
    let untouched = match &base {
        Base::Known(base) => is_untouched(&ours, base)?,
        Base::Lost => ours.is_empty(),
    };
    let mut tombstone = SliceRecord { retired: true, base: None, ..record.clone() };
    let conflict = Conflict {
        item: record.slice_id.clone(),
        base: record.base.clone(),
        ours: Some(changed_files(&ours, &base)),
        theirs: None,
    };
    let take = if untouched { Some(Take::Theirs) } else { (look.told)(&record.slice_id, "", &conflict) };
    let kept = match take {
        Some(Take::Theirs | Take::Base) => Tree::new(),
        _ => ours,
    };
    // Open, or kept on purpose: the folder stays, and only a decision makes it retired.
    if take.is_none() {
        tombstone = record.clone();
    }
    let folder = Folder {
        path: name.to_owned(),
        was: None,
        tree: with_record(kept, &tombstone)?,
        base: Tree::new(),
        fresh: Tree::new(),
        record: tombstone,
    };
    Ok(Retired { record: record.clone(), folder, open: take.is_none().then_some(conflict) })
}

/// What people changed in a slice, for them to decide on.
fn changed_files(ours: &Tree, base: &Base) -> String {
    let is_new = |path: &str, bytes: &[u8]| match base {
        Base::Known(base) => base.get(path).is_none_or(|entry| entry.bytes != bytes),
        Base::Lost => true,
    };
    let changed: Vec<&str> =
        ours.iter().filter(|(path, entry)| is_new(path, &entry.bytes)).map(|(path, _)| path).collect();
    format!("changed by people: {}\n", changed.join(", "))
}

/// A template that can't be used, as people see it.
#[must_use]
pub fn unusable(error: &ScaffoldError) -> Fault {
    Fault::usage("the slices can't be rendered")
        .because(error)
        .hint("a template in .vso/templates/ stands over the built-in one of the same path; take it away to compare")
}
