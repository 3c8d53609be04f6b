//! Looking at proposals: finding one, how it stands, its commits, what it changes. Moves nothing.

use std::path::Path;

use super::merge::merged_tree;
use super::observe::{Standing, peoples, standing};
use super::repository;
use crate::config::Config;
use crate::fault::Fault;
use crate::forge::local::Board;
use crate::forge::{Proposal, Subject};
use crate::git::{Id, Kind, Repo};
use crate::sync::pulls::page;

/// A proposal as it stands at this moment.
#[derive(Debug, Clone)]
pub struct Seen {
    /// As it was last written down.
    pub proposal: Proposal,
    /// Where its branch is; none when it is not here.
    pub head: Option<Id>,
    /// What the next sync will say of an open one: `merged` or `closed` where that has happened since.
    pub standing: String,
    /// The page of its pull request, where that can be told.
    pub url: Option<String>,
    /// The commits that only the branch has, oldest first.
    pub commits: Vec<SeenCommit>,
}

/// A commit of a proposal.
#[derive(Debug, Clone)]
pub struct SeenCommit {
    /// Its id.
    pub id: Id,
    /// The first line of its message.
    pub subject: String,
    /// Who wrote it.
    pub author: String,
    /// Whether vso wrote it.
    pub is_vso: bool,
}

/// A file that a proposal changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Its path from the repository's root.
    pub path: String,
    /// Before; none when it is new.
    pub before: Option<Vec<u8>>,
    /// After; none when it goes.
    pub after: Option<Vec<u8>>,
}

/// All proposals as they stand, by number; and what could not be read.
///
/// # Errors
/// When there is no repository (exit 2) or git fails (exit 3).
pub fn list(root: &Path, config: &Config) -> Result<(Vec<Seen>, Vec<String>), Fault> {
    let repo = repository(root)?;
    let board = Board::read(&repo)?.full(&repo)?;
    let page = page(&repo, config);
    let see = |proposal| see(&repo, proposal, page.as_deref());
    let seen: Result<Vec<Seen>, Fault> = board.proposals.values().map(see).collect();
    let mut notes: Vec<String> = board.unread.iter().map(|(path, why)| format!("{path}: {why}")).collect();
    if board.intent.is_some() {
        notes.push("an earlier run was interrupted; `vso sync` finishes it".to_owned());
    }
    Ok((seen?, notes))
}

/// One proposal by its number, slice or branch.
///
/// # Errors
/// When there is no such proposal (exit 2), or git fails (exit 3).
pub fn show(root: &Path, config: &Config, which: &str) -> Result<Seen, Fault> {
    let repo = repository(root)?;
    see(&repo, found(&Board::read(&repo)?.full(&repo)?, which)?, page(&repo, config).as_deref())
}

/// What merging a proposal would change in its target.
///
/// # Errors
/// When there is no such proposal (exit 2), its branch is not here or does not go together with the target (exit 1), or
/// git fails (exit 3).
pub fn diff(root: &Path, which: &str) -> Result<Vec<Changed>, Fault> {
    let repo = repository(root)?;
    let board = Board::read(&repo)?.full(&repo)?;
    let proposal = found(&board, which)?;
    let recorded = || proposal.head.parse::<Id>().ok().filter(|id| repo.has(*id));
    let head = repo.find_ref(&proposal.reference())?.or_else(recorded);
    let onto = repo.find_ref(&format!("refs/heads/{}", proposal.target))?;
    let built = || proposal.onto.parse::<Id>().ok().filter(|id| repo.has(*id));
    // What is over is shown against what it was built on.
    let target = if proposal.is_open() { onto } else { built() };
    let (Some(head), Some(target)) = (head, target) else {
        return Err(Fault::refused(format!("the branch {} is not here", proposal.branch)));
    };
    let before = repo.tree_of(target)?;
    let after = match merged_tree(&repo, head, target)? {
        Ok(tree) => tree,
        Err(apart) => {
            return Err(Fault::refused(format!("{} changed on both sides", apart.0.join(", ")))
                .hint(format!("git diff {}...{}", proposal.target, proposal.branch)));
        }
    };
    changed(&repo, before, after)
}

