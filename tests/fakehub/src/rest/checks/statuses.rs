//! Commit statuses, which everybody who may push can write.

use serde_json::{Value, json};

use crate::call::{Answer, Call, Refusal, Reply};
use crate::rest::{link_header, page, slice};
use crate::shape::repo as repository;
use crate::state::State;

use super::{Status, commit_of, is_commit, shape};

/// Statuses of one commit and context.
const SAME_CONTEXT: usize = 1_000;
/// Characters of a description and of a context.
const DESCRIPTION: usize = 140;
const CONTEXT: usize = 255;

pub fn create(state: &mut State, call: &Call) -> Reply {
    let key = call.repo();
    let sha = call.param("sha").to_owned();
    is_commit(state, &key, &sha)?;
    let invalid = |code: &str, field: &str, why: &str| Refusal::invalid("Status", code, field, why);
    let value = call.needed_text("state")?;
    if !matches!(value, "error" | "failure" | "pending" | "success") {
        return Err(invalid("custom", "state", "state is not included in the list"));
    }
    let context = call.text("context")?.unwrap_or("default");
    let description = call.text("description")?;
    let target_url = call.text("target_url")?.filter(|url| !url.is_empty());
    if description.is_some_and(|text| text.chars().count() > DESCRIPTION) {
        return Err(invalid("custom", "description", "description is too long (maximum is 140 characters)"));
    }
    if context.is_empty() || context.chars().count() > CONTEXT {
        return Err(invalid("custom", "context", "context is too long (maximum is 255 characters) or empty"));
    }
    if target_url.is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return Err(invalid("custom", "target_url", "target_url must use http(s) scheme"));
    }
    let statuses = &state.repo(&key)?.checks.statuses;
    if statuses.iter().filter(|status| status.sha == sha && status.context == context).count() >= SAME_CONTEXT {
        let why = "This SHA and context has reached the maximum number of statuses.";
        return Err(invalid("custom", "", why));
    }
    let status = Status {
        id: state.new_id(),
        sha,
        state: value.to_owned(),
        context: context.to_owned(),
        description: description.map(str::to_owned),
        target_url: target_url.map(str::to_owned),
        creator: call.actor.login.clone(),
        created: state.clock.now(),
    };
    state.repo_mut(&key)?.checks.statuses.push(status.clone());
    let mut payload = json!({
        "id": status.id, "sha": status.sha, "name": state.repo(&key)?.full_name(), "target_url": status.target_url,
        "context": status.context, "description": status.description, "state": status.state,
    });
    payload["created_at"] = crate::clock::show(status.created).into();
    state.emit("status", &key, &call.actor.login, payload);
    let shown = shape::status(state, state.repo(&key)?, &status);
    let place = shown["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::created(shown).header("location", place))
}

/// All of them, newest first.
pub fn of_ref(state: &mut State, call: &Call) -> Reply {
    let sha = commit_of(state, call)?;
    let repo = state.repo(&call.repo())?;
    let all: Vec<&Status> = repo.checks.statuses.iter().rev().filter(|status| status.sha == sha).collect();
    Ok(page(state, call, &all, |status| shape::status(state, repo, status)))
}

/// The newest of each context, and what they come to.
pub fn combined(state: &mut State, call: &Call) -> Reply {
    let sha = commit_of(state, call)?;
    let repo = state.repo(&call.repo())?;
    let all = repo.checks.newest_statuses(&sha);
    let any = |words: &[&str]| all.iter().any(|status| words.contains(&status.state.as_str()));
    let sum = match () {
        () if any(&["error", "failure"]) => "failure",
        () if all.is_empty() || any(&["pending"]) => "pending",
        () => "success",
    };
    let (some, link) = slice(state, call, &all);
    let statuses: Vec<Value> = some.iter().map(|status| shape::simple_status(state, repo, status)).collect();
    let url = repository::url(state, repo);
    let body = json!({
        "state": sum, "statuses": statuses, "sha": sha, "total_count": all.len(),
        "repository": repository::repository(state, repo), "commit_url": format!("{url}/commits/{sha}"),
        "url": format!("{url}/commits/{sha}/status"),
    });
    Ok(link_header(Answer::ok(body), link))
}
