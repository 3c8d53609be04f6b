//! Git objects over REST: blobs, trees, commits, and the signature of what Apps commit.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::access::{Grade, may};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::git::commits::{self, Person};
use crate::git::{self, GitError};
use crate::rest::{CONTENTS_READ, CONTENTS_WRITE, Route, merge, repos};
use crate::shape::{commit as shape, repo as repository};
use crate::state::{Repo, State};

pub const ROUTES: &[Route] = &[
    Route::new("POST", "/repos/{owner}/{repo}/git/blobs", CONTENTS_WRITE, create_blob),
    Route::new("GET", "/repos/{owner}/{repo}/git/blobs/{file_sha}", CONTENTS_READ, blob),
    Route::new("POST", "/repos/{owner}/{repo}/git/trees", CONTENTS_WRITE, create_tree),
    Route::new("GET", "/repos/{owner}/{repo}/git/trees/{*tree_sha}", CONTENTS_READ, tree),
    Route::new("POST", "/repos/{owner}/{repo}/git/commits", CONTENTS_WRITE, create_commit),
    Route::new("GET", "/repos/{owner}/{repo}/git/commits/{commit_sha}", CONTENTS_READ, commit),
];

/// The hub's signature of a commit object: only the hub knows how, as with GitHub's key. Two line ends would end the
/// header; the last one is part of it, as in the commits that GitHub makes.
pub fn signature(payload: &str) -> String {
    let code = STANDARD.encode([Sha256::digest(payload), Sha256::digest(format!("hub {payload}"))].concat());
    let what = "PGP SIGNATURE";
    format!("-----BEGIN {what}-----\n\n{code}\n-----END {what}-----\n")
}

