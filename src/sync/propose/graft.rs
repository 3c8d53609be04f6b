//! Trees for branches, made in memory: what is wanted planted into the target's tree, joined with what people did there.

use std::collections::BTreeSet;

use crate::fault::Fault;
use crate::forge::{Open, Proposal};
use crate::git::{Id, Kind, Planted, Repo};
use crate::merge::{self, Conflict, Take, Tree};
use crate::sync::decompose::Settle;
use crate::sync::wanted::Wanted;

/// What a branch is to hold.
#[derive(Debug, Clone)]
pub(super) struct Grafted {
    /// The branch's tree, with people's commits.
    pub(super) tree: Id,
    /// What vso wants, without them.
    pub(super) wanted: Id,
    /// Folders and files that it brings, from the repository's root.
    pub(super) paths: Vec<String>,
    /// What is open.
    pub(super) conflicts: Vec<Open>,
    /// The same with what each side says, by the file's path from the repository's root.
    pub(super) open: Vec<(String, Conflict)>,
}

/// Why a tree can't be made without a person: files outside of the proposal's own that both sides changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Apart(pub(super) Vec<String>);

/// The tree of a new branch.
pub(super) fn planted(repo: &Repo, target: Id, wanted: &Wanted) -> Result<Grafted, Fault> {
    let tree = plant(repo, repo.tree_of(target)?, wanted)?;
    Ok(Grafted {
        tree,
        wanted: tree,
        paths: paths(repo, wanted),
        conflicts: open(repo, wanted),
        open: said(repo, wanted),
    })
}

/// How a branch is joined with what is wanted.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct How<'a> {
    /// What a person settles.
    pub(super) settle: Option<&'a Settle>,
    /// Whether what people wrote in slices there is asked as if vso had never written them.
    pub(super) again: bool,
}

impl How<'_> {
    /// Whether nothing is asked for but what always is.
    pub(super) fn is_none(&self) -> bool {
        self.settle.is_none() && !self.again
    }
}

/// The tree of a branch that is there already: with `head`, what people did on it stays.
pub(super) fn joined(
    repo: &Repo,
    proposal: &Proposal,
    head: Id,
    target: Id,
    wanted: &Wanted,
    how: &How<'_>,
) -> Result<Result<Grafted, Apart>, Fault> {
    let pure = planted(repo, target, wanted)?;
    let head = repo.tree_of(head)?;
    let last = match proposal.wanted.parse::<Id>() {
        Ok(last) if repo.has(last) => last,
        // What vso last wanted is lost: what the branch was opened on tells people's changes too.
        _ => proposal.onto.parse::<Id>().ok().filter(|id| repo.has(*id)).map_or(Ok(head), |id| repo.tree_of(id))?,
    };
    if head == last {
        return Ok(Ok(pure));
    }
    // A folder that the proposal brought before and no longer brings is as any other one: what people did there is kept
    // file by file.
    let still = proposal.paths.iter().filter(|path| is_still_brought(repo, path, wanted, &pure.paths));
    let own: BTreeSet<&str> = still.chain(&pure.paths).map(String::as_str).collect();
    let view = |tree: Id| seen(repo, tree, &own, wanted);
    let (mut before, here) = (view(last)?, view(head)?);
    if how.again {
        let is_slices = |path: &str| wanted.folders.iter().any(|folder| is_below(path, &folder.path));
        before = before
            .iter()
            .filter(|(path, _)| !is_slices(path))
            .map(|(path, it)| (path.to_owned(), it.clone()))
            .collect();
    }
    // Whoever was asked and wrote something else since has decided; what stands as vso left it is asked again.
    let left = proposal.commits.last().and_then(|id| id.parse::<Id>().ok()).filter(|id| repo.has(*id));
    let left = left.map(|commit| view(repo.tree_of(commit)?)).transpose()?.unwrap_or_default();
    let untouched: Vec<(String, Conflict)> = wanted.clone().onto(&before, &left, &|_, _| None)?.conflicts;
    let decided = |path: &str, conflict: &Conflict| {
        if let Some(take) = how.settle.and_then(|settle| settle.of(conflict)) {
            return Some(take);
        }
        let place = repo.place(path);
        let was_asked = proposal.conflicts.iter().any(|open| open.path == place && open.item == conflict.item);
        let is_left = || untouched.iter().any(|(at, other)| at == path && other.ours == conflict.ours);
        (was_asked && !how.again && !is_left()).then_some(Take::Ours)
    };
    let over = wanted.clone().onto(&before, &here, &decided)?;
    let next = wanted.clone().asked(&before, &here, &decided)?;
    let next = plant(repo, repo.tree_of(target)?, &next)?;
    let inside = plant(repo, repo.tree_of(target)?, &over)?;
    let is_own = |path: &str| own.iter().any(|own| is_below(path, own));
    let tree = match apply(repo, last, head, inside, &is_own)? {
        Ok(tree) => tree,
        Err(apart) => return Ok(Err(apart)),
    };
    Ok(Ok(Grafted { tree, wanted: next, conflicts: open(repo, &over), open: said(repo, &over), ..pure }))
}

