//! The control paths below `/_hub`: what no GitHub has, for tests to set the scene and to look behind it.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::response::Response;
use serde_json::{Value, json};

use crate::access::{Grade, Grant, Permissions, Role};
use crate::call::{Answer, Refusal, Reply, texts};
use crate::clock::show;
use crate::gate::{Hub, respond};
use crate::git;
use crate::keys;
use crate::rest::apps::{self, ACTIONS_APP, random};
use crate::rest::{self, decode};
use crate::state::{ACTIONS, Installation, Protection, Repo, State, Token};

mod report;

/// Answers a request below `/_hub`.
pub async fn door(hub: &Hub, method: &str, path: &str, body: Bytes) -> Response {
    let body = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
    let Ok(body) = body else { return respond(Refusal::new(400, "Problems parsing JSON").answer()) };
    let method = method.to_owned();
    let words: Vec<String> = path.trim_start_matches('/').split('/').skip(1).map(decode).collect();
    let reply = hub.with(move |state| {
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        run(state, &method, &words, &body)
    });
    respond(reply.await.unwrap_or_else(Refusal::answer))
}

fn run(state: &mut State, method: &str, words: &[&str], body: &Value) -> Reply {
    match (method, words) {
        ("POST", ["users"]) => add_user(state, body),
        ("POST", ["repos"]) => add_repo(state, body),
        ("POST", ["repos", owner, name, "rename"]) => {
            rest::moved::rename(state, &format!("{owner}/{name}").to_lowercase(), text(body, "name")?)?;
            Ok(Answer::empty())
        }
        ("POST", ["repos", owner, name, "look"]) => look(state, owner, name),
        ("PUT", ["repos", owner, name, "collaborators", login]) => collaborate(state, owner, name, login, body),
        ("PUT", ["repos", owner, name, "protection", branch @ ..]) => {
            protect(state, owner, name, &branch.join("/"), body)
        }
        ("DELETE", ["repos", owner, name, "protection", branch @ ..]) => {
            repo(state, owner, name)?.protections.remove(&branch.join("/"));
            Ok(Answer::empty())
        }
        ("POST", ["tokens"]) => add_token(state, body),
        ("POST", ["apps"]) => add_app(state, body),
        ("PATCH", ["apps", id]) => change_app(state, id, body),
        ("POST", ["apps", id, "installations"]) => install(state, id, body),
        (_, ["browser"]) => crate::web::control(state, method, body),
        ("GET", ["clock"]) => Ok(clock(state)),
        ("POST", ["clock"]) => {
            if let Some(seconds) = body["advance"].as_f64() {
                state.clock.advance(seconds);
            }
            if let Some(speed) = body["speed"].as_f64() {
                state.clock.set_speed(speed);
            }
            Ok(clock(state))
        }
        ("POST", ["mode"]) => {
            state.enterprise = body["enterprise"].as_bool().ok_or_else(|| Refusal::missing("enterprise"))?;
            // An Enterprise Server has no limits unless its administrator sets some: `/_hub/limits`.
            state.limits.budgets.policy.enabled = !state.enterprise;
            Ok(Answer::ok(json!({ "enterprise": state.enterprise })))
        }
        ("GET", ["log"]) => Ok(Answer::ok(state.log.iter().map(|call| call.show()).collect())),
        ("GET", ["routes"]) => Ok(Answer::ok(crate::rest::all().map(Value::from).collect())),
        ("GET", ["state"]) => Ok(Answer::ok(report::state(state))),
        (_, ["faults", ..]) => crate::faults::control(state, method, body),
        (_, [what @ ("violations" | "limits")]) => crate::limits::control(state, method, what, body),
        (_, ["webhooks", rest @ ..]) => crate::webhooks::control(state, method, rest, body),
        _ => Err(Refusal::not_found()),
    }
}

fn text<'a>(body: &'a Value, field: &str) -> Result<&'a str, Refusal> {
    body[field].as_str().ok_or_else(|| Refusal::missing(field))
}

fn repo<'a>(state: &'a mut State, owner: &str, name: &str) -> Result<&'a mut Repo, Refusal> {
    state.repo_mut(&format!("{owner}/{name}").to_lowercase())
}

fn clock(state: &State) -> Answer {
    Answer::ok(
        json!({ "now": show(state.clock.now()), "seconds": state.clock.seconds(), "speed": state.clock.speed() }),
    )
}

fn add_user(state: &mut State, body: &Value) -> Reply {
    let login = text(body, "login")?;
    let user = state.add_user(login, body["type"].as_str().unwrap_or("User"));
    Ok(Answer::created(json!({ "id": user.id, "login": user.login, "type": user.kind })))
}

