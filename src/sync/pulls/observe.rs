//! What people did to the pull requests since the last look, as steps of the board. Everything in a pull request is
//! data: only one whose branch is in this repository and is a proposal's own counts, whatever its text claims.

use std::collections::BTreeMap;

use super::{Hosted, There};
use crate::fault::Fault;
use crate::forge::github::{Pull, PullState};
use crate::forge::local::{Board, Move, Step};
use crate::forge::{Proposal, State};
use crate::report::pull::Marker;
use crate::sync::propose::{Deed, Line, line};

/// The pull requests as they are on the hosted forge.
#[derive(Debug, Clone, Default)]
pub(in crate::sync) struct Seen {
    /// All that are open and whose branch is in this repository.
    pub(super) open: Vec<Pull>,
    /// Those of open proposals that are not open any more, by the proposal's number.
    pub(super) over: BTreeMap<u32, Pull>,
}

/// What people did, for the board and for people.
#[derive(Debug, Default)]
pub(in crate::sync) struct Observed {
    pub(in crate::sync) steps: Vec<Step>,
    pub(in crate::sync) lines: Vec<Line>,
    pub(in crate::sync) notes: Vec<String>,
}

impl Hosted<'_> {
    /// Looks at the pull requests: one list, and singly those of open proposals that are not in it.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub(in crate::sync) fn see(&self, board: &Board) -> Result<Seen, Fault> {
        let mut seen = Seen { open: self.hub.open_pulls()?, over: BTreeMap::new() };
        for proposal in board.all_open() {
            if seen.open_of(proposal).is_some() {
                continue;
            }
            if let Some(pull) = self.over(proposal)? {
                seen.over.insert(proposal.number, pull);
            }
        }
        Ok(seen)
    }

    /// The pull request of one proposal, open or not.
    ///
    /// # Errors
    /// When GitHub can't be asked (exit 3).
    pub(in crate::sync) fn pull_of(&self, proposal: &Proposal) -> Result<Option<Pull>, Fault> {
        if let Some(pull) = self.over(proposal)? {
            return Ok(Some(pull));
        }
        let seen = Seen { open: self.hub.pulls_of(&proposal.branch)?, over: BTreeMap::new() };
        Ok(seen.open_of(proposal).cloned())
    }

    /// The pull request of an open proposal that is not open itself.
    fn over(&self, proposal: &Proposal) -> Result<Option<Pull>, Fault> {
        if let Some(number) = proposal.pull {
            // In a repository that moved here from elsewhere the number may be another one's.
            let own = |pull: &Pull| !pull.is_fork && pull.head_branch == proposal.branch;
            return Ok(self.hub.pull(number)?.filter(own));
        }
        // A run was killed before it could write the number down. An older proposal may have had the same branch.
        let own = |pull: &Pull| Marker::find(&pull.body).is_some_and(|marker| marker.number == proposal.number);
        Ok(self.hub.pulls_of(&proposal.branch)?.into_iter().find(own))
    }
}

impl Seen {
    /// The open pull request of an open proposal: the one that it is known by, else the one of its branch.
    pub(super) fn open_of(&self, proposal: &Proposal) -> Option<&Pull> {
        let own = |pull: &&Pull| !pull.is_fork && pull.is_open() && pull.head_branch == proposal.branch;
        let known = self.open.iter().filter(own).find(|pull| Some(pull.number) == proposal.pull);
        known.or_else(|| self.open.iter().filter(own).find(|pull| pull.base_branch == proposal.target))
    }

    /// The open one of a proposal that is over: only the one that it is known by.
    pub(super) fn left_of(&self, proposal: &Proposal) -> Option<&Pull> {
        let own = |pull: &&Pull| !pull.is_fork && pull.is_open() && pull.head_branch == proposal.branch;
        self.open.iter().filter(own).find(|pull| match proposal.pull {
            Some(number) => pull.number == number,
            None => Marker::find(&pull.body).is_some_and(|marker| marker.number == proposal.number),
        })
    }

    /// Whether there may be open pull requests of proposals that are over and that the board has not read.
    pub(in crate::sync) fn has_unknown(&self, board: &Board) -> bool {
        let known = |pull: &Pull| board.proposals.values().any(|proposal| proposal.branch == pull.head_branch);
        self.open.iter().any(|pull| !known(pull) && Marker::find(&pull.body).is_some())
    }
}

