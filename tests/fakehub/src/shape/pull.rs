//! `pull-request` and `pull-request-simple`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::clock::show;
use crate::git;
use crate::shape::{issue as issues, node, repo as repository, user};
use crate::state::{Issue, Mergeable, Pull, Repo, State};

/// Repositories shown already, by key: a list names the same one on both sides of each pull request.
pub type Sides = BTreeMap<String, Value>;

/// `pull-request-simple`; null when there is no such pull request.
pub fn simple(state: &State, key: &str, number: u64) -> Value {
    simple_beside(state, key, number, &mut Sides::default())
}

/// [`simple`] in a list.
pub fn simple_beside(state: &State, key: &str, number: u64, sides: &mut Sides) -> Value {
    let Some((repo, issue, pull)) = find(state, key, number) else { return Value::Null };
    let url = format!("{}/pulls/{number}", repository::url(state, repo));
    let issue_url = format!("{}/issues/{number}", repository::url(state, repo));
    let page = format!("{}/pull/{number}", repository::page(state, repo));
    let statuses = format!("{}/statuses/{}", repository::url(state, repo), pull.head_commit);
    let link = |to: String| json!({ "href": to });
    let mut labels = issues::labels(state, repo, issue);
    for label in &mut labels {
        if label["description"].is_null() {
            // Of all the schemas with labels only this one forbids null.
            label["description"] = "".into();
        }
    }
    json!({
        "url": url, "id": pull.id, "node_id": node("PR", issue.id), "html_url": page,
        "diff_url": format!("{page}.diff"), "patch_url": format!("{page}.patch"), "issue_url": issue_url,
        "number": number, "state": if issue.is_open { "open" } else { "closed" }, "locked": issue.locked,
        "title": issue.title, "user": user::simple(state, &issue.author), "body": issue.body,
        "created_at": show(issue.created), "updated_at": show(issue.updated), "closed_at": issue.closed.map(show),
        "merged_at": pull.merged.as_ref().map(|merged| show(merged.at)), "merge_commit_sha": merge_commit(pull),
        "assignee": user::nullable(state, issue.assignees.first().map(String::as_str)),
        "assignees": issue.assignees.iter().map(|login| user::simple(state, login)).collect::<Vec<_>>(),
        "requested_reviewers": pull.reviewers.iter().map(|login| user::simple(state, login)).collect::<Vec<_>>(),
        "requested_teams": pull.teams.iter().map(|slug| team(state, repo, slug)).collect::<Vec<_>>(),
        "labels": labels, "milestone": null, "draft": pull.draft,
        "commits_url": format!("{url}/commits"), "review_comments_url": format!("{url}/comments"),
        "review_comment_url": format!("{}/pulls/comments{{/number}}", repository::url(state, repo)),
        "comments_url": format!("{issue_url}/comments"), "statuses_url": statuses,
        "head": side(state, &pull.head_repo, &pull.head_branch, &pull.head_commit, sides),
        "base": side(state, key, &pull.base_branch, &pull.base_commit, sides),
        "_links": {
            "self": link(url.clone()), "html": link(page), "issue": link(issue_url.clone()),
            "comments": link(format!("{issue_url}/comments")), "review_comments": link(format!("{url}/comments")),
            "review_comment": link(format!("{}/pulls/comments{{/number}}", repository::url(state, repo))),
            "commits": link(format!("{url}/commits")), "statuses": link(statuses),
        },
        "author_association": issues::association(state, repo, &issue.author), "auto_merge": null,
        "active_lock_reason": null,
    })
}

