//! Issues as far as pull requests are issues: titles and bodies, labels.

use serde_json::{Value, json};

use crate::access::{Actor, Role};
use crate::call::{Answer, Call, Refusal, Reply, texts};
use crate::git::settle;
use crate::rest::{self, ISSUES_READ, ISSUES_TRIAGE, ISSUES_WRITE, Route, pulls};
use crate::shape::issue as shape;
use crate::state::{Issue, Label, Pull, Repo, State};

pub const ROUTES: &[Route] = &[
    Route::new("GET", "/repos/{owner}/{repo}/issues", ISSUES_READ, list),
    Route::new("POST", "/repos/{owner}/{repo}/issues", ISSUES_WRITE, create).creating(),
    Route::new("GET", "/repos/{owner}/{repo}/issues/{issue_number}", ISSUES_READ, get),
    Route::new("PATCH", "/repos/{owner}/{repo}/issues/{issue_number}", ISSUES_WRITE, change),
    Route::new("GET", "/repos/{owner}/{repo}/issues/{issue_number}/labels", ISSUES_READ, labels),
    Route::new("POST", "/repos/{owner}/{repo}/issues/{issue_number}/labels", ISSUES_TRIAGE, add_labels),
    Route::new("PUT", "/repos/{owner}/{repo}/issues/{issue_number}/labels", ISSUES_TRIAGE, set_labels),
    Route::new("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels", ISSUES_TRIAGE, clear_labels),
    Route::new("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/labels/{*name}", ISSUES_TRIAGE, remove_label),
    Route::new("GET", "/repos/{owner}/{repo}/labels", ISSUES_READ, repo_labels),
    Route::new("POST", "/repos/{owner}/{repo}/labels", ISSUES_TRIAGE, create_label),
    Route::new("GET", "/repos/{owner}/{repo}/labels/{*name}", ISSUES_READ, repo_label),
];

/// The most characters of a body (the issue's, the pull request's, a comment's), of a title and of a label's name.
pub const BODY: usize = 65_536;
const TITLE: usize = 256;
const LABEL: usize = 50;

/// Refuses a title or body that is too long, and a title without a letter.
pub fn check_texts(resource: &str, title: Option<&str>, body: Option<&str>) -> Result<(), Refusal> {
    if let Some(title) = title {
        if title.trim().is_empty() {
            return Err(Refusal::invalid(resource, "custom", "title", "title can't be blank"));
        }
        check_length(resource, "title", title, TITLE)?;
    }
    body.map_or(Ok(()), |body| check_length(resource, "body", body, BODY))
}

pub fn check_length(resource: &str, field: &str, text: &str, most: usize) -> Result<(), Refusal> {
    if text.chars().count() > most {
        let said = format!("{field} is too long (maximum is {most} characters)");
        return Err(Refusal::invalid(resource, "custom", field, &said));
    }
    Ok(())
}

/// Adds an issue or pull request and tells who it mentions; gives its number.
pub fn add(
    state: &mut State,
    key: &str,
    actor: &Actor,
    title: &str,
    body: Option<&str>,
    pull: Option<Pull>,
) -> Result<u64, Refusal> {
    let (id, now) = (state.new_id(), state.clock.now());
    let repo = state.repo_mut(key)?;
    let number = repo.next_number();
    let issue = Issue {
        id,
        number,
        title: title.to_owned(),
        body: body.map(str::to_owned),
        is_open: true,
        author: actor.login.clone(),
        labels: Vec::new(),
        assignees: Vec::new(),
        locked: false,
        created: now,
        updated: now,
        closed: None,
        closed_by: None,
        reactions: Vec::new(),
        pull,
    };
    repo.issues.insert(number, issue);
    state.take_note(key, number, "title", &actor.login, "", title);
    state.take_note(key, number, "body", &actor.login, "", body.unwrap_or_default());
    Ok(number)
}

/// Gives an issue or pull request another title or body (outer none: as it is); tells only who was not mentioned before.
pub fn rewrite(
    state: &mut State,
    call: &Call,
    key: &str,
    number: u64,
    title: Option<&str>,
    body: Option<Option<&str>>,
) -> Result<(), Refusal> {
    let now = state.clock.now();
    let issue = state.issue_mut(key, number)?;
    let before = (issue.title.clone(), issue.body.clone());
    if let Some(title) = title {
        issue.title = title.to_owned();
    }
    if let Some(body) = body {
        issue.body = body.map(str::to_owned);
    }
    let after = (issue.title.clone(), issue.body.clone());
    if before == after {
        return Ok(());
    }
    issue.updated = now;
    let is_pull = issue.pull.is_some();
    let body_of = |body: &Option<String>| body.clone().unwrap_or_default();
    state.take_note(key, number, "title", &call.actor.login, &before.0, &after.0);
    state.take_note(key, number, "body", &call.actor.login, &body_of(&before.1), &body_of(&after.1));
    let mut changes = json!({});
    if before.0 != after.0 {
        changes["title"] = json!({ "from": before.0 });
    }
    if before.1 != after.1 {
        changes["body"] = json!({ "from": before.1.unwrap_or_default() });
    }
    let more = json!({ "changes": changes });
    if is_pull {
        pulls::event(state, key, number, &call.actor.login, "edited", more);
    } else {
        event(state, key, number, &call.actor.login, "edited", more);
    }
    Ok(())
}

