//! Proposals on their way between clones: what the remote has is taken over, ours is redone onto it, and the result is
//! pushed with the belief of what is there. A remote that can't be reached stops nothing.

use std::collections::BTreeMap;

use super::round::short;
use crate::fault::Fault;
use crate::forge::local::{self, Board, Step};
use crate::forge::proposal::BRANCHES;
use crate::forge::{Proposal, State};
use crate::git::{Author, Exchange, GENERATED, Id, Moved, Repo, Update};

/// The refs that travel besides the branches of proposals.
const STATE: [&str; 2] = [GENERATED, local::REF];

/// What a remote had when it was last asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct There {
    /// Its name here.
    pub(super) remote: String,
    /// Its refs: the state and the branches.
    pub(super) refs: BTreeMap<String, Id>,
}

/// When branches go from the remote that went here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Deletions {
    /// With this push.
    Now,
    /// With a later one.
    Later,
}

/// How a push ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Pushed {
    /// All is there now; with what had to stay behind.
    Done(Vec<String>),
    /// Somebody else was faster: fetch and plan again.
    Again,
    /// The remote could not be reached, or wanted none of it; with why.
    Not(Vec<String>),
}

/// Asks the remote and takes over what is new there. None when there is no such remote or it can't be reached; then the
/// note says why.
pub(super) fn fetch(repo: &Repo, remote: &str, author: &Author) -> Result<(Option<There>, Vec<String>), Fault> {
    if remote.is_empty() {
        return Ok((None, Vec::new()));
    }
    let branches = BRANCHES.map(|start| format!("refs/heads/{start}*"));
    let patterns: Vec<&str> = STATE.iter().copied().chain(branches.iter().map(String::as_str)).collect();
    let refs: BTreeMap<String, Id> = match repo.remote_refs(remote, &patterns)? {
        Ok(refs) => refs.into_iter().collect(),
        Err(why) => return Ok((None, unreachable(remote, &why))),
    };
    let missing = refs.iter().filter(|(_, id)| !repo.has(**id)).map(|(name, _)| name);
    let specs: Vec<String> = missing.map(|name| format!("+{name}:{}", seen(remote, name))).collect();
    if !specs.is_empty() {
        let specs: Vec<&str> = specs.iter().map(String::as_str).collect();
        match repo.fetch(remote, &specs)? {
            Exchange::Done => {}
            why => return Ok((None, unreachable(remote, &why))),
        }
    }
    let there = There { remote: remote.to_owned(), refs };
    let notes = take_over(repo, &there, author)?;
    Ok((Some(there), notes))
}

/// Where a remote's ref is kept here, so that gc leaves its objects.
fn seen(remote: &str, name: &str) -> String {
    let below = name.strip_prefix("refs/vso/").or_else(|| name.strip_prefix("refs/")).unwrap_or(name);
    format!("refs/vso/remotes/{remote}/{below}")
}

fn unreachable(remote: &str, why: &Exchange) -> Vec<String> {
    match why {
        Exchange::Unreachable(why) | Exchange::Refused(why) => {
            vec![format!("{remote} can't be reached, so nothing travels: {why}")]
        }
        Exchange::Absent(name) => vec![format!("{name} went from {remote} while it was being fetched")],
        Exchange::Rejected(names) => vec![format!("{remote} did not give {}", names.join(", "))],
        Exchange::NoSuchRemote | Exchange::Done => Vec::new(),
    }
}

fn take_over(repo: &Repo, there: &There, author: &Author) -> Result<Vec<String>, Fault> {
    if let Some(theirs) = there.refs.get(GENERATED).copied() {
        let ours = repo.find_ref(GENERATED)?;
        // What was generated here and is not there is generated again on top of theirs.
        let is_ahead = ours.is_some_and(|ours| repo.ancestor(theirs, ours).unwrap_or(false));
        if ours != Some(theirs) && !is_ahead {
            // Somebody here who moves it at this moment is seen by the next compare-and-swap.
            let _: Moved = repo.move_ref(GENERATED, ours, Some(theirs), "vso: fetched")?;
        }
    }
    let Some(theirs) = there.refs.get(local::REF).copied() else { return Ok(Vec::new()) };
    let ours = Board::read(repo)?.full(repo)?;
    let mut given_way = Vec::new();
    if ours.at != Some(theirs) {
        let is_ahead = ours.at.is_some_and(|at| repo.ancestor(theirs, at).unwrap_or(false));
        if !is_ahead {
            given_way = joined(repo, &ours, theirs, author)?;
        }
    }
    branches(repo, there, &ours, &given_way)
}

/// Makes one state of two. Gives the proposals of ours that gave way.
fn joined(repo: &Repo, ours: &Board, theirs: Id, author: &Author) -> Result<Vec<Proposal>, Fault> {
    let base = match ours.at {
        Some(at) => Board::at(repo, repo.merge_base(at, theirs)?)?.full(repo)?,
        None => Board::default(),
    };
    let remote = Board::at(repo, Some(theirs))?.full(repo)?;
    let (board, given_way) = local::join(&base, ours, &remote);
    // What comes from outside is never carried out: an intent of theirs is theirs to finish.
    let next = if board == remote { theirs } else { board.commit(repo, "joined with what the remote has", author)? };
    let _: Moved = repo.move_ref(local::REF, ours.at, Some(next), "vso: fetched")?;
    Ok(given_way)
}