fn add_repo(state: &mut State, body: &Value) -> Reply {
    let (owner, name) = (text(body, "owner")?, text(body, "name")?);
    let is_plain = |word: &str| {
        !word.is_empty() && word.chars().all(|letter| letter.is_ascii_alphanumeric() || "-_.".contains(letter))
    };
    if !is_plain(owner) || !is_plain(name) || [".", ".."].contains(&name) || [".", ".."].contains(&owner) {
        return Err(Refusal::new(422, "an owner or name that GitHub would not take"));
    }
    let owner = state.add_user(owner, "User").login;
    let path = state.data.join(&owner).join(format!("{name}.git"));
    let fork_of = body["fork_of"].as_str().map(str::to_lowercase);
    let source = fork_of
        .as_ref()
        .map(|key| state.repo(key).map(|repo| (repo.path.clone(), repo.default_branch.clone(), repo.private)));
    let source = source.transpose()?;
    let default_branch = source.as_ref().map(|(_, branch, _)| branch.as_str());
    let default_branch = body["default_branch"].as_str().or(default_branch).unwrap_or("main").to_owned();
    let private = body["private"].as_bool().or(source.as_ref().map(|source| source.2)).unwrap_or(false);
    match &source {
        Some((from, ..)) => git::fork(from, &path, &default_branch)?,
        None => git::init(&path, &default_branch)?,
    }
    let now = state.clock.now();
    let made = Repo {
        id: state.new_id(),
        owner,
        name: name.to_owned(),
        refs: git::refs(&path)?,
        path,
        default_branch,
        private,
        fork_of,
        created: now,
        pushed: now,
        collaborators: BTreeMap::new(),
        protections: BTreeMap::new(),
        issues: BTreeMap::new(),
        comments: BTreeMap::new(),
        labels: Vec::new(),
        teams: if body["teams"].is_null() { Vec::new() } else { texts("teams", &body["teams"])? },
        action_opens_pulls: body["action_opens_pulls"].as_bool().unwrap_or(true),
        checks: Default::default(),
    };
    let shown = json!({ "path": made.path, "full_name": made.full_name(), "id": made.id,
                        "clone_url": format!("{}/{}.git", state.origin, made.full_name()) });
    let key = made.key();
    if state.repos.contains_key(&key) {
        return Err(Refusal::new(422, "name already exists on this account"));
    }
    state.repos.insert(key, made);
    Ok(Answer::created(shown))
}

/// For refs that a test moved in the bare repository itself.
fn look(state: &mut State, owner: &str, name: &str) -> Reply {
    let key = repo(state, owner, name)?.key();
    git::settle::look(state, &key, owner)?;
    Ok(Answer::empty())
}

fn collaborate(state: &mut State, owner: &str, name: &str, login: &str, body: &Value) -> Reply {
    let role = Role::parse(text(body, "permission")?).ok_or_else(|| Refusal::new(422, "unknown permission"))?;
    state.add_user(login, "User");
    repo(state, owner, name)?.collaborators.insert(login.to_lowercase(), role);
    Ok(Answer::empty())
}

/// Takes the body of GitHub's "update branch protection"; `{}` means that changes need a pull request.
fn protect(state: &mut State, owner: &str, name: &str, branch: &str, body: &Value) -> Reply {
    let checks = &body["required_status_checks"];
    let reviews = &body["required_pull_request_reviews"];
    let is_bare = body.as_object().is_none_or(|fields| fields.is_empty());
    let mut contexts = match &checks["contexts"] {
        Value::Null => Vec::new(),
        listed => texts("contexts", listed)?,
    };
    contexts.extend(
        checks["checks"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|check| check["context"].as_str())
            .map(str::to_owned),
    );
    let restrictions = match &body["restrictions"]["users"] {
        Value::Null => None,
        listed => Some(texts("users", listed)?.iter().map(|login| login.to_lowercase()).collect()),
    };
    let protection = Protection {
        needs_pull: is_bare || reviews.is_object(),
        approvals: reviews["required_approving_review_count"].as_u64().unwrap_or(0),
        contexts,
        strict: checks["strict"].as_bool().unwrap_or(false),
        enforce_admins: body["enforce_admins"].as_bool().unwrap_or(false),
        allow_force: body["allow_force_pushes"].as_bool().unwrap_or(false),
        allow_deletion: body["allow_deletions"].as_bool().unwrap_or(false),
        restrictions,
    };
    repo(state, owner, name)?.protections.insert(branch.to_owned(), protection);
    Ok(Answer::empty())
}