/// Emits an `issues` event.
fn event(state: &mut State, key: &str, number: u64, login: &str, action: &str, more: Value) {
    let Ok(repo) = state.repo(key) else { return };
    let Ok(issue) = repo.issue(number) else { return };
    let mut payload = json!({ "action": action, "issue": shape::issue(state, repo, issue) });
    for (name, value) in more.as_object().into_iter().flatten() {
        payload[name.as_str()] = value.clone();
    }
    state.emit("issues", key, login, payload);
}

fn list(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let repo = state.repo(&call.repo())?;
    let wanted = call.query("state").unwrap_or("open");
    let labels: Vec<&str> = call.query("labels").map_or(Vec::new(), |labels| labels.split(',').collect());
    let has = |issue: &Issue, label: &str| issue.labels.iter().any(|known| known.eq_ignore_ascii_case(label));
    let picks = |issue: &&Issue| {
        (wanted == "all" || (wanted == "open") == issue.is_open) && labels.iter().all(|label| has(issue, label))
    };
    let found: Vec<&Issue> = repo.issues.values().rev().filter(picks).collect();
    Ok(rest::page(state, call, &found, |issue| shape::issue(state, repo, issue)))
}

fn one(state: &State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let issue = repo.issue(call.number("issue_number")?)?;
    Ok(Answer::ok(shape::issue(state, repo, issue)))
}

fn get(state: &mut State, call: &Call) -> Reply {
    one(state, call)
}

fn create(state: &mut State, call: &Call) -> Reply {
    let title = match call.body.get("title") {
        Some(Value::Number(number)) => number.to_string(),
        _ => call.needed_text("title")?.to_owned(),
    };
    let body = call.text("body")?;
    check_texts("Issue", Some(&title), body)?;
    let key = call.repo();
    let number = add(state, &key, &call.actor, &title, body, None)?;
    if let Some(labels) = call.texts("labels")? {
        attach(state, &key, number, &labels)?;
    }
    event(state, &key, number, &call.actor.login, "opened", json!({}));
    let repo = state.repo(&key)?;
    Ok(Answer::created(shape::issue(state, repo, repo.issue(number)?)))
}

fn change(state: &mut State, call: &Call) -> Reply {
    let (key, number) = (call.repo(), call.number("issue_number")?);
    let repo = state.repo(&key)?;
    let issue = repo.issue(number)?;
    let is_mine = issue.author.eq_ignore_ascii_case(&call.actor.login);
    if call.actor.grant().is_none() && !is_mine && state.role(repo, &call.actor.login) < Role::Triage {
        return Err(Refusal::new(403, "Must have admin rights to Repository."));
    }
    let (is_open, is_pull) = (issue.is_open, issue.pull.is_some());
    let (title, body, wanted) = (call.text("title")?, call.text("body")?, call.text("state")?);
    check_texts("Issue", title, body)?;
    if is_pull && wanted == Some("open") && !is_open {
        return Err(Refusal::new(422, "a pull request is reopened by its own address"));
    }
    rewrite(state, call, &key, number, title, call.body.get("body").map(|_| body))?;
    if let Some(labels) = call.texts("labels")? {
        state.issue_mut(&key, number)?.labels.clear();
        attach(state, &key, number, &labels)?;
    }
    match wanted {
        Some("closed") if is_open && is_pull => settle::close(state, &key, number, &call.actor.login, None),
        Some(wanted @ ("closed" | "open")) if (wanted == "open") != is_open => {
            let now = state.clock.now();
            let issue = state.issue_mut(&key, number)?;
            issue.is_open = wanted == "open";
            issue.closed = (!issue.is_open).then_some(now);
            issue.closed_by = (!issue.is_open).then(|| call.actor.login.clone());
            let action = if wanted == "open" { "reopened" } else { "closed" };
            event(state, &key, number, &call.actor.login, action, json!({}));
        }
        _ => {}
    }
    one(state, call)
}

fn shown_labels(state: &State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    Ok(Answer::ok(shape::labels(state, repo, repo.issue(call.number("issue_number")?)?).into()))
}

fn labels(state: &mut State, call: &Call) -> Reply {
    shown_labels(state, call)
}

/// The names in a request: `{"labels": […]}` or a bare list, of names or of objects with one.
fn asked_labels(call: &Call) -> Result<Vec<String>, Refusal> {
    let list = if call.body.is_array() { &call.body } else { call.body.get("labels").unwrap_or(&Value::Null) };
    match list {
        Value::Null => Ok(Vec::new()),
        Value::Array(items) if items.iter().any(Value::is_object) => {
            let names: Vec<Value> = items.iter().map(|item| item.get("name").unwrap_or(item).clone()).collect();
            texts("labels", &names.into())
        }
        list => texts("labels", list),
    }
}

