//! From the master to slices on disk: what decomposing would write, file by file, and writing it, all of it or nothing.
//!
//! What people made of a slice is merged with what is generated now. An item that both sides changed differently gets
//! markers in its file; where there is no base to merge with, a file that differs is refused.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::history::Recording;
use super::inputs::{Inputs, settings};
use super::plan::chosen;
use super::refine::{self, Refined};
use super::step::{Here, Stand, Step, print};
use super::survey::{Look, Retired, Survey, Surveyed, unusable};
use super::wanted::{base_id, with_record, without_record};
use super::{Master, history, place::Place, shared};
use crate::config::Config;
use crate::fault::Fault;
use crate::git::Repo;
use crate::merge::{Conflict, Entry, Labels, Mode, Take, Tree};
use crate::scaffold::{Printer, record_of};
use crate::slicing::registry::{Registry, SliceRecord};
use crate::slicing::slice::test_name;
use crate::slicing::{Refinements, Slice, Slicing};
use crate::worktree::{Change, Lock, Standing, Watch, free_name, read_entry, standing, write};

/// What the person asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Request {
    /// Only this slice, by id, number or name. Of the others, new ones get their record alone, which holds their number.
    pub only: Option<String>,
    /// Whether files that differ are replaced; what stood there is kept beside.
    pub force: bool,
    /// Whether the language model is asked. Settings alone never ask one: a `vso.toml` that came with a repository
    /// must not be able to send a key and a specification to a place of its choice.
    pub refine: bool,
    /// How conflicts are settled, instead of markers; what it leaves open stays as it is in the slice.
    pub settle: Option<Settle>,
}

/// How a person settles conflicts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settle {
    /// Only those that speak of this item.
    pub item: Option<String>,
    /// What stands there afterwards.
    pub take: Take,
}

impl Settle {
    /// What becomes of a conflict; none where it is not meant.
    #[must_use]
    pub fn of(&self, conflict: &Conflict) -> Option<Take> {
        // A person's own text is for one item: it would spoil a test that was made from that.
        let meant = self.item.as_ref().is_none_or(|item| match self.take {
            Take::Text(_) => conflict.item == *item,
            _ => speaks_of(conflict, item),
        });
        meant.then(|| self.take.clone())
    }
}

/// Whether a conflict is about an item, or about something that vso makes from it.
fn speaks_of(conflict: &Conflict, item: &str) -> bool {
    let function = test_name(&format!("AC-{item}"));
    let texts = [Some(&conflict.item), conflict.base.as_ref(), conflict.ours.as_ref(), conflict.theirs.as_ref()];
    texts.into_iter().flatten().any(|text| has_word(text, item) || has_word(text, &function))
}

fn has_word(text: &str, word: &str) -> bool {
    let part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(word).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(|letter| part(letter) || letter == '-')
    })
}

/// What becomes of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    New,
    /// It stays, byte for byte.
    Unchanged,
    /// What the master changed is merged into it.
    Merged,
    /// Both sides changed something in it differently; markers show it.
    Conflict,
    /// It goes: the master no longer makes it, or it moves with its folder.
    Removed,
    /// Something else stands there, which is kept under this name.
    Replaced {
        /// The name, from the root.
        kept: String,
    },
    /// Something else stands there and nothing says what it was made from, so nothing is written at all.
    Refused,
}

/// One file of a decomposition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedFile {
    /// Its path from the root, with `/`.
    pub path: String,
    /// What becomes of it.
    pub fate: Fate,
}

/// What decomposing a project would do.
#[derive(Debug)]
pub struct Decomposition {
    /// The master.
    pub master: Master,
    /// The slices.
    pub slicing: Slicing,
    /// What a language model proposed, where one was asked.
    pub refined: Refined,
    /// Their files, in the order of the paths.
    pub files: Vec<PlannedFile>,
    /// Slices whose folder gets another name: the old one, the new one.
    pub renamed: Vec<(String, String)>,
    /// How every slice stands.
    pub slices: Vec<Surveyed>,
    /// Slices that the master no longer makes.
    pub retired: Vec<Retired>,
    root: PathBuf,
    config: Config,
    request: Request,
    registry: Registry,
    tree: BTreeMap<String, Entry>,
    fresh: history::Fresh,
}

