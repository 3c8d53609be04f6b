//! The overview: what needs a person now, then every slice with how it stands, and who needs whom.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::ground::{Board, Ground};
use super::project::Project;
use super::proposal::ProposalRow;
use crate::fault::Fault;
use crate::forge::{Proposal, Subject};
use crate::ledger::{Filter, Status};
use crate::report::finding::counted;
use crate::report::graph::Graph;
use crate::report::plan::{Change, SlicePlan};
use crate::report::slices::SliceView;
use crate::report::trace::State;

/// Rows on one page.
pub(super) const PAGE: usize = 100;
/// Needs that are listed; the rest is counted.
const NEEDS: usize = 25;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct OverviewQuery {
    /// Only slices whose id or name holds this.
    pub q: String,
    /// Only those that stand so: `in-step`, `new`, `stale`, `edited`, `conflict` or `retired`.
    pub freshness: String,
    /// The page, from 1.
    pub page: u32,
}

/// What a person is needed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Attention {
    /// Both sides changed something differently.
    Conflict,
    /// A proposal waits to be merged.
    Merge,
    /// A draft waits to be made ready.
    Ready,
    /// The master and slices are out of step, and nothing is proposed yet.
    Sync,
    /// A job failed for good.
    Dead,
    /// A job waits for an answer.
    Held,
}

/// One thing that needs a person.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Need {
    /// What for.
    pub attention: Attention,
    /// In words.
    pub words: String,
    /// The slice, where it is about one.
    pub slice: Option<String>,
    /// The proposal's number, where it is about one.
    pub proposal: Option<u32>,
    /// The job's number, where it is about one.
    pub job: Option<i64>,
}

/// How far the tests of a slice cover its criteria.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, JsonSchema)]
pub struct TestCounts {
    /// Rows of the trace.
    pub rows: usize,
    /// Those with a real test.
    pub covered: usize,
    /// Those whose test calls a step that nobody has written.
    pub unwritten: usize,
    /// Those without any test or criterion.
    pub missing: usize,
}

impl TestCounts {
    pub(super) fn add(&mut self, state: State) {
        self.rows += 1;
        match state {
            State::Unwritten => self.unwritten += 1,
            state if state.is_covered() => self.covered += 1,
            _ => self.missing += 1,
        }
    }
}

/// One slice in the list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct SliceRow {
    /// Number and slug: `slice-001-members`.
    pub id: String,
    /// The component's name.
    pub name: String,
    /// The number alone.
    pub number: u32,
    /// Its version on the branch; the one it will have where it is not there yet.
    pub version: String,
    /// `draft`, `implemented`, `tested` or `deployed`.
    pub status: String,
    /// `hetzner` or `modal`.
    pub platform: String,
    /// `in-step`, `new`, `stale` (the master changed), `edited` (people's edits go up), `conflict` or `retired`.
    pub freshness: String,
    /// How many conflicts are open in it.
    pub conflicts: usize,
    /// How far its tests cover it.
    pub tests: TestCounts,
    /// Items that it holds, in words.
    pub holds: String,
    /// Open proposals that bring it.
    pub proposals: Vec<ProposalRow>,
    /// Slices that it needs, by id.
    pub needs: Vec<String>,
}

/// The page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Overview {
    /// What stands for the repository in addresses.
    pub repository: String,
    /// The system's name.
    pub title: String,
    /// The master's version.
    pub master_version: String,
    /// The branch.
    pub branch: String,
    /// Its commit.
    pub commit: String,
    /// What needs a person now, the most pressing first.
    pub needs: Vec<Need>,
    /// How many more there are than are listed.
    pub more_needs: usize,
    /// How many slices stand how: in-step, new, stale, edited, conflict, retired.
    pub standing: Vec<(String, usize)>,
    /// How far the tests cover all.
    pub tests: TestCounts,
    /// The slices of this page, dependencies first.
    pub slices: Vec<SliceRow>,
    /// How many slices the question fits.
    pub total: usize,
    /// The page, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
    /// What else is to be said.
    pub notes: Vec<String>,
}

/// Gathers the overview.
///
/// # Errors
/// When the branch can't be looked at (exit 1, 2 or 3).
pub fn overview(project: &Project, query: &OverviewQuery) -> Result<Overview, Fault> {
    let (ground, board) = (project.ground()?, project.board()?);
    let wanted = query.q.trim().to_lowercase();
    let fits = |plan: &&SlicePlan| {
        (wanted.is_empty() || plan.id.contains(&wanted) || plan.name.to_lowercase().contains(&wanted))
            && (query.freshness.is_empty() || freshness(plan) == query.freshness)
    };
    let plans: Vec<&SlicePlan> = ground.plan.slices.iter().filter(fits).collect();
    let pages = plans.len().div_ceil(PAGE).max(1);
    let page = (query.page as usize).clamp(1, pages);
    let slices = plans.iter().skip((page - 1) * PAGE).take(PAGE).map(|plan| row(&ground, &board, plan)).collect();
    let mut needs = needs(project, &ground, &board)?;
    let more_needs = needs.len().saturating_sub(NEEDS);
    needs.truncate(NEEDS);
    let words = ["in-step", "new", "stale", "edited", "conflict", "retired"];
    let count = |word: &str| ground.plan.slices.iter().filter(|plan| freshness(plan) == word).count();
    let mut tests = TestCounts::default();
    ground.trace.rows.iter().for_each(|row| tests.add(row.state));
    Ok(Overview {
        repository: project.key.clone(),
        title: ground.survey.slicing.title.clone(),
        master_version: ground.survey.slicing.master_version.clone(),
        branch: ground.branch.clone(),
        commit: ground.target.to_string(),
        needs,
        more_needs,
        standing: words.iter().map(|word| ((*word).to_owned(), count(word))).collect(),
        tests,
        slices,
        total: plans.len(),
        page,
        pages,
        notes: board.notes.clone(),
    })
}

