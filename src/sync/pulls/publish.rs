//! Carrying wishes out, one call after the other. What one pull request refuses does not stop the others; what stops all
//! of them is left to the next run, which finds by looking what was done.

use super::Hosted;
use super::observe::Seen;
use super::wish::{Deal, PlannedCall, Wish, closing, undrafted, wishes};
use crate::fault::{Fault, FaultKind};
use crate::forge::Proposal;
use crate::forge::github::{NewPull, Pull, PullChange};
use crate::forge::local::{Board, Step};

/// What came of publishing.
#[derive(Debug, Default)]
pub(in crate::sync) struct Published {
    /// What the board does not know yet: a proposal's number, its pull request's, and whether that is closed.
    pub(in crate::sync) known: Vec<(u32, u64, bool)>,
    /// What a person should know.
    pub(in crate::sync) notes: Vec<String>,
    /// Why the rest has to wait for the next run.
    pub(in crate::sync) stopped: Option<Fault>,
}

/// Who can't be helped by a further call.
enum Hurt {
    /// GitHub wants this one not to be.
    One(String),
    /// Nothing works at this moment, or may.
    All(Fault),
}

impl Hosted<'_> {
    /// The calls that publishing would make.
    pub(in crate::sync) fn planned(
        &self,
        board: &Board,
        seen: &Seen,
        is_there: &dyn Fn(&str) -> bool,
        is_pushed: &dyn Fn(&Proposal) -> bool,
    ) -> Vec<PlannedCall> {
        let repository = self.repository();
        let wishes = wishes(board, seen, &self.settings, is_there, is_pushed);
        wishes.iter().flat_map(|wish| wish.calls(&repository)).collect()
    }

    /// The calls that were made, with what for.
    pub(in crate::sync) fn made(&self) -> Vec<PlannedCall> {
        let said = |call: crate::forge::github::Call| PlannedCall {
            why: why(call.method, call.path.split('?').next().unwrap_or_default()).to_owned(),
            method: call.method.to_owned(),
            path: call.path,
        };
        self.hub.calls().into_iter().map(said).collect()
    }

    fn repository(&self) -> String {
        format!("/repos/{}/{}", self.hub.access().owner(), self.hub.access().name())
    }

    /// Makes the pull requests say what the board says.
    ///
    /// # Errors
    /// When the person interrupts (exit 130); what was done stays done.
    pub(in crate::sync) fn publish(
        &self,
        board: &Board,
        seen: &Seen,
        is_there: &dyn Fn(&str) -> bool,
        is_pushed: &dyn Fn(&Proposal) -> bool,
    ) -> Result<Published, Fault> {
        let mut published = Published::default();
        for wish in wishes(board, seen, &self.settings, is_there, is_pushed) {
            match self.carry_out(&wish, &mut published) {
                Ok(()) => {}
                Err(Hurt::One(why)) => published.notes.push(format!("{}: {why}", wish.branch)),
                Err(Hurt::All(fault)) => {
                    published.stopped = Some(fault);
                    break;
                }
            }
        }
        Ok(published)
    }

    fn carry_out(&self, wish: &Wish, published: &mut Published) -> Result<(), Hurt> {
        let number = match &wish.deal {
            Deal::Make(new) => self.make(new)?,
            Deal::Know(number) => *number,
            Deal::Change { pull, change, .. } => {
                self.hub.change_pull(*pull, change).map_err(|fault| self.hurt(fault))?;
                if matches!(change, PullChange { open: Some(false), .. }) {
                    published.known.push((wish.number, *pull, true));
                }
                return Ok(());
            }
            Deal::Ready(pull) => return self.hub.set_draft(pull, false).map_err(|fault| self.hurt(fault)),
        };
        // A label or a reviewer that GitHub does not want is told once; asking again with every run helps nobody.
        let wears = [
            self.hub.add_labels(number, &wish.dress.labels),
            self.hub.ask_review(number, &wish.dress.people, &wish.dress.teams),
        ];
        for worn in wears {
            match worn.map_err(|fault| self.hurt(fault)) {
                // A token that may open it and not label it is no reason to open no other one.
                Err(Hurt::All(fault)) if self.status() == Some(403) => {
                    published.notes.push(format!("{}: {}", wish.branch, fault.message()));
                }
                Err(Hurt::All(fault)) => return Err(Hurt::All(fault)),
                Err(Hurt::One(why)) => published.notes.push(format!("{}: {why}", wish.branch)),
                Ok(()) => {}
            }
        }
        published.known.push((wish.number, number, false));
        Ok(())
    }

    /// Opens a pull request: where the repository has no drafts, as one that is none.
    fn make(&self, new: &NewPull) -> Result<u64, Hurt> {
        match self.hub.make_pull(new).map_err(|fault| self.hurt(fault)) {
            Ok(pull) => Ok(pull.number),
            Err(Hurt::One(why)) if new.draft && why.to_lowercase().contains("draft") => {
                let made = self.hub.make_pull(&undrafted(new)).map_err(|fault| self.hurt(fault))?;
                Ok(made.number)
            }
            Err(hurt) => Err(hurt),
        }
    }

    /// Closes a pull request, with the reason in its text unless people wrote that.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3).
    pub(in crate::sync) fn close(&self, proposal: &Proposal, pull: &Pull, reason: &str) -> Result<(), Fault> {
        self.hub.change_pull(pull.number, &closing(proposal, pull, reason)).map(|_| ())
    }

    /// Opens a pull request again.
    ///
    /// # Errors
    /// When GitHub refuses (exit 3): its branch went back or was made anew.
    pub(in crate::sync) fn reopen(&self, pull: &Pull) -> Result<(), Fault> {
        let change = PullChange { open: Some(true), ..PullChange::default() };
        self.hub.change_pull(pull.number, &change).map(|_| ())
    }

    /// The status of the last answer.
    fn status(&self) -> Option<u16> {
        self.hub.calls().last().and_then(|call| call.status)
    }

    /// Whether a fault concerns one pull request alone, as the last answer's status tells.
    fn hurt(&self, fault: Fault) -> Hurt {
        match self.status() {
            Some(404 | 405 | 409 | 410 | 422) if fault.kind() == FaultKind::Unfinished => {
                Hurt::One(fault.message().to_owned())
            }
            _ => Hurt::All(fault),
        }
    }
}