/// Whether a path of an earlier round is brought now too, perhaps under the name that its slice has since.
fn is_still_brought(repo: &Repo, path: &str, wanted: &Wanted, brought: &[String]) -> bool {
    let prefix = if repo.prefix().is_empty() { String::new() } else { format!("{}/", repo.prefix()) };
    let place = path.strip_prefix(&prefix).map(|place| repo.place(&now(place, wanted)));
    place.is_some_and(|place| brought.contains(&place))
}

/// Puts what changed from `base` to `changed` onto a third tree, file by file; `skip` leaves paths as they are there.
pub(super) fn apply(
    repo: &Repo,
    base: Id,
    changed: Id,
    onto: Id,
    skip: &dyn Fn(&str) -> bool,
) -> Result<Result<Id, Apart>, Fault> {
    let paths: Vec<String> = repo.changed_paths(base, changed, &[])?.into_iter().filter(|path| !skip(path)).collect();
    let mut plain: Vec<(String, Option<Planted>)> = Vec::new();
    let mut is_mixed = false;
    for path in &paths {
        let (before, theirs, ours) = (repo.entry(base, path)?, repo.entry(changed, path)?, repo.entry(onto, path)?);
        if ours == theirs {
            continue;
        }
        is_mixed |= ours != before;
        plain.push((path.clone(), theirs));
    }
    if !is_mixed {
        return repo.graft(onto, &plain).map(Ok);
    }
    mixed(repo, [base, changed, onto], &paths)
}

/// The same where both sides changed a file: all of them go through the keyed merge, so that moves are seen.
fn mixed(repo: &Repo, [base, changed, onto]: [Id; 3], paths: &[String]) -> Result<Result<Id, Apart>, Fault> {
    let mut whole: Vec<(String, Option<Planted>)> = Vec::new();
    let mut sides = [Tree::new(), Tree::new(), Tree::new()];
    for path in paths {
        let entries = [repo.entry(base, path)?, repo.entry(onto, path)?, repo.entry(changed, path)?];
        if entries.iter().flatten().any(|(_, kind)| kind.mode().is_none()) {
            // A folder or a submodule on one side: only a plain take is safe.
            if entries[0] != entries[1] && entries[1] != entries[2] {
                return Ok(Err(Apart(vec![path.clone()])));
            }
            whole.push((path.clone(), entries[2]));
            continue;
        }
        for (side, entry) in sides.iter_mut().zip(entries) {
            if let Some((id, kind)) = entry
                && let Some(mode) = kind.mode()
            {
                side.insert(path.clone(), merge::Entry { bytes: repo.blob(id)?, mode });
            }
        }
    }
    let [before, ours, theirs] = &sides;
    let merged = merge::trees(before, ours, theirs);
    if !merged.is_clean() {
        let apart: BTreeSet<String> = merged.conflicts().map(|(path, _)| path.to_owned()).collect();
        return Ok(Err(Apart(apart.into_iter().collect())));
    }
    let result = merged.resolve(&|_, _| None).tree;
    let gone = paths.iter().filter(|path| result.get(path).is_none() && !whole.iter().any(|(other, _)| other == *path));
    let mut changes: Vec<(String, Option<Planted>)> = gone.map(|path| (path.clone(), None)).collect();
    for (path, entry) in result.iter() {
        changes.push((path.to_owned(), Some((repo.write_blob(&entry.bytes)?, entry.mode.into()))));
    }
    changes.extend(whole);
    repo.graft(onto, &changes).map(Ok)
}

