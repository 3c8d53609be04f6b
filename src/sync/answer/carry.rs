//! One command carried out. What a person has to be told is an answer; what only a later run can do is a fault.

use super::{Answer, Ground, own_branch, words};
use crate::fault::{Fault, FaultKind};
use crate::forge::command::{Command, Parsed, Side};
use crate::forge::github::Pull;
use crate::git::Id;
use crate::merge::Take;
use crate::report::finding::counted;
use crate::sync::decompose::Settle;
use crate::sync::plan::Planned;
use crate::sync::propose::{Chosen, Deed, Request, Synced, Wish, aim, asked_of, list, settled};

/// What a command is carried out on.
pub(super) struct Work<'a> {
    pub(super) ground: &'a Ground<'a>,
    pub(super) pull: Option<&'a Pull>,
    /// The commit of the pull request that the answer is about.
    pub(super) saw: Option<&'a str>,
    /// Whether an earlier run began with it.
    pub(super) is_resumed: bool,
}

/// A line for logs, and Markdown for people.
type Said = (String, String);

impl Work<'_> {
    /// Carries out one command. A no is an answer.
    pub(super) fn answer(&self, parsed: &Parsed, synced: &mut Option<Synced>) -> Result<Answer, Fault> {
        let command = match parsed {
            Ok(command) => command,
            Err(error) => {
                let words = error.to_string();
                let markdown = format!("{}. `/vso help` names the commands.", words::text(&words));
                return Ok(Answer { command: "/vso".into(), done: false, words, markdown, unknown: true });
            }
        };
        let said = self.carry_out(command, synced);
        let (done, (words, markdown)) = match said {
            Ok(said) => (true, said),
            Err(fault) if matches!(fault.kind(), FaultKind::Refused | FaultKind::Usage) => {
                (false, words::refused(&fault))
            }
            Err(fault) => return Err(fault),
        };
        Ok(Answer { command: command.words(), done, words, markdown, unknown: false })
    }

    fn carry_out(&self, command: &Command, synced: &mut Option<Synced>) -> Result<Said, Fault> {
        match command {
            Command::Help => Ok(("named the commands".into(), words::HELP.trim_end().to_owned())),
            Command::Plan => self.plan(),
            Command::Status => self.status(),
            Command::Sync { wide } => self.sync(&Request { wide: *wide, ..Request::default() }, synced),
            Command::Retry => self.sync(&Request::default(), synced),
            Command::Regenerate => self.regenerate(synced),
            Command::Resolve { side, item } => self.resolve(*side, item.as_deref(), synced),
        }
    }

    fn plan(&self) -> Result<Said, Fault> {
        (self.ground.bring)()?;
        let (repo, branch, commit) = aim(self.ground.root, self.ground.config)?;
        let planned = Planned::make(&repo, self.ground.config, commit, &branch)?;
        let view = &planned.view;
        let words = if view.is_empty() { "nothing to do".to_owned() } else { view.reach.words.clone() };
        Ok((words, words::plan(view)))
    }

    fn status(&self) -> Result<Said, Fault> {
        (self.ground.bring)()?;
        let (seen, _) = list(self.ground.root, self.ground.config)?;
        let open: Vec<_> = seen.into_iter().filter(|seen| seen.proposal.is_open()).collect();
        let conflicts: usize = open.iter().map(|seen| seen.proposal.conflicts.len()).sum();
        let words =
            format!("{} open, {} for a person", counted(open.len(), "proposal"), counted(conflicts, "conflict"));
        Ok((words, words::status(&open)))
    }

    fn sync(&self, request: &Request, synced: &mut Option<Synced>) -> Result<Said, Fault> {
        let done = synced.insert((self.ground.sync)(request)?);
        if let Some(fault) = done.failure.as_ref().or(done.away.as_ref()) {
            return Err(fault.clone());
        }
        if done.unreached {
            return Err(Fault::unfinished(format!("nothing travelled: {}", done.notes.join("; "))));
        }
        let moved = done.lines.iter().filter(|line| line.deed != Deed::Unchanged).count();
        let words =
            if moved == 0 { "nothing new".to_owned() } else { format!("{} changed", counted(moved, "proposal")) };
        Ok((words, words::synced(done)))
    }

    /// What is asked of this pull request's proposal, as somebody saw it.
    fn chosen(&self, wish: Wish) -> Result<Chosen, Fault> {
        let branch = own_branch(self.pull).ok_or_else(|| {
            Fault::refused("this is no open pull request of vso")
                .hint("comment below the pull request of the slice; `/vso status` names them")
        })?;
        let at = self.saw.and_then(|saw| saw.parse::<Id>().ok());
        Ok(Chosen { branch: branch.to_owned(), at, wish })
    }

    fn regenerate(&self, synced: &mut Option<Synced>) -> Result<Said, Fault> {
        let chosen = self.chosen(Wish::Regenerate)?;
        let branch = chosen.branch.clone();
        let said = self.sync(&Request { chosen: Some(chosen), ..Request::default() }, synced)?;
        if let Some(done) = synced {
            asked_of(&branch, done)?;
        }
        Ok(said)
    }

    fn resolve(&self, side: Side, item: Option<&str>, synced: &mut Option<Synced>) -> Result<Said, Fault> {
        let take = match side {
            Side::Master => Take::Theirs,
            Side::Slice => Take::Ours,
        };
        let settle = Settle { item: item.map(str::to_owned), take };
        let chosen = self.chosen(Wish::Settle(settle.clone()))?;
        let branch = chosen.branch.clone();
        let (_, markdown) = self.sync(&Request { chosen: Some(chosen), ..Request::default() }, synced)?;
        let Some(done) = synced else { return Err(Fault::unfinished("nothing was synced")) };
        match settled(&branch, &settle, done) {
            Ok((count, open)) => {
                let words = format!("settled {}, {} left", counted(count, "conflict"), open.len());
                Ok((words.clone(), format!("{words}.\n\n{markdown}")))
            }
            // The run that was cut off settled it, and nothing is left to settle.
            Err(_) if self.is_resumed && asked_of(&branch, done).is_ok_and(|line| line.conflicts.is_empty()) => {
                Ok(("settled".into(), format!("settled.\n\n{markdown}")))
            }
            Err(fault) => Err(fault),
        }
    }
}