/// The files in which two trees differ.
pub(super) fn changed(repo: &Repo, before: Id, after: Id) -> Result<Vec<Changed>, Fault> {
    let content = |tree: Id, path: &str| -> Result<Option<Vec<u8>>, Fault> {
        match repo.entry(tree, path)? {
            Some((id, kind)) if !matches!(kind, Kind::Folder | Kind::Submodule) => repo.blob(id).map(Some),
            _ => Ok(None),
        }
    };
    let changed = |path: String| Ok(Changed { before: content(before, &path)?, after: content(after, &path)?, path });
    repo.changed_paths(before, after, &[])?.into_iter().map(changed).collect()
}

fn see(repo: &Repo, proposal: &Proposal, page: Option<&str>) -> Result<Seen, Fault> {
    let head = repo.find_ref(&proposal.reference())?;
    let target = repo.find_ref(&format!("refs/heads/{}", proposal.target))?;
    let mut word = proposal.standing().to_owned();
    if let (true, Some(target)) = (proposal.is_open(), target) {
        match standing(repo, proposal, target)? {
            Standing::Merged { .. } => word = "merged".to_owned(),
            Standing::Deleted => word = "closed".to_owned(),
            Standing::Away => word = "away".to_owned(),
            Standing::Waits { .. } | Standing::Ahead => {}
        }
    }
    let mut commits = Vec::new();
    if let (Some(head), Some(target)) = (head, target) {
        let people = peoples(repo, proposal, head, target)?;
        for id in repo.commits(Some(target), head)?.into_iter().rev() {
            let commit = repo.commit_at(id)?;
            let subject = commit.message.lines().next().unwrap_or_default().to_owned();
            commits.push(SeenCommit { id, subject, author: commit.author.name, is_vso: !people.contains(&id) });
        }
    }
    let url = page.zip(proposal.pull).map(|(page, pull)| format!("{page}/pull/{pull}"));
    Ok(Seen { proposal: proposal.clone(), head, standing: word, url, commits })
}

/// A proposal by number (`3`, `#3`), slice (`slice-001-auth`), branch, `master` or `all`; an open one first, else the
/// latest.
pub(super) fn found<'a>(board: &'a Board, which: &str) -> Result<&'a Proposal, Fault> {
    if let Ok(number) = which.trim_start_matches('#').parse::<u32>() {
        return board.proposals.get(&number).ok_or_else(|| {
            let fault = Fault::usage(format!("there is no proposal #{number}"));
            fault.hint("`vso pr list --all` shows those that there are")
        });
    }
    let fits = |proposal: &&Proposal| match (&proposal.subject, which) {
        (Subject::Master, "master") | (Subject::All, "all") => true,
        (subject, word) => subject.word() == word || proposal.branch == word,
    };
    let open = board.all_open().find(fits);
    open.or_else(|| board.proposals.values().rev().find(fits)).ok_or_else(|| {
        Fault::usage(format!("there is no proposal for {which:?}"))
            .hint("give its number, its slice or its branch; `vso pr list --all` shows those that there are")
    })
}

/// How the open conflicts of a proposal are settled, a command each.
#[must_use]
pub fn settling(proposal: &Proposal) -> Vec<String> {
    let slice = |path: &str| {
        let parts = path.split('/').find(|part| part.starts_with("slice-"));
        parts.unwrap_or(proposal.subject.word()).to_owned()
    };
    let command = |open: &crate::forge::Open| {
        format!("vso resolve {} --item {} --take master|slice|base|edit", slice(&open.path), quoted(&open.item))
    };
    let mut commands: Vec<String> = proposal.conflicts.iter().map(command).collect();
    commands.dedup();
    commands
}

/// One shell word: what came from a specification must not run.
fn quoted(text: &str) -> String {
    let is_plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
