//! What follows from moved refs, however they moved: pull requests get new heads, are closed or count as merged; events.

use std::collections::BTreeSet;

use serde_json::json;

use crate::git::commits::Commit;
use crate::git::{self, GitError, ZERO};
use crate::shape;
use crate::state::{Mergeable, Merged, Repo, State};

/// One ref that moved: none is "not there".
#[derive(Debug, Clone)]
struct Move {
    name: String,
    old: Option<String>,
    new: Option<String>,
}

/// Compares a repository's refs with what the hub last saw and draws the consequences, in the name of `login`.
pub fn look(state: &mut State, key: &str, login: &str) -> Result<(), GitError> {
    let Some(repo) = state.repos.get_mut(key) else { return Ok(()) };
    let now = git::refs(&repo.path)?;
    let before = std::mem::replace(&mut repo.refs, now.clone());
    let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
    let moves: Vec<Move> = names
        .into_iter()
        .filter(|name| before.get(*name) != now.get(*name))
        .map(|name| Move { name: name.clone(), old: before.get(name).cloned(), new: now.get(name).cloned() })
        .collect();
    if !moves.is_empty() {
        repo.pushed = state.clock.now();
    }
    for moved in &moves {
        push_event(state, key, login, moved);
    }
    // Bases first: a head that its base has taken up is merged, also when its branch goes in the same push.
    for moved in &moves {
        if let Some(branch) = moved.name.strip_prefix("refs/heads/") {
            base_moved(state, key, login, branch, moved)?;
        }
    }
    for moved in &moves {
        if let Some(branch) = moved.name.strip_prefix("refs/heads/") {
            head_moved(state, key, login, branch, moved)?;
        }
    }
    Ok(())
}

/// Open pull requests that a test picks: the key of their repository and the number.
fn open_pulls(state: &State, pick: impl Fn(&str, &crate::state::Pull) -> bool) -> Vec<(String, u64)> {
    let mut found = Vec::new();
    for (key, repo) in &state.repos {
        for issue in repo.issues.values().filter(|issue| issue.is_open) {
            if issue.pull.as_ref().is_some_and(|pull| pick(key, pull)) {
                found.push((key.clone(), issue.number));
            }
        }
    }
    found
}

fn base_moved(state: &mut State, key: &str, login: &str, branch: &str, moved: &Move) -> Result<(), GitError> {
    let pulls = open_pulls(state, |at, pull| at == key && pull.base_branch == branch);
    let path = match state.repos.get(key) {
        Some(repo) if !pulls.is_empty() => repo.path.clone(),
        _ => return Ok(()),
    };
    let Some(new) = &moved.new else {
        for (key, number) in pulls {
            match state.repos.get(&key).and_then(|repo| heir(repo, branch)) {
                Some((base, commit)) => retarget(state, &key, number, login, &base, &commit),
                None => close(state, &key, number, login, None),
            }
        }
        return Ok(());
    };
    // An open pull request's head was not in the base, so only what the base gained can hold it: one process for all.
    let old = moved.old.as_deref();
    let gained = match old {
        Some(old) => git::run(&path, &["rev-list", new, &format!("^{old}")])?,
        None => git::run(&path, &["rev-list", new])?,
    };
    let gained: BTreeSet<&str> = gained.lines().collect();
    let is_replaced = !old.is_some_and(|old| git::is_ancestor(&path, old, new));
    for (key, number) in pulls {
        let at = state.clock.now();
        let Ok(pull) = state.pull_mut(&key, number) else { continue };
        pull.base_commit.clone_from(new);
        pull.mergeable = Mergeable::Unknown;
        let head = pull.head_commit.clone();
        if gained.contains(head.as_str()) {
            close(state, &key, number, login, Some(Merged { at, by: login.to_owned(), commit: new.clone() }));
        } else if is_replaced && !git::holds(&path, &["merge-base", &head, new]) {
            // The base was replaced by another history.
            close(state, &key, number, login, None);
        }
    }
    Ok(())
}

/// Where the pull requests on a deleted base go when it was itself the head of a merged one: that one's base.
fn heir(repo: &Repo, gone: &str) -> Option<(String, String)> {
    let merged = repo.issues.values().rev().filter_map(|issue| issue.pull.as_ref());
    let merged =
        merged.filter(|pull| pull.merged.is_some() && pull.head_branch == gone && pull.head_repo == repo.key());
    merged.filter_map(|pull| Some((pull.base_branch.clone(), repo.branch(&pull.base_branch)?.clone()))).next()
}

fn retarget(state: &mut State, key: &str, number: u64, login: &str, base: &str, commit: &str) {
    let Ok(pull) = state.pull_mut(key, number) else { return };
    let from = std::mem::replace(&mut pull.base_branch, base.to_owned());
    pull.base_commit = commit.to_owned();
    pull.mergeable = Mergeable::Unknown;
    let payload = json!({ "action": "edited", "number": number, "changes": { "base": { "ref": { "from": from } } },
                          "pull_request": shape::pull::full(state, key, number) });
    state.emit("pull_request", key, login, payload);
}

