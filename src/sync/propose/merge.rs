//! Merging a proposal into its target branch, in memory; where the target is checked out, the worktree is brought along
//! as `git merge` does.

use std::path::Path;
use std::sync::atomic::AtomicBool;

use super::graft::{self, Apart};
use super::hosted_act::Merging;
use super::look::found;
use super::round::short;
use super::{Deed, Line, Request, Run, remote, repository};
use crate::config::Config;
use crate::fault::Fault;
use crate::forge::github::{MergeStyle, Pull};
use crate::forge::local::{Board, Carried, Move, Step, carry};
use crate::forge::{Proposal, State};
use crate::git::{Author, Commit, GENERATED, Id, Repo};
use crate::sync::plan::Planned;
use crate::sync::pulls::Found;
use crate::worktree::Lock;

/// How a proposal's commits come into the target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Style {
    /// By a commit with two parents.
    #[default]
    Merge,
    /// As one commit.
    Squash,
    /// One by one on top of the target.
    Rebase,
}

impl Style {
    fn there(self) -> MergeStyle {
        match self {
            Self::Merge => MergeStyle::Merge,
            Self::Squash => MergeStyle::Squash,
            Self::Rebase => MergeStyle::Rebase,
        }
    }
}

/// What the person asks for.
#[derive(Debug, Clone)]
pub struct MergeRequest {
    /// The proposal: its number, slice or branch.
    pub which: String,
    /// How.
    pub style: Style,
    /// Whether the branch stays.
    pub keep_branch: bool,
    /// The login of the person for whom an App does it.
    pub asked_by: Option<String>,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Merged {
    /// The proposal as it is now.
    pub proposal: Proposal,
    /// Where the target is now.
    pub commit: Id,
    /// What a person should know besides.
    pub notes: Vec<String>,
}

/// So often a merge is tried again because others moved the target or the branch.
const TRIES: usize = 5;

/// Merges a proposal, brought up to date first.
///
/// # Errors
/// When there is no such proposal (exit 2); when it is not open, is a draft, has open conflicts, or files stand in the way
/// (exit 1); when git fails (exit 3). Nothing has moved then, but for bringing the proposal up to date.
pub fn merge(
    root: &Path,
    config: &Config,
    request: &MergeRequest,
    stop: &AtomicBool,
    waiting: &dyn Fn(),
) -> Result<Merged, Fault> {
    let mut repo = repository(root)?;
    let hosted = Found::look(&mut repo, config, stop, &|_| ())?;
    let _lock = Lock::take_unless(root, waiting, stop)?;
    let mut run = Run::new(&repo, config, String::new(), stop);
    run.asked_by.clone_from(&request.asked_by);
    let mut done = run.settle()?.done;
    let (mut there, mut notes) = remote::fetch(&repo, &config.sync.remote, &run.author)?;
    let board = Board::read(&repo)?.full(&repo)?;
    let known = found(&board, &request.which)?;
    let number = known.number;
    run.branch = known.target.clone();
    permitted(known, None, Asked::First)?;
    for _ in 0..TRIES {
        run.go_on()?;
        let Some((line, steps)) = brought_up(&run, number)? else { continue };
        done.extend(steps);
        let board = Board::read(&repo)?;
        let proposal = found(&board.clone().full(&repo)?, &number.to_string())?.clone();
        permitted(&proposal, line.as_ref(), Asked::Again)?;
        if let Some(hosted) = hosted.hosted()
            && let Some(known) = &mut there
            && let Some(pull) = hosted.pull_of(&proposal)?.filter(Pull::is_open)
        {
            let merging =
                Merging { run: &run, hosted, pull, style: request.style.there(), keep_branch: request.keep_branch };
            let Some((commit, steps)) = merging.merge(known, &proposal, &done, &mut notes)? else {
                there = remote::fetch(&repo, &config.sync.remote, &run.author)?.0.or(there);
                continue;
            };
            done.extend(steps);
            return finished(&run, root, number, commit, done, notes);
        }
        if repo.is_mirror()? {
            return Err(only_there(&hosted, number));
        }
        let target = run.target()?;
        let Some(head) = repo.find_ref(&proposal.reference())? else {
            let branch = &proposal.branch;
            return Err(Fault::refused(format!("the branch {branch} is not here"))
                .hint(format!("git fetch {} {branch}:{branch}", config.sync.remote)));
        };
        let commit = made(&repo, &run, &proposal, head, target, request.style)?;
        let step = step(&repo, &proposal, head, (target, commit), request.keep_branch)?;
        match carry(&repo, board, vec![step], &run.author)? {
            Carried::Elsewhere => continue,
            Carried::Done(settled) => {
                if let Some((_, reason)) = settled.dropped.first() {
                    if repo.find_ref(&format!("refs/heads/{}", run.branch))? != Some(target) {
                        continue;
                    }
                    return Err(Fault::refused(format!("#{number} was not merged: {reason}"))
                        .hint("commit, stash or move away what stands in the way, then run this again"));
                }
                done.extend(settled.done);
            }
        }
        if let Some(there) = &mut there {
            notes.extend(remote::push_notes(&repo, there, &done)?);
            let (branch, remote) = (&run.branch, &there.remote);
            notes.push(format!("{branch} moved here only: `git push {remote} {branch}` shows it to others"));
        }
        super::tell_all(root, &done, &mut notes);
        let proposal = found(&Board::read(&repo)?.full(&repo)?, &number.to_string())?.clone();
        return Ok(Merged { proposal, commit, notes });
    }
    Err(Fault::unfinished(format!("others keep moving {}", run.branch)).hint("nothing was merged; run this again"))
}

/// Why a mirror merges nothing: its branches are what GitHub says, and a merge that GitHub does not know would be lost.
fn only_there(hosted: &Found<'_>, number: u32) -> Fault {
    match hosted {
        Found::Away(fault, _) => fault.clone(),
        _ => Fault::refused(format!("#{number} has no open pull request to merge")).hint("a sync opens it"),
    }
}

/// Tells the remote and the ledger what was merged there.
fn finished(
    run: &Run<'_>,
    root: &Path,
    number: u32,
    commit: Id,
    done: Vec<Step>,
    mut notes: Vec<String>,
) -> Result<Merged, Fault> {
    let repo = run.repo;
    // GitHub may have deleted the branch by itself.
    if let (Some(mut there), _) = remote::fetch(repo, &run.config.sync.remote, &run.author)? {
        notes.extend(remote::push_notes(repo, &mut there, &done)?);
    }
    super::tell_all(root, &done, &mut notes);
    let proposal = found(&Board::read(repo)?.full(repo)?, &number.to_string())?.clone();
    Ok(Merged { proposal, commit, notes })
}

/// What is said of a proposal that was brought up to date, and what was done for it.
type Brought = (Option<Line>, Vec<Step>);

/// Brings one proposal up to date as a sync does. None when somebody else was faster.
fn brought_up(run: &Run<'_>, number: u32) -> Result<Option<Brought>, Fault> {
    let board = run.settle()?.board;
    let Some(subject) = board.proposals.get(&number).map(|proposal| proposal.subject.clone()) else {
        return Ok(Some((None, Vec::new())));
    };
    let target = run.target()?;
    let seen = run.repo.find_ref(GENERATED)?;
    let planned = Planned::make(run.repo, run.config, Some(target), &run.branch)?;
    if !super::recorded(run.repo, &planned, seen)? {
        return Ok(None);
    }
    let commits =
        |tree: Id, parents: &[Id], message: &str| run.repo.commit(tree, parents, &run.message(message), &run.author);
    let mut round = run.round(&board, &planned, target, &Request::default(), Some(&subject), &commits)?;
    // What is new about the same is for a sync to open.
    round.steps.retain(|step| step.after.number == number);
    let line = round.lines.into_iter().find(|line| line.number == Some(number));
    Ok(match carry(run.repo, board, round.steps, &run.author)? {
        Carried::Done(settled) if settled.dropped.is_empty() => Some((line, settled.done)),
        _ => None,
    })
}

/// When it is asked whether a proposal can be merged.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Asked {
    /// Before it was brought up to date, which may settle its conflicts.
    First,
    /// Afterwards.
    Again,
}

