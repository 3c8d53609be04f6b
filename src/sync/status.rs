//! How the slices on disk stand to the master: found by generating in memory and comparing.

use std::path::Path;

use super::history;
use super::place::Place;
use super::step::{Here, Stand};
use super::survey::{Look, Survey, Surveyed};
use super::wanted::without_record;
use crate::config::Config;
use crate::fault::Fault;
use crate::git::Repo;
use crate::merge::Tree;
use crate::slicing::{Refinements, Registry};

/// How one slice stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Every file is what the master makes of it.
    InStep,
    /// The master makes it, and nothing of it is on disk, but perhaps the record that holds its number.
    New,
    /// The master, a template or a setting changed since the slice was written.
    Stale,
    /// The master says what it said, and people changed or removed files.
    Edited,
    /// The master no longer makes it.
    Retired,
}

impl Step {
    /// `in-step`, `new`, `stale`, `edited` or `retired`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::InStep => "in-step",
            Self::New => "new",
            Self::Stale => "stale",
            Self::Edited => "edited",
            Self::Retired => "retired",
        }
    }
}

/// All slices of a project with how they stand.
#[derive(Debug)]
pub struct Status {
    /// What was looked at; its slices are in the order of the answers.
    pub survey: Survey,
    /// One answer a slice, with the paths of the files that differ or are missing.
    pub steps: Vec<(Step, Vec<String>)>,
}

impl Status {
    /// Slices on disk that the master no longer makes, by id.
    pub fn retired(&self) -> impl Iterator<Item = &str> {
        self.survey.retired.iter().map(|retired| retired.record.slice_id.as_str())
    }
}

/// Looks at a project on disk.
///
/// # Errors
/// When slices can't be made from its master (exit 1 or 2), or the disk fails (exit 3).
pub fn status(root: &Path, config: &Config) -> Result<Status, Fault> {
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
        told: &super::plan::open,
    };
    let survey = Survey::make(&look)?;
    let steps = survey.slices.iter().map(|surveyed| step(config, surveyed)).collect();
    Ok(Status { survey, steps })
}

fn step(config: &Config, surveyed: &Surveyed) -> (Step, Vec<String>) {
    let empty = Tree::new();
    let ours = surveyed.here.as_ref().map(|here| without_record(&here.tree)).unwrap_or_default();
    let is_there = !ours.is_empty();
    let (step, wanted) = match &surveyed.stand {
        Stand::InStep(fresh) => (Step::InStep, fresh),
        Stand::Settled => return (Step::InStep, Vec::new()),
        Stand::Moved(step) if is_there => (Step::Stale, &step.folder.fresh),
        Stand::Moved(step) => (Step::New, &step.folder.fresh),
    };
    let before = surveyed.here.as_ref().map_or(&empty, |here: &Here| &here.tree);
    let mut differs: Vec<&str> =
        wanted.iter().filter(|(path, entry)| before.get(path) != Some(*entry)).map(|(path, _)| path).collect();
    differs.sort_unstable();
    let step = if step == Step::InStep && !differs.is_empty() { Step::Edited } else { step };
    let folder = format!("{}/{}", config.project.slices, surveyed.slice.id);
    (step, differs.into_iter().map(|path| format!("{folder}/{path}")).collect())
}
