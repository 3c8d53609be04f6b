//! The hosted forge's part of a run: what people did there comes in before the plan, what the board says goes out after
//! the push. Where it can't be reached, all else is done and a note says so.

use std::cell::RefCell;
use std::collections::BTreeSet;

use super::observe::{Standing, peoples, standing};
use super::remote::{self, Deletions, Pushed, There};
use super::{Run, Told, carry_out, scribe};
use crate::fault::{Fault, FaultKind};
use crate::forge::github::Credential;
use crate::forge::local::{Board, Move, Step};
use crate::forge::{Proposal, State};
use crate::git::Id;
use crate::sync::checks;
use crate::sync::pulls::{Found, Hosted, Seen, observed, receipts};

/// What a run knows of the hosted forge.
pub(super) struct Mirror<'a> {
    hosted: Option<Box<Hosted<'a>>>,
}

impl<'a> Mirror<'a> {
    /// Takes what was found; what is away is noted.
    pub(super) fn of(found: Found<'a>, told: &mut Told) -> Self {
        match found {
            Found::Hosted(hosted) => Self { hosted: Some(hosted) },
            Found::Local => Self { hosted: None },
            Found::Away(fault, strict) => {
                told.not_reached(fault, strict);
                Self { hosted: None }
            }
        }
    }

    /// Makes a commit of vso (its tree, parents and message), by GitHub where the settings want that and an App signs in.
    pub(super) fn commit(
        &self,
        run: &Run<'_>,
        (tree, parents, message): (Id, &[Id], &str),
        notes: &RefCell<Vec<String>>,
    ) -> Result<Id, Fault> {
        let message = &*run.message(message);
        let is_app = |hosted: &&Hosted<'_>| hosted.hub.access().credential() == Credential::App;
        let wanted = self.hosted.as_deref().filter(|_| run.config.github.verified);
        let Some(hosted) = wanted.filter(is_app) else {
            return run.repo.commit(tree, parents, message, &run.author);
        };
        let (made, note) = scribe::verified(&hosted.hub, (run.repo, &run.author), tree, parents, message)?;
        notes.borrow_mut().extend(note);
        Ok(made)
    }

    /// How branches that nobody wants any more go from the remote: only after their pull requests have said why.
    pub(super) fn deletions(&self) -> Deletions {
        if self.hosted.is_some() { Deletions::Later } else { Deletions::Now }
    }

    /// Looks at the pull requests and carries what people did into the board. None where there is nothing to look at.
    pub(super) fn observe(&mut self, run: &Run<'_>, there: &There, told: &mut Told) -> Result<Option<Seen>, Fault> {
        let Some(hosted) = &self.hosted else { return Ok(None) };
        let seen = match hosted.see(&Board::read(run.repo)?) {
            Ok(seen) => seen,
            Err(fault) if fault.kind() == FaultKind::Interrupted => return Err(fault),
            Err(fault) => {
                told.not_reached(fault, hosted.strict);
                return Ok(None);
            }
        };
        let look = |board: &Board| {
            let is_here = |name: &str| matches!(run.repo.find_ref(name), Ok(Some(_)));
            observed(board, &seen, &there.refs, &is_here, &|proposal| is_merged(run, proposal))
        };
        let found = look(&Board::read(run.repo)?);
        found.notes.iter().for_each(|note| told.note(note.clone()));
        if !found.steps.is_empty() {
            let (_, done) = carry_out(run, &|board| Ok(look(board).steps))?;
            told.steps(&done);
            told.done.extend(done);
            told.lines(found.lines);
        }
        Ok(Some(seen))
    }

    /// Makes the pull requests say what the board says, and writes down what the board does not know yet. False when
    /// somebody else was faster: look and plan again.
    pub(super) fn publish(
        &mut self,
        run: &Run<'_>,
        there: &mut There,
        seen: &Seen,
        told: &mut Told,
    ) -> Result<bool, Fault> {
        let Some(hosted) = &self.hosted else { return Ok(true) };
        let board = Board::read(run.repo)?;
        let board = if seen.has_unknown(&board) { board.full(run.repo)? } else { board };
        let is_there = |branch: &str| there.refs.contains_key(&format!("refs/heads/{branch}"));
        let published = hosted.publish(&board, seen, &is_there, &|proposal| is_in_remote(run, proposal))?;
        published.notes.into_iter().for_each(|note| told.note(note));
        let strict = hosted.strict;
        if !receipts(&board, &published.known).is_empty() {
            let known = &published.known;
            let (_, done) = carry_out(run, &|board| Ok(receipts(&board.clone().full(run.repo)?, known)))?;
            told.done.extend(done);
        }
        let mut interrupted = None;
        match published.stopped {
            Some(fault) if fault.kind() == FaultKind::Interrupted => interrupted = Some(fault),
            Some(fault) => told.not_reached(fault, strict),
            None => {}
        }
        let gone = leftovers(run, there)?;
        let pushed = remote::push(run.repo, there, &gone, Deletions::Now)?;
        if let Some(fault) = interrupted {
            return Err(fault);
        }
        Ok(match pushed {
            Pushed::Done(_) => true,
            Pushed::Again => false,
            Pushed::Not(notes) => {
                notes.into_iter().for_each(|note| told.note(note));
                true
            }
        })
    }