/// Whether a proposal can be merged.
fn permitted(proposal: &Proposal, line: Option<&Line>, asked: Asked) -> Result<(), Fault> {
    let number = proposal.number;
    if !proposal.is_open() {
        let reason = proposal.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        let fault = Fault::refused(format!("#{number} is {}{reason}", proposal.state.word()));
        return Err(match proposal.state {
            State::Closed => fault.hint(format!("vso pr reopen {number}")),
            _ => fault,
        });
    }
    if let Some(Line { deed: Deed::Blocked | Deed::Away, note: Some(note), .. }) = line {
        return Err(Fault::refused(format!("#{number} can't be brought up to date: {note}")));
    }
    if proposal.draft {
        return Err(Fault::refused(format!("#{number} is a draft")).hint(format!("vso pr ready {number}")));
    }
    if proposal.conflicts.is_empty() || asked == Asked::First {
        return Ok(());
    }
    let count = crate::report::finding::counted(proposal.conflicts.len(), "open conflict");
    let fault = Fault::refused(format!("#{number} has {count}"));
    Err(super::look::settling(proposal).into_iter().fold(fault, Fault::hint))
}

fn step(repo: &Repo, proposal: &Proposal, head: Id, (from, to): (Id, Id), keep: bool) -> Result<Step, Fault> {
    let name = format!("refs/heads/{}", proposal.target);
    let worktree = repo.checked_out(&name)?.map(|folder| folder.display().to_string());
    if let (Some(_), Some(what)) = (&worktree, repo.under_way()) {
        return Err(
            Fault::refused(format!("a {what} is under way here")).hint(format!("finish it or `git {what} --abort`"))
        );
    }
    let mut moves = vec![Move { name, from: Some(from), to: Some(to), worktree }];
    if !keep {
        moves.push(Move { name: proposal.reference(), from: Some(head), to: None, worktree: None });
    }
    let after = Proposal {
        state: State::Merged,
        head: head.to_string(),
        merged: Some(to.to_string()),
        reason: Some(format!("merged into {} as {}", proposal.target, short(to))),
        ..proposal.clone()
    };
    Ok(Step { after, moves, event: "merged".into() })
}

