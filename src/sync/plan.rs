//! What a sync would do for one commit of a branch: slice by slice, and for the master.
//!
//! A survey says how every slice stands; edits that people made in slices go up; what is left is put into proposals as
//! values. Nothing is touched here but the object database, where bases have to be before anybody names them.

use std::collections::HashMap;
use std::path::Path;

use super::propose::{Chosen, Decisions};
use super::shared;
use super::step::{Stand, Step};
use super::survey::memory::Memory;
use super::survey::{Look, Retired, Survey, Surveyed};
use super::upstream::{self, Up};
use super::wanted::{Folder, Subject, Wanted};
use super::{history, place::Place};
use crate::config::Config;
use crate::fault::Fault;
use crate::git::{Id, Repo};
use crate::merge::{Conflict, Entry, Take};
use crate::report::plan::{Change, ConflictView, FORMAT, MasterPlan, Plan, Reach, SlicePlan, Source, Versions};
use crate::report::proposal;
use crate::slicing::registry::{ItemRecord, SliceRecord};
use crate::slicing::slice::ItemKind;
use crate::slicing::{Refinements, Slice};

/// So many existing slices may change at once before a plan can be wide: half of a handful is nothing to stop at.
pub const FEW: usize = 2;

/// What a sync would do.
#[derive(Debug)]
pub struct Planned {
    /// The commit that was looked at; none while the branch has none.
    pub target: Option<Id>,
    /// The branch.
    pub branch: String,
    /// The plan as people and scripts see it.
    pub view: Plan,
    /// What has to be proposed: slices in their order, the master last.
    pub wanted: Vec<Wanted>,
    /// How many existing slices change.
    pub changed: usize,
    /// How many slices stand on the branch.
    pub existing: usize,
    /// What the generation history has to know before anybody names it: of the master as it is, then as edited.
    pub generations: Vec<history::Fresh>,
}

impl Planned {
    /// Plans for a commit of a branch.
    ///
    /// # Errors
    /// When the master, a record or a template can't be used (exit 1 or 2), or git fails (exit 3).
    pub fn make(repo: &Repo, config: &Config, target: Option<Id>, branch: &str) -> Result<Self, Fault> {
        Self::settling(repo, config, target, branch, None)
    }

    /// The same with what a person settles on a proposal.
    ///
    /// # Errors
    /// As [`Planned::make`].
    pub fn settling(
        repo: &Repo,
        config: &Config,
        target: Option<Id>,
        branch: &str,
        chosen: Option<&Chosen>,
    ) -> Result<Self, Fault> {
        Self::surveyed(repo, config, target, branch, chosen).map(|(planned, _)| planned)
    }

    /// The same with the survey that it was planned from.
    ///
    /// # Errors
    /// As [`Planned::make`].
    pub fn surveyed(
        repo: &Repo,
        config: &Config,
        target: Option<Id>,
        branch: &str,
        chosen: Option<&Chosen>,
    ) -> Result<(Self, Survey), Fault> {
        let decisions = Decisions::of(repo, branch, chosen);
        let told = |slice: &str, path: &str, conflict: &Conflict| decisions.take(slice, path, conflict);
        let tree = target.map(|target| repo.project_of(target)).transpose()?.flatten();
        let known = history::registry(repo)?;
        let look = Look {
            place: Place::Commit(repo, tree),
            repo: Some(repo),
            config,
            history: &known,
            refinements: Refinements::default(),
            memory: Memory::read(repo.root()),
            asked: Default::default(),
            regenerate_from: None,
            told: &told,
        };
        let survey = Survey::make(&look)?;
        decisions.checked()?;
        let (planned, settled) = Self::of(repo, &look, &survey, target, branch)?;
        if settled != look.memory {
            settled.write(repo.root());
        }
        Ok((planned, survey))
    }

    /// Plans for what was looked at. Gives what was found settled besides, for the next look.
    ///
    /// # Errors
    /// As [`Planned::make`].
    pub fn of(
        repo: &Repo,
        look: &Look<'_>,
        survey: &Survey,
        target: Option<Id>,
        branch: &str,
    ) -> Result<(Self, Memory), Fault> {
        let up = upstream::find(look, survey)?;
        let goes_up = |slice: &str| up.edits.iter().any(|edit| edit.slices.iter().any(|other| other == slice));
        let settled = survey.settled(look.history, goes_up);
        let engine = history::same_engine(repo, &survey.inputs)?;
        let planned = Composer { look, survey, up: &up, engine }.compose(target, branch)?;
        Ok((planned, settled))
    }
}

