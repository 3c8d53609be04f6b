//! What settling conflicts would commit onto a proposal's branch, seen before it is done: a person looks at it, and what
//! is done then is that and nothing else.
//!
//! No ref moves. Objects that nothing names may be written.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::decided::{settled_in, to_settle};
use super::graft::{self, How};
use super::look::{Changed, changed};
use super::{Request, Run, repository};
use crate::config::Config;
use crate::fault::Fault;
use crate::forge::Proposal;
use crate::forge::local::Board;
use crate::git::Id;
use crate::merge::Conflict;
use crate::sync::decompose::Settle;
use crate::sync::plan::Planned;

/// What a sync would do to one proposal's branch.
#[derive(Debug)]
pub struct Foreseen {
    /// The proposal as it stands.
    pub proposal: Proposal,
    /// Where its branch is.
    pub head: Id,
    /// What its branch would hold.
    pub tree: Id,
    /// What the commit would say; none where the branch stays as it is.
    pub message: Option<String>,
    /// The files that change on the branch.
    pub files: Vec<Changed>,
    /// How many conflicts are settled, and how many stay open.
    pub counts: (usize, usize),
}

/// What is asked of a sync so that it commits what is foreseen or nothing, and what that is.
///
/// # Errors
/// When there is no such proposal (exit 2), there is nothing that the choice settles or the branch can't be brought up to
/// date (exit 1), or git fails (exit 3).
pub fn foresee(root: &Path, config: &Config, which: &str, settle: &Settle) -> Result<(Request, Foreseen), Fault> {
    let (mut request, proposal) = to_settle(root, which, settle.clone())?;
    let repo = repository(root)?;
    let stop = AtomicBool::new(false);
    let run = Run::new(&repo, config, proposal.target.clone(), &stop);
    let target = run.target()?;
    let head = repo.find_ref(&proposal.reference())?.ok_or_else(|| {
        Fault::refused(format!("the branch {} is not here", proposal.branch)).hint("a sync fetches it, or ends it")
    })?;
    if let Some(chosen) = &mut request.chosen {
        chosen.at = Some(head);
    }
    let planned = Planned::settling(&repo, config, Some(target), &run.branch, request.chosen.as_ref())?;
    let messages: RefCell<HashMap<Id, String>> = RefCell::default();
    let commits = |tree: Id, parents: &[Id], message: &str| {
        let made = repo.commit(tree, parents, message, &run.author)?;
        messages.borrow_mut().insert(made, message.to_owned());
        Ok(made)
    };
    let round = run.round(&Board::read(&repo)?, &planned, target, &request, None, &commits)?;
    let (count, open) = settled_in(&proposal.branch, settle, &round.lines)?;
    let step = round.steps.iter().find(|step| step.after.number == proposal.number);
    let name = proposal.reference();
    let made = step.and_then(|step| step.moves.iter().find(|moved| moved.name == name)?.to);
    let before = repo.tree_of(head)?;
    let tree = made.map_or(Ok(before), |made| repo.tree_of(made))?;
    request.shown = Some(tree);
    let message = made.and_then(|made| messages.borrow_mut().remove(&made));
    let files = changed(&repo, before, tree)?;
    Ok((request, Foreseen { proposal, head, tree, message, files, counts: (count, open.len()) }))
}

/// The conflicts that are open in a proposal, with what each side says: also those that its branch alone has, because
/// people committed there. Paths are from the repository's root.
///
/// # Errors
/// When there is no such proposal (exit 2), or git fails (exit 3).
pub fn open_conflicts(root: &Path, config: &Config, proposal: &Proposal) -> Result<Vec<(String, Conflict)>, Fault> {
    let repo = repository(root)?;
    let stop = AtomicBool::new(false);
    let run = Run::new(&repo, config, proposal.target.clone(), &stop);
    let Some(head) = repo.find_ref(&proposal.reference())? else { return Ok(Vec::new()) };
    let target = run.target()?;
    let planned = Planned::make(&repo, config, Some(target), &run.branch)?;
    let same = |wanted: &&crate::sync::wanted::Wanted| super::subject_of(&wanted.subject).is_same(&proposal.subject);
    let Some(wanted) = planned.wanted.iter().find(same) else { return Ok(Vec::new()) };
    match graft::joined(&repo, proposal, head, target, wanted, &How::default())? {
        Ok(grafted) => Ok(grafted.open),
        Err(_) => Ok(Vec::new()),
    }
}