/// The commit to which the target goes.
fn made(repo: &Repo, run: &Run<'_>, proposal: &Proposal, head: Id, target: Id, style: Style) -> Result<Id, Fault> {
    let tree = match merged_tree(repo, head, target)? {
        Ok(tree) => tree,
        Err(Apart(files)) => {
            return Err(Fault::refused(format!(
                "#{}: {} changed both on {} and on {}",
                proposal.number,
                files.join(", "),
                proposal.branch,
                proposal.target
            ))
            .hint(format!("join them by hand: git switch {} && git merge {}", proposal.branch, proposal.target)));
        }
    };
    if repo.ancestor(head, target)? {
        return Ok(target);
    }
    let author = person(repo, &run.author)?;
    let title = proposal.title.lines().next().unwrap_or_default();
    let number = proposal.number;
    match style {
        Style::Merge => {
            let text = format!("Merge #{number}: {title}\n\nVso-Proposal: {number}\n");
            repo.commit(tree, &[target, head], &run.message(&text), &author)
        }
        Style::Squash => {
            let text = squash_text(repo, proposal, head, target)?;
            repo.commit(tree, &[target], &run.message(&text), &author)
        }
        Style::Rebase => rebased(repo, proposal, head, target, tree),
    }
}

/// The target's tree with what the branch changed.
pub(super) fn merged_tree(repo: &Repo, head: Id, target: Id) -> Result<Result<Id, Apart>, Fault> {
    let Some(base) = repo.merge_base(head, target)? else {
        return Err(Fault::refused("the branch has no common history with its target"));
    };
    let [base, changed, onto] = [repo.tree_of(base)?, repo.tree_of(head)?, repo.tree_of(target)?];
    if base == onto {
        return Ok(Ok(changed));
    }
    graft::apply(repo, base, changed, onto, &|_| false)
}

