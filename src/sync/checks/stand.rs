//! Where a commit stands: on the target branch, on a proposal's, or with a person who is on the way there.

use std::collections::BTreeSet;

use super::Asked;
use crate::config::Config;
use crate::fault::Fault;
use crate::forge::Proposal;
use crate::forge::local::{self, Board};
use crate::git::{Exchange, Id, Repo};
use crate::report::check::slices::{Stand, Waiting};

/// Finds out where a commit stands, by what is known here.
///
/// # Errors
/// When the repository can't be read (exit 3).
pub fn asked(repo: &Repo, config: &Config, commit: Id) -> Result<Asked, Fault> {
    let board = board(repo, config)?;
    let own = board.all_open().find(|proposal| is_at(repo, proposal, commit));
    let branch = match own {
        Some(proposal) => Some(proposal.target.clone()),
        None => target_branch(repo, config, &board),
    };
    let target = branch.as_deref().map(|branch| tip(repo, config, branch)).transpose()?.flatten();
    let stand = match (own, target) {
        (Some(proposal), _) => Stand::Proposal(brings(repo, config, proposal)),
        (None, Some(target)) if target == commit || repo.ancestor(commit, target)? => Stand::Target,
        (None, Some(target)) => upon(repo, config, &board, commit, target)?,
        (None, None) => Stand::Change,
    };
    let branch = branch.unwrap_or_else(|| "HEAD".to_owned());
    Ok(Asked { waiting: waiting(&board, &branch), is_known: own.is_some(), commit, stand, branch, target })
}

/// Where a commit stands that nobody has seen yet: people go on working on the branches of proposals.
fn upon(repo: &Repo, config: &Config, board: &Board, commit: Id, target: Id) -> Result<Stand, Fault> {
    let mut slices = BTreeSet::new();
    let mut is_upon = false;
    for proposal in board.all_open() {
        let Some(head) = proposal.head.parse::<Id>().ok().filter(|head| repo.has(*head)) else { continue };
        if repo.ancestor(head, commit)? && !repo.ancestor(head, target)? {
            slices.extend(brings(repo, config, proposal));
            is_upon = true;
        }
    }
    Ok(if is_upon { Stand::Proposal(slices) } else { Stand::Change })
}

/// Fetches what the remote knows of proposals, where this clone knows nothing of them: a fresh one of a workflow run has
/// the branch alone. A remote that can't be reached, or has none, is no harm.
///
/// # Errors
/// When git can't be started (exit 3).
pub fn bring(repo: &Repo, config: &Config) -> Result<(), Fault> {
    let remote = &config.sync.remote;
    if remote.is_empty() || repo.find_ref(local::REF)?.is_some() {
        return Ok(());
    }
    let spec = format!("+{}:refs/vso/remotes/{remote}/proposals", local::REF);
    let _: Exchange = repo.fetch(remote, &[&spec])?;
    Ok(())
}

/// The slices that a proposal brings.
#[must_use]
pub fn brings(repo: &Repo, config: &Config, proposal: &Proposal) -> BTreeSet<String> {
    let folder = format!("{}/", repo.place(&config.project.slices));
    let slices = proposal.paths.iter().filter_map(|path| path.strip_prefix(&folder));
    slices.filter_map(|below| below.split('/').next()).map(str::to_owned).collect()
}

/// The proposals that wait for a branch.
#[must_use]
pub fn waiting(board: &Board, branch: &str) -> Vec<Waiting> {
    let open = board.all_open().filter(|proposal| proposal.target == branch);
    let one =
        |proposal: &Proposal| Waiting { number: proposal.number, pull: proposal.pull, branch: proposal.branch.clone() };
    open.map(one).collect()
}

/// The proposals as they are known here: a fresh clone has only what the remote's were when they were fetched.
fn board(repo: &Repo, config: &Config) -> Result<Board, Fault> {
    let board = Board::read(repo)?;
    if board.at.is_some() || config.sync.remote.is_empty() {
        return Ok(board);
    }
    let fetched = repo.find_ref(&format!("refs/vso/remotes/{}/proposals", config.sync.remote))?;
    Board::at(repo, fetched)
}

/// Whether a proposal's branch is at a commit, here or where it was last seen.
fn is_at(repo: &Repo, proposal: &Proposal, commit: Id) -> bool {
    let here = repo.find_ref(&proposal.reference()).ok().flatten();
    here == Some(commit) || (here.is_none() && proposal.head == commit.to_string())
}

/// The branch that proposals are made for: as set, else the one that HEAD is on or that its proposal is for.
fn target_branch(repo: &Repo, config: &Config, board: &Board) -> Option<String> {
    let set = Some(config.sync.branch.clone()).filter(|branch| !branch.is_empty());
    let branch = set.or_else(|| repo.branch())?;
    let own = board.all_open().find(|proposal| proposal.branch == branch);
    Some(own.map_or(branch, |proposal| proposal.target.clone()))
}

/// Where a branch is, here or at the remote when it was last seen.
fn tip(repo: &Repo, config: &Config, branch: &str) -> Result<Option<Id>, Fault> {
    if let Some(here) = repo.find_ref(&format!("refs/heads/{branch}"))? {
        return Ok(Some(here));
    }
    repo.find_ref(&format!("refs/remotes/{}/{branch}", config.sync.remote))
}
