//! What is said of an exact commit: whether its specification can be used, its slices are in step, its requirements are
//! tested. The content of the commit is data; templates and settings come from where the caller trusts them.
//!
//! A check whose work can't be done is never passed: it says why, and waits for a person.

mod publish;
pub mod stand;

pub use publish::planned;
pub use publish::{Published, publish, publish_again, publish_checks, publish_synced};

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

use super::lint::{check_rules, lint_master, lint_slice};
use super::master;
use super::plan::Planned;
use super::propose::Decisions;
use super::survey::inputs::Inputs;
use super::survey::memory::Memory;
use super::survey::place::Place;
use super::survey::{Look, Survey, history};
use crate::config::Config;
use crate::fault::Fault;
use crate::git::{Id, Repo};
use crate::merge::Conflict;
use crate::report::check::place::{Paths, line_of};
use crate::report::check::slices::{Known, Stand, Waiting};
use crate::report::check::{self, Annotation, Check, SLICES, SPECIFICATION, TRACE};
use crate::report::finding::Linted;
use crate::report::plan::{ConflictView, Plan};
use crate::report::trace::{TestFiles, Trace};
use crate::slicing::{Refinements, Registry};
use crate::spec::Document;

/// Where templates come from, and which history may be generated again.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ground {
    /// The project's own templates.
    pub own: Vec<(String, String)>,
    /// The commit that they are from; none: the files on disk.
    pub from: Option<Id>,
}

impl Ground {
    /// The files on disk.
    ///
    /// # Errors
    /// When a template can't be read (exit 2).
    pub fn worktree(repo: &Repo) -> Result<Self, Fault> {
        Ok(Self { own: Place::Disk(repo.root()).templates()?, from: None })
    }

    /// A commit that is trusted, such as the base of a stranger's pull request.
    ///
    /// # Errors
    /// When a template can't be read (exit 2), or git fails (exit 3).
    pub fn commit(repo: &Repo, commit: Id) -> Result<Self, Fault> {
        let place = Place::Commit(repo, repo.project_of(commit)?);
        Ok(Self { own: place.templates()?, from: Some(commit) })
    }
}

/// The text of `vso.toml` in a commit that is trusted; none where it has none.
///
/// # Errors
/// When it can't be read or is not UTF-8 (exit 2 or 3).
pub fn settings_at(repo: &Repo, commit: Id) -> Result<Option<String>, Fault> {
    Place::Commit(repo, repo.project_of(commit)?).text(crate::config::FILE)
}

/// Whether a commit has a master specification.
///
/// # Errors
/// When git fails (exit 3).
pub fn has_master(repo: &Repo, commit: Id, config: &Config) -> Result<bool, Fault> {
    Ok(Place::Commit(repo, repo.project_of(commit)?).entry(&config.project.master)?.is_some())
}

/// What is asked of a commit.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The commit.
    pub commit: Id,
    /// Where it stands.
    pub stand: Stand,
    /// Whether vso itself left it there: then what is open elsewhere is not its doing. Strangers can build on anything.
    pub is_known: bool,
    /// The branch that it is on, or is for.
    pub branch: String,
    /// Where that branch is; none where that is not known here.
    pub target: Option<Id>,
    /// The proposals that wait for it.
    pub waiting: Vec<Waiting>,
}

/// The checks of a commit, with the findings that the first of them was made of.
#[derive(Debug)]
pub struct Judged {
    /// Three of them, in a fixed order.
    pub checks: Vec<Check>,
    /// What was linted.
    pub linted: Vec<Linted>,
}

impl Judged {
    /// What the checks say besides the findings.
    #[must_use]
    pub fn others(&self) -> Vec<Annotation> {
        let others = self.checks.iter().filter(|check| check.name != SPECIFICATION);
        others.flat_map(|check| check.annotations.clone()).collect()
    }
}

/// Judges commits of one repository by one ground.
pub struct Judge<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The settings.
    pub config: &'a Config,
    /// The templates.
    pub ground: &'a Ground,
    /// The registry of the generation history.
    known: Registry,
    /// What was found settled before.
    memory: Memory,
}