/// What people did, as steps of the board. `is_merged` says whether git knows a proposal's content in its target, which
/// counts more than a pull request that was closed.
pub(in crate::sync) fn observed(
    board: &Board,
    seen: &Seen,
    there: &There,
    is_here: &dyn Fn(&str) -> bool,
    is_merged: &dyn Fn(&Proposal) -> bool,
) -> Observed {
    let mut observed = Observed::default();
    for proposal in board.proposals.values() {
        match proposal.state {
            State::Open => match (seen.open_of(proposal), seen.over.get(&proposal.number)) {
                (Some(pull), _) => made_ready(&mut observed, proposal, pull),
                (None, Some(pull)) => ended(&mut observed, proposal, pull, is_merged),
                (None, None) => {}
            },
            State::Closed if proposal.pull_closed => {
                if let Some(pull) = seen.left_of(proposal) {
                    reopened(&mut observed, board, proposal, pull, (there, is_here));
                }
            }
            _ => {}
        }
    }
    observed
}

/// Whether a person marked a draft as ready that vso had made a draft.
fn made_ready(observed: &mut Observed, proposal: &Proposal, pull: &Pull) {
    let was_draft = || Marker::find(&pull.body).is_some_and(|marker| marker.draft);
    if proposal.draft && !pull.draft && was_draft() {
        let after = Proposal { draft: false, pull: Some(pull.number), ..proposal.clone() };
        observed.steps.push(Step { after, moves: Vec::new(), event: "ready".to_owned() });
        observed
            .notes
            .push(format!("#{} waits no longer: pull request {} was made ready", proposal.number, pull.number));
    }
}

fn ended(observed: &mut Observed, proposal: &Proposal, pull: &Pull, is_merged: &dyn Fn(&Proposal) -> bool) {
    let number = pull.number;
    let over = Proposal { pull: Some(number), pull_closed: true, draft: false, ..proposal.clone() };
    match &pull.state {
        PullState::Merged { commit } if pull.base_branch == proposal.target => {
            let merged = Some(commit.clone()).filter(|commit| !commit.is_empty());
            let after = Proposal { state: State::Merged, merged, head: pull.head_commit.clone(), ..over };
            observed.add(after, Deed::Merged, "merged", Vec::new(), format!("pull request {number} was merged"));
        }
        // Git knows better; the round that follows says so.
        _ if is_merged(proposal) => {}
        PullState::Merged { .. } => {
            let why = format!("pull request {number} was merged into {}", one_word(&pull.base_branch));
            observed.closed(over, pull, why);
        }
        PullState::Closed => observed.closed(over, pull, format!("pull request {number} was closed")),
        PullState::Open => {}
    }
}

fn reopened(
    observed: &mut Observed,
    board: &Board,
    proposal: &Proposal,
    pull: &Pull,
    (there, is_here): (&There, &dyn Fn(&str) -> bool),
) {
    let same = |other: &&Proposal| other.target == proposal.target && other.subject.is_same(&proposal.subject);
    if let Some(other) = board.all_open().find(same) {
        let words = format!("is open again, but #{} says the same and more by now", other.number);
        observed.notes.push(format!("pull request {} of #{} {words}", pull.number, proposal.number));
        return;
    }
    let name = proposal.reference();
    let moves = match there.get(&name) {
        Some(to) if !is_here(&name) => vec![Move { name, from: None, to: Some(*to), worktree: None }],
        _ => Vec::new(),
    };
    let after = Proposal { state: State::Open, reason: None, pull_closed: false, ..proposal.clone() };
    observed.add(after, Deed::Reopened, "reopened", moves, format!("pull request {} was opened again", pull.number));
}

impl Observed {
    fn add(&mut self, after: Proposal, deed: Deed, event: &str, moves: Vec<Move>, note: String) {
        self.lines.push(Line { note: Some(note), ..line(deed, &after) });
        self.steps.push(Step { after, moves, event: event.to_owned() });
    }

    fn closed(&mut self, over: Proposal, pull: &Pull, why: String) {
        let head = pull.head_commit.clone();
        let after = Proposal { state: State::Closed, head, reason: Some(why.clone()), ..over };
        self.add(after, Deed::Closed, "closed", Vec::new(), why);
    }
}

/// A name of somebody else's as one word of ours.
fn one_word(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_control() && !letter.is_whitespace()).take(80).collect()
}