fn add_token(state: &mut State, body: &Value) -> Reply {
    let (token, known) = match text(body, "kind")? {
        "personal" => {
            let login = text(body, "login")?;
            let user = state.users.get(&login.to_lowercase()).ok_or_else(|| Refusal::new(422, "no such user"))?;
            (
                format!("ghp_{}", &random()[..36]),
                Token { login: user.login.clone(), grant: None, app: None, expires: None },
            )
        }
        "actions" => {
            let key = text(body, "repo")?.to_lowercase();
            state.repo(&key)?;
            let permissions = match &body["permissions"] {
                Value::Null => action_permissions(),
                asked => apps::read_permissions(asked)?,
            };
            let grant = Grant { app: ACTIONS_APP, installation: None, repos: vec![key], permissions, is_action: true };
            let token = Token { login: ACTIONS.to_owned(), grant: Some(grant), app: None, expires: None };
            (format!("ghs_{}", &random()[..36]), token)
        }
        // What a person's sign-in to an App ends with.
        "user" => {
            let login = text(body, "login")?.to_owned();
            let app = body["app"].as_u64().ok_or_else(|| Refusal::missing("app"))?;
            let token = crate::web::oauth::user_token(state, &login, app)?;
            return Ok(Answer::created(json!({ "token": token })));
        }
        _ => return Err(Refusal::new(422, "kind is personal, actions or user")),
    };
    state.tokens.insert(token.clone(), known);
    Ok(Answer::created(json!({ "token": token })))
}

/// What the Action's token may by itself in a repository with read and write permissions.
fn action_permissions() -> Permissions {
    let names =
        ["actions", "checks", "contents", "deployments", "issues", "packages", "pages", "pull_requests", "statuses"];
    names.into_iter().map(|name| (name.to_owned(), Grade::Write)).collect()
}

fn add_app(state: &mut State, body: &Value) -> Reply {
    let slug = text(body, "slug")?.to_owned();
    let permissions = match &body["permissions"] {
        Value::Null => ["contents", "pull_requests", "checks", "issues"]
            .iter()
            .map(|name| ((*name).to_owned(), Grade::Write))
            .collect(),
        asked => apps::read_permissions(asked)?,
    };
    let list = |field: &str| if body[field].is_null() { Ok(Vec::new()) } else { texts(field, &body[field]) };
    let new = apps::New {
        name: body["name"].as_str().unwrap_or(&slug).to_owned(),
        slug,
        owner: text(body, "owner")?.to_owned(),
        url: None,
        description: String::new(),
        callback_urls: list("callback_urls")?,
        permissions,
        events: list("events")?,
        hook_url: body["hook_url"].as_str().map(str::to_owned),
    };
    let (id, pem) = apps::register(state, new)?;
    let app = state.apps.get(&id).ok_or_else(Refusal::not_found)?;
    Ok(Answer::created(json!({
        "id": id, "slug": app.slug, "client_id": app.client_id, "client_secret": app.client_secret, "pem": pem,
        "webhook_secret": app.webhook_secret,
    })))
}

/// What its owner changes on the App's page: `callback_urls`, `hook_url`, `permissions`, `events`; `new_key` makes the
/// old key worthless and answers a new one.
fn change_app(state: &mut State, id: &str, body: &Value) -> Reply {
    let id: u64 = id.parse().map_err(|_| Refusal::not_found())?;
    let app = state.apps.get_mut(&id).ok_or_else(Refusal::not_found)?;
    if !body["callback_urls"].is_null() {
        app.callback_urls = texts("callback_urls", &body["callback_urls"])?;
    }
    if !body["events"].is_null() {
        app.events = texts("events", &body["events"])?;
    }
    if !body["permissions"].is_null() {
        app.permissions = apps::read_permissions(&body["permissions"])?;
    }
    if let Some(url) = body["hook_url"].as_str() {
        app.hook_url = (!url.is_empty()).then(|| url.to_owned());
    }
    if body["new_key"].as_bool() != Some(true) {
        return Ok(Answer::ok(json!({ "id": id })));
    }
    let (public, pem) = keys::pair()?;
    app.public_key = public;
    Ok(Answer::ok(json!({ "id": id, "pem": pem })))
}

fn install(state: &mut State, app: &str, body: &Value) -> Reply {
    let app = app.parse().ok().filter(|id| state.apps.contains_key(id)).ok_or_else(Refusal::not_found)?;
    let account = text(body, "account")?.to_owned();
    let mut repos = Vec::new();
    for name in texts("repos", &body["repos"])? {
        let full = if name.contains('/') { name } else { format!("{account}/{name}") };
        repos.push(state.repo(&full.to_lowercase())?.key());
    }
    let id = installed(state, app, account, repos);
    Ok(Answer::created(json!({ "id": id })))
}

/// Installs an App on an account's repositories; it is told.
pub fn installed(state: &mut State, app: u64, account: String, repos: Vec<String>) -> u64 {
    let id = state.new_id();
    let created = state.clock.now();
    state.installations.insert(id, Installation { id, app, account, repos, created, suspended: None });
    crate::webhooks::installed(state, id);
    id
}
