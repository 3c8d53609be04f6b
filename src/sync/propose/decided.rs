//! Decisions that stand on the branches of proposals and are not merged yet: in the records of the slices there. A plan
//! for the target asks them, so that what a person settled on a proposal is not asked again before it is merged.

use std::cell::OnceCell;
use std::path::Path;

use super::look::found;
use super::{Deed, Line, Request, Synced, repository};
use crate::fault::Fault;
use crate::forge::local::Board;
use crate::forge::{Open, Proposal};
use crate::git::{Id, Kind, Repo};
use crate::merge::{Conflict, Take};
use crate::scaffold::RECORD;
use crate::slicing::registry::SliceRecord;
use crate::sync::decompose::Settle;
use crate::sync::step::remembered;

/// What a person asks of one open proposal besides bringing it up to date.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// The proposal's branch.
    pub branch: String,
    /// Where the person saw that branch: when somebody else's commits came since, nothing is done.
    pub at: Option<Id>,
    /// What is asked.
    pub wish: Wish,
}

/// What can be asked of a proposal.
#[derive(Debug, Clone)]
pub enum Wish {
    /// Open conflicts are settled, also those that are open only on its branch.
    Settle(Settle),
    /// Its slices are generated anew: what people wrote otherwise on its branch is asked.
    Regenerate,
}

impl Chosen {
    /// What is to be settled on a branch.
    #[must_use]
    pub fn settles(&self, branch: &str) -> Option<&Settle> {
        match &self.wish {
            Wish::Settle(settle) if self.branch == branch => Some(settle),
            _ => None,
        }
    }

    /// Whether a branch's slices are to be generated anew.
    #[must_use]
    pub fn regenerates(&self, branch: &str) -> bool {
        matches!(self.wish, Wish::Regenerate) && self.branch == branch
    }
}

/// What is decided on the branches of open proposals. Nothing is read before something is in question.
pub struct Decisions<'a> {
    repo: &'a Repo,
    branch: &'a str,
    chosen: Option<&'a Chosen>,
    found: OnceCell<Result<Vec<Stood>, Fault>>,
}

/// A slice as an open proposal's branch has it.
struct Stood {
    branch: String,
    record: SliceRecord,
    /// Whether the record is all that is left of it.
    is_bare: bool,
}

impl<'a> Decisions<'a> {
    /// Those for proposals of a branch, with what a person chooses now.
    #[must_use]
    pub fn of(repo: &'a Repo, branch: &'a str, chosen: Option<&'a Chosen>) -> Self {
        Self { repo, branch, chosen, found: OnceCell::new() }
    }

    /// What is decided of a conflict of a slice; an empty path stands for the question whether a retired one goes.
    #[must_use]
    pub fn take(&self, slice: &str, path: &str, conflict: &Conflict) -> Option<Take> {
        let found = self.found.get_or_init(|| self.read()).as_ref().ok()?;
        let mut own = found.iter().filter(|stood| stood.record.slice_id == slice);
        if let Some(chosen) = self.chosen
            && let Some(settle) = own.clone().find_map(|stood| chosen.settles(&stood.branch))
            && let Some(take) = settle.of(conflict)
        {
            return Some(take);
        }
        if path.is_empty() {
            let gone = own.find(|stood| stood.record.retired)?;
            return Some(if gone.is_bare { Take::Theirs } else { Take::Ours });
        }
        own.find_map(|stood| remembered(&stood.record, conflict))
    }

    /// Whether the branches could be read, where that was needed.
    ///
    /// # Errors
    /// When git fails (exit 3).
    pub fn checked(&self) -> Result<(), Fault> {
        match self.found.get() {
            Some(Err(fault)) => Err(fault.clone()),
            _ => Ok(()),
        }
    }

    fn read(&self) -> Result<Vec<Stood>, Fault> {
        let board = Board::read(self.repo)?;
        let mut found = Vec::new();
        for proposal in board.all_open().filter(|proposal| proposal.target == self.branch) {
            self.stood(proposal, &mut found)?;
        }
        Ok(found)
    }

