//! Proposals: the list, and one with its commits and what it changes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::conflict::{FilePatch, patches};
use super::ground::is_open;
use super::project::Project;
use crate::fault::Fault;
use crate::sync::propose::{self, Seen, settling};

/// Rows on one page.
const PAGE: usize = 50;

/// What is asked for.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(default)]
pub struct ProposalsQuery {
    /// `open` (also when empty), `merged`, `closed`, `superseded` or `all`.
    pub state: String,
    /// The page, from 1.
    pub page: u32,
}

/// One proposal in a list.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProposalRow {
    /// Its number.
    pub number: u32,
    /// `open`, `draft`, `merged`, `closed`, `superseded` or `away` (its branch is in another clone).
    pub standing: String,
    /// One line.
    pub title: String,
    /// `slice-001-auth`, `master-spec` or `slices-all`.
    pub subject: String,
    /// Its branch.
    pub branch: String,
    /// The branch that it wants to be merged into.
    pub target: String,
    /// The version that it brings.
    pub version: String,
    /// How many conflicts are open in it.
    pub conflicts: usize,
    /// When it was opened (RFC 3339).
    pub opened_at: String,
    /// The number of its pull request on the hosted forge.
    pub pull: Option<u64>,
    /// Its page there.
    pub url: Option<String>,
}

impl ProposalRow {
    /// The row of a proposal.
    #[must_use]
    pub fn of(seen: &Seen) -> Self {
        let proposal = &seen.proposal;
        Self {
            number: proposal.number,
            standing: seen.standing.clone(),
            title: proposal.title.clone(),
            subject: proposal.subject.word().to_owned(),
            branch: proposal.branch.clone(),
            target: proposal.target.clone(),
            version: proposal.version.clone(),
            conflicts: proposal.conflicts.len(),
            opened_at: proposal.opened_at.clone(),
            pull: proposal.pull,
            // What comes from elsewhere is no address of another kind.
            url: seen.url.clone().filter(|url| url.starts_with("https://") || url.starts_with("http://")),
        }
    }
}

/// The list, newest first.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Proposals {
    /// The rows of this page.
    pub proposals: Vec<ProposalRow>,
    /// How many the question fits.
    pub total: usize,
    /// The page, from 1.
    pub page: usize,
    /// How many pages there are.
    pub pages: usize,
    /// What could not be read.
    pub notes: Vec<String>,
}

/// A commit of a proposal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CommitRow {
    /// Its id.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
    /// Who wrote it.
    pub author: String,
    /// Whether vso wrote it.
    pub is_vso: bool,
}

/// One proposal.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProposalPage {
    /// As in the list.
    #[serde(flatten)]
    pub row: ProposalRow,
    /// What it says of itself (Markdown).
    pub body: String,
    /// Why it is no longer open.
    pub reason: Option<String>,
    /// The target's commit that brought it.
    pub merged: Option<String>,
    /// Whether it waits for a person now.
    pub is_open: bool,
    /// Whether it can be merged now: open, no draft, no conflict.
    pub can_merge: bool,
    /// The commits that only its branch has, oldest first.
    pub commits: Vec<CommitRow>,
    /// What merging it changes in its target.
    pub files: Vec<FilePatch>,
    /// Why that can't be told, where it can't.
    pub files_note: Option<String>,
    /// Items with a conflict: the file and the item.
    pub open_conflicts: Vec<(String, String)>,
    /// How conflicts are settled at the command line.
    pub settling: Vec<String>,
}

/// Gathers the list.
///
/// # Errors
/// When there is no repository (exit 2), or git fails (exit 3).
pub fn proposals(project: &Project, query: &ProposalsQuery) -> Result<Proposals, Fault> {
    let board = project.board()?;
    let fits = |seen: &&Seen| match query.state.as_str() {
        "" | "open" => is_open(seen),
        "all" => true,
        state => seen.standing == state,
    };
    let found: Vec<&Seen> = board.all.iter().rev().filter(fits).collect();
    let pages = found.len().div_ceil(PAGE).max(1);
    let page = (query.page as usize).clamp(1, pages);
    Ok(Proposals {
        proposals: found.iter().skip((page - 1) * PAGE).take(PAGE).map(|seen| ProposalRow::of(seen)).collect(),
        total: found.len(),
        page,
        pages,
        notes: board.notes.clone(),
    })
}

/// Gathers one; none when there is no such number.
///
/// # Errors
/// When there is no repository (exit 2), or git fails (exit 3).
pub fn proposal(project: &Project, number: u32) -> Result<Option<ProposalPage>, Fault> {
    let board = project.board()?;
    let Some(seen) = board.all.iter().find(|seen| seen.proposal.number == number) else { return Ok(None) };
    let (files, files_note) = match propose::diff(project.root(), &number.to_string()) {
        Ok(changed) => (patches(changed.into_iter().map(|it| (it.path, it.before, it.after))), None),
        Err(fault) => (Vec::new(), Some(fault.message().to_owned())),
    };
    let commit = |commit: &propose::SeenCommit| CommitRow {
        id: commit.id.to_string(),
        subject: commit.subject.clone(),
        author: commit.author.clone(),
        is_vso: commit.is_vso,
    };
    let proposal = &seen.proposal;
    let open = is_open(seen);
    Ok(Some(ProposalPage {
        row: ProposalRow::of(seen),
        body: proposal.body.clone(),
        reason: proposal.reason.clone(),
        merged: proposal.merged.clone(),
        is_open: open,
        can_merge: open && !proposal.draft && proposal.conflicts.is_empty(),
        commits: seen.commits.iter().map(commit).collect(),
        files,
        files_note,
        open_conflicts: proposal.conflicts.iter().map(|open| (open.path.clone(), open.item.clone())).collect(),
        settling: settling(proposal),
    }))
}