/// The repository of a project, the branch that proposals are made for, and the commit it is at.
///
/// # Errors
/// When there is no repository (exit 2), or no branch can be told (exit 2).
pub fn target(root: &Path, config: &Config) -> Result<(Repo, String, Option<Id>), Fault> {
    let repo = Repo::at(root)?.ok_or_else(|| {
        Fault::usage("there is no git repository here").hint("`git init` makes one; vso plans from what is committed")
    })?;
    let wanted = Some(config.sync.branch.clone()).filter(|branch| !branch.is_empty());
    let branch = wanted.or_else(|| repo.branch()).ok_or_else(|| {
        Fault::usage("HEAD is on no branch").hint("name the branch: --config sync.branch=main, or in vso.toml")
    })?;
    let commit = repo.find_ref(&format!("refs/heads/{branch}"))?;
    Ok((repo, branch, commit))
}

/// Puts a plan together.
struct Composer<'a> {
    look: &'a Look<'a>,
    survey: &'a Survey,
    up: &'a Up,
    /// Whether engine, templates and settings are those of the last generation.
    engine: bool,
}

impl Composer<'_> {
    fn compose(&self, target: Option<Id>, branch: &str) -> Result<Planned, Fault> {
        let lines = lines(self.survey);
        let mut slices = Vec::new();
        let mut wanted = Vec::new();
        for surveyed in &self.survey.slices {
            let riding = self.up.folders.iter().find(|folder| folder.record.number == surveyed.slice.number);
            let plan = slice_plan(surveyed, riding, &lines);
            if let (Stand::Moved(step), None) = (&surveyed.stand, riding) {
                wanted.extend(self.slice_wanted(surveyed, step, &plan)?);
            }
            slices.push(plan);
        }
        for retired in &self.survey.retired {
            let plan = retired_plan(retired);
            wanted.extend(self.retired_wanted(retired, &plan)?);
            slices.push(plan);
        }
        let shared = shared::bring(self.look, self.survey)?;
        let master = self.master_plan(&shared);
        if !master.is_empty() {
            wanted.push(self.master_wanted(&master, shared)?);
        }
        let existing = self.survey.slices.iter().filter(|surveyed| is_standing(surveyed)).count();
        let changes = |surveyed: &&Surveyed| is_standing(surveyed) && matches!(surveyed.stand, Stand::Moved(_));
        let changed = self.survey.slices.iter().filter(changes).count() + self.survey.retired.len();
        let existing = existing + self.survey.retired.len();
        let wide = (changed > FEW && changed * 2 > existing) || wanted.iter().any(|wanted| wanted.wide_cause);
        let view = Plan {
            format: FORMAT,
            branch: branch.to_owned(),
            target: target.map(|id| id.to_string()),
            reach: Reach::of(&slices),
            slices,
            master,
            wide,
        };
        let mut generations = vec![history::Fresh::of(self.survey)];
        generations.extend(self.up.generation.clone());
        Ok(Planned { target, branch: branch.to_owned(), view, wanted, changed, existing, generations })
    }

    fn slice_wanted(&self, surveyed: &Surveyed, step: &Step, plan: &SlicePlan) -> Result<Option<Wanted>, Fault> {
        let same =
            surveyed.here.as_ref().is_some_and(|here| here.folder == step.folder.path && here.tree == step.folder.tree);
        if same {
            return Ok(None);
        }
        let folder = self.placed(&step.folder);
        let conflicts = self.located(&folder, &step.open);
        let subject = Subject::Slice { number: step.slice.number, id: step.slice.id.clone() };
        Ok(Some(Wanted {
            subject,
            version: step.slice.version.to_string(),
            title: proposal::slice_title(plan),
            body: proposal::slice_body(plan, Some(&step.slice), self.slices()),
            key: Wanted::key_of(std::slice::from_ref(&folder), &[])?,
            folders: vec![folder],
            files: Vec::new(),
            conflicts,
            wide_cause: step.same_words && !self.engine,
        }))
    }

    fn retired_wanted(&self, retired: &Retired, plan: &SlicePlan) -> Result<Option<Wanted>, Fault> {
        if retired.open.is_some() {
            return Ok(None);
        }
        let folder = self.placed(&retired.folder);
        Ok(Some(Wanted {
            subject: Subject::Slice { number: retired.record.number, id: retired.record.slice_id.clone() },
            version: retired.record.version.clone(),
            title: proposal::slice_title(plan),
            body: proposal::slice_body(plan, None, self.slices()),
            key: Wanted::key_of(std::slice::from_ref(&folder), &[])?,
            folders: vec![folder],
            files: Vec::new(),
            conflicts: Vec::new(),
            wide_cause: false,
        }))
    }

    fn master_plan(&self, shared: &shared::Shared) -> MasterPlan {
        let version = Some(self.survey.slicing.master_version.clone());
        MasterPlan {
            version: Versions { from: version.clone(), to: self.up.version.clone().or(version) },
            edits: self.up.edits.clone(),
            index: self.up.index,
            shared: shared.files.iter().map(|(path, _)| path.clone()).collect(),
        }
    }

    fn master_wanted(&self, plan: &MasterPlan, shared: shared::Shared) -> Result<Wanted, Fault> {
        let folders: Vec<Folder> = self.up.folders.iter().map(|folder| self.placed(folder)).collect();
        let mut files: Vec<(String, Option<Entry>)> = Vec::new();
        let name = self.look.config.project.master.clone();
        if let Some(text) = &self.up.text {
            files.push((name.clone(), Some(super::inputs::text_entry(text))));
        }
        files.extend(shared.files);
        let conflicts = self.up.open.iter().flat_map(|(id, open)| {
            let folder = folders.iter().find(|folder| folder.record.slice_id == *id);
            folder.map(|folder| self.located(folder, open)).unwrap_or_default()
        });
        Ok(Wanted {
            subject: Subject::Master,
            version: plan.version.to.clone().unwrap_or_default(),
            title: proposal::master_title(&name, plan),
            body: proposal::master_body(plan),
            key: Wanted::key_of(&folders, &files)?,
            conflicts: conflicts.collect(),
            folders,
            files,
            wide_cause: false,
        })
    }

    /// How many slices there are, those that go included.
    fn slices(&self) -> usize {
        self.survey.slices.len() + self.survey.retired.len()
    }

    /// A folder with its path from the project's root.
    fn placed(&self, folder: &Folder) -> Folder {
        let place = |name: &String| format!("{}/{name}", self.look.config.project.slices);
        Folder { path: place(&folder.path), was: folder.was.as_ref().map(place), ..folder.clone() }
    }

    fn located(&self, folder: &Folder, open: &[(String, Conflict)]) -> Vec<(String, Conflict)> {
        open.iter().map(|(path, conflict)| (format!("{}/{path}", folder.path), conflict.clone())).collect()
    }
}

