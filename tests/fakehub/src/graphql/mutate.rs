//! The mutations: refs moved by compare-and-swap, a commit on a branch, pull requests made ready or drafts again.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::access;
use crate::call::{Call, Refusal};
use crate::git::commits::{self, Person};
use crate::git::{self, ZERO, settle};
use crate::rest::{CONTENTS_WRITE, PULLS_WRITE, pulls, refs};
use crate::shape;
use crate::state::{Repo, State};

use super::resolve::{Found, Node, Trouble, of_id, readable};
use super::schema;

/// Runs the mutation of this name.
pub fn run(state: &mut State, call: &Call, name: &str, input: &Value) -> Result<Found, Trouble> {
    let (kind, mut fields) = match name {
        "updateRefs" => ("UpdateRefsPayload", update_refs(state, call, input)?),
        "createCommitOnBranch" => ("CreateCommitOnBranchPayload", create_commit(state, call, input)?),
        "markPullRequestReadyForReview" => {
            ("MarkPullRequestReadyForReviewPayload", set_draft(state, call, input, false)?)
        }
        "convertPullRequestToDraft" => ("ConvertPullRequestToDraftPayload", set_draft(state, call, input, true)?),
        _ => return Err(refuse_auto_merge(state, call, input)),
    };
    fields.push(("clientMutationId", input["clientMutationId"].clone().into()));
    Ok(Found::Node(Node::Payload(kind, fields)))
}

type Fields = Vec<(&'static str, Found)>;

fn word<'a>(value: &'a Value, field: &str) -> &'a str {
    value[field].as_str().unwrap_or_default()
}

/// One wish of `updateRefs`, in what git wants to hear: none is "not there".
struct Update<'a> {
    name: &'a str,
    /// Where the ref must be; the outer none when that does not matter.
    before: Option<Option<&'a str>>,
    after: Option<&'a str>,
    force: bool,
}

/// All or none: everything is looked at first, and git moves them in one transaction that knows where they were.
fn update_refs(state: &mut State, call: &Call, input: &Value) -> Result<Fields, Trouble> {
    let id = word(input, "repositoryId");
    let Some(Node::Repo(key)) = of_id(state, id) else { return Err(Trouble::unknown_node(id)) };
    readable(state, call, &key, "metadata").map_err(|_| Trouble::unknown_node(id))?;
    access::check(state, &call.actor, CONTENTS_WRITE, &key)?;
    let updates: Vec<Update<'_>> = input["refUpdates"]
        .as_array()
        .map_or(&[][..], Vec::as_slice)
        .iter()
        .map(|update| Update {
            name: word(update, "name"),
            before: update["beforeOid"].as_str().map(|oid| Some(oid).filter(|oid| *oid != ZERO)),
            after: update["afterOid"].as_str().filter(|oid| *oid != ZERO),
            force: update["force"] == json!(true),
        })
        .collect();
    let failed = |why: String| Trouble::new("UNPROCESSABLE", format!("Reference update failed: {why}"));
    let repo = state.repo(&key)?;
    let mut names = BTreeSet::new();
    let mut script = String::from("start\n");
    for update in &updates {
        let name = update.name;
        if !names.insert(name) {
            return Err(failed(format!("{name} is named twice")));
        }
        let old = git::run(&repo.path, &["rev-parse", "--verify", "--quiet", "--end-of-options", name]).ok();
        if update.before.is_some_and(|before| before != old.as_deref()) {
            return Err(failed(format!("{name} is not where beforeOid says")));
        }
        may_move(state, call, repo, name, (old.as_deref(), update.after), update.force)?;
        // What git compares with is what was looked at just now, so that nothing can come between.
        let (old, new) = (old.as_deref().unwrap_or(ZERO), update.after.unwrap_or(ZERO));
        script.push_str(&format!("update {name} {new} {old}\n"));
    }
    script.push_str("prepare\ncommit\n");
    git::feed(&repo.path, &["update-ref", "--stdin"], script.as_bytes()).map_err(|error| failed(error.to_string()))?;
    settle::look(state, &key, &call.actor.login)?;
    Ok(Vec::new())
}

