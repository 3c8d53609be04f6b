//! Slices to master: what people changed in slices and the master states goes up.
//!
//! The edited master is not believed: the slices that ask for an edit are generated from it again, and an edit that does
//! not come back word for word in the very slice stays there and is reported. What the master itself changes in these
//! slices rides along.

use super::history;
use super::inputs::Inputs;
use super::step::{self, Asked as Rules, Here, Stand, Step};
use super::survey::{Look, Survey, Surveyed, unusable};
use super::wanted::Folder;
use super::{Master, base};
use crate::fault::Fault;
use crate::merge::{Conflict, Entry, Tree};
use crate::report::plan::Upstream;
use crate::scaffold::carry::{self, Asked, Carried, Change, SpecEdits};
use crate::scaffold::{Printer, record_of};
use crate::slicing::registry::{Registry, Waiver};
use crate::slicing::version::{self, Reach};
use crate::slicing::{self, Slicing};
use crate::spec::Document;

/// What goes up.
#[derive(Debug, Clone, Default)]
pub struct Up {
    /// The edited master; none where it stays as it is.
    pub text: Option<String>,
    /// Its new version, where the edits raise it.
    pub version: Option<String>,
    /// The items, also those that can't be carried up.
    pub edits: Vec<Upstream>,
    /// Whether the index is written anew.
    pub index: bool,
    /// The folders of the slices that the edits come from, generated from the edited master; `path` is the name alone.
    pub folders: Vec<Folder>,
    /// Conflicts that are open in them: the slice's id, and the file's path in the slice.
    pub open: Vec<(String, Vec<(String, Conflict)>)>,
    /// What the generation history has to know of the edited master.
    pub generation: Option<history::Fresh>,
}

/// The page of a slice that states its items.
const PAGE: &str = "spec.md";

/// Finds what goes up.
///
/// # Errors
/// When a base or a template can't be read, or the edited master can't be generated from (exit 2 or 3).
pub fn find(look: &Look<'_>, survey: &Survey) -> Result<Up, Fault> {
    let mut edits = edits(look, survey)?;
    let mut up = Up::default();
    let lift = Lift { look, survey };
    let lifted = loop {
        if edits.iter().all(|(_, edits)| edits.is_empty()) {
            break None;
        }
        let master = &survey.inputs.master;
        let carried = carry::carry(&master.document, &master.reading, &survey.slicing, &edits);
        if carried.applied.is_empty() {
            up.edits.extend(left(&carried));
            break None;
        }
        match lift.lifted(&carried)? {
            Ok(lifted) => {
                up.edits.extend(left(&carried));
                up.edits.extend(carried.applied.iter().map(|asked| told(asked, None)));
                break Some((lifted, carried));
            }
            Err(astray) => {
                for (asked, why) in astray {
                    leave(&mut edits, &asked);
                    up.edits.push(told(&asked, Some(why)));
                }
            }
        }
    };
    let (text, slicing) = match &lifted {
        Some((lifted, _)) => (lifted.text.clone(), &lifted.slicing),
        None => (survey.inputs.master.document.text().to_owned(), &survey.slicing),
    };
    let text = lift.indexed(&text, slicing, &mut up)?;
    if let Some((lifted, carried)) = &lifted {
        lift.folders(&text, &lifted.registry, carried, &edits, &mut up)?;
    }
    up.text = (text != survey.inputs.master.document.text()).then_some(text);
    Ok(up)
}

/// What people changed in each slice, against what vso generated there last.
fn edits(look: &Look<'_>, survey: &Survey) -> Result<Vec<(String, SpecEdits)>, Fault> {
    let mut found = Vec::new();
    for surveyed in &survey.slices {
        let Some(here) = &surveyed.here else { continue };
        let Some(record) = here.record.as_ref().filter(|record| !record.retired) else { continue };
        let Some(ours) = page(&here.tree) else { continue };
        let before = match &surveyed.stand {
            Stand::Settled => continue,
            Stand::InStep(fresh) => page(fresh),
            Stand::Moved(_) => match base::find(look, record)? {
                step::Base::Known(base) => page(&base),
                step::Base::Lost => None,
            },
        };
        let edits = before.map(|before| carry::edits(&before, &ours)).unwrap_or_default();
        if !edits.is_empty() {
            found.push((surveyed.slice.id.clone(), edits));
        }
    }
    Ok(found)
}

fn page(tree: &Tree) -> Option<String> {
    tree.get(PAGE).and_then(|entry| String::from_utf8(entry.bytes.clone()).ok())
}

/// Takes a change out of what slices ask for.
fn leave(edits: &mut [(String, SpecEdits)], asked: &Asked) {
    for (_, edits) in edits {
        match &asked.change {
            Change::Edit(edit) => edits.changed.retain(|other| other != edit),
            Change::New(item) => edits.added.retain(|other| other != item),
        }
    }
}