fn is_id(id: &str) -> bool {
    id.len() == 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn kind(repo: &Repo, id: &str) -> Option<String> {
    is_id(id).then(|| git::run(&repo.path, &["cat-file", "-t", id]).ok()).flatten()
}

/// Writes bytes as a blob.
fn write_blob(repo: &Repo, bytes: &[u8]) -> Result<String, GitError> {
    let id = git::feed(&repo.path, &["hash-object", "-w", "--stdin"], bytes)?;
    Ok(String::from_utf8_lossy(&id).trim().to_owned())
}

fn create_blob(state: &mut State, call: &Call) -> Reply {
    let content = call.needed_text("content")?;
    let bytes = match call.text("encoding")?.unwrap_or("utf-8") {
        "utf-8" | "utf8" => content.as_bytes().to_vec(),
        "base64" => {
            let code: String = content.split_whitespace().collect();
            STANDARD.decode(code).map_err(|_| Refusal::new(422, "content is not valid Base64"))?
        }
        other => return Err(Refusal::new(422, format!("unknown encoding {other}"))),
    };
    let repo = state.repo(&call.repo())?;
    let id = write_blob(repo, &bytes)?;
    let url = format!("{}/git/blobs/{id}", repository::url(state, repo));
    Ok(Answer::created(json!({ "url": url, "sha": id })).header("location", url))
}

fn blob(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let id = call.param("file_sha");
    if kind(repo, id).as_deref() != Some("blob") {
        return Err(Refusal::not_found());
    }
    let bytes = git::feed(&repo.path, &["cat-file", "blob", id], b"")?;
    Ok(Answer::ok(json!({
        "content": repos::wrapped(&STANDARD.encode(&bytes)), "encoding": "base64", "sha": id, "size": bytes.len(),
        "node_id": format!("B_{id}"), "url": format!("{}/git/blobs/{id}", repository::url(state, repo)),
    })))
}

/// One change of a tree.
struct Entry {
    path: String,
    mode: String,
    /// None: removed.
    id: Option<String>,
    is_tree: bool,
}

fn entry(call: &Call, repo: &Repo, given: &Value) -> Result<Entry, Refusal> {
    let path = given["path"].as_str().ok_or_else(|| Refusal::missing("path"))?;
    let is_bad = |part: &str| part.is_empty() || part == "." || part == ".." || part.eq_ignore_ascii_case(".git");
    if path.split('/').any(is_bad) || path.contains('\0') {
        return Err(Refusal::new(422, "tree.path contains a malformed path component"));
    }
    let may_write = call.actor.grant().is_none_or(|grant| may(&grant.permissions, "workflows", Grade::Write));
    if !may_write && path.starts_with(".github/workflows/") {
        return Err(Refusal::new(403, "Resource not accessible by integration")
            .header("x-accepted-github-permissions", "contents=write,workflows=write"));
    }
    let mode = given["mode"].as_str().unwrap_or("100644");
    if !matches!(mode, "100644" | "100755" | "040000" | "160000" | "120000") {
        return Err(Refusal::new(422, "Must supply a valid tree.mode"));
    }
    let is_tree = mode == "040000";
    let wanted = if is_tree { "tree" } else { "blob" };
    let id = match (given.get("content").and_then(Value::as_str), given.get("sha")) {
        (Some(_), Some(Value::String(_))) => {
            return Err(Refusal::new(422, "Must supply either tree.sha or tree.content"));
        }
        (Some(content), _) => Some(write_blob(repo, content.as_bytes())?),
        (None, Some(Value::Null)) => None,
        (None, Some(Value::String(id))) if mode == "160000" => Some(id.clone()),
        (None, Some(Value::String(id))) if kind(repo, id).as_deref() == Some(wanted) => Some(id.clone()),
        (None, Some(Value::String(id))) => {
            return Err(Refusal::new(422, format!("tree.sha {id} is not a valid {wanted}")));
        }
        _ => return Err(Refusal::new(422, "Must supply either tree.sha or tree.content")),
    };
    Ok(Entry { path: path.to_owned(), mode: mode.to_owned(), id, is_tree })
}

fn create_tree(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let given = call.body["tree"].as_array().ok_or_else(|| Refusal::new(422, "Invalid tree info"))?;
    let base = call.text("base_tree")?;
    let base = match base {
        None => None,
        Some(base) => {
            let known =
                is_id(base).then(|| git::run(&repo.path, &["rev-parse", "--verify", &format!("{base}^{{tree}}")]).ok());
            Some(known.flatten().ok_or_else(|| Refusal::new(422, "base_tree is not a valid tree oid"))?)
        }
    };
    if given.is_empty() && base.is_none() {
        return Err(Refusal::new(422, "Invalid tree info"));
    }
    let entries = given.iter().map(|given| entry(call, repo, given)).collect::<Result<Vec<_>, _>>()?;
    let id = write_tree(repo, base.as_deref(), &entries)?;
    Ok(Answer::created(shown_tree(state, repo, &id, false)?))
}

/// Writes a tree by way of an index of its own.
fn write_tree(repo: &Repo, base: Option<&str>, entries: &[Entry]) -> Result<String, GitError> {
    let folder = tempfile::tempdir()?;
    let in_index = |arguments: &[&str], input: &[u8]| {
        let mut command = git::command(&repo.path);
        command.env("GIT_INDEX_FILE", folder.path().join("index")).args(arguments);
        let output = git::output(command, input)?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
        }
        Err(GitError(String::from_utf8_lossy(&output.stderr).into_owned()))
    };
    match base {
        Some(base) => in_index(&["read-tree", base], b"")?,
        None => in_index(&["read-tree", "--empty"], b"")?,
    };
    let mut lines = Vec::new();
    for entry in entries {
        match &entry.id {
            Some(id) if entry.is_tree => {
                in_index(&["rm", "-r", "-q", "--cached", "--ignore-unmatch", "--", &entry.path], b"")?;
                in_index(&["read-tree", &format!("--prefix={}/", entry.path), id], b"")?;
            }
            Some(id) => lines.extend(format!("{} {id}\t{}\0", entry.mode, entry.path).into_bytes()),
            None => lines.extend(format!("0 {}\t{}\0", git::ZERO, entry.path).into_bytes()),
        }
    }
    in_index(&["update-index", "-z", "--replace", "--index-info"], &lines)?;
    in_index(&["write-tree"], b"")
}