fn is_standing(surveyed: &Surveyed) -> bool {
    surveyed.here.as_ref().is_some_and(|here| here.record.as_ref().is_some_and(|record| !record.retired))
}

/// What is said of one slice; `riding` when its change is in the master's proposal.
fn slice_plan(surveyed: &Surveyed, riding: Option<&Folder>, lines: &Lines) -> SlicePlan {
    let slice = &surveyed.slice;
    let record = surveyed.here.as_ref().and_then(|here| here.record.as_ref());
    let from = record.map(|record| record.version.clone());
    let plain = SlicePlan {
        id: slice.id.clone(),
        name: slice.name.clone(),
        change: if riding.is_some() { Change::Upstream } else { Change::Unchanged },
        version: Versions { to: riding.map(|folder| folder.record.version.clone()).or_else(|| from.clone()), from },
        items: Default::default(),
        sources: Vec::new(),
        conflicts: Vec::new(),
        renamed_from: None,
        files: Vec::new(),
        notes: Vec::new(),
    };
    let Stand::Moved(step) = &surveyed.stand else { return plain };
    let change = match (riding.is_some(), step.change) {
        (true, Change::Update) => Change::Upstream,
        (_, change) => change,
    };
    SlicePlan {
        change,
        version: Versions { from: plain.version.from.clone(), to: Some(step.slice.version.to_string()) },
        sources: sources(step, record, lines),
        items: step.items.clone(),
        conflicts: step.open.iter().map(|(path, conflict)| ConflictView::of(path, conflict)).collect(),
        renamed_from: step.renamed_from.clone(),
        files: changed_files(surveyed, step),
        notes: step.notes.clone(),
        ..plain
    }
}

