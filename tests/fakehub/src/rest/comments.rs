//! Comments on issues and pull requests, and reactions.

use serde_json::json;

use crate::access::Role;
use crate::call::{Answer, Call, Refusal, Reply};
use crate::rest::issues::{BODY, check_length};
use crate::rest::{self, ISSUES_READ, ISSUES_WRITE, Route};
use crate::shape::issue as shape;
use crate::state::{Comment, Reaction, State};

pub const ROUTES: &[Route] = &[
    Route::new("GET", "/repos/{owner}/{repo}/issues/comments", ISSUES_READ, all),
    Route::new("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}", ISSUES_READ, get),
    Route::new("PATCH", "/repos/{owner}/{repo}/issues/comments/{comment_id}", ISSUES_WRITE, change),
    Route::new("DELETE", "/repos/{owner}/{repo}/issues/comments/{comment_id}", ISSUES_WRITE, delete),
    Route::new("GET", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", ISSUES_READ, reactions),
    Route::new("POST", "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions", ISSUES_WRITE, react),
    Route::new(
        "DELETE",
        "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions/{reaction_id}",
        ISSUES_WRITE,
        unreact,
    ),
    Route::new("GET", "/repos/{owner}/{repo}/issues/{issue_number}/comments", ISSUES_READ, list),
    Route::new("POST", "/repos/{owner}/{repo}/issues/{issue_number}/comments", ISSUES_WRITE, create).creating(),
    Route::new("GET", "/repos/{owner}/{repo}/issues/{issue_number}/reactions", ISSUES_READ, reactions),
    Route::new("POST", "/repos/{owner}/{repo}/issues/{issue_number}/reactions", ISSUES_WRITE, react),
    Route::new("DELETE", "/repos/{owner}/{repo}/issues/{issue_number}/reactions/{reaction_id}", ISSUES_WRITE, unreact),
];

/// What one can react with.
const REACTIONS: &[&str] = &["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

fn all(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let repo = state.repo(&call.repo())?;
    let since: Option<jiff::Timestamp> = call.query("since").and_then(|since| since.parse().ok());
    let mut found: Vec<&Comment> =
        repo.comments.values().filter(|comment| since.is_none_or(|since| comment.updated >= since)).collect();
    if call.query("sort") == Some("updated") {
        found.sort_by_key(|comment| comment.updated);
    }
    if call.query("sort").is_some() && call.query("direction") != Some("asc") {
        found.reverse();
    }
    Ok(rest::page(state, call, &found, |comment| shape::comment(state, repo, comment)))
}

fn list(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let repo = state.repo(&call.repo())?;
    let number = call.number("issue_number")?;
    repo.issue(number)?;
    let since: Option<jiff::Timestamp> = call.query("since").and_then(|since| since.parse().ok());
    let picks = |comment: &&Comment| comment.issue == number && since.is_none_or(|since| comment.updated >= since);
    let found: Vec<&Comment> = repo.comments.values().filter(picks).collect();
    Ok(rest::page(state, call, &found, |comment| shape::comment(state, repo, comment)))
}

fn find<'a>(state: &'a State, call: &Call) -> Result<&'a Comment, Refusal> {
    state.repo(&call.repo())?.comments.get(&call.number("comment_id")?).ok_or_else(Refusal::not_found)
}

fn show(state: &State, call: &Call, id: u64) -> Result<serde_json::Value, Refusal> {
    let repo = state.repo(&call.repo())?;
    let comment = repo.comments.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(shape::comment(state, repo, comment))
}

fn get(state: &mut State, call: &Call) -> Reply {
    let id = find(state, call)?.id;
    Ok(Answer::ok(show(state, call, id)?))
}

fn checked_body(call: &Call) -> Result<&str, Refusal> {
    let body = call.needed_text("body")?;
    if body.trim().is_empty() {
        return Err(Refusal::invalid("IssueComment", "unprocessable", "data", "Body cannot be blank"));
    }
    check_length("IssueComment", "body", body, BODY)?;
    Ok(body)
}

