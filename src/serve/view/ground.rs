//! What depends on commits alone: the survey, the plan and the trace of a branch, and the proposals. Made once for as
//! long as the refs stand still; whoever asks meanwhile waits for the one who makes it.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde_json::json;
use sha2::{Digest, Sha256};

use super::overview::TestCounts;
use super::project::{Project, locked};
use crate::fault::Fault;
use crate::forge::Proposal;
use crate::git::{GENERATED, Id, Kind, Repo};
use crate::ledger::Query;
use crate::report::plan::Plan;
use crate::report::trace::{TestFiles, Trace};
use crate::sync::plan::Planned;
use crate::sync::propose::{self, Seen, aim};
use crate::sync::survey::Survey;

/// What was made last, and for what.
#[derive(Debug)]
pub(super) struct Kept<T> {
    key: String,
    made: Option<Result<Arc<T>, Fault>>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { key: String::new(), made: None }
    }
}

impl<T> Kept<T> {
    fn get(&mut self, key: String, make: impl FnOnce() -> Result<T, Fault>) -> Result<Arc<T>, Fault> {
        if self.key != key || self.made.is_none() {
            self.made = Some(make().map(Arc::new));
            self.key = key;
        }
        match &self.made {
            Some(Err(fault)) if fault.kind() == crate::fault::FaultKind::Unfinished => {
                let fault = fault.clone();
                // Disk and git may recover without a ref moving.
                self.made = None;
                Err(fault)
            }
            Some(made) => made.clone(),
            None => Err(Fault::unfinished("nothing was made")),
        }
    }
}

/// One commit of the branch, looked at.
#[derive(Debug)]
pub struct Ground {
    /// The branch that proposals are made for.
    pub branch: String,
    /// Its commit.
    pub target: Id,
    /// The project's tree in it.
    pub tree: Option<Id>,
    /// The survey.
    pub survey: Survey,
    /// What a sync would do.
    pub plan: Plan,
    /// Requirements to tests.
    pub trace: Trace,
    /// The tests of each slice, by its id.
    pub tests: HashMap<String, TestCounts>,
}

/// The proposals.
#[derive(Debug)]
pub struct Board {
    /// All of them, by number.
    pub all: Vec<Seen>,
    /// What could not be read.
    pub notes: Vec<String>,
    /// Those that are open, by the id of the slice that they bring.
    by_slice: HashMap<String, Vec<usize>>,
}

impl Board {
    /// Open proposals that bring a slice, the wide one included.
    pub fn of_slice<'a>(&'a self, slice: &str) -> impl Iterator<Item = &'a Seen> + use<'a> {
        let found = self.by_slice.get(slice).cloned().unwrap_or_default();
        found.into_iter().filter_map(|at| self.all.get(at))
    }

    /// Those that wait for a person.
    pub fn open(&self) -> impl Iterator<Item = &Seen> {
        self.all.iter().filter(|seen| is_open(seen))
    }
}

/// Whether a proposal waits for a person now.
pub(super) fn is_open(seen: &Seen) -> bool {
    seen.proposal.is_open() && !matches!(seen.standing.as_str(), "merged" | "closed")
}

impl Project {
    /// The branch as it stands now.
    ///
    /// # Errors
    /// When there is no repository, branch, commit or usable master (exit 1 or 2), or git fails (exit 3).
    pub fn ground(&self) -> Result<Arc<Ground>, Fault> {
        let (repo, branch, target) = aim(self.root(), self.config())?;
        let target = target.ok_or_else(|| {
            Fault::usage(format!("the branch {branch} has no commit"))
                .hint("vso shows what is committed: commit the master specification first")
        })?;
        let generated = repo.find_ref(GENERATED)?.map(|id| id.to_string()).unwrap_or_default();
        locked(&self.ground).get(format!("{branch} {target} {generated}"), || made(self, &repo, branch, target))
    }