    /// Says of each branch that waits, and of the target, what is to be said of it; after the pull requests, which it
    /// names. What the credential may not write is noted.
    pub(super) fn check(&self, run: &Run<'_>, there: &There, told: &mut Told) -> Result<(), Fault> {
        let Some(hosted) = self.hosted.as_ref().filter(|_| !told.unreached) else { return Ok(()) };
        match checks::publish_synced(&hosted.hub, run.repo, run.config, &run.branch, &there.refs) {
            Ok(published) => published.notes.into_iter().for_each(|note| told.note(note)),
            Err(fault) if fault.kind() == FaultKind::Interrupted => return Err(fault),
            Err(fault) => {
                told.unreached = true;
                told.note(format!("the checks are not written: {}", fault.message()));
                fault.hints().iter().for_each(|hint| told.note(format!("hint: {hint}")));
                told.away.get_or_insert_with(|| fault.clone());
                if hosted.strict {
                    told.failure.get_or_insert(fault);
                }
            }
        }
        Ok(())
    }

    /// What publishing would do after a dry run's steps.
    pub(super) fn plan(
        &self,
        run: &Run<'_>,
        board: &Board,
        steps: &[Step],
        seen: &Seen,
        told: &mut Told,
    ) -> Result<(), Fault> {
        let Some(hosted) = &self.hosted else { return Ok(()) };
        let mut calls = hosted.made();
        calls.extend(hosted.planned(board, seen, &|_| true, &|proposal| is_in_remote(run, proposal)));
        calls.extend(checks::planned(&hosted.hub, run.repo, run.config, &run.branch, board, steps)?);
        told.calls = calls;
        Ok(())
    }

    /// What a dry run's board would be after what people did.
    pub(super) fn foresee(&self, run: &Run<'_>, board: &mut Board, told: &mut Told) -> Result<Option<Seen>, Fault> {
        let Some(hosted) = &self.hosted else { return Ok(None) };
        let seen = match hosted.see(board) {
            Ok(seen) => seen,
            Err(fault) if fault.kind() == FaultKind::Interrupted => return Err(fault),
            Err(fault) => {
                told.not_reached(fault, hosted.strict);
                return Ok(None);
            }
        };
        let is_here = |name: &str| matches!(run.repo.find_ref(name), Ok(Some(_)));
        let found = observed(board, &seen, &Default::default(), &is_here, &|proposal| is_merged(run, proposal));
        found.notes.into_iter().for_each(|note| told.note(note));
        told.lines(found.lines);
        for step in found.steps {
            board.proposals.insert(step.after.number, step.after);
        }
        Ok(Some(seen))
    }

    /// What there is to tell in the end: the calls, and where the pull requests are.
    pub(super) fn tell(&self, told: &mut Told) {
        if let Some(hosted) = &self.hosted {
            told.page = Some(hosted.hub.access().page());
            if told.calls.is_empty() {
                told.calls = hosted.made();
            }
        }
    }
}

/// Whether git has a proposal's content in its target.
fn is_merged(run: &Run<'_>, proposal: &Proposal) -> bool {
    let target = run.repo.find_ref(&format!("refs/heads/{}", proposal.target)).ok().flatten();
    target.is_some_and(|target| matches!(standing(run.repo, proposal, target), Ok(Standing::Merged { .. })))
}

/// Whether the remote's target has the commit that brought a proposal, as far as this clone knows.
fn is_in_remote(run: &Run<'_>, proposal: &Proposal) -> bool {
    let name = format!("refs/remotes/{}/{}", run.config.sync.remote, proposal.target);
    let there = run.repo.find_ref(&name).ok().flatten();
    let by = proposal.merged.as_ref().and_then(|id| id.parse::<Id>().ok()).filter(|id| run.repo.has(*id));
    matches!((there, by), (Some(there), Some(by)) if run.repo.ancestor(by, there).unwrap_or(false))
}

/// Branches on the remote of proposals that nobody wants any more, on which nobody but vso ever wrote, and which are not
/// here: this run deleted them, or an earlier one that was killed before it could tell the remote.
fn leftovers(run: &Run<'_>, there: &There) -> Result<Vec<Step>, Fault> {
    let repo = run.repo;
    let board = Board::read(repo)?;
    let known: BTreeSet<String> = board.proposals.values().map(Proposal::reference).collect();
    let is_unknown = |name: &&String| name.starts_with("refs/heads/") && !known.contains(*name);
    let unknown: Vec<&String> = there.refs.keys().filter(is_unknown).collect();
    if unknown.is_empty() {
        return Ok(Vec::new());
    }
    let board = board.full(repo)?;
    let mut steps = Vec::new();
    for name in unknown {
        let at = there.refs[name];
        let own = |proposal: &&Proposal| proposal.reference() == *name && proposal.head == at.to_string();
        let Some(proposal) = board.proposals.values().rev().find(own) else { continue };
        if proposal.state != State::Superseded || repo.find_ref(name)?.is_some() || !repo.has(at) {
            continue;
        }
        let target = repo.find_ref(&format!("refs/heads/{}", proposal.target))?;
        if target.is_some_and(|target| peoples(repo, proposal, at, target).is_ok_and(|commits| commits.is_empty())) {
            let moves = vec![Move { name: name.clone(), from: Some(at), to: None, worktree: None }];
            steps.push(Step { after: proposal.clone(), moves, event: String::new() });
        }
    }
    Ok(steps)
}