impl Decomposition {
    /// Makes a plan; touches nothing.
    ///
    /// # Errors
    /// When the master, the records, the templates or the request can't be used (exit 1 or 2), or the disk fails
    /// (exit 3).
    pub fn make(root: &Path, config: &Config, request: &Request) -> Result<Self, Fault> {
        // A repository that vso can't use is as good as none here; `vso plan` says what is wrong with it.
        let repo = Repo::at(root).ok().flatten();
        let known = repo.as_ref().map_or_else(|| Ok(Registry::default()), history::registry)?;
        let told =
            |_: &str, _: &str, conflict: &Conflict| request.settle.as_ref().and_then(|settle| settle.of(conflict));
        let look = |refinements| Look {
            place: Place::Disk(root),
            repo: repo.as_ref(),
            config,
            history: &known,
            refinements,
            memory: Default::default(),
            asked: Default::default(),
            regenerate_from: None,
            told: &told,
        };
        let refined =
            if request.refine { refined(root, config, &look(Refinements::default()))? } else { Refined::default() };
        let look = look(refined.refinements.clone());
        let survey = Survey::make(&look)?;
        let registry = survey.inputs.registry.clone();
        let mut draft = Draft { root, config, request, files: BTreeMap::new(), tree: BTreeMap::new() };
        let goes = survey.retired.iter().find(|retired| request.only.as_deref() == Some(&retired.record.slice_id));
        let only = match (&request.only, goes) {
            (_, Some(retired)) => Some(retired.record.number),
            (Some(wanted), None) => Some(chosen(&survey.slices, wanted)?.slice.number),
            (None, None) => None,
        };
        draft.slices(&survey, only)?;
        if let (Some(retired), Some(_)) = (goes, &request.settle) {
            draft.retired(&look, retired)?;
        }
        if only.is_none() {
            draft.shared(&look, &survey)?;
        }
        let renamed = survey.slices.iter().filter_map(|surveyed| match &surveyed.stand {
            Stand::Moved(step) => Some((step.renamed_from.clone()?, step.slice.id.clone())),
            Stand::InStep(_) | Stand::Settled => None,
        });
        let (files, tree) = (draft.files, draft.tree);
        Ok(Self {
            renamed: renamed.collect(),
            fresh: history::Fresh::of(&survey),
            files: files.into_iter().map(|(path, fate)| PlannedFile { path, fate }).collect(),
            refined,
            root: root.to_owned(),
            config: config.clone(),
            request: request.clone(),
            registry,
            tree,
            slices: survey.slices,
            retired: survey.retired,
            slicing: survey.slicing,
            master: survey.inputs.master,
        })
    }

    /// The files with a certain kind of fate.
    pub fn with(&self, wanted: impl Fn(&Fate) -> bool) -> impl Iterator<Item = &str> {
        self.files.iter().filter(move |file| wanted(&file.fate)).map(|file| file.path.as_str())
    }

    /// How many files would be written or removed.
    #[must_use]
    pub fn to_write(&self) -> usize {
        self.with(is_written).count()
    }

