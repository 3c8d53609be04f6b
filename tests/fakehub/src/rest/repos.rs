//! Repositories, their collaborators and branches, contents, comparisons.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::access::Role;
use crate::call::{Answer, Call, Refusal, Reply};
use crate::git::{self, commits};
use crate::rest::{self, CONTENTS_READ, METADATA, Route};
use crate::shape::{commit, repo as shape, user};
use crate::state::{Protection, Repo, State};

pub const ROUTES: &[Route] = &[
    Route::new("GET", "/repos/{owner}/{repo}/collaborators/{username}/permission", METADATA, permission),
    Route::new("GET", "/repos/{owner}/{repo}/collaborators", METADATA, collaborators),
    Route::new("GET", "/repos/{owner}/{repo}/branches", CONTENTS_READ, branches),
    Route::new("GET", "/repos/{owner}/{repo}/branches/{*branch}", CONTENTS_READ, branch),
    Route::new("GET", "/repos/{owner}/{repo}/commits/{*ref}", CONTENTS_READ, one_commit),
    Route::new("GET", "/repos/{owner}/{repo}/compare/{*basehead}", CONTENTS_READ, compare),
    Route::new("GET", "/repos/{owner}/{repo}/contents/{*path}", CONTENTS_READ, contents),
    Route::new("GET", "/repos/{owner}/{repo}", METADATA, get),
];

/// The most files that a comparison lists.
const COMPARED: usize = 300;
/// The most commits that one page of a comparison lists.
const COMPARED_COMMITS: usize = 250;

fn get(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    Ok(Answer::ok(shape::full(state, repo, &call.actor)))
}

fn permission(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let login = call.param("username");
    let known = state.users.get(&login.to_lowercase());
    let known = known.ok_or_else(|| Refusal::new(404, format!("{login} is not a user")))?;
    let role = state.role(repo, &known.login);
    let mut shown = user::simple(state, &known.login);
    shown["role_name"] = role.name().into();
    shown["permissions"] = permissions(role);
    Ok(Answer::ok(json!({ "permission": role.legacy(), "role_name": role.name(), "user": shown })))
}

pub fn permissions(role: Role) -> Value {
    json!({
        "admin": role >= Role::Admin, "maintain": role >= Role::Maintain, "push": role >= Role::Write,
        "triage": role >= Role::Triage, "pull": role >= Role::Read,
    })
}

fn collaborators(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let mut logins: Vec<String> = repo.collaborators.keys().cloned().collect();
    logins.insert(0, repo.owner.clone());
    let state = &*state;
    Ok(rest::page(state, call, &logins, |login| {
        let role = state.role(repo, login);
        let mut shown = user::simple(state, login);
        shown["role_name"] = role.name().into();
        shown["permissions"] = permissions(role);
        shown
    }))
}

fn branches(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let repo = state.repo(&call.repo())?;
    let heads = repo.refs.iter().filter_map(|(name, id)| Some((name.strip_prefix("refs/heads/")?, id)));
    let wanted = call.query("protected").map(|wanted| wanted == "true");
    let heads: Vec<(&str, &String)> =
        heads.filter(|(name, _)| wanted.is_none_or(|wanted| repo.protections.contains_key(*name) == wanted)).collect();
    Ok(rest::page(state, call, &heads, |(name, id)| {
        json!({ "name": name, "commit": { "sha": id, "url": format!("{}/commits/{id}", shape::url(state, repo)) },
                "protected": repo.protections.contains_key(*name) })
    }))
}

fn branch(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let name = call.param("branch");
    let id = repo.branch(name).ok_or_else(|| Refusal::new(404, "Branch not found"))?;
    let url = format!("{}/branches/{}", shape::url(state, repo), rest::encode(name));
    let read = commits::read(&repo.path, id)?;
    Ok(Answer::ok(json!({
        "name": name, "commit": commit::commit(state, repo, &read),
        "_links": { "self": url, "html": format!("{}/tree/{name}", shape::page(state, repo)) },
        "protected": repo.protections.contains_key(name), "protection": protection(repo.protections.get(name)),
        "protection_url": format!("{url}/protection"),
    })))
}

fn protection(protection: Option<&Protection>) -> Value {
    let contexts = protection.map_or(&[][..], |protection| &protection.contexts);
    let level = if contexts.is_empty() { "off" } else { "non_admins" };
    let checks: Vec<Value> = contexts.iter().map(|name| json!({ "context": name, "app_id": null })).collect();
    json!({ "enabled": protection.is_some(),
            "required_status_checks": { "enforcement_level": level, "contexts": contexts, "checks": checks } })
}

