//! Check runs: made, changed, read, asked for again.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal, Reply};
use crate::rest::{link_header, page, slice};
use crate::state::State;

use super::rules::{self, Wanted};
use super::{Run, app_of, commit_of, is_commit, shape, suites};

/// Runs of one name in one suite; older ones go.
const SAME_NAME: usize = 1_000;

pub fn create(state: &mut State, call: &Call) -> Reply {
    let app = app_of(call)?;
    let wanted = rules::read(&call.body, true)?;
    let key = call.repo();
    let head_sha = wanted.head_sha.clone().unwrap_or_default();
    is_commit(state, &key, &head_sha)?;
    let suite = suites::ensure(state, &key, app, &head_sha)?;
    let id = state.new_id();
    let mut run = Run {
        id,
        app,
        suite,
        name: String::new(),
        head_sha,
        external_id: String::new(),
        details_url: None,
        status: "queued".into(),
        conclusion: None,
        started: None,
        completed: None,
        title: None,
        summary: None,
        text: None,
        annotations: Vec::new(),
        actions: Vec::new(),
    };
    apply(&mut run, wanted, state.clock.now());
    let name = run.name.clone();
    let checks = &mut state.repo_mut(&key)?.checks;
    checks.runs.insert(id, run);
    let same: Vec<u64> =
        checks.runs.values().filter(|run| run.suite == suite && run.name == name).map(|run| run.id).collect();
    for old in same.iter().take(same.len().saturating_sub(SAME_NAME)) {
        checks.runs.remove(old);
    }
    tell(state, call, &key, id, "created")?;
    if state.repo(&key)?.checks.runs[&id].status == "completed" {
        tell(state, call, &key, id, "completed")?;
    }
    suites::settle(state, &key, suite, &call.actor.login)?;
    Ok(Answer::created(shown(state, &key, id)?))
}

pub fn update(state: &mut State, call: &Call) -> Reply {
    let app = app_of(call)?;
    let (key, id) = (call.repo(), call.number("id")?);
    let wanted = rules::read(&call.body, false)?;
    let now = state.clock.now();
    let run = state.repo_mut(&key)?.checks.runs.get_mut(&id).ok_or_else(Refusal::not_found)?;
    if run.app != app {
        let why = "check run can only be modified by the GitHub App that created it";
        return Err(Refusal::new(403, format!("Invalid app_id `{app}` - {why}.")));
    }
    let (suite, was) = (run.suite, run.status.clone());
    apply(run, wanted, now);
    if run.status == "completed" && was != "completed" {
        tell(state, call, &key, id, "completed")?;
    }
    suites::settle(state, &key, suite, &call.actor.login)?;
    Ok(Answer::ok(shown(state, &key, id)?))
}

/// Annotations are added to those that are there; all else replaces what was.
fn apply(run: &mut Run, wanted: Wanted, now: Timestamp) {
    let replace = |field: &mut String, value: Option<String>| {
        if let Some(value) = value {
            *field = value;
        }
    };
    replace(&mut run.name, wanted.name);
    replace(&mut run.external_id, wanted.external_id);
    replace(&mut run.status, wanted.status);
    let at = |text: Option<String>| text.and_then(|text| text.parse::<Timestamp>().ok());
    run.details_url = wanted.details_url.or(run.details_url.take());
    run.started = at(wanted.started_at).or(run.started).or((run.status != "queued").then_some(now));
    if run.status == "completed" {
        run.conclusion = wanted.conclusion.or(run.conclusion.take());
        run.completed = at(wanted.completed_at).or(run.completed).or(Some(now));
    } else {
        run.conclusion = None;
        run.completed = None;
    }
    if let Some(output) = wanted.output {
        run.title = output.title.or(run.title.take());
        run.summary = Some(output.summary);
        run.text = output.text.or(run.text.take());
        run.annotations.extend(output.annotations);
    }
    if let Some(actions) = wanted.actions {
        run.actions = actions;
    }
}

fn shown(state: &State, key: &str, id: u64) -> Result<Value, Refusal> {
    shape::run_by_id(state, state.repo(key)?, id).ok_or_else(Refusal::not_found)
}

fn tell(state: &mut State, call: &Call, key: &str, id: u64, action: &str) -> Result<(), Refusal> {
    let run = shape::told_run(state, state.repo(key)?, id).ok_or_else(Refusal::not_found)?;
    let payload = json!({ "action": action, "check_run": run });
    state.emit("check_run", key, &call.actor.login, payload);
    Ok(())
}

pub fn get(state: &mut State, call: &Call) -> Reply {
    Ok(Answer::ok(shown(state, &call.repo(), call.number("id")?)?))
}

pub fn annotations(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let run = repo.checks.runs.get(&call.number("id")?).ok_or_else(Refusal::not_found)?;
    Ok(page(state, call, &run.annotations, |annotation| shape::annotation(state, repo, run, annotation)))
}

/// The App is asked to do it again; the run itself stays as it is, its suite is waiting again.
pub fn rerequest(state: &mut State, call: &Call) -> Reply {
    let (key, id) = (call.repo(), call.number("id")?);
    let suite = state.repo(&key)?.checks.runs.get(&id).ok_or_else(Refusal::not_found)?.suite;
    suites::wait(state, &key, suite)?;
    tell(state, call, &key, id, "rerequested")?;
    Ok(Answer::created(json!({})))
}

pub fn of_ref(state: &mut State, call: &Call) -> Reply {
    let sha = commit_of(state, call)?;
    let all = list(state, call, |run| run.head_sha == sha)?;
    answer(state, call, &all)
}

pub fn of_suite(state: &mut State, call: &Call) -> Reply {
    let id = call.number("id")?;
    state.repo(&call.repo())?.checks.suites.get(&id).ok_or_else(Refusal::not_found)?;
    let all = list(state, call, |run| run.suite == id)?;
    answer(state, call, &all)
}

/// The ids of the runs that a listing asks for, newest first.
fn list(state: &State, call: &Call, pick: impl Fn(&Run) -> bool) -> Result<Vec<u64>, Refusal> {
    let checks = &state.repo(&call.repo())?.checks;
    let filter = call.query("filter").unwrap_or("latest");
    if !matches!(filter, "latest" | "all") {
        return Err(Refusal::new(422, format!("Invalid request.\n\n{filter} is not a member of [latest, all].")));
    }
    let asked = |name: &str, value: &str| call.query(name).is_none_or(|asked| asked == value);
    let is_newest = |run: &Run| checks.latest(&run.head_sha).iter().any(|newest| newest.id == run.id);
    let is_wanted = |run: &&Run| {
        pick(run)
            && asked("check_name", &run.name)
            && asked("status", &run.status)
            && asked("app_id", &run.app.to_string())
            && (filter == "all" || is_newest(run))
    };
    Ok(checks.runs.values().rev().filter(is_wanted).map(|run| run.id).collect())
}

fn answer(state: &State, call: &Call, all: &[u64]) -> Reply {
    let repo = state.repo(&call.repo())?;
    let (some, link) = slice(state, call, all);
    let runs: Vec<Value> = some.iter().filter_map(|id| shape::run_by_id(state, repo, *id)).collect();
    Ok(link_header(Answer::ok(json!({ "total_count": all.len(), "check_runs": runs })), link))
}