    /// The files of one slice.
    pub fn files_of<'a>(&'a self, slice: &Slice) -> impl Iterator<Item = &'a PlannedFile> + use<'a> {
        let folder = format!("{}/{}/", self.config.project.slices, slice.id);
        self.files.iter().filter(move |file| file.path.starts_with(&folder))
    }

    /// The conflicts that are open in one slice, by the file's path in it.
    #[must_use]
    pub fn open(&self, slice: &str) -> Vec<(String, Conflict)> {
        let surveyed = chosen(&self.slices, slice).ok();
        match surveyed.map(|surveyed| &surveyed.stand) {
            Some(Stand::Moved(step)) => step.open.clone(),
            Some(Stand::InStep(_) | Stand::Settled) => Vec::new(),
            None => {
                let goes = self.retired.iter().filter(|retired| retired.record.slice_id == slice);
                goes.filter_map(|retired| Some((String::new(), retired.open.clone()?))).collect()
            }
        }
    }

    /// The bytes that a file has afterwards.
    #[must_use]
    pub fn bytes(&self, path: &str) -> &[u8] {
        self.tree.get(path).map_or(&[], |entry| &entry.bytes)
    }

    /// Why this plan can't be carried out as it is, when that is so.
    ///
    /// # Errors
    /// When files differ, nothing says what they were made from, and the request does not force (exit 1).
    pub fn permitted(&self) -> Result<(), Fault> {
        match self.with(|fate| *fate == Fate::Refused).count() {
            0 => Ok(()),
            count => {
                let files = if count == 1 { "1 file differs".to_owned() } else { format!("{count} files differ") };
                Err(Fault::refused(format!("{files} from what would be written; nothing was written")).hint(
                    "there is no base to merge with (no git repository, or one that never saw it): \
                     `vso decompose --force` writes them and keeps what stands there beside, as NAME.orig",
                ))
            }
        }
    }

    /// Writes what is to be written, all of it or nothing. Plans again when another vso wrote in the meantime.
    ///
    /// # Errors
    /// When the plan is not [`permitted`](Self::permitted) (exit 1), the disk fails (exit 3) or the person interrupts
    /// (exit 130); the project is then as it was.
    pub fn carry_out(self, watch: Watch<'_>, waiting: &dyn Fn()) -> Result<Self, Fault> {
        self.permitted()?;
        if self.to_write() == 0 {
            return Ok(self);
        }
        let waited = Cell::new(false);
        let told = || {
            waited.set(true);
            waiting();
        };
        let lock = Lock::take_unless(&self.root, &told, watch.stop)?;
        // Numbers are given under the lock only: what was planned before counts if nobody gave any since.
        let stale = waited.get() || self.gave_otherwise()?;
        let plan = if stale { Self::make(&self.root, &self.config, &self.request)? } else { self };
        plan.permitted()?;
        let plan = plan.recorded()?;
        plan.permitted()?;
        write(&lock, &plan.changes()?, watch)?;
        Ok(plan)
    }

    /// Puts the generation into the history: a base has to be there before a record names it, and one that nobody names
    /// does no harm. When somebody else moved the history, this plans again with what they gave out.
    fn recorded(self) -> Result<Self, Fault> {
        let mut plan = self;
        for _ in 0..TRIES {
            let Some(repo) = Repo::at(&plan.root).ok().flatten() else { return Ok(plan) };
            match history::record(&repo, &plan.fresh)? {
                Recording::Same(_) | Recording::New(_) => return Ok(plan),
                Recording::Elsewhere(_) => plan = Self::make(&plan.root, &plan.config, &plan.request)?,
            }
        }
        Err(Fault::unfinished("others keep moving the generation history").hint("run this again in a moment"))
    }

    /// Whether somebody gave numbers or ids since this was planned.
    fn gave_otherwise(&self) -> Result<bool, Fault> {
        let repo = Repo::at(&self.root).ok().flatten();
        let known = repo.as_ref().map_or_else(|| Ok(Registry::default()), history::registry)?;
        Ok(Inputs::read(&Place::Disk(&self.root), &self.config, &known, &Default::default())?.registry != self.registry)
    }

    fn changes(&self) -> Result<Vec<Change<'_>>, Fault> {
        let written: Vec<&PlannedFile> = self.files.iter().filter(|file| is_written(&file.fate)).collect();
        written.par_iter().map(|file| self.change(file)).collect()
    }

    fn change<'a>(&'a self, file: &'a PlannedFile) -> Result<Change<'a>, Fault> {
        let keep = match &file.fate {
            Fate::Replaced { kept } => Some(kept.clone()),
            _ => None,
        };
        let path = self.root.join(&file.path);
        let before = match &file.fate {
            Fate::New => Standing::Nothing,
            _ => standing(&path).map_err(|error| {
                Fault::unfinished(format!("can't read {}", crate::worktree::shown(&path))).because(&error)
            })?,
        };
        let entry = self.tree.get(&file.path).filter(|_| file.fate != Fate::Removed);
        let executable = entry.is_some_and(|entry| entry.mode == Mode::Executable);
        Ok(Change { path: &file.path, before, bytes: entry.map(|entry| entry.bytes.as_slice()), executable, keep })
    }
}

