//! What has become of the open proposals since the last look: merged by plain git in any style, closed by deleting the
//! branch, gone on by people's commits.

use crate::fault::Fault;
use crate::forge::Proposal;
use crate::git::{Id, Repo};

/// How an open proposal stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It waits.
    Waits {
        /// Where its branch is.
        head: Id,
    },
    /// Its content is in the target.
    Merged {
        /// The commit that brought it, or the target's.
        by: Id,
    },
    /// A person deleted its branch.
    Deleted,
    /// Its branch is in another clone and was never here.
    Away,
    /// It was built in another clone on commits of the target that this one does not have yet.
    Ahead,
}

/// So many commits of the target are looked through for one that has a proposal's content.
const LOOK_BACK: usize = 2_000;

/// Looks at one open proposal.
///
/// # Errors
/// When git fails (exit 3).
pub fn standing(repo: &Repo, proposal: &Proposal, target: Id) -> Result<Standing, Fault> {
    let known: Option<Id> = proposal.head.parse().ok().filter(|head| repo.has(*head));
    let head = repo.find_ref(&proposal.reference())?;
    if let Some(seen) = head.or(known)
        && let Some(by) = merged(repo, proposal, seen, target)?
    {
        return Ok(Standing::Merged { by });
    }
    Ok(match (head, known) {
        (Some(_), _) if is_ahead(repo, proposal, target)? => Standing::Ahead,
        (Some(head), _) => Standing::Waits { head },
        (None, Some(_)) => Standing::Deleted,
        (None, None) => Standing::Away,
    })
}

/// Whether a proposal was built on a target that this clone has not seen. Judging it by the older target here would
/// end it, and the other clone would open it again, without end. A target that was here and was taken back is judged.
fn is_ahead(repo: &Repo, proposal: &Proposal, target: Id) -> Result<bool, Fault> {
    let Some(onto) = proposal.onto.parse::<Id>().ok().filter(|onto| repo.has(*onto)) else { return Ok(false) };
    let name = format!("refs/heads/{}", proposal.target);
    Ok(!repo.ancestor(onto, target)? && !repo.remotes()?.is_empty() && !repo.was_at(&name, onto))
}

/// The commit of the target that holds what the branch holds.
fn merged(repo: &Repo, proposal: &Proposal, head: Id, target: Id) -> Result<Option<Id>, Fault> {
    let Ok(onto) = proposal.onto.parse::<Id>() else { return Ok(None) };
    if onto == target || !repo.has(onto) {
        return Ok(None);
    }
    let written = proposal.commits.last().and_then(|id| id.parse::<Id>().ok()).filter(|id| repo.has(*id));
    if let Some(written) = written
        && repo.ancestor(head, target)?
        && repo.ancestor(written, head)?
    {
        return Ok(Some(target));
    }
    let own =
        |tree: Id| -> Result<Vec<_>, Fault> { proposal.paths.iter().map(|path| repo.entry(tree, path)).collect() };
    let (wanted, before) = (own(repo.tree_of(head)?)?, own(repo.tree_of(onto)?)?);
    let now = own(repo.tree_of(target)?)?;
    if wanted == before || now == before {
        return Ok(None);
    }
    if now == wanted {
        return Ok(Some(target));
    }
    // It may have been merged and edited since: then one of the commits in between has exactly this content.
    for commit in repo.commits(Some(onto), target)?.into_iter().take(LOOK_BACK) {
        if own(repo.tree_of(commit)?)? == wanted {
            return Ok(Some(commit));
        }
    }
    Ok(None)
}

/// Commits on a proposal's branch that are not vso's and not the target's: people's, oldest first.
///
/// # Errors
/// When git fails (exit 3).
pub fn peoples(repo: &Repo, proposal: &Proposal, head: Id, target: Id) -> Result<Vec<Id>, Fault> {
    let written: Vec<Id> = proposal.commits.iter().filter_map(|id| id.parse().ok()).collect();
    Ok(repo.commits(Some(target), head)?.into_iter().rev().filter(|commit| !written.contains(commit)).collect())
}