/// `git-tree`
fn shown_tree(state: &State, repo: &Repo, id: &str, deep: bool) -> Result<Value, Refusal> {
    let url = repository::url(state, repo);
    let mut arguments = vec!["ls-tree", "-z", "-l"];
    if deep {
        arguments.extend(["-r", "-t"]);
    }
    arguments.push(id);
    let listed = git::feed(&repo.path, &arguments, b"")?;
    let listed = String::from_utf8_lossy(&listed).into_owned();
    let mut entries = Vec::new();
    for (head, path) in listed.split('\0').filter_map(|line| line.split_once('\t')) {
        let parts: Vec<&str> = head.split_whitespace().collect();
        let [mode, kind, sha, size] = parts[..] else { continue };
        let mut entry = json!({ "path": path, "mode": mode, "type": kind, "sha": sha });
        if let Ok(size) = size.parse::<u64>() {
            entry["size"] = size.into();
        }
        if kind != "commit" {
            entry["url"] = format!("{url}/git/{kind}s/{sha}").into();
        }
        entries.push(entry);
    }
    Ok(json!({ "sha": id, "url": format!("{url}/git/trees/{id}"), "tree": entries, "truncated": false }))
}

fn tree(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let asked = call.param("tree_sha");
    let commit = repos::resolve(repo, asked);
    let name = format!("{}^{{tree}}", commit.as_deref().unwrap_or(asked));
    let is_known = commit.is_some() || is_id(asked);
    let id = is_known.then(|| git::run(&repo.path, &["rev-parse", "--verify", "--quiet", &name]).ok()).flatten();
    let id = id.ok_or_else(Refusal::not_found)?;
    Ok(Answer::ok(shown_tree(state, repo, &id, call.query("recursive").is_some())?))
}

/// Who and when, as a request names them; none when it does not.
fn named(call: &Call, field: &str, now: i64) -> Result<Option<Person>, Refusal> {
    let given = match call.body.get(field) {
        None | Some(Value::Null) => return Ok(None),
        Some(given) => given,
    };
    let part = |name: &str| {
        given[name].as_str().map(str::to_owned).ok_or_else(|| Refusal::missing(&format!("{field}.{name}")))
    };
    let at = match given["date"].as_str() {
        None => now,
        Some(date) => {
            let date: jiff::Timestamp =
                date.parse().map_err(|_| Refusal::new(422, format!("{field}.date is not a timestamp")))?;
            date.as_second()
        }
    };
    Ok(Some(Person { name: part("name")?, email: part("email")?, at, zone: "+0000".to_owned() }))
}

/// A commit without author, committer and signature by an App is signed by the hub, and so verified.
fn create_commit(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let (message, tree) = (call.needed_text("message")?, call.needed_text("tree")?);
    if kind(repo, tree).as_deref() != Some("tree") {
        return Err(Refusal::new(422, "Tree SHA does not exist"));
    }
    let parents = call.texts("parents")?.unwrap_or_default();
    if parents.iter().any(|parent| kind(repo, parent).as_deref() != Some("commit")) {
        return Err(Refusal::new(422, "Parent SHA does not exist or is not a commit object"));
    }
    let now = state.clock.now().as_second();
    let (author, committer) = (named(call, "author", now)?, named(call, "committer", now)?);
    let own = call.text("signature")?;
    let is_plain = author.is_none() && committer.is_none() && own.is_none();
    let me = merge::person(state, &call.actor.login);
    let id = if is_plain && call.actor.grant().is_some() {
        let hub = Person { name: "GitHub".to_owned(), email: "noreply@github.com".to_owned(), ..me.clone() };
        merge::signed(&repo.path, tree, &parents, &me, &hub, message)?
    } else {
        let author = author.unwrap_or(me);
        let committer = committer.unwrap_or_else(|| author.clone());
        commits::write(&repo.path, tree, &parents, &author, &committer, message, own)?
    };
    let read = commits::read(&repo.path, &id)?;
    let shown = shape::git_commit(state, repo, &read);
    let location = shown["url"].as_str().unwrap_or_default().to_owned();
    Ok(Answer::created(shown).header("location", location))
}

fn commit(state: &mut State, call: &Call) -> Reply {
    let repo = state.repo(&call.repo())?;
    let id = call.param("commit_sha");
    if kind(repo, id).as_deref() != Some("commit") {
        return Err(Refusal::not_found());
    }
    Ok(Answer::ok(shape::git_commit(state, repo, &commits::read(&repo.path, id)?)))
}