fn changed_files(surveyed: &Surveyed, step: &Step) -> Vec<String> {
    let before = surveyed.here.as_ref().map(|here| &here.tree);
    let differs = |path: &str, entry: &Entry| before.and_then(|tree| tree.get(path)) != Some(entry);
    let mut paths: Vec<String> =
        step.folder.tree.iter().filter(|(path, entry)| differs(path, entry)).map(|(path, _)| path.to_owned()).collect();
    let gone = before.into_iter().flat_map(|tree| tree.iter()).map(|(path, _)| path);
    paths.extend(gone.filter(|path| step.folder.tree.get(path).is_none()).map(str::to_owned));
    paths.sort_unstable();
    paths
}

fn retired_plan(retired: &Retired) -> SlicePlan {
    let record = &retired.record;
    let conflicts = retired.open.iter().map(|conflict| ConflictView::of("", conflict)).collect();
    SlicePlan {
        id: record.slice_id.clone(),
        name: record.name.clone(),
        change: if retired.open.is_some() { Change::Conflict } else { Change::Retired },
        version: Versions { from: Some(record.version.clone()), to: None },
        items: Default::default(),
        sources: Vec::new(),
        conflicts,
        renamed_from: None,
        files: Vec::new(),
        notes: Vec::new(),
    }
}

/// The line of each item in the master.
type Lines = HashMap<(ItemKind, String), usize>;

fn lines(survey: &Survey) -> Lines {
    let reading = &survey.inputs.master.reading;
    let place = |kind: ItemKind, index: usize| match kind {
        ItemKind::Requirement => reading.requirements.get(index).map(|item| item.origin.line),
        ItemKind::Endpoint => reading.endpoints.get(index).map(|item| item.origin.line),
        ItemKind::Model => reading.models.get(index).map(|item| item.origin.line),
        ItemKind::Criterion => reading.criteria.get(index).map(|item| item.origin.line),
    };
    let found = survey.slicing.assignments.iter();
    found.filter_map(|item| Some(((item.kind, item.id.clone()), place(item.kind, item.index)?))).collect()
}

fn sources(step: &Step, before: Option<&SliceRecord>, lines: &Lines) -> Vec<Source> {
    let now = &step.folder.record;
    let find = |record: &SliceRecord, id: &str| -> Option<ItemRecord> {
        record.items.iter().find(|item| item.id == id && !item.is_derived()).cloned()
    };
    let ids = step.items.added.iter().chain(&step.items.changed).chain(&step.items.removed);
    ids.filter_map(|id| {
        let item = find(now, id).or_else(|| before.and_then(|record| find(record, id)))?;
        let line = lines.get(&(item.kind, item.id.clone())).copied();
        Some(Source { id: item.id, kind: item.kind, line, text: item.text })
    })
    .collect()
}

/// The slice of a plan by its id, its number or its component's name.
///
/// # Errors
/// When there is none (exit 2); the hint names those that there are.
pub fn chosen<'a>(slices: &'a [Surveyed], wanted: &str) -> Result<&'a Surveyed, Fault> {
    let key = crate::spec::text::name_key(wanted);
    let number = wanted.parse::<u32>().ok();
    let fits = |slice: &Slice| {
        slice.id == wanted || Some(slice.number) == number || crate::spec::text::name_key(&slice.name) == key
    };
    slices.iter().find(|surveyed| fits(&surveyed.slice)).ok_or_else(|| {
        let ids: Vec<&str> = slices.iter().map(|surveyed| surveyed.slice.id.as_str()).collect();
        Fault::usage(format!("there is no slice {wanted:?}")).hint(format!("there are {}", ids.join(", ")))
    })
}

/// Leaves every conflict open.
pub fn open(_slice: &str, _path: &str, _conflict: &Conflict) -> Option<Take> {
    None
}
