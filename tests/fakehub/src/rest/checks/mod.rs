//! Check runs, check suites, commit statuses: what they are, their routes, and what others ask of them.

mod rules;
mod runs;
mod shape;
mod statuses;
mod suites;

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::access::{Grade, Need, Role};
use crate::call::{Call, Refusal};
use crate::clock::show;
use crate::git;
use crate::rest::{METADATA, Route};
use crate::state::State;

pub use shape::told_run;
pub use suites::pushed;

/// What a repository holds of them.
#[derive(Debug, Default)]
pub struct Checks {
    runs: BTreeMap<u64, Run>,
    suites: BTreeMap<u64, Suite>,
    /// Oldest first.
    statuses: Vec<Status>,
}

/// A check run.
#[derive(Debug, Clone)]
struct Run {
    id: u64,
    app: u64,
    suite: u64,
    name: String,
    head_sha: String,
    external_id: String,
    details_url: Option<String>,
    status: String,
    conclusion: Option<String>,
    started: Option<Timestamp>,
    completed: Option<Timestamp>,
    title: Option<String>,
    summary: Option<String>,
    text: Option<String>,
    annotations: Vec<Value>,
    actions: Vec<Value>,
}

/// All check runs of one App on one commit.
#[derive(Debug, Clone)]
struct Suite {
    id: u64,
    app: u64,
    head_sha: String,
    head_branch: Option<String>,
    before: Option<String>,
    status: String,
    conclusion: Option<String>,
    created: Timestamp,
    updated: Timestamp,
}

/// A commit status.
#[derive(Debug, Clone)]
struct Status {
    id: u64,
    sha: String,
    state: String,
    context: String,
    description: Option<String>,
    target_url: Option<String>,
    creator: String,
    created: Timestamp,
}

const READ: Need = Need::Repo(&[("checks", Grade::Read)], Role::Read);
const WRITE: Need = Need::Repo(&[("checks", Grade::Write)], Role::Write);
const STATUSES_READ: Need = Need::Repo(&[("statuses", Grade::Read)], Role::Read);
const STATUSES_WRITE: Need = Need::Repo(&[("statuses", Grade::Write)], Role::Write);

pub const ROUTES: &[Route] = &[
    Route::new("POST", "/repos/{owner}/{repo}/check-runs", WRITE, runs::create),
    Route::new("GET", "/repos/{owner}/{repo}/check-runs/{id}", READ, runs::get),
    Route::new("PATCH", "/repos/{owner}/{repo}/check-runs/{id}", WRITE, runs::update),
    Route::new("GET", "/repos/{owner}/{repo}/check-runs/{id}/annotations", READ, runs::annotations),
    Route::new("POST", "/repos/{owner}/{repo}/check-runs/{id}/rerequest", WRITE, runs::rerequest),
    Route::new("GET", "/repos/{owner}/{repo}/commits/{*ref}/check-runs", READ, runs::of_ref),
    Route::new("POST", "/repos/{owner}/{repo}/check-suites", WRITE, suites::create),
    Route::new("GET", "/repos/{owner}/{repo}/check-suites/{id}", READ, suites::get),
    Route::new("GET", "/repos/{owner}/{repo}/check-suites/{id}/check-runs", READ, runs::of_suite),
    Route::new("POST", "/repos/{owner}/{repo}/check-suites/{id}/rerequest", WRITE, suites::rerequest),
    Route::new("GET", "/repos/{owner}/{repo}/commits/{*ref}/check-suites", READ, suites::of_ref),
    Route::new("POST", "/repos/{owner}/{repo}/statuses/{sha}", STATUSES_WRITE, statuses::create),
    Route::new("GET", "/repos/{owner}/{repo}/commits/{*ref}/statuses", STATUSES_READ, statuses::of_ref),
    Route::new("GET", "/repos/{owner}/{repo}/commits/{*ref}/status", METADATA, statuses::combined),
];