/// How often a generation is made anew because somebody else's went into the history first.
const TRIES: usize = 5;

/// Whether a file with this fate is touched.
#[must_use]
pub fn is_written(fate: &Fate) -> bool {
    !matches!(fate, Fate::Unchanged | Fate::Refused)
}

/// Asks the language model.
fn refined(root: &Path, config: &Config, look: &Look<'_>) -> Result<Refined, Fault> {
    let inputs = Inputs::read(&look.place, config, look.history, &look.memory)?;
    let plain = inputs.master.slicing(&inputs.registry, config, Refinements::default())?;
    refine::refine(root, &config.refine, &inputs.master.reading, &plain)
}

/// The files of a decomposition as they are found.
struct Draft<'a> {
    root: &'a Path,
    config: &'a Config,
    request: &'a Request,
    files: BTreeMap<String, Fate>,
    tree: BTreeMap<String, Entry>,
}

impl Draft<'_> {
    fn slices(&mut self, survey: &Survey, only: Option<u32>) -> Result<(), Fault> {
        let settings = settings(self.config);
        let printer = Printer::new(&survey.inputs.templates, &settings).map_err(|error| unusable(&error))?;
        for surveyed in &survey.slices {
            match only {
                Some(number) if number != surveyed.slice.number => self.number_alone(surveyed)?,
                _ => self.slice(surveyed, &printer)?,
            }
        }
        Ok(())
    }

    /// A slice that was not asked for: a new one gets its record, without which its number would go to the next one.
    fn number_alone(&mut self, surveyed: &Surveyed) -> Result<(), Fault> {
        if surveyed.here.is_some() {
            return Ok(());
        }
        let record = SliceRecord { base: None, ..record_of(&surveyed.slice) };
        let tree = with_record(Tree::new(), &record)?;
        self.folder(&surveyed.slice.id, &tree, None);
        Ok(())
    }

    fn slice(&mut self, surveyed: &Surveyed, printer: &Printer<'_>) -> Result<(), Fault> {
        let here = surveyed.here.as_ref();
        if self.request.force {
            return self.forced(surveyed, printer);
        }
        match (&surveyed.stand, here) {
            (Stand::InStep(_) | Stand::Settled, Some(here)) => {
                self.folder(&here.folder, &here.tree, Some(here));
                Ok(())
            }
            (Stand::Moved(step), here) => self.moved(step, here),
            (Stand::Settled, None) => Ok(()),
            (Stand::InStep(fresh), None) => {
                self.folder(&surveyed.slice.id, fresh, None);
                Ok(())
            }
        }
    }

    fn moved(&mut self, step: &Step, here: Option<&Here>) -> Result<(), Fault> {
        let folder = &step.folder;
        let Some(merged) = &step.merged else {
            self.folder(&folder.path, &folder.tree, here);
            // Without a base: what differs stays, and so nothing is written.
            for (path, _) in &step.open {
                self.files.insert(self.path(&folder.path, path), Fate::Refused);
            }
            return Ok(());
        };
        if step.open.is_empty() || self.request.settle.is_some() {
            self.folder(&folder.path, &folder.tree, here);
            return Ok(());
        }
        // The markers show both texts, so the whole of the new generation counts as taken: the person decides on them.
        let record = SliceRecord { base: Some(base_id(&folder.fresh)?), ..folder.record.clone() };
        let labels = Labels::default();
        self.folder(&folder.path, &with_record(merged.marked(&labels), &record)?, here);
        for (path, _) in &step.open {
            self.files.insert(self.path(&folder.path, path), Fate::Conflict);
        }
        Ok(())
    }

    /// A slice that the master no longer makes, as a person settled it.
    fn retired(&mut self, look: &Look<'_>, retired: &Retired) -> Result<(), Fault> {
        let folder = &retired.folder;
        let tree = look.place.read(&format!("{}/{}", self.config.project.slices, folder.path))?;
        let here = Here { folder: folder.path.clone(), record: Some(retired.record.clone()), tree };
        self.folder(&folder.path, &folder.tree, Some(&here));
        Ok(())
    }

    /// What is generated, whatever stands there; that is kept beside.
    fn forced(&mut self, surveyed: &Surveyed, printer: &Printer<'_>) -> Result<(), Fault> {
        let slice = match &surveyed.stand {
            Stand::Moved(step) => &step.slice,
            Stand::InStep(_) | Stand::Settled => &surveyed.slice,
        };
        let fresh = print(printer, slice)?;
        let kept = surveyed.here.as_ref().and_then(|here| here.record.clone());
        let (decisions, waivers) = kept.map(|record| (record.decisions, record.waivers)).unwrap_or_default();
        let record = SliceRecord { base: Some(base_id(&fresh)?), decisions, waivers, ..record_of(slice) };
        let mut tree = with_record(fresh, &record)?;
        let here = surveyed.here.as_ref();
        for (path, entry) in here.iter().flat_map(|here| here.tree.iter()) {
            if tree.get(path).is_none() {
                tree.insert(path, entry.clone());
            }
        }
        self.folder(&slice.id, &tree, here);
        let Some(here) = here.filter(|here| here.folder == slice.id) else { return Ok(()) };
        for (path, entry) in without_record(&tree).iter() {
            if here.tree.get(path).is_some_and(|found| found.bytes != entry.bytes) {
                let path = self.path(&here.folder, path);
                let kept = free_name(self.root, &path)?;
                self.files.insert(path, Fate::Replaced { kept });
            }
        }
        Ok(())
    }

    /// A folder as it should be, over what stands there.
    fn folder(&mut self, name: &str, tree: &Tree, here: Option<&Here>) {
        let moved = here.is_some_and(|here| here.folder != name);
        for (path, entry) in tree.iter() {
            let found = here.filter(|_| !moved).and_then(|here| here.tree.get(path));
            let fate = match found {
                None => Fate::New,
                Some(found) if found == entry => Fate::Unchanged,
                Some(_) => Fate::Merged,
            };
            let path = self.path(name, path);
            self.tree.insert(path.clone(), entry.clone());
            self.files.insert(path, fate);
        }
        let Some(here) = here else { return };
        for (path, _) in here.tree.iter() {
            if moved || tree.get(path).is_none() {
                self.files.insert(self.path(&here.folder, path), Fate::Removed);
            }
        }
    }

    fn shared(&mut self, look: &Look<'_>, survey: &Survey) -> Result<(), Fault> {
        let shared = shared::bring(look, survey)?;
        for (path, entry) in survey.shared.iter() {
            self.files.insert(path.to_owned(), Fate::Unchanged);
            self.tree.insert(path.to_owned(), entry.clone());
        }
        let record = format!("{}/{}", self.config.project.slices, shared::RECORD);
        self.files.extend(read_entry(&self.root.join(&record))?.map(|_| (record, Fate::Unchanged)));
        for (path, entry) in shared.files {
            let before = read_entry(&self.root.join(&path))?;
            let fate = match (&before, &entry) {
                (_, None) => Fate::Removed,
                (None, Some(_)) => Fate::New,
                (Some(_), Some(_)) => Fate::Merged,
            };
            self.files.insert(path.clone(), fate);
            self.tree.extend(entry.map(|entry| (path, entry)));
        }
        for (path, _) in &shared.open {
            self.shared_open(path, survey)?;
        }
        Ok(())
    }

    /// A shared file that differs and has no base, or that both sides changed.
    fn shared_open(&mut self, path: &str, survey: &Survey) -> Result<(), Fault> {
        let fate =
            if self.request.force { Fate::Replaced { kept: free_name(self.root, path)? } } else { Fate::Refused };
        self.files.insert(path.to_owned(), fate);
        self.tree.extend(survey.shared.get(path).map(|entry| (path.to_owned(), entry.clone())));
        Ok(())
    }

    fn path(&self, folder: &str, path: &str) -> String {
        format!("{}/{folder}/{path}", self.config.project.slices)
    }
}
