//! What a person does with one proposal at the command line, done to its pull request too: there first, then here, so that
//! a run that is killed in between is seen by the next look as something that a person did there.

use super::remote::{self, Deletions, Pushed, There};
use super::{Act, Run};
use crate::fault::{Fault, FaultKind};
use crate::forge::github::{MergeAnswer, MergeStyle, Pull, PullState};
use crate::forge::local::{Board, Carried, Move, Step, carry};
use crate::forge::{Proposal, State};
use crate::git::{Exchange, Id, Update};
use crate::sync::pulls::{Found, Hosted};

/// What came of it there: the pull request's number and whether it is closed now; none where there is no pull request.
pub(super) type Done = Option<(u64, bool)>;

/// Does to a proposal's pull request what is about to be done to the proposal. Where GitHub is away, the next sync makes
/// up for it and a note says so; but a no can't be taken back without it.
pub(super) fn act_there(
    run: &Run<'_>,
    found: &Found<'_>,
    there: Option<&mut There>,
    proposal: &Proposal,
    act: Act,
    notes: &mut Vec<String>,
) -> Result<Done, Fault> {
    let away = |fault: Fault, strict: bool, notes: &mut Vec<String>| {
        if strict || act == Act::Reopen || fault.kind() == FaultKind::Interrupted {
            return Err(fault);
        }
        notes.push(format!("{}; the next `vso sync` makes up for it", fault.message()));
        Ok(None)
    };
    let hosted = match found {
        Found::Local => return Ok(None),
        Found::Away(fault, strict) => return away(fault.clone(), *strict, notes),
        Found::Hosted(hosted) => hosted,
    };
    match done_there(run, hosted, there, proposal, act) {
        Ok(done) => Ok(done),
        Err(fault) if fault.kind() == FaultKind::Unfinished => away(fault, hosted.strict, notes),
        Err(fault) => Err(fault),
    }
}

fn done_there(
    run: &Run<'_>,
    hosted: &Hosted<'_>,
    there: Option<&mut There>,
    proposal: &Proposal,
    act: Act,
) -> Result<Done, Fault> {
    let Some(pull) = hosted.pull_of(proposal)? else { return Ok(None) };
    let known = |closed: bool| Ok(Some((pull.number, closed)));
    match (act, &pull.state) {
        (Act::Close { .. }, PullState::Open) if proposal.is_open() => {
            hosted.close(proposal, &pull, &closed_by(run))?;
            known(true)
        }
        (Act::Reopen, PullState::Closed) if proposal.state == State::Closed => {
            bring_branch(run, there, proposal)?;
            hosted.reopen(&pull)?;
            known(false)
        }
        (Act::Reopen, PullState::Merged { .. }) => {
            Err(Fault::refused(format!("pull request {} of #{} is merged", pull.number, proposal.number)))
        }
        (Act::Ready, PullState::Open) if proposal.is_open() && pull.draft => {
            hosted.hub.set_draft(&pull, false)?;
            known(false)
        }
        (_, state) => known(*state != PullState::Open),
    }
}

/// Why a proposal is closed.
pub(super) fn closed_by(run: &Run<'_>) -> String {
    format!("{} closed it", run.asked_by.as_deref().unwrap_or("a person"))
}

/// Makes a proposal's branch on the remote where it was, if it is gone: GitHub opens nothing again without it.
fn bring_branch(run: &Run<'_>, there: Option<&mut There>, proposal: &Proposal) -> Result<(), Fault> {
    let Some(there) = there else { return Ok(()) };
    let name = proposal.reference();
    if there.refs.contains_key(&name) {
        return Ok(());
    }
    let last = || proposal.head.parse::<Id>().ok().filter(|id| run.repo.has(*id));
    let Some(to) = run.repo.find_ref(&name)?.or_else(last) else { return Ok(()) };
    match run.repo.push(&there.remote, &[Update { name: name.clone(), expected: None, to: Some(to) }])? {
        Exchange::Done => {
            there.refs.insert(name, to);
            Ok(())
        }
        other => Err(Fault::unfinished(format!("the branch {} can't be made again there: {other:?}", proposal.branch))),
    }
}

/// A proposal that is to be merged there.
pub(super) struct Merging<'a, 'h> {
    pub(super) run: &'a Run<'a>,
    pub(super) hosted: &'a Hosted<'h>,
    pub(super) pull: Pull,
    pub(super) style: MergeStyle,
    pub(super) keep_branch: bool,
}

