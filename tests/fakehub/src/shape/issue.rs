//! `issue`, `issue-comment`, `label`, `reaction`.

use serde_json::{Value, json};

use crate::access::Role;
use crate::clock::show;
use crate::shape::{node, repo as repository, user};
use crate::state::{Comment, Issue, Label, Reaction, Repo, State};

/// `label`
pub fn label(state: &State, repo: &Repo, label: &Label) -> Value {
    let name: String = label.name.bytes().map(escaped).collect();
    json!({
        "id": label.id, "node_id": node("LA", label.id),
        "url": format!("{}/labels/{name}", repository::url(state, repo)),
        "name": label.name, "color": label.color, "default": false, "description": label.description,
    })
}

fn escaped(byte: u8) -> String {
    match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => (byte as char).to_string(),
        _ => format!("%{byte:02X}"),
    }
}

/// The labels of an issue, as [`label`]s.
pub fn labels(state: &State, repo: &Repo, issue: &Issue) -> Vec<Value> {
    let known = |name: &String| repo.labels.iter().find(|label| label.name.eq_ignore_ascii_case(name));
    issue.labels.iter().filter_map(known).map(|known| label(state, repo, known)).collect()
}

/// `reaction`
pub fn reaction(state: &State, reaction: &Reaction) -> Value {
    json!({
        "id": reaction.id, "node_id": node("REA", reaction.id), "user": user::simple(state, &reaction.author),
        "content": reaction.content, "created_at": show(reaction.created),
    })
}

/// `reaction-rollup`
pub fn rollup(url: &str, reactions: &[Reaction]) -> Value {
    let mut shape = json!({ "url": format!("{url}/reactions"), "total_count": reactions.len() });
    for content in ["+1", "-1", "laugh", "hooray", "confused", "heart", "rocket", "eyes"] {
        shape[content] = reactions.iter().filter(|reaction| reaction.content == content).count().into();
    }
    shape
}

/// What somebody is to a repository.
pub fn association(state: &State, repo: &Repo, login: &str) -> &'static str {
    if repo.owner.eq_ignore_ascii_case(login) {
        return "OWNER";
    }
    let is_listed = repo.collaborators.get(&login.to_lowercase()).is_some_and(|role| *role > Role::None);
    if is_listed {
        return "COLLABORATOR";
    }
    let has_merged = repo.issues.values().filter(|issue| issue.author.eq_ignore_ascii_case(login));
    let has_merged = has_merged.filter_map(|issue| issue.pull.as_ref()).any(|pull| pull.merged.is_some());
    let is_bot = state.users.get(&login.to_lowercase()).is_some_and(|user| user.kind == "Bot");
    if has_merged || is_bot { "CONTRIBUTOR" } else { "NONE" }
}

/// `issue`
pub fn issue(state: &State, repo: &Repo, issue: &Issue) -> Value {
    let base = repository::url(state, repo);
    let url = format!("{base}/issues/{}", issue.number);
    let page = repository::page(state, repo);
    let comments = repo.comments.values().filter(|comment| comment.issue == issue.number).count();
    let kind = if issue.pull.is_some() { "pull" } else { "issues" };
    let mut shape = json!({
        "url": url, "repository_url": base, "labels_url": format!("{url}/labels{{/name}}"),
        "comments_url": format!("{url}/comments"), "events_url": format!("{url}/events"),
        "html_url": format!("{page}/{kind}/{}", issue.number),
        "id": issue.id, "node_id": node(if issue.pull.is_some() { "PR" } else { "I" }, issue.id),
        "number": issue.number, "title": issue.title, "user": user::simple(state, &issue.author),
        "labels": labels(state, repo, issue), "state": if issue.is_open { "open" } else { "closed" },
        "state_reason": null, "locked": issue.locked, "active_lock_reason": null,
        "assignee": user::nullable(state, issue.assignees.first().map(String::as_str)),
        "assignees": issue.assignees.iter().map(|login| user::simple(state, login)).collect::<Vec<_>>(),
        "milestone": null, "comments": comments, "created_at": show(issue.created), "updated_at": show(issue.updated),
        "closed_at": issue.closed.map(show), "author_association": association(state, repo, &issue.author),
        "body": issue.body, "reactions": rollup(&url, &issue.reactions),
    });
    if let Some(pull) = &issue.pull {
        let address = format!("{page}/pull/{}", issue.number);
        shape["draft"] = pull.draft.into();
        shape["pull_request"] = json!({
            "url": format!("{base}/pulls/{}", issue.number), "html_url": address,
            "diff_url": format!("{address}.diff"), "patch_url": format!("{address}.patch"),
            "merged_at": pull.merged.as_ref().map(|merged| show(merged.at)),
        });
    }
    shape
}

/// `issue-comment`
pub fn comment(state: &State, repo: &Repo, comment: &Comment) -> Value {
    let base = repository::url(state, repo);
    let url = format!("{base}/issues/comments/{}", comment.id);
    let is_pull = repo.issues.get(&comment.issue).is_some_and(|issue| issue.pull.is_some());
    let kind = if is_pull { "pull" } else { "issues" };
    let page = repository::page(state, repo);
    json!({
        "url": url, "html_url": format!("{page}/{kind}/{}#issuecomment-{}", comment.issue, comment.id),
        "issue_url": format!("{base}/issues/{}", comment.issue), "id": comment.id, "node_id": node("IC", comment.id),
        "user": user::simple(state, &comment.author), "created_at": show(comment.created),
        "updated_at": show(comment.updated), "author_association": association(state, repo, &comment.author),
        "body": comment.body, "reactions": rollup(&url, &comment.reactions),
        "performed_via_github_app": comment.app.and_then(|app| crate::rest::apps::integration(state, app)),
    })
}
