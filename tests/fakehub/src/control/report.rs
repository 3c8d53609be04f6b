//! `GET /_hub/state`: everything that people and programs left behind, in a plain form.

use serde_json::{Value, json};

use crate::clock::show;
use crate::state::{Comment, Issue, Reaction, Repo, State};

/// Repositories with what is in them, and who was told of what.
pub fn state(state: &State) -> Value {
    let notifications = state.notifications.iter().map(|told| {
        json!({ "login": told.login, "reason": told.reason, "repo": told.repo, "number": told.number,
                "place": told.place, "by": told.by, "at": show(told.at) })
    });
    let references = state.references.iter().map(|reference| {
        json!({ "repo": reference.repo, "from": reference.from, "to": reference.to, "place": reference.place })
    });
    let repositories = state.repos.values().map(|repo| (repo.full_name(), repository(state, repo)));
    json!({
        "repositories": repositories.collect::<serde_json::Map<_, _>>(),
        "notifications": notifications.collect::<Vec<_>>(),
        "references": references.collect::<Vec<_>>(),
    })
}

fn repository(state: &State, repo: &Repo) -> Value {
    let (pulls, issues): (Vec<&Issue>, Vec<&Issue>) = repo.issues.values().partition(|issue| issue.pull.is_some());
    let labels = repo.labels.iter().map(|label| label.name.clone());
    json!({
        "path": repo.path, "default_branch": repo.default_branch, "refs": repo.refs,
        "pulls": pulls.iter().map(|issue| pull(state, repo, issue)).collect::<Vec<_>>(),
        "issues": issues.iter().map(|found| issue(repo, found)).collect::<Vec<_>>(),
        "comments": repo.comments.values().map(comment).collect::<Vec<_>>(),
        "labels": labels.collect::<Vec<_>>(),
        "checks": crate::rest::checks::report(&repo.checks), "statuses": crate::rest::checks::report_statuses(&repo.checks),
    })
}

fn issue(repo: &Repo, issue: &Issue) -> Value {
    let comments = repo.comments.values().filter(|comment| comment.issue == issue.number).map(comment);
    json!({
        "number": issue.number, "title": issue.title, "body": issue.body,
        "state": if issue.is_open { "open" } else { "closed" }, "author": issue.author, "labels": issue.labels,
        "closed_by": issue.closed_by, "reactions": reactions(&issue.reactions), "comments": comments.collect::<Vec<_>>(),
    })
}

fn pull(state: &State, repo: &Repo, found: &Issue) -> Value {
    let mut shown = issue(repo, found);
    let Some(pull) = &found.pull else { return shown };
    let runs = match (pull.by_action, state.enterprise) {
        (true, true) => "none",
        (true, false) => "awaiting_approval",
        _ => "started",
    };
    shown["draft"] = pull.draft.into();
    shown["head"] = json!({ "repo": pull.head_repo, "branch": pull.head_branch, "commit": pull.head_commit });
    shown["base"] = json!({ "branch": pull.base_branch, "commit": pull.base_commit });
    shown["merged"] = pull.merged.is_some().into();
    shown["merge_commit"] = pull.merged.as_ref().map(|merged| merged.commit.clone()).into();
    shown["merged_by"] = pull.merged.as_ref().map(|merged| merged.by.clone()).into();
    shown["reviewers"] = pull.reviewers.clone().into();
    shown["teams"] = pull.teams.clone().into();
    shown["workflow_runs"] = runs.into();
    shown
}

fn comment(comment: &Comment) -> Value {
    json!({ "id": comment.id, "issue": comment.issue, "author": comment.author, "body": comment.body,
            "edited": comment.updated != comment.created, "reactions": reactions(&comment.reactions) })
}

fn reactions(reactions: &[Reaction]) -> Vec<Value> {
    reactions.iter().map(|reaction| json!({ "author": reaction.author, "content": reaction.content })).collect()
}