/// A commit looked at.
struct Seen {
    survey: Survey,
    planned: Planned,
}

impl<'a> Judge<'a> {
    /// Reads what all commits are judged by.
    ///
    /// # Errors
    /// When the generation history can't be read (exit 3).
    pub fn new(repo: &'a Repo, config: &'a Config, ground: &'a Ground) -> Result<Self, Fault> {
        let (known, memory) = (history::registry(repo)?, Memory::read(repo.root()));
        Ok(Self { repo, config, ground, known, memory })
    }

    /// The checks of a commit.
    #[must_use]
    pub fn judge(&self, asked: &Asked) -> Judged {
        let seen = self.seen(asked.commit, &asked.branch, asked.stand == Stand::Target);
        let tree = self.repo.project_of(asked.commit);
        let place = tree.map(|tree| Place::Commit(self.repo, tree));
        let linted = place.clone().and_then(|place| self.linted(&place, seen.as_ref().ok()));
        let specification = match (&linted, &seen) {
            (Err(fault), _) => Check::undone(SPECIFICATION, fault),
            (Ok(linted), seen) => {
                let check = check::findings::check(linted);
                // What could not be looked at is not said to be right.
                match seen {
                    Err(fault) if check.is_passed() => Check::undone(SPECIFICATION, fault),
                    _ => check,
                }
            }
        };
        let done = |name: &str, check: &dyn Fn(&Place<'_>, &Seen) -> Result<Check, Fault>| match (&place, &seen) {
            (Ok(place), Ok(seen)) => check(place, seen).unwrap_or_else(|fault| Check::undone(name, &fault)),
            (Err(fault), _) | (_, Err(fault)) => Check::undone(name, fault),
        };
        let slices = done(SLICES, &|place, seen| self.slices(asked, place, seen));
        let trace = done(TRACE, &|place, seen| self.trace(asked, place, seen));
        Judged { checks: vec![specification, slices, trace], linted: linted.unwrap_or_default() }
    }

    /// Looks at a commit by the ground's templates. What was found settled is kept for the target only, so that looking
    /// at the branches of proposals does not make the next plan look again.
    fn seen(&self, commit: Id, branch: &str, is_target: bool) -> Result<Seen, Fault> {
        check_rules(self.config)?;
        let tree = self.repo.project_of(commit)?;
        // What is decided on a proposal's branch is no question for the target any more; it waits to be merged.
        let decisions = is_target.then(|| Decisions::of(self.repo, branch, None));
        let told = |slice: &str, path: &str, conflict: &Conflict| decisions.as_ref()?.take(slice, path, conflict);
        let look = Look {
            place: Place::Commit(self.repo, tree),
            repo: Some(self.repo),
            config: self.config,
            history: &self.known,
            refinements: Refinements::default(),
            memory: self.memory.clone(),
            asked: Default::default(),
            regenerate_from: self.ground.from,
            told: &told,
        };
        let inputs = Inputs::with(&look.place, self.config, &self.known, &look.memory, self.ground.own.clone())?;
        let survey = Survey::over(&look, inputs)?;
        decisions.as_ref().map_or(Ok(()), Decisions::checked)?;
        let (planned, settled) = Planned::of(self.repo, &look, &survey, Some(commit), branch)?;
        if is_target && settled != look.memory {
            settled.write(self.repo.root());
        }
        Ok(Seen { survey, planned })
    }

