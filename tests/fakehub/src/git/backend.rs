//! Git over HTTP: `git http-backend` behind the same tokens and rights as the API.

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::response::Response;

use crate::access::{Actor, Grade, How, Role, may};
use crate::auth;
use crate::call::Refusal;
use crate::faults::{Verdict, strike};
use crate::gate::{Hub, respond};
use crate::git::{self, GitError, settle};
use crate::state::{Repo, State};

/// Answers a request below `/OWNER/NAME.git`.
pub async fn door(hub: &Hub, parts: &Parts, body: Bytes) -> Response {
    let path = parts.uri.path().to_owned();
    let verdict = strike(hub, parts.method.as_str(), &path, b"").await;
    match verdict {
        Verdict::Answer(answer) => return respond(answer),
        Verdict::Cut => crate::gate::cut(),
        Verdict::Hang => std::future::pending().await,
        Verdict::Pass | Verdict::CutAfter => {}
    }
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let writes = path.ends_with("/git-receive-pack") || query == "service=git-receive-pack";
    let headers = parts.headers.clone();
    let asked = path.clone();
    let admitted = hub.with(move |state| {
        let actor = auth::actor(state, &headers).map_err(|refusal| said(refusal.status, &refusal.message))?;
        admit(state, actor, &asked, writes)
    });
    let visit = match admitted.await {
        Ok(visit) => visit,
        Err(response) => return *response,
    };
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut backend = git::command(&visit.path);
    backend
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", &visit.path)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("PATH_INFO", &visit.below)
        .env("QUERY_STRING", &query)
        .env("REQUEST_METHOD", parts.method.as_str())
        .env("CONTENT_TYPE", header("content-type"))
        .env("CONTENT_LENGTH", body.len().to_string())
        .env("HTTP_CONTENT_ENCODING", header("content-encoding"))
        .env("GIT_PROTOCOL", header("git-protocol"))
        .env("REMOTE_USER", &visit.actor.login)
        .env("REMOTE_ADDR", "127.0.0.1")
        .envs(visit.rules);
    let ran = tokio::task::spawn_blocking(move || git::output(backend, &body)).await;
    let output = match ran {
        Ok(Ok(output)) => output,
        Ok(Err(error)) => return *said(500, &error.to_string()),
        Err(error) => return *said(500, &error.to_string()),
    };
    if path.ends_with("/git-receive-pack") {
        let (key, login) = (visit.key, visit.actor.login);
        if let Err(error) = hub.with(move |state| settle::look(state, &key, &login)).await {
            return *said(500, &error.to_string());
        }
    }
    if matches!(verdict, Verdict::CutAfter) {
        crate::gate::cut();
    }
    answer(&output.stdout)
}

