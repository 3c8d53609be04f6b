//! Check suites: one for each App and commit, made by themselves at a push or with the first run.

use serde_json::{Value, json};

use crate::access::{Grade, may};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::rest::{link_header, slice};
use crate::state::State;

use super::{Run, Suite, app_of, commit_of, is_commit, shape};

/// How the conclusions of runs decide a suite's: the first that one of them has.
const WORST: &[&str] =
    &["action_required", "timed_out", "cancelled", "failure", "stale", "success", "neutral", "skipped"];

/// A branch was pushed: every App that writes checks here gets a suite and is asked for its runs.
pub fn pushed(state: &mut State, key: &str, login: &str, before: Option<&str>, after: &str) {
    let mut apps: Vec<u64> = Vec::new();
    for installation in state.installations.values().filter(|one| one.repos.iter().any(|repo| repo == key)) {
        let writes = |id: &&u64| state.apps.get(*id).is_some_and(|app| may(&app.permissions, "checks", Grade::Write));
        apps.extend(Some(&installation.app).filter(writes));
    }
    for app in apps {
        let Ok(id) = ensure(state, key, app, after) else { continue };
        if let Some(suite) = state.repos.get_mut(key).and_then(|repo| repo.checks.suites.get_mut(&id)) {
            suite.before = before.map(str::to_owned);
        }
        tell(state, key, id, login, "requested");
    }
}

/// The suite of an App and a commit, made when there is none.
pub fn ensure(state: &mut State, key: &str, app: u64, sha: &str) -> Result<u64, Refusal> {
    let (now, id) = (state.clock.now(), state.new_id());
    let repo = state.repo_mut(key)?;
    if let Some(suite) = repo.checks.suites.values().find(|suite| suite.app == app && suite.head_sha == sha) {
        return Ok(suite.id);
    }
    let heads = repo.refs.iter().filter(|(_, at)| at.as_str() == sha);
    let head_branch = heads.filter_map(|(name, _)| name.strip_prefix("refs/heads/")).next().map(str::to_owned);
    let suite = Suite {
        id,
        app,
        head_sha: sha.to_owned(),
        head_branch,
        before: None,
        status: "queued".into(),
        conclusion: None,
        created: now,
        updated: now,
    };
    repo.checks.suites.insert(id, suite);
    Ok(id)
}

/// Brings a suite to what its runs say, and tells when they are all done.
pub fn settle(state: &mut State, key: &str, id: u64, login: &str) -> Result<(), Refusal> {
    let now = state.clock.now();
    let checks = &mut state.repo_mut(key)?.checks;
    let Some(sha) = checks.suites.get(&id).map(|suite| suite.head_sha.clone()) else { return Ok(()) };
    let runs: Vec<&Run> = checks.latest(&sha).into_iter().filter(|run| run.suite == id).collect();
    let (status, conclusion) = outcome(&runs);
    let Some(suite) = checks.suites.get_mut(&id) else { return Ok(()) };
    let is_done = status == "completed" && suite.status != "completed";
    suite.status = status.into();
    suite.conclusion = conclusion;
    suite.updated = now;
    if is_done {
        tell(state, key, id, login, "completed");
    }
    Ok(())
}

fn outcome(runs: &[&Run]) -> (&'static str, Option<String>) {
    if runs.is_empty() || runs.iter().all(|run| run.status == "queued") {
        return ("queued", None);
    }
    if runs.iter().any(|run| run.status != "completed") {
        return ("in_progress", None);
    }
    let has = |word: &&&str| runs.iter().any(|run| run.conclusion.as_deref() == Some(**word));
    ("completed", WORST.iter().find(has).map(|word| (*word).to_owned()))
}

/// A suite is waiting again.
pub fn wait(state: &mut State, key: &str, id: u64) -> Result<(), Refusal> {
    let now = state.clock.now();
    let suite = state.repo_mut(key)?.checks.suites.get_mut(&id).ok_or_else(Refusal::not_found)?;
    suite.status = "queued".into();
    suite.conclusion = None;
    suite.updated = now;
    Ok(())
}

fn shown(state: &State, key: &str, id: u64) -> Option<Value> {
    let repo = state.repos.get(key)?;
    repo.checks.suites.get(&id).map(|suite| shape::suite(state, repo, suite))
}

fn tell(state: &mut State, key: &str, id: u64, login: &str, action: &str) {
    if let Some(mut suite) = shown(state, key, id) {
        // In payloads the repository stands beside the suite, not in it.
        if let Some(fields) = suite.as_object_mut() {
            fields.remove("repository");
        }
        state.emit("check_suite", key, login, json!({ "action": action, "check_suite": suite }));
    }
}

/// 201 for a new one, 200 for one that was there.
pub fn create(state: &mut State, call: &Call) -> Reply {
    let app = app_of(call)?;
    let key = call.repo();
    let sha = call.needed_text("head_sha")?.to_owned();
    is_commit(state, &key, &sha)?;
    let before = state.repo(&key)?.checks.suites.len();
    let id = ensure(state, &key, app, &sha)?;
    let is_new = state.repo(&key)?.checks.suites.len() > before;
    let suite = shown(state, &key, id).ok_or_else(Refusal::not_found)?;
    if is_new {
        tell(state, &key, id, &call.actor.login, "requested");
    }
    Ok(Answer::new(if is_new { 201 } else { 200 }, suite))
}

pub fn get(state: &mut State, call: &Call) -> Reply {
    shown(state, &call.repo(), call.number("id")?).map(Answer::ok).ok_or_else(Refusal::not_found)
}

/// The App is asked to do all of it again.
pub fn rerequest(state: &mut State, call: &Call) -> Reply {
    let (key, id) = (call.repo(), call.number("id")?);
    wait(state, &key, id)?;
    tell(state, &key, id, &call.actor.login, "rerequested");
    Ok(Answer::created(json!({})))
}

pub fn of_ref(state: &mut State, call: &Call) -> Reply {
    let sha = commit_of(state, call)?;
    let repo = state.repo(&call.repo())?;
    let has_run = |suite: &Suite| {
        let name = call.query("check_name");
        name.is_none_or(|name| repo.checks.runs.values().any(|run| run.suite == suite.id && run.name == name))
    };
    let is_of = |suite: &Suite| call.query("app_id").is_none_or(|app| app == suite.app.to_string());
    let suites = repo.checks.suites.values().filter(|suite| suite.head_sha == sha && is_of(suite) && has_run(suite));
    let all: Vec<&Suite> = suites.collect();
    let (some, link) = slice(state, call, &all);
    let suites: Vec<Value> = some.iter().map(|suite| shape::suite(state, repo, suite)).collect();
    Ok(link_header(Answer::ok(json!({ "total_count": all.len(), "check_suites": suites })), link))
}