/// The dependency graph.
///
/// # Errors
/// When the branch can't be looked at (exit 1, 2 or 3).
pub fn graph(project: &Project) -> Result<Graph, Fault> {
    Ok(Graph::of(&project.ground()?.survey.slicing))
}

/// How a slice stands, in a word.
pub(super) fn freshness(plan: &SlicePlan) -> &'static str {
    match plan.change {
        Change::New => "new",
        Change::Update => "stale",
        Change::Unchanged => "in-step",
        Change::Conflict => "conflict",
        Change::Upstream => "edited",
        Change::Retired => "retired",
    }
}

/// One slice as a row.
pub(super) fn row(ground: &Ground, board: &Board, plan: &SlicePlan) -> SliceRow {
    let slice = ground.survey.slicing.slice(&plan.id);
    let view = slice.map(SliceView::of);
    let counts = view.as_ref().map(|view| view.counts.words());
    let text = |found: Option<&String>| found.cloned().unwrap_or_default();
    SliceRow {
        id: plan.id.clone(),
        name: plan.name.clone(),
        number: view.as_ref().map_or(0, |view| view.number),
        version: text(plan.version.from.as_ref().or(plan.version.to.as_ref())),
        status: text(view.as_ref().map(|view| &view.status)),
        platform: text(view.as_ref().map(|view| &view.platform)),
        freshness: freshness(plan).to_owned(),
        conflicts: plan.conflicts.len(),
        tests: ground.tests.get(&plan.id).copied().unwrap_or_default(),
        holds: counts.unwrap_or_default(),
        proposals: board.of_slice(&plan.id).map(ProposalRow::of).collect(),
        needs: view.map(|view| view.dependencies).unwrap_or_default(),
    }
}

pub(super) fn needs(project: &Project, ground: &Ground, board: &Board) -> Result<Vec<Need>, Fault> {
    let mut found = Vec::new();
    let need = |attention, words| Need { attention, words, slice: None, proposal: None, job: None };
    for plan in ground.plan.slices.iter().filter(|plan| !plan.conflicts.is_empty()) {
        let words = format!("{}: {} to settle", plan.name, counted(plan.conflicts.len(), "conflict"));
        found.push(Need { slice: Some(plan.id.clone()), ..need(Attention::Conflict, words) });
    }
    for (status, attention) in [(Status::Dead, Attention::Dead), (Status::Held, Attention::Held)] {
        let filter = Filter { statuses: vec![status], limit: Some(NEEDS as u32), ..Filter::default() };
        for job in project.ledger().jobs(&filter)? {
            let why = job.cause.as_deref().map(|cause| format!(": {cause}")).unwrap_or_default();
            let words = format!("Job {} ({}) is {}{why}", job.id, job.work.kind, status.word());
            found.push(Need { job: Some(job.id), ..need(attention, words) });
        }
    }
    for seen in board.open() {
        let proposal = &seen.proposal;
        if !proposal.conflicts.is_empty() {
            // Those that the branch has too are listed already.
            if found.iter().all(|need| need.slice.as_deref().is_none_or(|slice| !brings(proposal, slice))) {
                let open = counted(proposal.conflicts.len(), "conflict");
                let words = format!("#{} {}: {open} to settle on its branch", proposal.number, proposal.title);
                let is_slice = matches!(proposal.subject, Subject::Slice { .. });
                let slice = is_slice.then(|| proposal.subject.word().to_owned());
                found.push(Need { slice, proposal: Some(proposal.number), ..need(Attention::Conflict, words) });
            }
            continue;
        }
        let (attention, does) = if proposal.draft {
            (Attention::Ready, "is a draft that waits to be made ready")
        } else {
            (Attention::Merge, "waits to be merged")
        };
        let words = format!("#{} {} {does}", proposal.number, proposal.title);
        found.push(Need { proposal: Some(proposal.number), ..need(attention, words) });
    }
    let waits = |plan: &&SlicePlan| {
        let moves = !matches!(plan.change, Change::Unchanged | Change::Conflict);
        moves && board.of_slice(&plan.id).next().is_none()
    };
    let unproposed = ground.plan.slices.iter().filter(waits).count();
    let master_moves =
        !ground.plan.master.is_empty() && !board.open().any(|seen| seen.proposal.subject.word() == "master-spec");
    if unproposed > 0 || master_moves {
        let what = match (unproposed, master_moves) {
            (0, _) => "the master has to change".to_owned(),
            (count, false) => format!("{} out of step", is_are(count)),
            (count, true) => format!("{} out of step, and the master has to change", is_are(count)),
        };
        found.push(need(Attention::Sync, format!("{what}: sync proposes it")));
    }
    Ok(found)
}

/// Whether an open conflict of a proposal is in a slice.
fn brings(proposal: &Proposal, slice: &str) -> bool {
    let below = format!("/{slice}/");
    proposal.conflicts.iter().any(|open| open.path.contains(&below))
}

fn is_are(count: usize) -> String {
    if count == 1 { "1 slice is".to_owned() } else { format!("{count} slices are") }
}
