//! What tests ask of webhooks: how they behave, what was delivered, events that no API call makes.

use serde_json::{Value, json};

use crate::call::{Answer, Refusal, Reply, texts};
use crate::state::State;

use super::payload::repositories;

/// `behaviour` (POST, GET), `patience` (POST: how long an answer may take, in real milliseconds), `deliveries` (GET), `send` (POST: any event of a repository), `installations/ID` (PATCH: its
/// repositories; DELETE), `press` (POST: the button of a check run).
pub fn control(state: &mut State, method: &str, words: &[&str], body: &Value) -> Reply {
    match (method, words) {
        ("POST", ["behaviour"]) => {
            let behaviour = serde_json::from_value(body.clone());
            state.webhooks.schedule.behaviour =
                behaviour.map_err(|error| Refusal::new(422, format!("no such behaviour: {error}")))?;
            Ok(Answer::empty())
        }
        ("POST", ["patience"]) => {
            let ms = body["ms"].as_u64().ok_or_else(|| Refusal::missing("ms"))?;
            state.webhooks.patience = Some(std::time::Duration::from_millis(ms));
            Ok(Answer::empty())
        }
        ("GET", ["behaviour"]) => Ok(Answer::ok(json!(state.webhooks.schedule.behaviour))),
        ("GET", ["deliveries"]) => {
            Ok(Answer::ok(state.webhooks.log.iter().map(super::delivery::Delivery::full).collect()))
        }
        ("POST", ["send"]) => {
            let word = |field: &str| body[field].as_str().ok_or_else(|| Refusal::missing(field));
            let key = word("repo")?.to_lowercase();
            let login = body["login"].as_str().unwrap_or(&state.repo(&key)?.owner).to_owned();
            state.emit(word("event")?, &key, &login, body["payload"].clone());
            Ok(Answer::empty())
        }
        ("PATCH", ["installations", id]) => change(state, id, body),
        ("DELETE", ["installations", id]) => remove(state, id),
        ("POST", ["installations", id, "suspend"]) => {
            let id = known(state, id)?;
            let by = (body["suspended"].as_bool() != Some(false)).then_some("acme");
            crate::rest::apps::suspended(state, id, body["login"].as_str().filter(|_| by.is_some()).or(by));
            Ok(Answer::empty())
        }
        ("POST", ["press"]) => press(state, body),
        _ => Err(Refusal::not_found()),
    }
}

fn known(state: &State, id: &str) -> Result<u64, Refusal> {
    id.parse().ok().filter(|id| state.installations.contains_key(id)).ok_or_else(Refusal::not_found)
}

/// Repositories come to an installation and leave it; one event for each direction.
fn change(state: &mut State, id: &str, body: &Value) -> Reply {
    let id = known(state, id)?;
    let wanted: Vec<String> = texts("repos", &body["repos"])?.iter().map(|name| name.to_lowercase()).collect();
    for key in &wanted {
        state.repo(key)?;
    }
    let before = state.installations.get(&id).map(|found| found.repos.clone()).unwrap_or_default();
    let without = |from: &[String], others: &[String]| -> Vec<String> {
        from.iter().filter(|key| !others.contains(key)).cloned().collect()
    };
    let (added, removed) = (without(&wanted, &before), without(&before, &wanted));
    if let Some(found) = state.installations.get_mut(&id) {
        found.repos = wanted;
    }
    for (action, came, left) in [("added", added, Vec::new()), ("removed", Vec::new(), removed)] {
        if !came.is_empty() || !left.is_empty() {
            let more = json!({
                "repository_selection": "selected", "repositories_added": repositories(state, &came),
                "repositories_removed": repositories(state, &left), "requester": null,
            });
            super::installation(state, id, "installation_repositories", action, more);
        }
    }
    Ok(Answer::empty())
}

/// Its tokens are worth nothing any more.
fn remove(state: &mut State, id: &str) -> Reply {
    let id = known(state, id)?;
    let repos = state.installations.get(&id).map(|found| found.repos.clone()).unwrap_or_default();
    let more = json!({ "repositories": repositories(state, &repos) });
    super::installation(state, id, "installation", "deleted", more);
    state.installations.remove(&id);
    state.tokens.retain(|_, token| token.grant.as_ref().is_none_or(|grant| grant.installation != Some(id)));
    Ok(Answer::empty())
}

/// Somebody presses a button of a check run on its page.
fn press(state: &mut State, body: &Value) -> Reply {
    let word = |field: &str| body[field].as_str().ok_or_else(|| Refusal::missing(field));
    let key = word("repo")?.to_lowercase();
    let id = body["check_run"].as_u64().ok_or_else(|| Refusal::missing("check_run"))?;
    let identifier = word("identifier")?;
    let repo = state.repo(&key)?;
    if !crate::rest::checks::has_button(&repo.checks, id, identifier) {
        return Err(Refusal::new(422, "that check run has no such button"));
    }
    let run = crate::rest::checks::told_run(state, repo, id);
    let payload =
        json!({ "action": "requested_action", "check_run": run, "requested_action": { "identifier": identifier } });
    state.emit("check_run", &key, word("login")?, payload);
    Ok(Answer::empty())
}

/// An installation was suspended, or wakes again.
pub fn suspended(state: &mut State, id: u64, is_suspended: bool) {
    let repos = state.installations.get(&id).map(|found| found.repos.clone()).unwrap_or_default();
    let more = json!({ "repositories": repositories(state, &repos) });
    super::installation(state, id, "installation", if is_suspended { "suspend" } else { "unsuspend" }, more);
}

/// An App was installed.
pub fn installed(state: &mut State, id: u64) {
    let repos = state.installations.get(&id).map(|found| found.repos.clone()).unwrap_or_default();
    let more = json!({ "repositories": repositories(state, &repos), "requester": null });
    super::installation(state, id, "installation", "created", more);
}
