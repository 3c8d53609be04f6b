//! Git refs: read, made, moved, deleted. What follows for pull requests is [`crate::git::settle`]'s.

use serde_json::{Value, json};

use crate::access::{Grade, may};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::git::{self, backend, settle};
use crate::rest::{self, CONTENTS_READ, CONTENTS_WRITE, Route};
use crate::shape::repo as repository;
use crate::state::{Repo, State};

pub const ROUTES: &[Route] = &[
    Route::new("GET", "/repos/{owner}/{repo}/git/ref/{*ref}", CONTENTS_READ, get),
    Route::new("GET", "/repos/{owner}/{repo}/git/matching-refs/{*ref}", CONTENTS_READ, matching),
    Route::new("POST", "/repos/{owner}/{repo}/git/refs", CONTENTS_WRITE, create),
    Route::new("PATCH", "/repos/{owner}/{repo}/git/refs/{*ref}", CONTENTS_WRITE, change),
    Route::new("DELETE", "/repos/{owner}/{repo}/git/refs/{*ref}", CONTENTS_WRITE, delete),
];

/// `git-ref`
fn shape(state: &State, repo: &Repo, name: &str, id: &str) -> Value {
    let url = repository::url(state, repo);
    let kind = git::run(&repo.path, &["cat-file", "-t", id]).unwrap_or_else(|_| "commit".to_owned());
    let encoded = name.split('/').map(rest::encode).collect::<Vec<_>>().join("/");
    json!({
        "ref": name, "node_id": format!("REF_{}", crate::shape::node("R", repo.id)), "url": format!("{url}/git/{encoded}"),
        "object": { "sha": id, "type": kind, "url": format!("{url}/git/{kind}s/{id}") },
    })
}

fn get(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let name = format!("refs/{}", call.param("ref"));
    let id = repo.refs.get(&name).ok_or_else(Refusal::not_found)?;
    Ok(Answer::ok(shape(state, repo, &name, id)))
}

fn matching(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let start = format!("refs/{}", call.param("ref"));
    let found = repo.refs.iter().filter(|(name, _)| name.starts_with(&start));
    Ok(Answer::ok(found.map(|(name, id)| shape(state, repo, name, id)).collect()))
}

fn create(state: &mut State, call: &Call) -> Reply {
    let (name, id) = (call.needed_text("ref")?.to_owned(), call.needed_text("sha")?.to_owned());
    let repo = state.repo(&call.repo())?;
    if !name.starts_with("refs/") || name.matches('/').count() < 2 {
        let said = "Reference name must start with 'refs/' and contain at least two slashes.";
        return Err(Refusal::new(422, said));
    }
    if name.starts_with("refs/pull/") || !git::holds(&repo.path, &["check-ref-format", &name]) {
        return Err(Refusal::new(422, format!("{name} is not a valid ref name.")));
    }
    check_object(repo, &id)?;
    if repo.refs.contains_key(&name) {
        return Err(Refusal::new(422, "Reference already exists"));
    }
    check_workflows(call, repo, &id)?;
    git::set_ref(&repo.path, &name, Some(&id), Some(git::ZERO))
        .map_err(|_| Refusal::new(422, "Reference already exists"))?;
    settle::look(state, &call.repo(), &call.actor.login)?;
    let repo = state.repo(&call.repo())?;
    let shown = shape(state, repo, &name, &id);
    let location = shown["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::created(shown).header("location", location))
}

fn check_object(repo: &Repo, id: &str) -> Result<(), Refusal> {
    let is_id = id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
    if !is_id {
        return Err(Refusal::new(422, "The sha parameter must be exactly 40 characters and contain only [0-9a-f]."));
    }
    if git::holds(&repo.path, &["cat-file", "-e", id]) {
        return Ok(());
    }
    Err(Refusal::new(422, "Object does not exist"))
}

/// An App without the permission `workflows` brings no new workflow in, by whatever way.
pub fn check_workflows(call: &Call, repo: &Repo, id: &str) -> Result<(), Refusal> {
    let may_write = call.actor.grant().is_none_or(|grant| may(&grant.permissions, "workflows", Grade::Write));
    if may_write {
        return Ok(());
    }
    let arguments =
        ["log", "--format=", "--name-only", "--diff-merges=first-parent", id, "--not", "--branches", "--tags"];
    let arguments = [&arguments[..], &["--", ".github/workflows"]].concat();
    let changed = git::run(&repo.path, &arguments).unwrap_or_default();
    match changed.lines().find(|line| !line.is_empty()) {
        None => Ok(()),
        Some(path) => Err(Refusal::new(
            403,
            format!(
                "refusing to allow a GitHub App to create or update workflow `{path}` without `workflows` permission"
            ),
        )),
    }
}

/// What a protection says to a moved ref (`new` is none: deleted); none: nothing. `old` is where it is.
pub fn protected(state: &State, call: &Call, repo: &Repo, name: &str, old: &str, new: Option<&str>) -> Option<String> {
    let branch = name.strip_prefix("refs/heads/")?;
    let protection = repo.protections.get(branch)?;
    if !backend::may_push(state, &call.actor, repo, protection) {
        return Some("Changes must be made through a pull request.".to_owned());
    }
    match new {
        None if !protection.allow_deletion => Some("Cannot delete this branch".to_owned()),
        Some(new) if !protection.allow_force && !git::is_ancestor(&repo.path, old, new) => {
            Some("Cannot force-push to this branch".to_owned())
        }
        _ => None,
    }
}

fn change(state: &mut State, call: &Call) -> Reply {
    let name = format!("refs/{}", call.param("ref"));
    let id = call.needed_text("sha")?.to_owned();
    let force = call.flag("force")?.unwrap_or(false);
    let repo = state.repo(&call.repo())?;
    // The one answer that is not 404 for a thing that is missing.
    let old = repo.refs.get(&name).ok_or_else(|| Refusal::new(422, "Reference does not exist"))?.clone();
    check_object(repo, &id)?;
    if let Some(why) = protected(state, call, repo, &name, &old, Some(&id)) {
        return Err(Refusal::new(422, why));
    }
    if !force && !git::is_ancestor(&repo.path, &old, &id) {
        return Err(Refusal::new(422, "Update is not a fast forward"));
    }
    check_workflows(call, repo, &id)?;
    git::set_ref(&repo.path, &name, Some(&id), Some(&old))
        .map_err(|_| Refusal::new(409, "Reference was changed meanwhile"))?;
    settle::look(state, &call.repo(), &call.actor.login)?;
    let repo = state.repo(&call.repo())?;
    Ok(Answer::ok(shape(state, repo, &name, &id)))
}

fn delete(state: &mut State, call: &Call) -> Reply {
    let name = format!("refs/{}", call.param("ref"));
    let repo = state.repo(&call.repo())?;
    let old = repo.refs.get(&name).ok_or_else(|| Refusal::new(422, "Reference does not exist"))?.clone();
    if name == format!("refs/heads/{}", repo.default_branch) {
        return Err(Refusal::new(422, "Cannot delete the default branch"));
    }
    if let Some(why) = protected(state, call, repo, &name, &old, None) {
        return Err(Refusal::new(422, why));
    }
    git::set_ref(&repo.path, &name, None, Some(&old))?;
    settle::look(state, &call.repo(), &call.actor.login)?;
    Ok(Answer::empty())
}