/// What a squash says: the proposal, and the people whose commits are in it.
fn squash_text(repo: &Repo, proposal: &Proposal, head: Id, target: Id) -> Result<String, Fault> {
    let title = proposal.title.lines().next().unwrap_or_default();
    let mut text = format!("{title} (#{})\n\n", proposal.number);
    if !proposal.body.trim().is_empty() {
        text += &format!("{}\n\n", proposal.body.trim());
    }
    let mut authors = Vec::new();
    for id in super::peoples(repo, proposal, head, target)? {
        let commit = repo.commit_at(id)?;
        text += &format!("* {}\n", commit.message.lines().next().unwrap_or_default());
        let author = format!("Co-authored-by: {} <{}>\n", commit.author.name, commit.author.email);
        if !authors.contains(&author) {
            authors.push(author);
        }
    }
    if !authors.is_empty() {
        text.push('\n');
    }
    text += &format!("Vso-Proposal: {}\n{}", proposal.number, authors.concat());
    Ok(text)
}

/// The branch's own commits again, one by one on top of the target. The last one has the merged tree.
fn rebased(repo: &Repo, proposal: &Proposal, head: Id, target: Id, merged: Id) -> Result<Id, Fault> {
    let mut chain: Vec<Commit> = Vec::new();
    let mut next = Some(head);
    while let Some(id) = next {
        if repo.ancestor(id, target)? {
            break;
        }
        let commit = repo.commit_at(id)?;
        next = commit.parents.first().copied();
        chain.push(commit);
    }
    let (mut at, mut tree) = (target, repo.tree_of(target)?);
    let mut last: Option<(Commit, Id)> = None;
    for commit in chain.into_iter().rev() {
        let before = commit.parents.first().map_or(Ok(crate::git::empty_tree()), |id| repo.tree_of(*id))?;
        let next = match graft::apply(repo, before, commit.tree, tree, &|_| false)? {
            Ok(next) => next,
            Err(Apart(files)) => {
                return Err(Fault::refused(format!(
                    "{} can't be replayed on {}: {}",
                    short(commit.id),
                    proposal.target,
                    files.join(", ")
                ))
                .hint(format!("vso pr merge {} --squash", proposal.number)));
            }
        };
        if next == tree {
            continue;
        }
        if let Some((before, its)) = last.replace((commit, next)) {
            at = repo.commit(its, &[at], &before.message, &before.author)?;
        }
        tree = next;
    }
    match last {
        Some((commit, _)) => repo.commit(merged, &[at], &commit.message, &commit.author),
        None => Ok(target),
    }
}

/// Who merges: the person whom git knows, at this moment.
fn person(repo: &Repo, now: &Author) -> Result<Author, Fault> {
    let variable = |name: &str| std::env::var(name).ok().filter(|text| !text.trim().is_empty());
    let name = variable("GIT_COMMITTER_NAME").map_or_else(|| repo.setting("user.name"), |name| Ok(Some(name)))?;
    let email = variable("GIT_COMMITTER_EMAIL").map_or_else(|| repo.setting("user.email"), |email| Ok(Some(email)))?;
    Ok(match (name, email) {
        (Some(name), Some(email)) => Author { name, email, ..now.clone() },
        _ => now.clone(),
    })
}
