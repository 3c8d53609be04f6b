//! What depends on commits alone: the survey, the plan and the trace of a branch, and the proposals. Made once for as
//! long as the refs stand still (`kept`).

mod kept;

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;
use sha2::{Digest, Sha256};

pub(super) use self::kept::Kept;

use self::kept::PATIENCE;
use super::overview::TestCounts;
use super::project::Project;
use crate::config::Config;
use crate::fault::Fault;
use crate::forge::{Proposal, local};
use crate::git::{GENERATED, Id, Kind, Repo};
use crate::ledger::{Ledger, Query};
use crate::report::plan::Plan;
use crate::report::trace::{TestFiles, Trace};
use crate::sync::plan::Planned;
use crate::sync::propose::{self, Seen, aim};
use crate::sync::survey::Survey;

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
    /// When there is no repository, branch, commit or usable master (exit 1 or 2), or git fails (exit 3); when it is
    /// still being looked at (exit 130).
    pub fn ground(&self) -> Result<Arc<Ground>, Fault> {
        self.ground_within(PATIENCE)
    }

    /// The proposals as they stand now.
    ///
    /// # Errors
    /// When there is no repository (exit 2), or git fails (exit 3); when they are still being read (exit 130).
    pub fn board(&self) -> Result<Arc<Board>, Fault> {
        self.board_within(PATIENCE)
    }

    /// Looks at the branch and the proposals before anybody asks, and returns when that is done. What it fails of is
    /// told to whoever asks.
    pub fn look(&self) {
        drop(self.ground_within(Duration::MAX));
        drop(self.board_within(Duration::MAX));
    }

    /// Begins to do so and does not wait for it.
    pub fn begin_look(&self) {
        drop(self.ground_within(Duration::ZERO));
        drop(self.board_within(Duration::ZERO));
    }

    /// Gives up what is kept of the commits when nobody asked for it so long: a large repository takes tens of MiB.
    pub fn rest(&self, after: Duration) {
        self.ground.forget(after);
        self.board.forget(after);
    }

    pub(super) fn ground_within(&self, patience: Duration) -> Result<Arc<Ground>, Fault> {
        let (repo, branch, target) = aim(self.root(), self.config())?;
        let target = target.ok_or_else(|| {
            Fault::usage(format!("the branch {branch} has no commit"))
                .hint("vso shows what is committed: commit the master specification first")
        })?;
        let generated = repo.find_ref(GENERATED)?.map(|id| id.to_string()).unwrap_or_default();
        // What people decide on the branches of proposals is not asked again.
        let decided = repo.find_ref(local::REF)?.map(|id| id.to_string()).unwrap_or_default();
        self.ground.get(&format!("{branch} {target} {generated} {decided}"), patience, || {
            let (config, ledger) = (self.config().clone(), self.shared_ledger());
            move || made(&repo, &config, &ledger, branch, target)
        })
    }

    fn board_within(&self, patience: Duration) -> Result<Arc<Board>, Fault> {
        let repo = self.repo()?;
        let mut hash = Sha256::new();
        for folder in ["refs/heads", "refs/vso"] {
            for (name, id) in repo.refs(folder)? {
                hash.update(format!("{name} {id}\n"));
            }
        }
        self.board.get(&hex::encode(hash.finalize()), patience, || {
            let (root, config) = (self.root().to_owned(), self.config().clone());
            move || listed(&root, &config)
        })
    }
}

fn made(repo: &Repo, config: &Config, ledger: &Ledger, branch: String, target: Id) -> Result<Ground, Fault> {
    let (planned, survey) = Planned::surveyed(repo, config, Some(target), &branch, None)?;
    let tree = repo.project_of(target)?;
    let files = tree.map_or_else(|| Ok(BTreeMap::new()), |tree| test_files(repo, config, tree, &survey))?;
    let trace = Trace::of(&survey.slicing, &survey.inputs.master.reading, &files, &[]);
    let mut tests: HashMap<String, TestCounts> = HashMap::new();
    for row in &trace.rows {
        if let Some(slice) = &row.slice {
            tests.entry(slice.clone()).or_default().add(row.state);
        }
    }
    let ground = Ground { branch, target, tree, survey, plan: planned.view, trace, tests };
    // A measurement for the pages that show it over time; a ledger that can't be written stops nothing.
    drop(measured(ledger, &ground));
    Ok(ground)
}

/// Writes down how far the tests cover a commit, once.
fn measured(ledger: &Ledger, ground: &Ground) -> Result<(), Fault> {
    let kind = "trace.measured".to_owned();
    let last = ledger.happened(&Query { kind: Some(kind.clone()), ..Query::default() }, 1)?;
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
    ledger.event(&kind, "project", &data).map(|_| ())
}

/// The Python files below each slice's `tests/`, by the id that the slice has now.
fn test_files(repo: &Repo, config: &Config, tree: Id, survey: &Survey) -> Result<BTreeMap<String, TestFiles>, Fault> {
    let mut found = BTreeMap::new();
    for surveyed in &survey.slices {
        let standing = survey.inputs.standing.get(&surveyed.slice.number);
        let folder = standing.map_or(surveyed.slice.id.as_str(), |standing| standing.seen.name.as_str());
        let below = format!("{}/{folder}/tests", config.project.slices);
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

fn listed(root: &Path, config: &Config) -> Result<Board, Fault> {
    let (all, notes) = propose::list(root, config)?;
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