impl Merging<'_, '_> {
    /// Pushes what is new, merges there, brings the target here. Gives the commit and the steps; none when somebody else
    /// was faster.
    pub(super) fn merge(
        &self,
        there: &mut There,
        proposal: &Proposal,
        done: &[Step],
        notes: &mut Vec<String>,
    ) -> Result<Option<(Id, Vec<Step>)>, Fault> {
        let (repo, number) = (self.run.repo, proposal.number);
        match remote::push(repo, there, done, Deletions::Later)? {
            Pushed::Done(words) => notes.extend(words),
            Pushed::Again => return Ok(None),
            Pushed::Not(words) => {
                return Err(Fault::unfinished(format!("#{number} can't be pushed: {}", words.join("; "))));
            }
        }
        let Some(head) = there.refs.get(&proposal.reference()).copied() else {
            return Err(Fault::refused(format!("the branch {} is not on {}", proposal.branch, there.remote)));
        };
        if self.pull.draft {
            self.hosted.hub.set_draft(&self.pull, false)?;
        }
        let (hub, message) = (&self.hosted.hub, self.message());
        let commit = match hub.merge_pull_saying(self.pull.number, &head.to_string(), self.style, message.as_deref())? {
            MergeAnswer::Merged { commit } => commit,
            MergeAnswer::HeadMoved => return Ok(None),
            MergeAnswer::NotNow(words) => {
                return Err(Fault::refused(format!(
                    "GitHub does not merge pull request {}: {words}",
                    self.pull.number
                )));
            }
        };
        let target = format!("refs/heads/{}", proposal.target);
        let spec = format!("+{target}:refs/remotes/{}/{}", there.remote, proposal.target);
        match repo.fetch(&there.remote, &[&spec])? {
            Exchange::Done => {}
            other => notes.push(format!("{} was not fetched: {other:?}", proposal.target)),
        }
        let commit: Id = commit.parse().map_err(|_| Fault::unfinished("GitHub did not say which commit it made"))?;
        let steps = self.carried(proposal, head, commit, notes)?;
        Ok(Some((commit, steps)))
    }

    /// What the merge commit says where a person asked for it. The other styles' messages are GitHub's own, with the people
    /// whose commits are in them.
    fn message(&self) -> Option<String> {
        let is_merge = matches!(self.style, MergeStyle::Merge);
        (is_merge && self.run.asked_by.is_some()).then(|| self.run.message(&self.pull.title))
    }

    fn as_asked(&self) -> String {
        self.run.asked_by.as_ref().map(|login| format!(", as {login} asked")).unwrap_or_default()
    }

    /// Writes down that it is merged; brings the target and the branch along as far as nothing stands in the way.
    fn carried(&self, proposal: &Proposal, head: Id, commit: Id, notes: &mut Vec<String>) -> Result<Vec<Step>, Fault> {
        let repo = self.run.repo;
        let after = Proposal {
            state: State::Merged,
            head: head.to_string(),
            merged: Some(commit.to_string()),
            reason: Some(format!("pull request {} was merged{}", self.pull.number, self.as_asked())),
            pull: Some(self.pull.number),
            pull_closed: true,
            ..proposal.clone()
        };
        let step = |moves: Vec<Move>| Step { after: after.clone(), moves, event: "merged".to_owned() };
        let mut steps = vec![step(Vec::new())];
        let name = format!("refs/heads/{}", proposal.target);
        let from = repo.find_ref(&name)?;
        let follows = match from {
            Some(from) => repo.has(commit) && repo.ancestor(from, commit)?,
            None => false,
        };
        if follows {
            let worktree = repo.checked_out(&name)?.map(|folder| folder.display().to_string());
            steps.push(step(vec![Move { name, from, to: Some(commit), worktree }]));
        } else {
            notes.push(format!("{} has other commits here than there: git pull", proposal.target));
        }
        if !self.keep_branch && repo.find_ref(&proposal.reference())?.is_some() {
            steps.push(step(vec![Move { name: proposal.reference(), from: Some(head), to: None, worktree: None }]));
        }
        for _ in 0..super::TRIES {
            match carry(repo, Board::read(repo)?, steps.clone(), &self.run.author)? {
                Carried::Elsewhere => continue,
                Carried::Done(settled) => {
                    notes.extend(settled.dropped.into_iter().map(|(_, why)| why));
                    return Ok(settled.done);
                }
            }
        }
        Err(Fault::unfinished("others keep changing the proposals").hint("`vso sync` writes down that it is merged"))
    }
}