/// The commit of a branch, tag or id, as the API takes them.
pub fn resolve(repo: &Repo, name: &str) -> Option<String> {
    let known = |name: String| repo.refs.get(&name).and_then(|id| git::resolve(&repo.path, id));
    known(format!("refs/heads/{name}"))
        .or_else(|| known(format!("refs/tags/{name}")))
        .or_else(|| known(format!("refs/{name}")))
        .or_else(|| (name == "HEAD").then(|| known(format!("refs/heads/{}", repo.default_branch))).flatten())
        .or_else(|| {
            (name.len() >= 7 && name.bytes().all(|byte| byte.is_ascii_hexdigit()))
                .then(|| git::resolve(&repo.path, name))?
        })
}

fn unknown_commit(name: &str) -> Refusal {
    Refusal::new(422, format!("No commit found for SHA: {name}"))
}

fn one_commit(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let name = call.param("ref");
    let id = resolve(repo, name).ok_or_else(|| unknown_commit(name))?;
    let read = commits::read(&repo.path, &id)?;
    let mut shown = commit::commit(state, repo, &read);
    let parent = read.parents.first().cloned().unwrap_or_else(|| EMPTY_TREE.to_owned());
    let files = files(state, repo, &parent, &id)?;
    let sum = |field: &str| files.iter().filter_map(|file| file[field].as_u64()).sum::<u64>();
    shown["stats"] = json!({ "additions": sum("additions"), "deletions": sum("deletions"), "total": sum("changes") });
    shown["files"] = files.into_iter().take(COMPARED).collect();
    Ok(Answer::ok(shown))
}

/// The tree without files; every git knows it.
const EMPTY_TREE: &str = "4b825dc642cb6eb9a060e54bf8d69288fbee4904";

/// What changed from one commit (or tree) to another, as `diff-entry`s.
pub fn files(state: &State, repo: &Repo, from: &str, to: &str) -> Result<Vec<Value>, Refusal> {
    let numbers = git::run(&repo.path, &["diff", "--numstat", "-z", "-M", "--no-color", from, to, "--"])?;
    let states = git::run(&repo.path, &["diff", "--raw", "-z", "-M", "--no-abbrev", from, to, "--"])?;
    let sizes = sizes(&numbers);
    let mut words = states.split('\0');
    let mut found = Vec::new();
    while let Some(head) = words.next().filter(|head| head.starts_with(':')) {
        let parts: Vec<&str> = head.split(' ').collect();
        let letter = parts.get(4).and_then(|status| status.chars().next()).unwrap_or('M');
        let first = words.next().unwrap_or_default();
        let (old, new) =
            if matches!(letter, 'R' | 'C') { (Some(first), words.next().unwrap_or_default()) } else { (None, first) };
        let status = match letter {
            'A' => "added",
            'D' => "removed",
            'R' => "renamed",
            'C' => "copied",
            _ => "modified",
        };
        let id = parts.get(if letter == 'D' { 2 } else { 3 }).copied().unwrap_or_default();
        let (added, removed) =
            sizes.iter().find(|(name, ..)| name == new).map_or((0, 0), |(_, added, removed)| (*added, *removed));
        let path = new.split('/').map(rest::encode).collect::<Vec<_>>().join("/");
        let mut entry = json!({
            "sha": id, "filename": new, "status": status, "additions": added, "deletions": removed,
            "changes": added + removed,
            "blob_url": format!("{}/blob/{to}/{path}", shape::page(state, repo)),
            "raw_url": format!("{}/raw/{to}/{path}", shape::page(state, repo)),
            "contents_url": format!("{}/contents/{path}?ref={to}", shape::url(state, repo)),
        });
        if let Some(old) = old {
            entry["previous_filename"] = old.into();
        }
        found.push(entry);
    }
    Ok(found)
}

/// Path, added and removed lines of `--numstat -z`.
fn sizes(said: &str) -> Vec<(String, u64, u64)> {
    let mut words = said.split('\0');
    let mut found = Vec::new();
    while let Some(line) = words.next().filter(|line| !line.is_empty()) {
        let mut parts = line.splitn(3, '\t');
        let mut number = || parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        let (added, removed) = (number(), number());
        let mut path = parts.next().unwrap_or_default();
        if path.is_empty() {
            // Renamed: the old and the new path follow.
            words.next();
            path = words.next().unwrap_or_default();
        }
        found.push((path.to_owned(), added, removed));
    }
    found
}