/// Whether the caller, who may write contents, may make (`old` is none), move or delete (`new` is none) a ref.
fn may_move(
    state: &State,
    call: &Call,
    repo: &Repo,
    name: &str,
    (old, new): (Option<&str>, Option<&str>),
    force: bool,
) -> Result<(), Refusal> {
    let is_open = name.starts_with("refs/heads/") || name.starts_with("refs/tags/");
    if !is_open || !git::holds(&repo.path, &["check-ref-format", name]) {
        return Err(Refusal::new(422, format!("{name} is not a valid ref name.")));
    }
    if let Some(new) = new {
        if git::resolve(&repo.path, new).is_none() {
            return Err(Refusal::new(422, "Object does not exist"));
        }
        refs::check_workflows(call, repo, new)?;
    }
    let Some(old) = old else {
        return if new.is_some() { Ok(()) } else { Err(Refusal::new(422, "Reference does not exist")) };
    };
    if let Some(why) = refs::protected(state, call, repo, name, old, new) {
        return Err(Refusal::new(422, format!("Protected branch update failed for {name}. {why}")));
    }
    if !force && new.is_some_and(|new| !git::is_ancestor(&repo.path, old, new)) {
        return Err(Refusal::new(422, "Update is not a fast forward"));
    }
    Ok(())
}

/// The branch that a `CommittableBranch` names: the repository's key and the ref.
fn branch_of(state: &State, branch: &Value) -> Result<(String, String), Trouble> {
    if let Some(id) = branch["id"].as_str() {
        return match of_id(state, id) {
            Some(Node::Ref(key, name)) if name.starts_with("refs/heads/") => Ok((key, name)),
            _ => Err(Trouble::unknown_node(id)),
        };
    }
    let (Some(repo), Some(name)) = (branch["repositoryNameWithOwner"].as_str(), branch["branchName"].as_str()) else {
        let why = "A branch needs an id, or a repositoryNameWithOwner and a branchName.";
        return Err(Trouble::new("UNPROCESSABLE", why));
    };
    let name = name.strip_prefix("refs/heads/").unwrap_or(name);
    Ok((repo.to_lowercase(), format!("refs/heads/{name}")))
}

/// A commit on top of a branch that is where the caller thinks: signed by the hub, files without modes, never forced.
fn create_commit(state: &mut State, call: &Call, input: &Value) -> Result<Fields, Trouble> {
    let (key, name) = branch_of(state, &input["branch"])?;
    let unseen = || Trouble::new("NOT_FOUND", format!("Could not resolve to a Repository with the name '{key}'."));
    readable(state, call, &key, "metadata").map_err(|_| unseen())?;
    access::check(state, &call.actor, CONTENTS_WRITE, &key)?;
    let repo = state.repo(&key)?;
    let head = repo.refs.get(&name).cloned();
    let head = head.ok_or_else(|| Trouble::new("NOT_FOUND", "The branch does not exist."))?;
    let expected = word(input, "expectedHeadOid");
    if head != expected {
        let message = format!("Expected branch to point to \"{expected}\" but it did not.  Pull and try again.");
        return Err(Trouble::new("STALE_DATA", message));
    }
    let path = repo.path.clone();
    let tree = tree(&path, &head, &input["fileChanges"])?;
    let message = match (word(&input["message"], "headline"), word(&input["message"], "body")) {
        (headline, "") => headline.to_owned(),
        (headline, body) => format!("{headline}\n\n{body}"),
    };
    let id = signed(state, &call.actor.login, &path, &tree, &head, &message)?;
    may_move(state, call, repo, &name, (Some(&head), Some(&id)), false)?;
    git::set_ref(&path, &name, Some(&id), Some(&head))?;
    settle::look(state, &key, &call.actor.login)?;
    let (commit, reference) = (Node::Commit(key.clone(), id), Node::Ref(key, name));
    Ok(vec![("commit", Found::Node(commit)), ("ref", Found::Node(reference))])
}

/// Writes a commit by somebody, committed and signed by the hub.
fn signed(
    state: &State,
    login: &str,
    path: &std::path::Path,
    tree: &str,
    head: &str,
    message: &str,
) -> Result<String, Trouble> {
    let at = state.clock.now().as_second();
    let id = state.users.get(&login.to_lowercase()).map_or(0, |user| user.id);
    let person = |name: &str, email: String| Person { name: name.to_owned(), email, at, zone: "+0000".to_owned() };
    let author = person(login, format!("{id}+{login}@users.noreply.github.com"));
    let committer = person("GitHub", "noreply@github.com".to_owned());
    let parents = [head.to_owned()];
    let signature = crate::rest::git::signature(&commits::object(tree, &parents, &author, &committer, message, None));
    Ok(commits::write(path, tree, &parents, &author, &committer, message, Some(&signature))?)
}