/// What the board has to write down after publishing.
pub(in crate::sync) fn receipts(board: &Board, known: &[(u32, u64, bool)]) -> Vec<Step> {
    let step = |(number, pull, closed): &(u32, u64, bool)| {
        let before = board.proposals.get(number)?;
        let after = Proposal { pull: Some(*pull), pull_closed: *closed, ..before.clone() };
        (after != *before).then(|| Step { after, moves: Vec::new(), event: "published".to_owned() })
    };
    known.iter().filter_map(step).collect()
}

/// What a call is for, by its path below the repository.
fn why(method: &str, path: &str) -> &'static str {
    let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    let below = if parts.first() == Some(&"repos") { parts.get(3..).unwrap_or_default() } else { &parts[..] };
    match (method, below) {
        ("GET", ["pulls"]) => "what is open",
        ("GET", ["pulls", _]) => "what became of it",
        ("POST", ["pulls"]) => "a pull request",
        ("PATCH", ["pulls", _]) => "what it says",
        ("PUT", ["pulls", _, "merge"]) => "merge it",
        ("POST", ["issues", _, "labels"]) => "its labels",
        ("POST", ["pulls", _, "requested_reviewers"]) => "its reviewers",
        ("GET", ["commits", ..]) => "which checks are there",
        ("POST" | "PATCH", ["check-runs", ..]) | ("POST", ["statuses", ..]) => "a check",
        (_, ["app", ..] | ["installation", ..]) => "sign in",
        ("POST", ["graphql"]) => "what REST has no call for",
        _ => "",
    }
}
