//! Merging pull requests: whether they can be, and the three ways of doing it, in the bare repository.

use std::path::Path;

use serde_json::json;

use crate::access::{How, Role};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::git::commits::{self, Person};
use crate::git::{self, GitError, settle};
use crate::rest::{CONTENTS_READ, CONTENTS_WRITE, Route, checks, reviews};
use crate::state::{Mergeable, Merged, Pull, Repo, State};

pub const ROUTES: &[Route] = &[
    Route::new("GET", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", CONTENTS_READ, is_merged),
    Route::new("PUT", "/repos/{owner}/{repo}/pulls/{pull_number}/merge", CONTENTS_WRITE, merge).creating(),
];

/// What keeps a pull request from being merged by its base's protection: `mergeable_state`'s word and the reason.
pub fn blocked(state: &State, repo: &Repo, pull: &Pull) -> Option<(&'static str, String)> {
    let protection = repo.protections.get(&pull.base_branch)?;
    let is_missing = |name: &&String| !checks::passed(&repo.checks, &pull.head_commit, name);
    if let Some(missing) = protection.contexts.iter().find(is_missing) {
        return Some(("blocked", format!("Required status check \"{missing}\" is expected.")));
    }
    let (approvals, wants_changes) = reviews::verdict(state, repo, pull);
    if protection.needs_pull && wants_changes {
        return Some(("blocked", "Changes have been requested by a reviewer with write access.".to_owned()));
    }
    if approvals < protection.approvals {
        let count = protection.approvals;
        let said = format!("At least {count} approving review is required by reviewers with write access.");
        return Some(("blocked", said));
    }
    let is_behind = protection.strict && !git::is_ancestor(&repo.path, &pull.base_commit, &pull.head_commit);
    is_behind.then(|| ("behind", "The head branch is not up to date with the base branch.".to_owned()))
}

/// Finds out whether an open pull request can be merged, by a test merge; the answer holds until head or base moves.
pub fn weigh(state: &mut State, key: &str, number: u64) -> Result<Option<String>, Refusal> {
    let at = state.clock.now();
    let repo = state.repo(key)?;
    let path = repo.path.clone();
    let (issue, pull) = repo.pull(number)?;
    if !issue.is_open {
        return Ok(None);
    }
    let (head, base) = (pull.head_commit.clone(), pull.base_commit.clone());
    if let Mergeable::Known { head: for_head, base: for_base, commit } = &pull.mergeable
        && (for_head, for_base) == (&head, &base)
    {
        return Ok(commit.clone());
    }
    let commit = match commits::merge_tree(&path, &base, &head) {
        None => None,
        Some(tree) => {
            let message = format!("Merge {head} into {base}");
            let hub = hub_person(at);
            let id = commits::write(&path, &tree, &[base.clone(), head.clone()], &hub, &hub, &message, None)?;
            let name = format!("refs/pull/{number}/merge");
            git::set_ref(&path, &name, Some(&id), None)?;
            state.repo_mut(key)?.refs.insert(name, id.clone());
            Some(id)
        }
    };
    state.pull_mut(key, number)?.mergeable = Mergeable::Known { head, base, commit: commit.clone() };
    Ok(commit)
}

fn is_merged(state: &mut State, call: &Call) -> Reply {
    let (_, pull) = state.repo(&call.repo())?.pull(call.number("pull_number")?)?;
    if pull.merged.is_some() { Ok(Answer::empty()) } else { Err(Refusal::not_found()) }
}

fn hub_person(at: jiff::Timestamp) -> Person {
    Person {
        name: "GitHub".to_owned(),
        email: "noreply@github.com".to_owned(),
        at: at.as_second(),
        zone: "+0000".to_owned(),
    }
}

/// Who a user is in a commit.
pub fn person(state: &State, login: &str) -> Person {
    let id = state.users.get(&login.to_lowercase()).map_or(0, |user| user.id);
    Person {
        name: login.to_owned(),
        email: format!("{id}+{login}@users.noreply.github.com"),
        at: state.clock.now().as_second(),
        zone: "+0000".to_owned(),
    }
}

fn merge(state: &mut State, call: &Call) -> Reply {
    let (key, number) = (call.repo(), call.number("pull_number")?);
    let how = call.text("merge_method")?.unwrap_or("merge").to_owned();
    if !matches!(how.as_str(), "merge" | "squash" | "rebase") {
        return Err(Refusal::invalid("PullRequest", "invalid", "merge_method", ""));
    }
    let repo = state.repo(&key)?;
    let (issue, pull) = repo.pull(number)?;
    if pull.merged.is_some() || !issue.is_open {
        return Err(Refusal::new(405, "Pull Request is not mergeable"));
    }
    if pull.draft {
        return Err(Refusal::new(405, "Pull Request is still a draft"));
    }
    if call.text("sha")?.is_some_and(|sha| sha != pull.head_commit) {
        return Err(Refusal::new(409, "Head branch was modified. Review and try the merge again."));
    }
    let protection = repo.protections.get(&pull.base_branch);
    let is_admin = matches!(call.actor.how, How::Personal) && state.role(repo, &call.actor.login) == Role::Admin;
    let passes_by = is_admin && protection.is_some_and(|protection| !protection.enforce_admins);
    if let Some((_, why)) = blocked(state, repo, pull).filter(|_| !passes_by) {
        return Err(Refusal::new(405, why));
    }
    if weigh(state, &key, number)?.is_none() {
        return Err(Refusal::new(405, "Pull Request is not mergeable"));
    }
    let commit = join(state, call, &key, number, &how)?;
    finish(state, call, &key, number, &commit)?;
    Ok(Answer::ok(json!({ "sha": commit, "merged": true, "message": "Pull Request successfully merged" })))
}

/// Writes what the merge makes and moves the base there; gives the base's new commit.
fn join(state: &State, call: &Call, key: &str, number: u64, how: &str) -> Result<String, Refusal> {
    let repo = state.repo(key)?;
    let (issue, pull) = repo.pull(number)?;
    let path = &repo.path;
    let (base, head) = (&pull.base_commit, &pull.head_commit);
    let hub = hub_person(state.clock.now());
    let author = person(state, &call.actor.login);
    let owner = state.repos.get(&pull.head_repo).map_or("", |repo| repo.owner.as_str());
    let (title, body) = match how {
        "squash" => (format!("{} (#{number})", issue.title), squashed(path, base, head)),
        _ => (format!("Merge pull request #{number} from {owner}/{}", pull.head_branch), issue.title.clone()),
    };
    let title = call.text("commit_title")?.unwrap_or(&title);
    let body = call.text("commit_message")?.unwrap_or(&body);
    let message = if body.is_empty() { title.to_owned() } else { format!("{title}\n\n{body}") };
    let tree =
        || commits::merge_tree(path, base, head).ok_or_else(|| Refusal::new(405, "Pull Request is not mergeable"));
    let made = match how {
        "squash" => {
            let writer = person(state, &issue.author);
            signed(path, &tree()?, std::slice::from_ref(base), &writer, &hub, &message)?
        }
        "rebase" => replay(path, base, head, &hub)?,
        _ => signed(path, &tree()?, &[base.clone(), head.clone()], &author, &hub, &message)?,
    };
    let name = format!("refs/heads/{}", pull.base_branch);
    git::set_ref(path, &name, Some(&made), Some(base))
        .map_err(|_| Refusal::new(409, "Base branch was modified. Review and try the merge again."))?;
    Ok(made)
}

/// A commit that the hub signs, as GitHub does with what it makes itself.
pub fn signed(
    path: &Path,
    tree: &str,
    parents: &[String],
    author: &Person,
    committer: &Person,
    message: &str,
) -> Result<String, GitError> {
    let payload = commits::object(tree, parents, author, committer, message, None);
    let signature = super::git::signature(&payload);
    commits::write(path, tree, parents, author, committer, message, Some(&signature))
}

/// The commits' messages as the body of the one that stands for them.
fn squashed(path: &Path, base: &str, head: &str) -> String {
    let ids = commits::listed(path, head, &format!("^{base}"));
    let read = commits::read_all(path, &ids).unwrap_or_default();
    if read.len() < 2 {
        let only = read.first();
        let body = only.and_then(|only| only.message.split_once("\n\n").map(|(_, body)| body.trim().to_owned()));
        return body.unwrap_or_default();
    }
    let said = read.iter().map(|read| format!("* {}", read.message.trim()));
    said.collect::<Vec<_>>().join("\n\n")
}

/// The head's own commits, one after the other, on the base.
fn replay(path: &Path, base: &str, head: &str, hub: &Person) -> Result<String, Refusal> {
    let refused = || Refusal::new(405, "This branch can't be rebased");
    let mut tip = base.to_owned();
    for id in commits::listed(path, head, &format!("^{base}")) {
        let read = commits::read(path, &id)?;
        let [parent] = read.parents.as_slice() else { return Err(refused()) };
        let from = format!("--merge-base={parent}");
        let tree = git::run(path, &["merge-tree", "--write-tree", "--no-messages", &from, &tip, &id]);
        let tree = tree.map_err(|_| refused())?;
        tip = commits::write(path, &tree, &[tip], &read.author, hub, &read.message, None)?;
    }
    Ok(tip)
}

/// Marks it merged before the moved base is looked at: by a squash or rebase the head is not in the base.
fn finish(state: &mut State, call: &Call, key: &str, number: u64, commit: &str) -> Result<(), Refusal> {
    let login = call.actor.login.clone();
    let merged = Merged { at: state.clock.now(), by: login.clone(), commit: commit.to_owned() };
    settle::close(state, key, number, &login, Some(merged));
    settle::look(state, key, &login)?;
    Ok(())
}