    /// The proposals as they stand now.
    ///
    /// # Errors
    /// When there is no repository (exit 2), or git fails (exit 3).
    pub fn board(&self) -> Result<Arc<Board>, Fault> {
        let repo = self.repo()?;
        let mut hash = Sha256::new();
        for folder in ["refs/heads", "refs/vso"] {
            for (name, id) in repo.refs(folder)? {
                hash.update(format!("{name} {id}\n"));
            }
        }
        locked(&self.board).get(hex::encode(hash.finalize()), || listed(self))
    }
}

fn made(project: &Project, repo: &Repo, branch: String, target: Id) -> Result<Ground, Fault> {
    let (planned, survey) = Planned::surveyed(repo, project.config(), Some(target), &branch, None)?;
    let tree = repo.project_of(target)?;
    let files = tree.map_or_else(|| Ok(BTreeMap::new()), |tree| test_files(repo, project, tree, &survey))?;
    let trace = Trace::of(&survey.slicing, &survey.inputs.master.reading, &files, &[]);
    let mut tests: HashMap<String, TestCounts> = HashMap::new();
    for row in &trace.rows {
        if let Some(slice) = &row.slice {
            tests.entry(slice.clone()).or_default().add(row.state);
        }
    }
    let ground = Ground { branch, target, tree, survey, plan: planned.view, trace, tests };
    // A measurement for the pages that show it over time; a ledger that can't be written stops nothing.
    drop(measured(project, &ground));
    Ok(ground)
}

/// Writes down how far the tests cover a commit, once.
fn measured(project: &Project, ground: &Ground) -> Result<(), Fault> {
    let kind = "trace.measured".to_owned();
    let last = project.ledger().happened(&Query { kind: Some(kind.clone()), ..Query::default() }, 1)?;
    let commit = ground.target.to_string();
    if last.first().is_some_and(|event| event.data["commit"] == commit.as_str()) {
        return Ok(());
    }
    let counts = &ground.trace.counts;
    let conflicts: usize = ground.plan.slices.iter().map(|slice| slice.conflicts.len()).sum();
    let data = json!({
        "commit": commit, "rows": counts.rows, "covered": counts.covered, "gaps": counts.gaps,
        "slices": ground.survey.slices.len(), "conflicts": conflicts,
    });
    project.ledger().event(&kind, "project", &data).map(|_| ())
}

/// The Python files below each slice's `tests/`, by the id that the slice has now.
fn test_files(repo: &Repo, project: &Project, tree: Id, survey: &Survey) -> Result<BTreeMap<String, TestFiles>, Fault> {
    let mut found = BTreeMap::new();
    for surveyed in &survey.slices {
        let standing = survey.inputs.standing.get(&surveyed.slice.number);
        let folder = standing.map_or(surveyed.slice.id.as_str(), |standing| standing.seen.name.as_str());
        let below = format!("{}/{folder}/tests", project.config().project.slices);
        let Some((at, Kind::Folder)) = repo.entry(tree, &below)? else { continue };
        let texts = repo.read(at, "")?;
        let text = |(path, entry): (&str, &crate::merge::Entry)| {
            let text = String::from_utf8(entry.bytes.clone()).ok().filter(|_| path.ends_with(".py"))?;
            Some((format!("tests/{path}"), text))
        };
        found.insert(surveyed.slice.id.clone(), TestFiles { files: texts.iter().filter_map(text).collect() });
    }
    Ok(found)
}

fn listed(project: &Project) -> Result<Board, Fault> {
    let (all, notes) = propose::list(project.root(), project.config())?;
    let mut by_slice: HashMap<String, Vec<usize>> = HashMap::new();
    for (at, seen) in all.iter().enumerate().filter(|(_, seen)| is_open(seen)) {
        for slice in brings(&seen.proposal) {
            by_slice.entry(slice).or_default().push(at);
        }
    }
    Ok(Board { all, notes, by_slice })
}

/// The slices whose folders a proposal brings.
fn brings(proposal: &Proposal) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let folders = proposal.paths.iter().filter_map(|path| path.rsplit('/').next());
    for name in folders.chain([proposal.subject.word()]) {
        if name.starts_with("slice-") && !found.iter().any(|other| other == name) {
            found.push(name.to_owned());
        }
    }
    found
}