/// An admitted request.
struct Visit {
    key: String,
    path: std::path::PathBuf,
    /// The path below the repository.
    below: String,
    actor: Actor,
    /// What the update hook refuses.
    rules: Vec<(&'static str, String)>,
}

fn admit(state: &State, actor: Actor, path: &str, writes: bool) -> Result<Visit, Box<Response>> {
    let mut words = path.trim_start_matches('/').splitn(3, '/');
    let (owner, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default().trim_end_matches(".git"));
    let below = format!("/{}", words.next().unwrap_or_default());
    let key = format!("{owner}/{name}").to_lowercase();
    let anonymous = matches!(actor.how, How::Anonymous);
    let unseen = || if anonymous { said(401, "Authentication required") } else { said(404, "Repository not found.") };
    // An old name goes on to the repository as the new one does.
    let moved = if state.repos.contains_key(&key) { None } else { state.moved.get(&key).cloned() };
    let key = moved.unwrap_or(key);
    let repo = state.repos.get(&key).ok_or_else(unseen)?;
    let (reads, may_write) = rights(state, &actor, repo);
    if !reads {
        return Err(unseen());
    }
    if writes && anonymous {
        return Err(said(401, "Authentication required"));
    }
    if writes && !may_write {
        return Err(said(403, &format!("Permission to {}.git denied to {}.", repo.full_name(), actor.login)));
    }
    Ok(Visit { rules: rules(state, &actor, repo), key, path: repo.path.clone(), below, actor })
}

/// Whether somebody may fetch from and push to a repository.
fn rights(state: &State, actor: &Actor, repo: &Repo) -> (bool, bool) {
    match &actor.how {
        How::Anonymous => (!repo.private, false),
        How::Jwt(_) => (false, false),
        How::Personal => {
            let role = state.role(repo, &actor.login);
            (role >= Role::Read, role >= Role::Write)
        }
        How::User(app) => {
            let role = state.role(repo, &actor.login);
            let held = state.apps.get(app).filter(|_| state.reaches(*app, &repo.key())).map(|app| &app.permissions);
            let has = |grade| held.is_some_and(|held| may(held, "contents", grade));
            let reads = role >= Role::Read && (!repo.private || has(Grade::Read));
            (reads, role >= Role::Write && has(Grade::Write))
        }
        How::Token(grant) => {
            let reaches = grant.repos.contains(&repo.key());
            let has = |grade| reaches && may(&grant.permissions, "contents", grade);
            (!repo.private || has(Grade::Read), has(Grade::Write))
        }
    }
}

/// What the update hook is told to refuse to this caller.
fn rules(state: &State, actor: &Actor, repo: &Repo) -> Vec<(&'static str, String)> {
    let list = |picked: &dyn Fn(&crate::state::Protection) -> bool| {
        let branches = repo.protections.iter().filter(|(_, protection)| picked(protection));
        branches.map(|(branch, _)| format!("refs/heads/{branch}")).collect::<Vec<_>>().join("\n")
    };
    let no_push = list(&|protection| !may_push(state, actor, repo, protection));
    let no_force = list(&|protection| !protection.allow_force);
    let no_deletion = list(&|protection| !protection.allow_deletion);
    let workflows = actor.grant().is_none_or(|grant| may(&grant.permissions, "workflows", Grade::Write));
    if workflows && [&no_push, &no_force, &no_deletion].into_iter().all(String::is_empty) {
        // Nothing to refuse: the hook, a process for each ref, is left out. It is the environment's second setting.
        return vec![("GIT_CONFIG_KEY_1", "core.hooksPath".to_owned()), ("GIT_CONFIG_VALUE_1", "/dev/null".to_owned())];
    }
    vec![
        ("FAKEHUB_NO_PUSH", no_push),
        ("FAKEHUB_NO_FORCE", no_force),
        ("FAKEHUB_NO_DELETION", no_deletion),
        ("FAKEHUB_NO_WORKFLOWS", if workflows { String::new() } else { "1".to_owned() }),
    ]
}

/// Whether a protection lets somebody push to its branch without a pull request.
pub fn may_push(state: &State, actor: &Actor, repo: &Repo, protection: &crate::state::Protection) -> bool {
    let is_admin = matches!(actor.how, How::Personal) && state.role(repo, &actor.login) == Role::Admin;
    if is_admin && !protection.enforce_admins {
        return true;
    }
    let is_listed = |listed: &std::collections::BTreeSet<String>| listed.contains(&actor.login.to_lowercase());
    !protection.needs_pull && protection.contexts.is_empty() && protection.restrictions.as_ref().is_none_or(is_listed)
}

/// A plain answer; 401 asks for a password, as git wants it.
fn said(status: u16, text: &str) -> Box<Response> {
    let mut response = Response::builder().status(status).header("content-type", "text/plain");
    if status == 401 {
        response = response.header("www-authenticate", "Basic realm=\"GitHub\"");
    }
    Box::new(response.body(Body::from(text.to_owned())).unwrap_or_default())
}

/// A CGI's answer as an HTTP answer.
fn answer(output: &[u8]) -> Response {
    let split = output.windows(4).position(|four| four == b"\r\n\r\n");
    let (head, body) = split.map_or((output, &b""[..]), |at| (&output[..at], &output[at + 4..]));
    let mut response = Response::builder().status(200);
    for line in String::from_utf8_lossy(head).lines() {
        let Some((name, value)) = line.split_once(':') else { continue };
        let value = value.trim();
        if name.eq_ignore_ascii_case("status") {
            response =
                response.status(value.split(' ').next().and_then(|code| code.parse::<u16>().ok()).unwrap_or(500));
        } else {
            response = response.header(name, value);
        }
    }
    response.body(Body::from(body.to_vec())).unwrap_or_default()
}

impl From<GitError> for Box<Response> {
    fn from(error: GitError) -> Self {
        said(500, &error.to_string())
    }
}

impl From<Refusal> for Box<Response> {
    fn from(refusal: Refusal) -> Self {
        said(refusal.status, &refusal.message)
    }
}