    fn stood(&self, proposal: &Proposal, found: &mut Vec<Stood>) -> Result<(), Fault> {
        let Some(head) = self.repo.find_ref(&proposal.reference())? else { return Ok(()) };
        let tree = self.repo.tree_of(head)?;
        for path in &proposal.paths {
            let Some((_, Kind::Folder)) = self.repo.entry(tree, path)? else { continue };
            let Some(bytes) = self.repo.file(tree, &format!("{path}/{RECORD}"))? else { continue };
            // What people made of a record there decides nothing: the plan reads the target's.
            let Ok(record) = serde_json::from_slice::<SliceRecord>(&bytes) else { continue };
            let is_bare = self.repo.list(tree, path)?.len() == 1;
            found.push(Stood { branch: proposal.branch.clone(), record, is_bare });
        }
        Ok(())
    }
}

/// What is asked of a sync so that open conflicts of a proposal are settled, and the proposal as it stands.
///
/// # Errors
/// When there is no such proposal (exit 2), or nothing is open in it (exit 1).
pub fn to_settle(root: &Path, which: &str, settle: Settle) -> Result<(Request, Proposal), Fault> {
    let proposal = open_one(root, which)?;
    if proposal.conflicts.is_empty() {
        return Err(Fault::refused(format!("#{} has no open conflict", proposal.number)));
    }
    let chosen = Chosen { branch: proposal.branch.clone(), at: None, wish: Wish::Settle(settle) };
    Ok((Request { chosen: Some(chosen), ..Request::default() }, proposal))
}

/// What is asked of a sync so that a proposal's slices are generated anew, and the proposal as it stands.
///
/// # Errors
/// When there is no such proposal (exit 2), or it is not open (exit 1).
pub fn to_regenerate(root: &Path, which: &str) -> Result<(Request, Proposal), Fault> {
    let proposal = open_one(root, which)?;
    let chosen = Chosen { branch: proposal.branch.clone(), at: None, wish: Wish::Regenerate };
    Ok((Request { chosen: Some(chosen), ..Request::default() }, proposal))
}

fn open_one(root: &Path, which: &str) -> Result<Proposal, Fault> {
    let repo = repository(root)?;
    let proposal = found(&Board::read(&repo)?.full(&repo)?, which)?.clone();
    if !proposal.is_open() {
        let state = proposal.state.word();
        return Err(Fault::refused(format!("#{} is {state}; only an open one can be changed", proposal.number)));
    }
    Ok(proposal)
}

/// How many conflicts of a branch's proposal a sync settled, and those that are still open.
///
/// # Errors
/// When there is no open proposal on that branch, it could not be brought up to date, or the choice fits no open
/// conflict (exit 1).
pub fn settled(branch: &str, settle: &Settle, done: &Synced) -> Result<(usize, Vec<Open>), Fault> {
    settled_in(branch, settle, &done.lines)
}

/// The same over what a round says.
pub(super) fn settled_in(branch: &str, settle: &Settle, lines: &[Line]) -> Result<(usize, Vec<Open>), Fault> {
    let line = asked_in(branch, lines)?;
    if line.settled > 0 {
        return Ok((line.settled, line.conflicts.clone()));
    }
    let fault = match (&settle.item, line.conflicts.is_empty()) {
        (_, true) => return Err(Fault::refused(format!("{branch} has no open conflict"))),
        (Some(item), _) => Fault::refused(format!("no open conflict of {branch} speaks of {item}")),
        (None, _) => Fault::refused(format!("no open conflict of {branch} was settled by that")),
    };
    let items: Vec<&str> = line.conflicts.iter().map(|open| open.item.as_str()).collect();
    Err(fault.hint(format!("open: {}", items.join(", "))))
}

/// What a sync says of the proposal that was asked something.
///
/// # Errors
/// When there is no open proposal on that branch, or it could not be brought up to date (exit 1).
pub fn asked_of<'a>(branch: &str, done: &'a Synced) -> Result<&'a Line, Fault> {
    asked_in(branch, &done.lines)
}

fn asked_in<'a>(branch: &str, lines: &'a [Line]) -> Result<&'a Line, Fault> {
    let line = lines.iter().find(|line| line.branch == branch && line.number.is_some());
    let line = line.ok_or_else(|| Fault::refused(format!("{branch} is no branch of an open proposal")))?;
    match (line.deed, &line.note) {
        (Deed::Blocked | Deed::Away, Some(why)) => {
            Err(Fault::refused(format!("{branch} can't be brought up to date: {why}")))
        }
        _ => Ok(line),
    }
}
