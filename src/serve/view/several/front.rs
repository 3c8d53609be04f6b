//! The first page of a server with several repositories: each with what it holds, what needs a person, how fresh it is and
//! what came last; what is wrong comes first.

use std::sync::Arc;
use std::time::{Duration, Instant};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Fault, FaultKind};
use crate::git::Kind;
use crate::ledger::{DeliveryState, InboxFilter};
use crate::serve::view::delivery::DeliveryRow;
use crate::serve::view::ground::Ground;
use crate::serve::view::overview::{freshness, needs};
use crate::serve::view::project::Project;
use crate::sync::propose::aim;

/// How long all repositories together are looked at before the page is shown without the rest.
const PATIENCE: Duration = Duration::from_millis(1_500);
/// Rows on one page.
const PAGE: usize = 50;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct FrontQuery {
    /// Only repositories whose name holds this.
    pub q: String,
    /// The page, from 1.
    pub page: u32,
}

/// How a repository stands, the most pressing first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// It can't be looked at, or a delivery failed for good.
    Error,
    /// Something waits for a person.
    Waits,
    /// It is being looked at.
    Looking,
    /// Master and slices are in step, and nothing waits.
    InStep,
    /// It has no master specification, so there is nothing to keep in step.
    NoMaster,
    /// Nothing of it is here yet.
    Empty,
}

/// One repository.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FrontRow {
    /// What stands for it in addresses.
    pub key: String,
    /// Its name for people.
    pub name: String,
    /// How it stands.
    pub standing: Standing,
    /// Why, where that needs saying.
    pub words: Option<String>,
    /// The system's name, where it has a master.
    pub title: String,
    /// The branch and its commit.
    pub commit: Option<(String, String)>,
    /// How many slices there are.
    pub slices: usize,
    /// How many of them stand how: in-step, new, stale, edited, conflict, retired.
    pub standings: Vec<(String, usize)>,
    /// Open proposals.
    pub proposals: usize,
    /// What needs a person now, the most pressing first: at most three.
    pub needs: Vec<String>,
    /// How many of these there are.
    pub needs_count: usize,
    /// The last delivery.
    pub delivery: Option<DeliveryRow>,
    /// Deliveries that failed for good.
    pub failed_deliveries: usize,
}

/// The page.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Front {
    /// The repositories of this page, errors first.
    pub repositories: Vec<FrontRow>,
    /// How many the question fits.
    pub total: usize,
    /// The page, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
    /// How many are still being looked at: ask again in a few seconds.
    pub looking: usize,
}

/// Gathers the page of these repositories.
///
/// # Errors
/// When a ledger can't be read (exit 3). What else is wrong with a repository stands in its row.
pub fn front(projects: &[Arc<Project>], query: &FrontQuery) -> Result<Front, Fault> {
    let begun = Instant::now();
    let wanted = query.q.trim().to_lowercase();
    let fits = |project: &&Arc<Project>| wanted.is_empty() || project.name.to_lowercase().contains(&wanted);
    let mut rows = Vec::new();
    for project in projects.iter().filter(fits) {
        rows.push(row(project, PATIENCE.saturating_sub(begun.elapsed()))?);
    }
    rows.sort_by(|one: &FrontRow, other| (one.standing, &one.name).cmp(&(other.standing, &other.name)));
    let (total, looking) = (rows.len(), rows.iter().filter(|row| row.standing == Standing::Looking).count());
    let pages = total.div_ceil(PAGE).max(1);
    let page = (query.page as usize).clamp(1, pages);
    let repositories = rows.into_iter().skip((page - 1) * PAGE).take(PAGE).collect();
    Ok(Front { repositories, total, page, pages, looking })
}

fn row(project: &Project, patience: Duration) -> Result<FrontRow, Fault> {
    let filter = |states: Vec<DeliveryState>, limit| InboxFilter {
        states,
        key: project.delivery_key(),
        limit: Some(limit),
        ..InboxFilter::default()
    };
    let last = project.inbox().deliveries(&filter(Vec::new(), 1))?;
    let failed = project.inbox().deliveries(&filter(vec![DeliveryState::Failed], 100))?;
    let failed = failed.iter().filter(|delivery| delivery.due.is_none()).count();
    let mut row = FrontRow {
        key: project.key.clone(),
        name: project.name.clone(),
        standing: Standing::Looking,
        words: None,
        title: String::new(),
        commit: None,
        slices: 0,
        standings: Vec::new(),
        proposals: 0,
        needs: Vec::new(),
        needs_count: 0,
        delivery: last.first().map(DeliveryRow::of),
        failed_deliveries: failed,
    };
    if let Some((standing, words)) = lacking(project) {
        return Ok(FrontRow { standing, words: Some(words), ..row });
    }
    if patience.is_zero() {
        return Ok(row);
    }
    match project.ground_within(patience) {
        Ok(ground) => filled(project, &ground, &mut row),
        Err(fault) if fault.kind() == FaultKind::Interrupted => {}
        Err(fault) => wrong(&mut row, &fault),
    }
    Ok(row)
}

fn wrong(row: &mut FrontRow, fault: &Fault) {
    row.standing = Standing::Error;
    row.words = Some(fault.message().to_owned());
}

fn filled(project: &Project, ground: &Ground, row: &mut FrontRow) {
    let words = ["in-step", "new", "stale", "edited", "conflict", "retired"];
    let count = |word: &str| ground.plan.slices.iter().filter(|plan| freshness(plan) == word).count();
    row.title.clone_from(&ground.survey.slicing.title);
    row.commit = Some((ground.branch.clone(), ground.target.to_string()));
    row.slices = ground.survey.slices.len();
    row.standings =
        words.iter().map(|word| ((*word).to_owned(), count(word))).filter(|(_, count)| *count > 0).collect();
    let board = match project.board() {
        Ok(board) => board,
        Err(fault) => return wrong(row, &fault),
    };
    row.proposals = board.open().count();
    match needs(project, ground, &board) {
        Ok(found) => {
            row.needs_count = found.len();
            row.needs = found.into_iter().take(3).map(|need| need.words).collect();
        }
        Err(fault) => return wrong(row, &fault),
    }
    row.standing = match (row.failed_deliveries, row.needs_count) {
        (0, 0) => Standing::InStep,
        (0, _) => Standing::Waits,
        _ => Standing::Error,
    };
    if row.failed_deliveries > 0 {
        row.words = Some("Deliveries failed for good; they wait to be tried again.".to_owned());
    }
}

/// What keeps a repository from being looked at at all, and is no error: nothing in it yet, or no master.
#[must_use]
pub fn lacking(project: &Project) -> Option<(Standing, String)> {
    let (repo, branch, target) = aim(project.root(), project.config()).ok()?;
    let Some(target) = target else {
        return Some((Standing::Empty, format!("Nothing of {branch} is here yet.")));
    };
    let master = &project.config().project.master;
    let tree = repo.project_of(target).ok()?;
    let found = tree.map(|tree| repo.entry(tree, master)).transpose().ok()?.flatten();
    match found {
        Some((_, Kind::File | Kind::Executable)) => None,
        _ => Some((Standing::NoMaster, format!("There is no {master} on {branch}."))),
    }
}