/// The App that calls: only Apps and the Action write checks.
fn app_of(call: &Call) -> Result<u64, Refusal> {
    let refused = || Refusal::new(403, "You must authenticate via a GitHub App.");
    call.actor.grant().map(|grant| grant.app).ok_or_else(refused)
}

/// The commit that a ref of the path names: an id, a branch, a tag.
fn commit_of(state: &State, call: &Call) -> Result<String, Refusal> {
    let name = call.param("ref");
    let repo = state.repo(&call.repo())?;
    let named = [format!("refs/heads/{name}"), format!("refs/tags/{name}"), format!("refs/{name}")];
    let found = named.iter().find(|full| repo.refs.contains_key(*full)).map_or(name, String::as_str);
    git::resolve(&repo.path, found).ok_or_else(|| no_commit(name))
}

fn no_commit(sha: &str) -> Refusal {
    Refusal::new(422, format!("No commit found for SHA: {sha}"))
}

/// Whether this whole id is a commit's.
fn is_commit(state: &State, key: &str, sha: &str) -> Result<(), Refusal> {
    let found = git::resolve(&state.repo(key)?.path, sha);
    if found.as_deref() == Some(sha) { Ok(()) } else { Err(no_commit(sha)) }
}

impl Checks {
    /// The newest run of each name and App on a commit, newest first.
    fn latest(&self, sha: &str) -> Vec<&Run> {
        let mut newest: BTreeMap<(u64, &str), &Run> = BTreeMap::new();
        for run in self.runs.values().filter(|run| run.head_sha == sha) {
            newest.insert((run.app, &run.name), run);
        }
        let mut runs: Vec<&Run> = newest.into_values().collect();
        runs.sort_by_key(|run| std::cmp::Reverse(run.id));
        runs
    }

    /// The newest status of each context of a commit, newest first.
    fn newest_statuses(&self, sha: &str) -> Vec<&Status> {
        let mut found: Vec<&Status> = Vec::new();
        for status in self.statuses.iter().rev().filter(|status| status.sha == sha) {
            if !found.iter().any(|newer| newer.context == status.context) {
                found.push(status);
            }
        }
        found
    }
}

/// Whether checks and statuses of this name passed on a commit, and there is one at least: `neutral` and `skipped` pass
/// too.
pub fn passed(checks: &Checks, commit: &str, name: &str) -> bool {
    let runs = checks.latest(commit).into_iter().filter(|run| run.name == name);
    let runs = runs.map(|run| matches!(run.conclusion.as_deref(), Some("success" | "neutral" | "skipped")));
    let statuses = checks.newest_statuses(commit).into_iter().filter(|status| status.context == name);
    let all: Vec<bool> = runs.chain(statuses.map(|status| status.state == "success")).collect();
    !all.is_empty() && all.into_iter().all(|passed| passed)
}

/// The check runs for `GET /_hub/state`.
pub fn report(checks: &Checks) -> Value {
    let runs = checks.runs.values().map(|run| {
        json!({
            "id": run.id, "app": run.app, "suite": run.suite, "name": run.name, "head_sha": run.head_sha,
            "external_id": run.external_id, "details_url": run.details_url, "status": run.status,
            "conclusion": run.conclusion, "started_at": run.started.map(show), "completed_at": run.completed.map(show),
            "title": run.title, "summary": run.summary, "text": run.text, "annotations": run.annotations,
            "actions": run.actions,
        })
    });
    runs.collect()
}

/// The commit statuses for `GET /_hub/state`.
pub fn report_statuses(checks: &Checks) -> Value {
    let statuses = checks.statuses.iter().map(|status| {
        json!({
            "id": status.id, "sha": status.sha, "state": status.state, "context": status.context,
            "description": status.description, "target_url": status.target_url, "creator": status.creator,
            "created_at": show(status.created),
        })
    });
    statuses.collect()
}

/// Whether a check run has a button of this identifier.
pub fn has_button(checks: &Checks, id: u64, identifier: &str) -> bool {
    checks.runs.get(&id).is_some_and(|run| run.actions.iter().any(|action| action["identifier"] == identifier))
}