fn head_moved(state: &mut State, key: &str, login: &str, branch: &str, moved: &Move) -> Result<(), GitError> {
    for (key, number) in open_pulls(state, |_, pull| pull.head_repo == key && pull.head_branch == branch) {
        let Some(new) = &moved.new else {
            close(state, &key, number, login, None);
            continue;
        };
        take_head(state, &key, number, new)?;
        let Some(repo) = state.repos.get(&key) else { continue };
        let Ok((_, pull)) = repo.pull(number) else { continue };
        // Nothing is left to merge: the branch was set to its base, or behind it.
        let is_empty = git::is_ancestor(&repo.path, new, &pull.base_commit);
        let payload = json!({ "action": "synchronize", "number": number, "before": moved.old, "after": new,
                              "pull_request": shape::pull::full(state, &key, number) });
        state.emit("pull_request", &key, login, payload);
        if is_empty {
            close(state, &key, number, login, None);
        }
    }
    Ok(())
}

/// Writes a pull request's new head down, also as `refs/pull/N/head`; a fork's commits come over first.
pub fn take_head(state: &mut State, key: &str, number: u64, new: &str) -> Result<(), GitError> {
    let at = state.clock.now();
    let Some(repo) = state.repos.get(key) else { return Ok(()) };
    let path = repo.path.clone();
    let from =
        repo.pull(number).ok().and_then(|(_, pull)| state.repos.get(&pull.head_repo)).map(|repo| repo.path.clone());
    if let Some(from) = from.filter(|from| *from != path) {
        git::run(&path, &["fetch", "-q", "--no-write-fetch-head", &from.to_string_lossy(), new])?;
    }
    let name = format!("refs/pull/{number}/head");
    git::set_ref(&path, &name, Some(new), None)?;
    if let Some(repo) = state.repos.get_mut(key) {
        repo.refs.insert(name, new.to_owned());
    }
    if let Ok(issue) = state.issue_mut(key, number) {
        issue.updated = at;
        if let Some(pull) = &mut issue.pull {
            pull.head_commit = new.to_owned();
            pull.mergeable = Mergeable::Unknown;
        }
    }
    Ok(())
}

/// Closes a pull request, merged or not, and says so.
pub fn close(state: &mut State, key: &str, number: u64, login: &str, merged: Option<Merged>) {
    let now = state.clock.now();
    let Ok(issue) = state.issue_mut(key, number) else { return };
    issue.is_open = false;
    issue.closed = Some(now);
    issue.closed_by = Some(login.to_owned());
    issue.updated = now;
    if let Some(pull) = &mut issue.pull {
        pull.merged = merged;
    }
    let payload =
        json!({ "action": "closed", "number": number, "pull_request": shape::pull::full(state, key, number) });
    state.emit("pull_request", key, login, payload);
}

/// The `push` event of a branch or tag; other refs are told to nobody.
fn push_event(state: &mut State, key: &str, login: &str, moved: &Move) {
    if !moved.name.starts_with("refs/heads/") && !moved.name.starts_with("refs/tags/") {
        return;
    }
    let Some(repo) = state.repos.get(key) else { return };
    let path = repo.path.clone();
    let forced = match (&moved.old, &moved.new) {
        (Some(old), Some(new)) => !git::is_ancestor(&path, old, new),
        _ => false,
    };
    let commits = git::commits::pushed(&path, moved.old.as_deref(), moved.new.as_deref(), &repo.default_branch);
    let ids: Vec<String> = commits.iter().map(|commit| commit.id.clone()).collect();
    let changed = git::commits::changes(&path, &ids);
    let page = shape::repo::page(state, repo);
    let of = |id: &str| changed.get(id).map_or(&[][..], Vec::as_slice);
    let show = |commit: &Commit| shape::commit::pushed(&page, commit, of(&commit.id));
    let head = match commits.last() {
        Some(last) if Some(&last.id) == moved.new.as_ref() => Some(show(last)),
        _ => moved.new.as_deref().and_then(|new| git::commits::read(&path, new).ok()).map(|commit| show(&commit)),
    };
    let email = format!("{login}@users.noreply.github.com");
    let range = (moved.old.as_deref().unwrap_or(ZERO), moved.new.as_deref().unwrap_or(ZERO));
    let compare = format!("{page}/compare/{}...{}", range.0, range.1);
    let payload = json!({
        "ref": moved.name,
        "before": moved.old.as_deref().unwrap_or(ZERO),
        "after": moved.new.as_deref().unwrap_or(ZERO),
        "created": moved.old.is_none(), "deleted": moved.new.is_none(), "forced": forced, "base_ref": null,
        "compare": compare,
        "commits": commits.iter().map(show).collect::<Vec<_>>(),
        "head_commit": head,
        "pusher": { "name": login, "email": email },
    });
    state.emit("push", key, login, payload);
    for commit in &commits {
        let place = format!("commit {}", commit.id);
        // A commit that comes by a second branch tells nobody again.
        let is_known = state.notifications.iter().any(|told| told.repo == key && told.place == place);
        if !is_known {
            state.take_note(key, 0, &place, login, "", &commit.message);
        }
    }
    if let (true, Some(new)) = (moved.name.starts_with("refs/heads/"), &moved.new) {
        crate::rest::checks::pushed(state, key, login, moved.old.as_deref(), new);
    }
}