fn compare(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let repo = state.repo(&call.repo())?;
    let asked = call.param("basehead");
    let (base, head) = asked.split_once("...").ok_or_else(Refusal::not_found)?;
    // `owner:branch` names the same network; forks' commits come here with their pull requests.
    let plain = |name: &str| name.rsplit_once(':').map_or(name, |(_, name)| name).to_owned();
    let base = resolve(repo, &plain(base)).ok_or_else(Refusal::not_found)?;
    let head = resolve(repo, &plain(head)).ok_or_else(Refusal::not_found)?;
    let fork = git::run(&repo.path, &["merge-base", &base, &head])
        .map_err(|_| Refusal::new(404, format!("No common ancestor between {base} and {head}.")))?;
    let ahead = commits::listed(&repo.path, &head, &format!("^{base}"));
    let behind = commits::listed(&repo.path, &base, &format!("^{head}")).len();
    let status = match (ahead.len(), behind) {
        (0, 0) => "identical",
        (_, 0) => "ahead",
        (0, _) => "behind",
        _ => "diverged",
    };
    let show = |id: &str| Ok::<_, Refusal>(commit::commit(state, repo, &commits::read(&repo.path, id)?));
    let paged = call.query("per_page").is_some() || call.query("page").is_some();
    let (listed, link) =
        if paged { rest::slice(state, call, &ahead) } else { (&ahead[..ahead.len().min(COMPARED_COMMITS)], None) };
    let mut files = files(state, repo, &fork, &head)?;
    files.truncate(COMPARED);
    let (url, page) = (shape::url(state, repo), shape::page(state, repo));
    let address = format!("{page}/compare/{asked}");
    let answer = Answer::ok(json!({
        "url": format!("{url}/compare/{asked}"), "html_url": address,
        "permalink_url": format!("{page}/compare/{base}...{head}"),
        "diff_url": format!("{address}.diff"), "patch_url": format!("{address}.patch"),
        "base_commit": show(&base)?, "merge_base_commit": show(&fork)?, "status": status,
        "ahead_by": ahead.len(), "behind_by": behind, "total_commits": ahead.len(),
        "commits": commits::read_all(&repo.path, listed)?.iter().map(|read| commit::commit(state, repo, read)).collect::<Vec<_>>(), "files": files,
    }));
    Ok(rest::link_header(answer, link))
}

/// The largest file that comes with its content.
const INLINE: usize = 1024 * 1024;

fn contents(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let path = call.param("path").trim_matches('/');
    let wanted = call.query("ref").unwrap_or(&repo.default_branch);
    let at = resolve(repo, wanted).ok_or_else(|| Refusal::new(404, format!("No commit found for the ref {wanted}")))?;
    let listed = git::feed(&repo.path, &["ls-tree", "-z", "-l", &at, "--", path], b"")?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let entry = listed.split('\0').find(|line| line.split_once('\t').is_some_and(|(_, name)| name == path));
    let entry = entry.and_then(|entry| entry.split_once('\t')).ok_or_else(Refusal::not_found)?;
    let parts: Vec<&str> = entry.0.split_whitespace().collect();
    if parts[1] != "blob" {
        let inside = git::feed(&repo.path, &["ls-tree", "-z", "-l", &at, "--", &format!("{path}/")], b"")?;
        let inside = String::from_utf8_lossy(&inside).into_owned();
        let entries = inside.split('\0').filter_map(|line| line.split_once('\t'));
        return Ok(Answer::ok(entries.map(|(head, name)| entry_shape(state, repo, head, name, &at)).collect()));
    }
    let bytes = git::feed(&repo.path, &["cat-file", "blob", parts[2]], b"")?;
    if call.header("accept").is_some_and(|accept| accept.contains("raw")) {
        // The hub answers in JSON only; a raw file is not in use.
        return Err(Refusal::new(415, "Unsupported 'Accept' header"));
    }
    let mut shown = entry_shape(state, repo, entry.0, path, &at);
    let inline = bytes.len() <= INLINE;
    shown["encoding"] = if inline { "base64" } else { "none" }.into();
    shown["content"] = if inline { wrapped(&STANDARD.encode(&bytes)) } else { String::new() }.into();
    Ok(Answer::ok(shown))
}

/// Base64 in lines of 60, as GitHub writes it.
pub fn wrapped(code: &str) -> String {
    let lines = code.as_bytes().chunks(60).map(String::from_utf8_lossy);
    lines.map(|line| format!("{line}\n")).collect()
}

fn entry_shape(state: &State, repo: &Repo, head: &str, path: &str, at: &str) -> Value {
    let parts: Vec<&str> = head.split_whitespace().collect();
    let (kind, id) = (parts.get(1).copied().unwrap_or("blob"), parts.get(2).copied().unwrap_or_default());
    let encoded = path.split('/').map(rest::encode).collect::<Vec<_>>().join("/");
    let url = format!("{}/contents/{encoded}?ref={at}", shape::url(state, repo));
    let (objects, pages) = if kind == "tree" { ("trees", "tree") } else { ("blobs", "blob") };
    let git_url = format!("{}/git/{objects}/{id}", shape::url(state, repo));
    let page = format!("{}/{pages}/{at}/{encoded}", shape::page(state, repo));
    let raw = (kind == "blob").then(|| format!("{}/raw/{at}/{encoded}", shape::page(state, repo)));
    json!({
        "type": if kind == "tree" { "dir" } else { "file" }, "name": path.rsplit('/').next().unwrap_or(path),
        "path": path, "sha": id, "size": parts.get(3).and_then(|size| size.parse::<u64>().ok()).unwrap_or(0),
        "url": url, "git_url": git_url, "html_url": page, "download_url": raw,
        "_links": { "self": url, "git": git_url, "html": page },
    })
}