/// Brings the branches of open proposals to where they are on the remote.
fn branches(repo: &Repo, there: &There, before: &Board, given_way: &[Proposal]) -> Result<Vec<String>, Fault> {
    let mut notes = Vec::new();
    let now = Board::read(repo)?;
    for proposal in now.all_open() {
        let name = proposal.reference();
        let Some(theirs) = there.refs.get(&name).copied() else { continue };
        let ours = repo.find_ref(&name)?;
        let was_here = before.proposals.get(&proposal.number).is_some_and(|was| was.branch == proposal.branch);
        let goes = match ours {
            Some(ours) if ours == theirs || repo.ancestor(theirs, ours)? => false,
            Some(ours) => repo.ancestor(ours, theirs)? || is_redone(repo, ours, theirs, proposal, given_way)?,
            // Deleted here by a person, or never here.
            None => !was_here,
        };
        if !goes {
            let is_apart = ours.is_some_and(|ours| !repo.ancestor(theirs, ours).unwrap_or(true));
            if is_apart {
                let words = "has other commits there than here; join them with git";
                notes.push(format!("{} {words} ({} there)", proposal.branch, short(theirs)));
            }
            continue;
        }
        if repo.checked_out(&name)?.is_some() {
            notes.push(format!(
                "{} is checked out and stays behind {}: `git pull` there",
                proposal.branch, there.remote
            ));
            continue;
        }
        let _: Moved = repo.move_ref(&name, ours, Some(theirs), "vso: fetched")?;
    }
    Ok(notes)
}

/// Whether all that only our branch has was written by vso and gave way.
fn is_redone(repo: &Repo, ours: Id, theirs: Id, proposal: &Proposal, given_way: &[Proposal]) -> Result<bool, Fault> {
    let mine = given_way.iter().filter(|gone| gone.branch == proposal.branch).flat_map(|gone| &gone.commits);
    let written: Vec<Id> = mine.chain(&proposal.commits).filter_map(|id| id.parse().ok()).collect();
    let target: Option<Id> = proposal.onto.parse().ok().filter(|id| repo.has(*id));
    let only = repo.commits(Some(theirs), ours)?;
    Ok(only.iter().all(|commit| {
        written.contains(commit) || target.is_some_and(|target| repo.ancestor(*commit, target).unwrap_or(false))
    }))
}

/// Pushes the state and the branches of open proposals; deletes there what was deleted here by these steps.
pub(super) fn push(repo: &Repo, there: &mut There, done: &[Step], deletions: Deletions) -> Result<Pushed, Fault> {
    let mut updates = Vec::new();
    let mut wish = |name: String, to: Option<Id>| {
        let expected = there.refs.get(&name).copied();
        if expected != to {
            updates.push(Update { name, expected, to });
        }
    };
    for name in STATE {
        if let Some(here) = repo.find_ref(name)? {
            wish(name.to_owned(), Some(here));
        }
    }
    let board = Board::read(repo)?;
    let mut behind = Vec::new();
    for proposal in board.all_open() {
        let name = proposal.reference();
        let Some(here) = repo.find_ref(&name)? else { continue };
        match there.refs.get(&name).copied() {
            // People may have pushed what is not here yet; that is theirs to join.
            Some(theirs) if !repo.ancestor(theirs, here)? => behind.push(proposal.branch.clone()),
            _ => wish(name, Some(here)),
        }
    }
    let over = done.iter().filter(|step| step.after.state != State::Open && deletions == Deletions::Now);
    for moved in over.flat_map(|step| &step.moves) {
        let is_gone = moved.to.is_none() && there.refs.get(&moved.name).copied() == moved.from;
        if is_gone {
            wish(moved.name.clone(), None);
        }
    }
    Ok(match repo.push(&there.remote, &updates)? {
        Exchange::Rejected(_) => Pushed::Again,
        Exchange::Done => {
            for Update { name, to, .. } in updates {
                match to {
                    Some(to) => drop(there.refs.insert(name, to)),
                    None => drop(there.refs.remove(&name)),
                }
            }
            let words =
                behind.iter().map(|branch| format!("{branch} was not pushed: {} has other commits", there.remote));
            Pushed::Done(words.collect())
        }
        why => Pushed::Not(unreachable(&there.remote, &why)),
    })
}

/// The same once, for commands that can leave the rest to the next sync.
pub(super) fn push_notes(repo: &Repo, there: &mut There, done: &[Step]) -> Result<Vec<String>, Fault> {
    Ok(match push(repo, there, done, Deletions::Now)? {
        Pushed::Done(notes) | Pushed::Not(notes) => notes,
        Pushed::Again => vec![format!("{} has newer proposals; `vso sync` joins them", there.remote)],
    })
}