/// `pull-request`: with what only one pull request's own answer says.
pub fn full(state: &State, key: &str, number: u64) -> Value {
    let mut shape = simple(state, key, number);
    let Some((repo, issue, pull)) = find(state, key, number) else { return shape };
    let (additions, deletions, files) = sizes(repo, pull);
    let range = format!("{}..{}", pull.base_commit, pull.head_commit);
    let commits =
        git::run(&repo.path, &["rev-list", "--count", &range]).ok().and_then(|count| count.parse::<u64>().ok());
    let mergeable = match &pull.mergeable {
        Mergeable::Known { commit, .. } if issue.is_open => Some(commit.is_some()),
        _ => None,
    };
    let comments = repo.comments.values().filter(|comment| comment.issue == number).count();
    let more = json!({
        "merged": pull.merged.is_some(), "mergeable": mergeable, "rebaseable": mergeable,
        "mergeable_state": mergeable_state(state, repo, pull, mergeable),
        "merged_by": user::nullable(state, pull.merged.as_ref().map(|merged| merged.by.as_str())),
        "comments": comments, "review_comments": 0, "maintainer_can_modify": false, "commits": commits.unwrap_or(0),
        "additions": additions, "deletions": deletions, "changed_files": files,
        "labels": issues::labels(state, repo, issue),
    });
    if let (Some(shape), Value::Object(more)) = (shape.as_object_mut(), more) {
        shape.extend(more);
    }
    shape
}

fn find<'a>(state: &'a State, key: &str, number: u64) -> Option<(&'a Repo, &'a Issue, &'a Pull)> {
    let repo = state.repos.get(key)?;
    let issue = repo.issues.get(&number)?;
    Some((repo, issue, issue.pull.as_ref()?))
}

/// The commit that merged it, else the test merge's.
fn merge_commit(pull: &Pull) -> Option<String> {
    match (&pull.merged, &pull.mergeable) {
        (Some(merged), _) => Some(merged.commit.clone()),
        (None, Mergeable::Known { commit, .. }) => commit.clone(),
        (None, Mergeable::Unknown) => None,
    }
}

fn mergeable_state(state: &State, repo: &Repo, pull: &Pull, mergeable: Option<bool>) -> &'static str {
    match mergeable {
        None => "unknown",
        Some(false) => "dirty",
        Some(true) if pull.draft => "draft",
        Some(true) => crate::rest::merge::blocked(state, repo, pull).map_or("clean", |(word, _)| word),
    }
}

fn side(state: &State, key: &str, branch: &str, commit: &str, sides: &mut Sides) -> Value {
    let repo = state.repos.get(key);
    let owner = repo.map_or("unknown", |repo| repo.owner.as_str());
    let show = || repo.map_or(Value::Null, |repo| repository::repository(state, repo));
    let shown = sides.entry(key.to_owned()).or_insert_with(show).clone();
    json!({
        "label": format!("{owner}:{branch}"), "ref": branch, "sha": commit, "user": user::simple(state, owner),
        "repo": shown,
    })
}

/// `team`, as far as it is made up of its slug.
fn team(state: &State, repo: &Repo, slug: &str) -> Value {
    let url = format!("{}/api/v3/organizations/1/team/1", state.origin);
    json!({
        "id": 1, "node_id": node("T", 1), "url": url, "html_url": format!("{}/orgs/{}/teams/{slug}", state.origin, repo.owner),
        "name": slug, "slug": slug, "description": null, "privacy": "closed", "permission": "pull", "type": "organization",
        "members_url": format!("{url}/members{{/member}}"), "repositories_url": format!("{url}/repos"), "parent": null,
    })
}

/// Added lines, removed lines and files between the merge base and the head.
fn sizes(repo: &Repo, pull: &Pull) -> (u64, u64, u64) {
    let range = format!("{}...{}", pull.base_commit, pull.head_commit);
    let said = git::run(&repo.path, &["diff", "--numstat", "--no-renames", &range, "--"]).unwrap_or_default();
    said.lines().fold((0, 0, 0), |(added, removed, files), line| {
        let mut words = line.split('\t').map(|word| word.parse::<u64>().unwrap_or(0));
        (added + words.next().unwrap_or(0), removed + words.next().unwrap_or(0), files + 1)
    })
}