/// The tree of a commit with files added and deleted, by an index of its own.
fn tree(path: &std::path::Path, head: &str, changes: &Value) -> Result<String, Trouble> {
    let list = |field: &str| changes[field].as_array().cloned().unwrap_or_default();
    let mut lines = Vec::new();
    for addition in list("additions") {
        let file = checked(word(&addition, "path"))?;
        let contents = schema::decode(word(&addition, "contents")).unwrap_or_default();
        let blob = git::feed(path, &["hash-object", "-w", "--stdin"], &contents)?;
        lines.push(format!("100644 {}\t{file}\0", String::from_utf8_lossy(&blob).trim()));
    }
    for deletion in list("deletions") {
        let file = checked(word(&deletion, "path"))?;
        if !git::holds(path, &["cat-file", "-e", &format!("{head}:{file}")]) {
            let why = format!("A path was requested for deletion which does not exist as of commit oid `{head}`");
            return Err(Trouble::new("UNPROCESSABLE", why));
        }
        lines.push(format!("0 {ZERO}\t{file}\0"));
    }
    let folder = tempfile::tempdir().map_err(git::GitError::from)?;
    let index = folder.path().join("index");
    let with_index = |arguments: &[&str], input: &[u8]| {
        let mut command = git::command(path);
        command.env("GIT_INDEX_FILE", &index).args(arguments);
        let output = git::output(command, input)?;
        let said = String::from_utf8_lossy(if output.status.success() { &output.stdout } else { &output.stderr });
        let said = said.trim().to_owned();
        if output.status.success() { Ok(said) } else { Err(git::GitError(said)) }
    };
    with_index(&["read-tree", head], b"")?;
    with_index(&["update-index", "-z", "--index-info"], lines.concat().as_bytes())
        .map_err(|error| Trouble::new("UNPROCESSABLE", error.to_string()))?;
    Ok(with_index(&["write-tree"], b"")?)
}

/// A path as GitHub takes it: relative, with nothing that means another place.
fn checked(path: &str) -> Result<&str, Trouble> {
    let is_odd = |part: &str| matches!(part, "" | "." | "..") || part.eq_ignore_ascii_case(".git");
    if path.split('/').any(is_odd) || path.contains('\0') {
        return Err(Trouble::new("UNPROCESSABLE", format!("A path was given which is not valid: {path:?}")));
    }
    Ok(path)
}

/// The pull request that an input names, when the caller may see and change it: its author may, and who may push.
fn pull_of(state: &State, call: &Call, input: &Value) -> Result<(String, u64), Trouble> {
    let id = word(input, "pullRequestId");
    let Some(Node::Pull(key, number)) = of_id(state, id) else { return Err(Trouble::unknown_node(id)) };
    readable(state, call, &key, "pull_requests").map_err(|_| Trouble::unknown_node(id))?;
    let is_author = state.repo(&key)?.issue(number)?.author.eq_ignore_ascii_case(&call.actor.login);
    if is_author {
        access::check(state, &call.actor, PULLS_WRITE, &key)?;
    } else {
        pulls::writes(state, call, &key)?;
    }
    Ok((key, number))
}

fn set_draft(state: &mut State, call: &Call, input: &Value, draft: bool) -> Result<Fields, Trouble> {
    let (key, number) = pull_of(state, call, input)?;
    if !state.repo(&key)?.issue(number)?.is_open {
        return Err(Trouble::new("UNPROCESSABLE", "The pull request is closed."));
    }
    let now = state.clock.now();
    let pull = state.pull_mut(&key, number)?;
    let was = std::mem::replace(&mut pull.draft, draft);
    if was != draft {
        state.issue_mut(&key, number)?.updated = now;
        let action = if draft { "converted_to_draft" } else { "ready_for_review" };
        let shown = shape::pull::full(state, &key, number);
        let payload = json!({ "action": action, "number": number, "pull_request": shown });
        state.emit("pull_request", &key, &call.actor.login, payload);
    }
    Ok(vec![("pullRequest", Found::Node(Node::Pull(key, number)))])
}

/// No repository of the hub allows it, as none does on GitHub until its owner says so.
fn refuse_auto_merge(state: &State, call: &Call, input: &Value) -> Trouble {
    match pull_of(state, call, input) {
        Ok(_) => Trouble::new("UNPROCESSABLE", "Auto merge is not allowed for this repository"),
        Err(trouble) => trouble,
    }
}