fn create(state: &mut State, call: &Call) -> Reply {
    let (key, issue) = (call.repo(), call.number("issue_number")?);
    state.repo(&key)?.issue(issue)?;
    let body = checked_body(call)?.to_owned();
    let (id, now) = (state.new_id(), state.clock.now());
    let app = call.actor.grant().map(|grant| grant.app);
    let author = call.actor.login.clone();
    let comment =
        Comment { id, issue, author, app, body: body.clone(), created: now, updated: now, reactions: Vec::new() };
    let repo = state.repo_mut(&key)?;
    repo.comments.insert(id, comment);
    state.issue_mut(&key, issue)?.updated = now;
    state.take_note(&key, issue, &format!("comment {id}"), &call.actor.login, "", &body);
    event(state, call, id, issue, "created", json!({}))?;
    let shown = show(state, call, id)?;
    let location = shown["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::created(shown).header("location", location))
}

/// Emits an `issue_comment` event.
fn event(
    state: &mut State,
    call: &Call,
    id: u64,
    issue: u64,
    action: &str,
    more: serde_json::Value,
) -> Result<(), Refusal> {
    let key = call.repo();
    let repo = state.repo(&key)?;
    let shown = shape::issue(state, repo, repo.issue(issue)?);
    let mut payload = json!({ "action": action, "issue": shown, "comment": show(state, call, id)? });
    for (name, value) in more.as_object().into_iter().flatten() {
        payload[name.as_str()] = value.clone();
    }
    state.emit("issue_comment", &key, &call.actor.login, payload);
    Ok(())
}

/// Only the author, or who may write, changes a comment; an App only its own.
fn may_change(state: &State, call: &Call) -> Result<(), Refusal> {
    let repo = state.repo(&call.repo())?;
    let is_mine = find(state, call)?.author.eq_ignore_ascii_case(&call.actor.login);
    let may = is_mine || (call.actor.grant().is_none() && state.role(repo, &call.actor.login) >= Role::Write);
    match call.actor.grant() {
        _ if may => Ok(()),
        // An App with the right to write moderates too.
        Some(_) => Ok(()),
        None => Err(Refusal::new(403, "Must have admin rights to Repository.")),
    }
}

fn change(state: &mut State, call: &Call) -> Reply {
    may_change(state, call)?;
    let body = checked_body(call)?.to_owned();
    let key = call.repo();
    let (id, issue) = (find(state, call)?.id, find(state, call)?.issue);
    let now = state.clock.now();
    let comment = state.repo_mut(&key)?.comments.get_mut(&id).ok_or_else(Refusal::not_found)?;
    let before = std::mem::replace(&mut comment.body, body.clone());
    if before != body {
        comment.updated = now;
        state.take_note(&key, issue, &format!("comment {id}"), &call.actor.login, &before, &body);
        event(state, call, id, issue, "edited", json!({ "changes": { "body": { "from": before } } }))?;
    }
    Ok(Answer::ok(show(state, call, id)?))
}

fn delete(state: &mut State, call: &Call) -> Reply {
    may_change(state, call)?;
    let (id, issue) = (find(state, call)?.id, find(state, call)?.issue);
    event(state, call, id, issue, "deleted", json!({}))?;
    state.repo_mut(&call.repo())?.comments.remove(&id);
    Ok(Answer::empty())
}

/// The reactions of the comment or issue that the route names.
fn on<'a>(state: &'a mut State, call: &Call) -> Result<&'a mut Vec<Reaction>, Refusal> {
    if call.param("comment_id").is_empty() {
        return Ok(&mut state.issue_mut(&call.repo(), call.number("issue_number")?)?.reactions);
    }
    let id = call.number("comment_id")?;
    let comment = state.repo_mut(&call.repo())?.comments.get_mut(&id).ok_or_else(Refusal::not_found)?;
    Ok(&mut comment.reactions)
}

fn reactions(state: &mut State, call: &Call) -> Reply {
    let wanted = call.query("content").map(str::to_owned);
    let found = on(state, call)?.clone();
    let found: Vec<Reaction> =
        found.into_iter().filter(|one| wanted.as_ref().is_none_or(|wanted| one.content == *wanted)).collect();
    let state = &*state;
    Ok(rest::page(state, call, &found, |reaction| shape::reaction(state, reaction)))
}

/// The same reaction by the same user is there already: 200 instead of 201.
fn react(state: &mut State, call: &Call) -> Reply {
    let content = call.needed_text("content")?.to_owned();
    if !REACTIONS.contains(&content.as_str()) {
        return Err(Refusal::invalid("Reaction", "invalid", "content", ""));
    }
    let (id, created) = (state.new_id(), state.clock.now());
    let author = call.actor.login.clone();
    let given = on(state, call)?;
    let known = given.iter().find(|known| known.author == author && known.content == content).cloned();
    let status = if known.is_some() { 200 } else { 201 };
    let reaction = known.unwrap_or(Reaction { id, author, content, created });
    if status == 201 {
        given.push(reaction.clone());
    }
    Ok(Answer::new(status, shape::reaction(state, &reaction)))
}

fn unreact(state: &mut State, call: &Call) -> Reply {
    let id = call.number("reaction_id")?;
    let author = call.actor.login.clone();
    let given = on(state, call)?;
    let before = given.len();
    given.retain(|known| known.id != id || known.author != author);
    if given.len() == before { Err(Refusal::not_found()) } else { Ok(Answer::empty()) }
}
