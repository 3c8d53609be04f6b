//! Moving branches so that a kill between any two steps is finished by the next run: intent, moves, receipt.
//!
//! The intent is a commit of the state that names every move before the first one. The moves are compare-and-swaps, so
//! doing them again is nothing. The receipt is the state without the intent and with the proposals as they then are.

use super::board::Board;
use super::intent::{Intent, Move, Step};
use crate::fault::Fault;
use crate::git::{Author, Moved, Repo};

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Carried {
    /// The steps that took effect, and those that somebody else was faster than; the state afterwards.
    Done(Settled),
    /// Somebody else wrote a state since this board was read: nothing was moved; read and plan again.
    Elsewhere,
}

/// What became of an intent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Settled {
    /// The state afterwards, without an intent.
    pub board: Board,
    /// The steps that took effect.
    pub done: Vec<Step>,
    /// The steps of which the deciding ref was moved by somebody else, with the reason.
    pub dropped: Vec<(Step, String)>,
}

/// So often a receipt is tried again while others write.
const TRIES: usize = 16;

/// Carries steps out. The board must be the one that they were planned on.
///
/// # Errors
/// When git fails (exit 3). What was begun is finished by the next [`settle`].
pub fn carry(repo: &Repo, board: Board, steps: Vec<Step>, author: &Author) -> Result<Carried, Fault> {
    if steps.is_empty() {
        return Ok(Carried::Done(Settled { board, ..Settled::default() }));
    }
    let message = format!("intent: {}", summary(&steps));
    let intended = Board { intent: Some(Intent { steps }), ..board };
    match intended.save(repo, &message, author)? {
        Some(saved) => settle(repo, saved, author).map(Carried::Done),
        None => Ok(Carried::Elsewhere),
    }
}

/// Finishes what an intent says; nothing to do when there is none.
///
/// # Errors
/// When git fails, or others write without end (exit 3).
pub fn settle(repo: &Repo, mut board: Board, author: &Author) -> Result<Settled, Fault> {
    for _ in 0..TRIES {
        let Some(Intent { steps }) = board.intent.take() else { return Ok(Settled { board, ..Settled::default() }) };
        let mut settled = Settled::default();
        for step in steps {
            match moved(repo, &step)? {
                None => {
                    board.proposals.insert(step.after.number, step.after.clone());
                    settled.done.push(step);
                }
                Some(reason) => settled.dropped.push((step, reason)),
            }
        }
        let message = format!("receipt: {}", summary(&settled.done));
        if let Some(board) = board.save(repo, &message, author)? {
            return Ok(Settled { board, ..settled });
        }
        // Another run finished the same intent, or went on from there.
        board = Board::read(repo)?;
        if board.intent.is_none() {
            return Ok(Settled { board, ..settled });
        }
    }
    Err(Fault::unfinished("other runs of vso keep moving proposals").hint("run this again"))
}

/// Does the moves of one step. Gives why it did not happen, when its deciding ref is somewhere else.
fn moved(repo: &Repo, step: &Step) -> Result<Option<String>, Fault> {
    if !step.after.is_sound() {
        return Ok(Some("it names a branch that vso does not make".to_owned()));
    }
    let Some((first, rest)) = step.moves.split_first() else { return Ok(None) };
    if let Some(reason) = one(repo, step, first)? {
        return Ok(Some(reason));
    }
    for other in rest {
        // A branch that somebody moved or has checked out stays as it is.
        one(repo, step, other)?;
    }
    Ok(None)
}

/// Moves one ref, with the worktree in which it is checked out. Gives why not, when somebody else moved it.
fn one(repo: &Repo, step: &Step, wanted: &Move) -> Result<Option<String>, Fault> {
    let Move { name, from, to, worktree } = wanted;
    let allowed =
        *name == step.after.reference() || (*name == format!("refs/heads/{}", step.after.target) && to.is_some());
    if !allowed {
        return Ok(Some(format!("{name} is no ref of this proposal")));
    }
    let now = repo.find_ref(name)?;
    if now == *to {
        return Ok(None);
    }
    if now != *from {
        // Somebody who already committed on top of it saw this move happen.
        let is_done = matches!((now, to), (Some(now), Some(to)) if repo.has(*to) && repo.ancestor(*to, now)?);
        return Ok((!is_done).then(|| format!("{name} was moved meanwhile")));
    }
    if let (Some(folder), Some(from), Some(to)) = (worktree, from, to)
        && let Err(fault) = repo.bring_worktree(std::path::Path::new(folder), *from, *to)
    {
        return Ok(Some(fault.message().to_owned()));
    }
    if to.is_none() && repo.checked_out(name)?.is_some() {
        return Ok(Some(format!("{name} is checked out")));
    }
    let reason = format!("vso: proposal {} {}", step.after.number, step.event);
    match repo.move_ref(name, *from, *to, &reason)? {
        Moved::Done => Ok(None),
        Moved::Elsewhere(now) if now == *to => Ok(None),
        Moved::Elsewhere(_) => Ok(Some(format!("{name} was moved meanwhile"))),
    }
}

/// `#1 opened, #2 updated`, short enough for a subject line.
fn summary(steps: &[Step]) -> String {
    const SHOWN: usize = 4;
    let words: Vec<String> =
        steps.iter().take(SHOWN).map(|step| format!("#{} {}", step.after.number, step.event)).collect();
    let rest = steps.len().saturating_sub(SHOWN);
    match (words.is_empty(), rest) {
        (true, _) => "nothing".to_owned(),
        (false, 0) => words.join(", "),
        (false, rest) => format!("{} and {rest} more", words.join(", ")),
    }
}