/// Puts labels on an issue; unknown ones are made, in grey.
pub fn attach(state: &mut State, key: &str, number: u64, names: &[String]) -> Result<(), Refusal> {
    for name in names {
        if name.trim().is_empty() {
            return Err(Refusal::invalid("Label", "missing_field", "name", ""));
        }
        check_length("Label", "name", name, LABEL)?;
        let id = state.new_id();
        let repo = state.repo_mut(key)?;
        let known = repo.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name));
        let name = known.map_or(name, |label| &label.name).clone();
        if known.is_none() {
            repo.labels.push(Label { id, name: name.clone(), color: "ededed".to_owned(), description: None });
        }
        let issue = state.issue_mut(key, number)?;
        if !issue.labels.contains(&name) {
            issue.labels.push(name);
        }
    }
    Ok(())
}

fn add_labels(state: &mut State, call: &Call) -> Reply {
    let (key, number) = (call.repo(), call.number("issue_number")?);
    let before = state.repo(&key)?.issue(number)?.labels.clone();
    attach(state, &key, number, &asked_labels(call)?)?;
    labelled(state, call, &key, number, &before)?;
    shown_labels(state, call)
}

fn set_labels(state: &mut State, call: &Call) -> Reply {
    let (key, number) = (call.repo(), call.number("issue_number")?);
    let names = asked_labels(call)?;
    let issue = state.issue_mut(&key, number)?;
    let before = std::mem::take(&mut issue.labels);
    attach(state, &key, number, &names)?;
    labelled(state, call, &key, number, &before)?;
    shown_labels(state, call)
}

/// Tells the hooks of labels that came and went.
fn labelled(state: &mut State, call: &Call, key: &str, number: u64, before: &[String]) -> Result<(), Refusal> {
    let after = state.repo(key)?.issue(number)?.labels.clone();
    let came = after.iter().filter(|name| !before.contains(name)).map(|name| ("labeled", name));
    let went = before.iter().filter(|name| !after.contains(name)).map(|name| ("unlabeled", name));
    for (action, name) in came.chain(went) {
        let repo = state.repo(key)?;
        let label = repo.labels.iter().find(|label| label.name == *name);
        let more = json!({ "label": label.map(|label| shape::label(state, repo, label)) });
        if repo.issue(number)?.pull.is_some() {
            pulls::event(state, key, number, &call.actor.login, action, more);
        } else {
            event(state, key, number, &call.actor.login, action, more);
        }
    }
    Ok(())
}

fn clear_labels(state: &mut State, call: &Call) -> Reply {
    let (key, number) = (call.repo(), call.number("issue_number")?);
    let before = std::mem::take(&mut state.issue_mut(&key, number)?.labels);
    labelled(state, call, &key, number, &before)?;
    Ok(Answer::empty())
}

fn remove_label(state: &mut State, call: &Call) -> Reply {
    let (key, number) = (call.repo(), call.number("issue_number")?);
    let name = call.param("name");
    let issue = state.issue_mut(&key, number)?;
    let before = issue.labels.clone();
    issue.labels.retain(|known| !known.eq_ignore_ascii_case(name));
    if issue.labels == before {
        return Err(Refusal::new(404, "Label does not exist"));
    }
    labelled(state, call, &key, number, &before)?;
    shown_labels(state, call)
}

fn repo_labels(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let repo = state.repo(&call.repo())?;
    Ok(rest::page(state, call, &repo.labels, |label| shape::label(state, repo, label)))
}

fn known<'a>(repo: &'a Repo, name: &str) -> Result<&'a Label, Refusal> {
    repo.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name)).ok_or_else(Refusal::not_found)
}

fn repo_label(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    Ok(Answer::ok(shape::label(state, repo, known(repo, call.param("name"))?)))
}

fn create_label(state: &mut State, call: &Call) -> Reply {
    let name = call.needed_text("name")?.to_owned();
    check_length("Label", "name", &name, LABEL)?;
    let color = call.text("color")?.unwrap_or("ededed").to_lowercase();
    if color.len() != 6 || !color.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err(Refusal::invalid("Label", "invalid", "color", ""));
    }
    let description = call.text("description")?.map(str::to_owned);
    if let Some(description) = &description {
        check_length("Label", "description", description, 100)?;
    }
    let id = state.new_id();
    let repo = state.repo_mut(&call.repo())?;
    if known(repo, &name).is_ok() {
        return Err(Refusal::invalid("Label", "already_exists", "name", ""));
    }
    let label = Label { id, name, color, description };
    repo.labels.push(label.clone());
    let repo = state.repo(&call.repo())?;
    Ok(Answer::created(shape::label(state, repo, &label)))
}
