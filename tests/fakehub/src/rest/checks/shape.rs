//! `check-run`, `check-suite`, `check-annotation` and the shapes of statuses.

use serde_json::{Value, json};

use crate::clock::show;
use crate::git;
use crate::rest::apps;
use crate::shape::{node, repo as repository, user};
use crate::state::{Repo, State};

use super::{Run, Status, Suite};

/// `check-run`, with its App and the pull requests that its commit heads.
pub(super) fn run(state: &State, repo: &Repo, run: &Run) -> Value {
    let url = format!("{}/check-runs/{}", repository::url(state, repo), run.id);
    let page = format!("{}/runs/{}", repository::page(state, repo), run.id);
    json!({
        "id": run.id, "name": run.name, "node_id": node("CR", run.id), "head_sha": run.head_sha,
        "external_id": run.external_id, "url": url, "html_url": page,
        "details_url": run.details_url.clone().unwrap_or_else(|| page.clone()),
        "status": run.status, "conclusion": run.conclusion,
        "started_at": run.started.map(show), "completed_at": run.completed.map(show),
        "output": {
            "title": run.title, "summary": run.summary, "text": run.text,
            "annotations_count": run.annotations.len(), "annotations_url": format!("{url}/annotations"),
        },
        "check_suite": { "id": run.suite },
        "app": apps::integration(state, run.app),
        "pull_requests": pulls(state, repo, &run.head_sha),
    })
}

/// The same by its id, for who has only that; none when it is not there.
pub(super) fn run_by_id(state: &State, repo: &Repo, id: u64) -> Option<Value> {
    repo.checks.runs.get(&id).map(|found| run(state, repo, found))
}

/// The same as payloads hold it: with the whole suite, where answers only have its id.
pub fn told_run(state: &State, repo: &Repo, id: u64) -> Option<Value> {
    let found = repo.checks.runs.get(&id)?;
    let mut shown = run(state, repo, found);
    let mut whole = suite(state, repo, repo.checks.suites.get(&found.suite)?);
    if let Some(fields) = whole.as_object_mut() {
        for beside in ["repository", "head_commit", "latest_check_runs_count", "check_runs_url"] {
            fields.remove(beside);
        }
    }
    shown["check_suite"] = whole;
    Some(shown)
}

/// `check-suite`
pub(super) fn suite(state: &State, repo: &Repo, suite: &Suite) -> Value {
    let url = format!("{}/check-suites/{}", repository::url(state, repo), suite.id);
    let runs = repo.checks.latest(&suite.head_sha).into_iter().filter(|run| run.suite == suite.id).count();
    let commit = git::commits::read(&repo.path, &suite.head_sha).ok();
    let head = commit.map(|commit| {
        let who = |person: &git::commits::Person| json!({ "name": person.name, "email": person.email });
        json!({
            "id": commit.id, "tree_id": commit.tree, "message": commit.message.trim_end_matches('\n'),
            "timestamp": commit.committer.when(), "author": who(&commit.author), "committer": who(&commit.committer),
        })
    });
    json!({
        "id": suite.id, "node_id": node("CS", suite.id), "head_branch": suite.head_branch,
        "head_sha": suite.head_sha, "status": suite.status, "conclusion": suite.conclusion, "url": url,
        "before": suite.before, "after": suite.head_sha, "pull_requests": pulls(state, repo, &suite.head_sha),
        "app": apps::integration(state, suite.app), "repository": repository::repository(state, repo),
        "created_at": show(suite.created), "updated_at": show(suite.updated), "head_commit": head,
        "latest_check_runs_count": runs, "check_runs_url": format!("{url}/check-runs"),
        "rerequestable": true, "runs_rerequestable": true,
    })
}

/// `check-annotation`
pub(super) fn annotation(state: &State, repo: &Repo, run: &Run, annotation: &Value) -> Value {
    let mut shown = annotation.clone();
    let path = annotation["path"].as_str().unwrap_or_default();
    shown["blob_href"] = format!("{}/blob/{}/{path}", repository::page(state, repo), run.head_sha).into();
    shown
}

/// `status`
pub(super) fn status(state: &State, repo: &Repo, status: &Status) -> Value {
    let mut shown = simple_status(state, repo, status);
    shown["creator"] = user::simple(state, &status.creator);
    shown
}

/// `simple-commit-status`
pub(super) fn simple_status(state: &State, repo: &Repo, status: &Status) -> Value {
    let at = show(status.created);
    json!({
        "url": format!("{}/statuses/{}", repository::url(state, repo), status.sha), "id": status.id,
        "avatar_url": user::simple(state, &status.creator)["avatar_url"], "node_id": node("SC", status.id),
        "state": status.state, "description": status.description, "target_url": status.target_url,
        "context": status.context, "created_at": at, "updated_at": at,
    })
}

/// `pull-request-minimal` of the open ones of this repository's own branches.
fn pulls(state: &State, repo: &Repo, sha: &str) -> Vec<Value> {
    let key = repo.key();
    let minimal = json!({ "id": repo.id, "url": repository::url(state, repo), "name": repo.name });
    let mut found = Vec::new();
    for issue in repo.issues.values().filter(|issue| issue.is_open) {
        let Some(pull) = issue.pull.as_ref().filter(|pull| pull.head_commit == sha && pull.head_repo == key) else {
            continue;
        };
        found.push(json!({
            "id": pull.id, "number": issue.number,
            "url": format!("{}/pulls/{}", repository::url(state, repo), issue.number),
            "head": { "ref": pull.head_branch, "sha": pull.head_commit, "repo": minimal },
            "base": { "ref": pull.base_branch, "sha": pull.base_commit, "repo": minimal },
        }));
    }
    found
}