    /// The master, and the slices' specifications for their form.
    fn linted(&self, place: &Place<'_>, seen: Option<&Seen>) -> Result<Vec<Linted>, Fault> {
        check_rules(self.config)?;
        let paths = self.paths();
        let document = master::parsed(Path::new(&paths.master()), place.master(self.config)?)?;
        let standing = seen.map(|seen| &seen.survey.inputs.standing);
        let records = standing.into_iter().flatten().map(|(_, standing)| standing.record.clone()).collect();
        let exists = |path: &str| match (path.strip_prefix(&self.prefix()), place) {
            (Some(path), place) => {
                place.entry(path).is_ok_and(|entry| entry.is_some())
                    || place.folders(path).is_ok_and(|it| !it.is_empty())
            }
            // What lies above the project is not in its tree.
            (None, _) => true,
        };
        let mut linted =
            vec![lint_master(self.config, &Registry { slices: records }, &paths.master(), document, &exists)];
        let mut texts = Vec::new();
        for folder in place.folders(&self.config.project.slices)? {
            let path = format!("{}/{}/spec.md", self.config.project.slices, folder.name);
            // What is no text is for the other checks to say.
            if let Ok(Some(text)) = place.text(&path) {
                texts.push((paths.of_slice(&folder.name, "spec.md"), text));
            }
        }
        let slices: Vec<Linted> = texts
            .into_par_iter()
            .filter_map(|(path, text)| Document::parse(text).ok().map(|document| lint_slice(&path, document)))
            .collect();
        linted.extend(slices);
        Ok(linted)
    }

    fn slices(&self, asked: &Asked, place: &Place<'_>, seen: &Seen) -> Result<Check, Fault> {
        let paths = self.paths();
        let plan = &seen.planned.view;
        let settled_elsewhere = match self.ground.from.or(asked.target) {
            _ if plan.conflicts() == 0 => BTreeSet::new(),
            _ if asked.is_known => keys(plan),
            Some(target) => keys(&self.seen(target, &asked.branch, false)?.planned.view),
            None => BTreeSet::new(),
        };
        let known = Known {
            plan,
            stand: &asked.stand,
            waiting: &asked.waiting,
            settled_elsewhere: &settled_elsewhere,
            paths: &paths,
        };
        let line = |path: &str, conflict: &ConflictView| {
            let text = path.strip_prefix(&self.prefix()).and_then(|path| place.text(path).ok().flatten());
            text.map_or(1, |text| line_of(&text, &conflict.item, conflict.slice.as_deref()))
        };
        Ok(check::slices::check(&known, &line))
    }

    fn trace(&self, asked: &Asked, place: &Place<'_>, seen: &Seen) -> Result<Check, Fault> {
        let only = match &asked.stand {
            Stand::Proposal(slices) => Some(slices),
            Stand::Target | Stand::Change => None,
        };
        let (slicing, inputs) = (&seen.survey.slicing, &seen.survey.inputs);
        let mut files = BTreeMap::new();
        for slice in slicing.slices.iter().filter(|slice| only.is_none_or(|only| only.contains(&slice.id))) {
            // A rename that is not merged yet leaves the tests under the old name.
            let folder = inputs.standing.get(&slice.number).map_or(&slice.id, |standing| &standing.seen.name);
            let tests = place.read(&format!("{}/{folder}/tests", self.config.project.slices))?;
            let text = |(path, entry): (String, crate::merge::Entry)| {
                let text = String::from_utf8(entry.bytes).ok().filter(|_| path.ends_with(".py"))?;
                Some((format!("tests/{path}"), text))
            };
            let tests: Vec<(String, String)> = tests.into_iter().filter_map(text).collect();
            if !tests.is_empty() {
                files.insert(slice.id.clone(), TestFiles { files: tests });
            }
        }
        let trace = Trace::of(slicing, &inputs.master.reading, &files, &[]);
        Ok(check::trace::check(&trace, only, &self.paths()))
    }

    fn paths(&self) -> Paths {
        let project = &self.config.project;
        Paths { prefix: self.repo.prefix().to_owned(), master: project.master.clone(), slices: project.slices.clone() }
    }

    /// The project's folder in the repository, with a `/` behind it unless it is the top.
    fn prefix(&self) -> String {
        match self.repo.prefix() {
            "" => String::new(),
            prefix => format!("{prefix}/"),
        }
    }
}

/// The conflicts of a plan, by slice and key.
fn keys(plan: &Plan) -> BTreeSet<(String, String)> {
    let all = plan.slices.iter().flat_map(|slice| slice.conflicts.iter().map(move |conflict| (slice, conflict)));
    all.map(|(slice, conflict)| (slice.id.clone(), conflict.key.clone())).collect()
}
