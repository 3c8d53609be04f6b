//! What people do with one proposal besides merging it: close, reopen, say that it is ready.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::hosted_act::{act_there, closed_by};
use super::look::found;
use super::{Run, carry_out, remote, repository};
use crate::config::Config;
use crate::fault::Fault;
use crate::forge::local::{Board, Move, Step};
use crate::forge::{Proposal, State};
use crate::git::Id;
use crate::sync::pulls::Found;
use crate::worktree::Lock;

/// What a person does with a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// Say no. It comes back when its content changes.
    Close {
        /// Whether the branch goes too.
        delete_branch: bool,
    },
    /// Take back the no.
    Reopen,
    /// A draft waits no longer.
    Ready,
}

/// Does it. Gives the proposal as it is then, and notes.
///
/// # Errors
/// When there is no such proposal (exit 2), it does not stand so that this can be done (exit 1), or git fails (exit 3).
pub fn act(
    root: &Path,
    config: &Config,
    which: &str,
    act: Act,
    waiting: &dyn Fn(),
) -> Result<(Proposal, Vec<String>), Fault> {
    act_for(root, config, which, act, None, waiting)
}

/// The same by an App for a person, whose login is said where others see what was done.
///
/// # Errors
/// As [`act`].
pub fn act_for(
    root: &Path,
    config: &Config,
    which: &str,
    act: Act,
    asked_by: Option<&str>,
    waiting: &dyn Fn(),
) -> Result<(Proposal, Vec<String>), Fault> {
    let stop = AtomicBool::new(false);
    let mut repo = repository(root)?;
    let hosted = Found::look(&mut repo, config, &stop, &|_| ())?;
    let _lock = Lock::take_unless(root, waiting, &stop)?;
    let mut run = Run::new(&repo, config, String::new(), &stop);
    run.asked_by = asked_by.map(str::to_owned);
    run.settle()?;
    let (mut there, mut notes) = remote::fetch(&repo, &config.sync.remote, &run.author)?;
    let board = Board::read(&repo)?;
    let known = found(&board.clone().full(&repo)?, which)?.clone();
    let number = known.number;
    // What can't be done here is not done there.
    step(&run, &board, &known, act)?;
    let pull = act_there(&run, &hosted, there.as_mut(), &known, act, &mut notes)?;
    let (after, done) = carry_out(&run, &|board| {
        let before = board.proposals.get(&number).unwrap_or(&known);
        let mut step = step(&run, board, before, act)?;
        if let Some((pull, is_closed)) = pull {
            (step.after.pull, step.after.pull_closed) = (Some(pull), is_closed);
        }
        Ok(vec![step])
    })?;
    if let Some(mut there) = there {
        notes.extend(remote::push_notes(&repo, &mut there, &done)?);
    }
    super::tell_all(root, &done, &mut notes);
    let proposal = after.proposals.get(&number).cloned();
    Ok((proposal.ok_or_else(|| Fault::unfinished(format!("#{number} went while it was being changed")))?, notes))
}

fn step(run: &Run<'_>, board: &Board, before: &Proposal, act: Act) -> Result<Step, Fault> {
    let (repo, number) = (run.repo, before.number);
    let stands = |wanted: State, word: &str| {
        if before.state == wanted {
            return Ok(());
        }
        Err(Fault::refused(format!("#{number} can't be {word}: it is {}", before.state.word())))
    };
    let head = repo.find_ref(&before.reference())?;
    Ok(match act {
        Act::Close { delete_branch } => {
            stands(State::Open, "closed")?;
            let seen = head.map_or_else(|| before.head.clone(), |head| head.to_string());
            let after = Proposal { state: State::Closed, head: seen, reason: Some(closed_by(run)), ..before.clone() };
            let gone = |head| Move { name: before.reference(), from: Some(head), to: None, worktree: None };
            Step {
                after,
                moves: head.filter(|_| delete_branch).map(gone).into_iter().collect(),
                event: "closed".into(),
            }
        }
        Act::Reopen => {
            stands(State::Closed, "reopened")?;
            let same = |other: &&Proposal| other.target == before.target && other.subject.is_same(&before.subject);
            if let Some(other) = board.all_open().find(same) {
                return Err(Fault::refused(format!("#{} is open about the same", other.number))
                    .hint(format!("close it first: vso pr close {}", other.number)));
            }
            let after = Proposal { state: State::Open, reason: None, ..before.clone() };
            let moves = match (head, before.head.parse::<Id>().ok().filter(|id| repo.has(*id))) {
                (Some(_), _) => Vec::new(),
                (None, Some(last)) => {
                    vec![Move { name: before.reference(), from: None, to: Some(last), worktree: None }]
                }
                (None, None) => {
                    return Err(Fault::refused(format!("the branch {} and its commits are gone", before.branch))
                        .hint("`vso sync` proposes it again as soon as its content changes"));
                }
            };
            Step { after, moves, event: "reopened".into() }
        }
        Act::Ready => {
            stands(State::Open, "made ready")?;
            Step { after: Proposal { draft: false, ..before.clone() }, moves: Vec::new(), event: "ready".into() }
        }
    })
}