/// A change as a plan names it.
fn told(asked: &Asked, refused: Option<String>) -> Upstream {
    let (from, to) = match &asked.change {
        Change::Edit(edit) => (Some(edit.before.clone()), edit.after.clone()),
        Change::New(item) => (None, item.text.clone()),
    };
    Upstream { item: asked.change.id().to_owned(), slices: asked.slices.clone(), from, to, refused }
}

/// What stays in the slices. What the master has changed too is a conflict of the slice and is named there.
fn left(carried: &Carried) -> Vec<Upstream> {
    let refused = carried.refused.iter().map(|(asked, why)| told(asked, Some(why.clone())));
    let disagreed = carried.conflicts.iter().filter(|conflict| conflict.sides.len() > 1).map(|conflict| {
        let sides: Vec<String> =
            conflict.sides.iter().map(|(text, slices)| format!("{text:?} ({})", slices.join(", "))).collect();
        let mut slices: Vec<String> = conflict.sides.iter().flat_map(|(_, slices)| slices.clone()).collect();
        slices.sort_unstable();
        slices.dedup();
        Upstream {
            item: conflict.id.clone(),
            slices,
            from: Some(conflict.before.clone()),
            to: conflict.sides[0].0.clone(),
            refused: Some(format!("it was changed in different ways: {}", sides.join(", "))),
        }
    });
    refused.chain(disagreed).collect()
}

/// An edited master whose edits come back in their slices.
struct Lifted {
    /// Its text, with the version raised.
    text: String,
    slicing: Slicing,
    /// Who has which item, with the edited ones as unchanged: an edit in a slice is no reason to move an item.
    registry: Registry,
}

struct Lift<'a> {
    look: &'a Look<'a>,
    survey: &'a Survey,
}

impl Lift<'_> {
    fn master(&self, text: &str) -> Result<Master, Fault> {
        Master::of(&self.survey.inputs.master.path, text.to_owned())
    }

    fn slicing(&self, master: &Master, registry: &Registry) -> Result<Slicing, Fault> {
        let mut slicing = master.slicing(registry, self.look.config, self.look.refinements.clone())?;
        let version = slicing.master_version.clone();
        for slice in &mut slicing.slices {
            let standing = self.survey.inputs.standing.get(&slice.number).map(|standing| &standing.record);
            slicing::settle(slice, standing, &version);
        }
        Ok(slicing)
    }

    /// Cuts the edited master; gives the changes that do not come back where they were made, with the reason.
    fn lifted(&self, carried: &Carried) -> Result<Result<Lifted, Vec<(Asked, String)>>, Fault> {
        let all = |why: &str| carried.applied.iter().map(|asked| (asked.clone(), why.to_owned())).collect();
        let registry = &self.survey.inputs.registry;
        let Ok(master) = self.master(&carried.text) else { return Ok(Err(all("the master can't be read then"))) };
        let Ok(first) = self.slicing(&master, registry) else { return Ok(Err(all("the master can't be cut then"))) };
        let registry = pinned(registry, &first, &carried.applied);
        let slicing = self.slicing(&master, &registry)?;
        let printer = self.printer()?;
        let mut astray = Vec::new();
        for asked in &carried.applied {
            for id in &asked.slices {
                let page = match slicing.slice(id) {
                    Some(slice) => page(&step::print(&printer, slice)?),
                    None => None,
                };
                if !page.is_some_and(|page| carry::states(&page, &asked.change)) {
                    astray.push((asked.clone(), format!("from the master it would not come back in {id}")));
                    break;
                }
            }
        }
        if !astray.is_empty() {
            return Ok(Err(astray));
        }
        let text = match self.reach(&slicing, &carried.applied) {
            Some(reach) => carry::raise_version(&master.document, reach).unwrap_or_else(|| carried.text.clone()),
            None => carried.text.clone(),
        };
        Ok(Ok(Lifted { text, slicing, registry }))
    }

    /// The greatest change that the edits make in their slices.
    fn reach(&self, slicing: &Slicing, applied: &[Asked]) -> Option<Reach> {
        let ids = applied.iter().flat_map(|asked| &asked.slices);
        let reaches = ids.filter_map(|id| {
            version::reach(&record_of(self.survey.slicing.slice(id)?), &record_of(slicing.slice(id)?))
        });
        reaches.max()
    }

    fn printer(&self) -> Result<Printer<'_>, Fault> {
        let inputs = &self.survey.inputs;
        Printer::new(&inputs.templates, &inputs.settings).map_err(|error| unusable(&error))
    }

    /// The text with its index of slices.
    fn indexed(&self, text: &str, slicing: &Slicing, up: &mut Up) -> Result<String, Fault> {
        let project = &self.look.config.project;
        let above = "../".repeat(project.master.matches('/').count());
        let document =
            Document::parse(text).map_err(|error| Fault::refused("the master can't be read").because(&error))?;
        let indexed = carry::index(&document, slicing, &format!("{above}{}", project.slices));
        up.index = indexed.is_some();
        Ok(indexed.unwrap_or_else(|| text.to_owned()))
    }

    /// The source slices, generated from the edited master and merged with what people made of them.
    fn folders(
        &self,
        text: &str,
        registry: &Registry,
        carried: &Carried,
        edits: &[(String, SpecEdits)],
        up: &mut Up,
    ) -> Result<(), Fault> {
        let master = self.master(text)?;
        let slicing = self.slicing(&master, registry)?;
        let raised = slicing.master_version != self.survey.slicing.master_version;
        up.version = raised.then(|| slicing.master_version.clone());
        let printer = self.printer()?;
        for surveyed in &self.survey.slices {
            let id = &surveyed.slice.id;
            let asks = |asked: &&Asked| asked.slices.contains(id);
            if !carried.applied.iter().any(|asked| asks(&asked)) {
                continue;
            }
            let Some(slice) = slicing.slice(id) else { continue };
            let new = carried.applied.iter().filter(asks).filter_map(|asked| match &asked.change {
                Change::New(item) => Some(item.clone()),
                Change::Edit(_) => None,
            });
            let new: Vec<_> = new.collect();
            let here = surveyed.here.as_ref().map(|here| without(here, &new));
            let mut brought = self.brought(surveyed, slice, here.as_ref(), &printer)?;
            // A conflict keeps the slice's side: then that has to be all that people wrote.
            if !new.is_empty() && brought.as_ref().is_some_and(|step| !step.open.is_empty()) {
                brought = self.brought(surveyed, slice, surveyed.here.as_ref(), &printer)?;
            }
            if let Some(mut step) = brought {
                waive(&mut step, edits.iter().find(|(other, _)| other == id).map(|(_, edits)| edits))?;
                if !step.open.is_empty() {
                    up.open.push((id.clone(), step.open));
                }
                up.folders.push(step.folder);
            }
        }
        let inputs = Inputs { master, ..self.survey.inputs.clone() };
        up.generation = Some(history::Fresh::with(&inputs, self.survey.shared.clone(), up.folders.iter()));
        Ok(())
    }

    fn brought(
        &self,
        surveyed: &Surveyed,
        slice: &slicing::Slice,
        here: Option<&Here>,
        printer: &Printer<'_>,
    ) -> Result<Option<Step>, Fault> {
        let told = |path: &str, conflict: &Conflict| (self.look.told)(&slice.id, path, conflict);
        let rules = Rules { policy: self.look.config.sync.conflicts, told: &told };
        let record = surveyed.here.as_ref().and_then(|here| here.record.as_ref());
        let find = || record.map_or(Ok(step::Base::Lost), |record| base::find(self.look, record));
        match step::bring(slice, here, &find, printer, &rules)? {
            Stand::Moved(step) => Ok(Some(*step)),
            Stand::InStep(_) | Stand::Settled => Ok(None),
        }
    }
}