/// What is wanted, put into a tree of the whole repository.
fn plant(repo: &Repo, tree: Id, wanted: &Wanted) -> Result<Id, Fault> {
    let mut changes: Vec<(String, Option<Planted>)> = Vec::new();
    for folder in &wanted.folders {
        if let Some(was) = folder.was.as_ref().filter(|was| **was != folder.path) {
            changes.push((repo.place(was), None));
        }
        let planted = if folder.tree.is_empty() { None } else { Some((repo.write(&folder.tree)?, Kind::Folder)) };
        changes.push((repo.place(&folder.path), planted));
    }
    for (path, entry) in &wanted.files {
        let planted = match entry {
            Some(entry) => Some((repo.write_blob(&entry.bytes)?, Kind::from(entry.mode))),
            None => None,
        };
        changes.push((repo.place(path), planted));
    }
    repo.graft(tree, &changes)
}

/// Folders and files of a proposal, from the repository's root, in order.
pub(super) fn paths(repo: &Repo, wanted: &Wanted) -> Vec<String> {
    let folders = wanted.folders.iter().flat_map(|folder| folder.was.iter().chain([&folder.path]));
    let files = wanted.files.iter().map(|(path, _)| path);
    let all: BTreeSet<String> = folders.chain(files).map(|path| repo.place(path)).collect();
    all.into_iter().collect()
}

fn open(repo: &Repo, wanted: &Wanted) -> Vec<Open> {
    let open = wanted.conflicts.iter();
    open.map(|(path, conflict)| Open { path: repo.place(path), item: conflict.item.clone() }).collect()
}

fn said(repo: &Repo, wanted: &Wanted) -> Vec<(String, Conflict)> {
    wanted.conflicts.iter().map(|(path, conflict)| (repo.place(path), conflict.clone())).collect()
}

/// A proposal's own part of a tree, with paths from the project's root. A slice's folder has the name that it has now:
/// between two proposals its component may have been renamed.
fn seen(repo: &Repo, tree: Id, own: &BTreeSet<&str>, wanted: &Wanted) -> Result<Tree, Fault> {
    let mut found = Tree::new();
    let prefix = if repo.prefix().is_empty() { String::new() } else { format!("{}/", repo.prefix()) };
    for path in own {
        let Some(place) = path.strip_prefix(&prefix) else { continue };
        let place = now(place, wanted);
        match repo.entry(tree, path)? {
            Some((_, Kind::Folder)) => {
                for (below, entry) in repo.read(tree, path)?.iter() {
                    found.insert(format!("{place}/{below}"), entry.clone());
                }
            }
            Some((id, kind)) => {
                if let Some(mode) = kind.mode() {
                    found.insert(place.clone(), merge::Entry { bytes: repo.blob(id)?, mode });
                }
            }
            None => {}
        }
    }
    Ok(found)
}

/// The folder that a slice has now: the one with the same number.
fn now(place: &str, wanted: &Wanted) -> String {
    let number = |path: &str| -> Option<(String, String)> {
        let (above, name) = path.rsplit_once('/').unwrap_or(("", path));
        let digits = name.strip_prefix("slice-")?.split('-').next()?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| (above.to_owned(), digits.to_owned()))
    };
    let same = |path: &&str| number(path).is_some() && number(path) == number(place);
    wanted.folders.iter().map(|folder| folder.path.as_str()).find(same).unwrap_or(place).to_owned()
}

/// Whether a path is a folder or file, or lies in it.
pub(super) fn is_below(path: &str, above: &str) -> bool {
    path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}