/// A registry that knows the edited items as they read now, so that they stay where they are.
fn pinned(registry: &Registry, slicing: &Slicing, applied: &[Asked]) -> Registry {
    let mut registry = registry.clone();
    let ids: Vec<_> = applied.iter().filter_map(|asked| Some((asked.change.kind(), asked.lasting.as_ref()?))).collect();
    let now: Vec<_> = slicing.slices.iter().flat_map(|slice| record_of(slice).items).collect();
    for item in registry.slices.iter_mut().flat_map(|slice| &mut slice.items) {
        if !ids.contains(&(item.kind, &item.id)) {
            continue;
        }
        if let Some(fresh) = now.iter().find(|fresh| (fresh.kind, &fresh.id) == (item.kind, &item.id)) {
            item.text.clone_from(&fresh.text);
            item.fingerprint = fresh.fingerprint.clone();
        }
    }
    registry
}

/// A slice without the lines of items that the master has now: they come back from there, in their place.
fn without(here: &Here, new: &[carry::NewItem]) -> Here {
    let mut here = here.clone();
    if let (false, Some(text), Some(mode)) =
        (new.is_empty(), page(&here.tree), here.tree.get(PAGE).map(|entry| entry.mode))
    {
        here.tree.insert(PAGE, Entry { bytes: carry::without(&text, new).into_bytes(), mode });
    }
    here
}

/// Writes down what people took out of a slice although the master has it.
fn waive(step: &mut Step, edits: Option<&SpecEdits>) -> Result<(), Fault> {
    let removed = edits.map(|edits| edits.removed.clone()).unwrap_or_default();
    let record = &mut step.folder.record;
    let known = record.waivers.len();
    for (kind, id) in removed {
        let waiver = Waiver { kind, id };
        if !record.waivers.contains(&waiver) {
            record.waivers.push(waiver);
        }
    }
    if record.waivers.len() > known {
        record.waivers.sort();
        step.folder.tree = super::wanted::with_record(step.folder.tree.clone(), record)?;
    }
    Ok(())
}
