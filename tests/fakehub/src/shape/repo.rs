//! `repository`, `full-repository`, `minimal-repository`: one superset.

use serde_json::{Value, json};

use crate::access::{Actor, Grade, Role};
use crate::clock::show;
use crate::shape::{node, user};
use crate::state::{Repo, State};

/// The addresses below a repository's own: the field and what follows.
const ADDRESSES: &[(&str, &str)] = &[
    ("archive_url", "/{archive_format}{/ref}"),
    ("assignees_url", "/assignees{/user}"),
    ("blobs_url", "/git/blobs{/sha}"),
    ("branches_url", "/branches{/branch}"),
    ("collaborators_url", "/collaborators{/collaborator}"),
    ("comments_url", "/comments{/number}"),
    ("commits_url", "/commits{/sha}"),
    ("compare_url", "/compare/{base}...{head}"),
    ("contents_url", "/contents/{+path}"),
    ("contributors_url", "/contributors"),
    ("deployments_url", "/deployments"),
    ("downloads_url", "/downloads"),
    ("events_url", "/events"),
    ("forks_url", "/forks"),
    ("git_commits_url", "/git/commits{/sha}"),
    ("git_refs_url", "/git/refs{/sha}"),
    ("git_tags_url", "/git/tags{/sha}"),
    ("hooks_url", "/hooks"),
    ("issue_comment_url", "/issues/comments{/number}"),
    ("issue_events_url", "/issues/events{/number}"),
    ("issues_url", "/issues{/number}"),
    ("keys_url", "/keys{/key_id}"),
    ("labels_url", "/labels{/name}"),
    ("languages_url", "/languages"),
    ("merges_url", "/merges"),
    ("milestones_url", "/milestones{/number}"),
    ("notifications_url", "/notifications{?since,all,participating}"),
    ("pulls_url", "/pulls{/number}"),
    ("releases_url", "/releases{/id}"),
    ("stargazers_url", "/stargazers"),
    ("statuses_url", "/statuses/{sha}"),
    ("subscribers_url", "/subscribers"),
    ("subscription_url", "/subscription"),
    ("tags_url", "/tags"),
    ("teams_url", "/teams"),
    ("trees_url", "/git/trees{/sha}"),
];

/// The API's address of a repository.
pub fn url(state: &State, repo: &Repo) -> String {
    format!("{}/api/v3/repos/{}", state.origin, repo.full_name())
}

/// The page of a repository.
pub fn page(state: &State, repo: &Repo) -> String {
    format!("{}/{}", state.origin, repo.full_name())
}

/// `repository`, which is also a `minimal-repository`.
pub fn repository(state: &State, repo: &Repo) -> Value {
    let (url, page) = (url(state, repo), page(state, repo));
    let open = repo.issues.values().filter(|issue| issue.is_open).count();
    let host = state.origin.trim_start_matches("http://");
    let mut shape = json!({
        "id": repo.id, "node_id": node("R", repo.id), "name": repo.name, "full_name": repo.full_name(),
        "private": repo.private, "owner": user::simple(state, &repo.owner), "html_url": page, "description": null,
        "fork": repo.fork_of.is_some(), "url": url,
        "git_url": format!("git://{host}/{}.git", repo.full_name()),
        "ssh_url": format!("git@{host}:{}.git", repo.full_name()),
        "clone_url": format!("{page}.git"), "svn_url": page, "mirror_url": null, "homepage": null, "language": null,
        "forks_count": 0, "stargazers_count": 0, "watchers_count": 0, "size": 0,
        "default_branch": repo.default_branch, "open_issues_count": open, "is_template": false, "topics": [],
        "has_issues": true, "has_projects": false, "has_wiki": false, "has_pages": false, "has_downloads": true,
        "has_discussions": false, "archived": false, "disabled": false,
        "visibility": if repo.private { "private" } else { "public" },
        "pushed_at": show(repo.pushed), "created_at": show(repo.created), "updated_at": show(repo.pushed),
        "license": null, "allow_forking": true, "web_commit_signoff_required": false,
        "forks": 0, "open_issues": open, "watchers": 0,
    });
    for (field, below) in ADDRESSES {
        shape[*field] = format!("{url}{below}").into();
    }
    shape
}

/// `full-repository`, with what the caller may do.
pub fn full(state: &State, repo: &Repo, actor: &Actor) -> Value {
    let mut shape = repository(state, repo);
    for field in ["subscribers_count", "network_count"] {
        shape[field] = 0.into();
    }
    for field in ["allow_squash_merge", "allow_merge_commit", "allow_rebase_merge"] {
        shape[field] = true.into();
    }
    shape["delete_branch_on_merge"] = false.into();
    shape["allow_auto_merge"] = false.into();
    let role = actor.grant().map_or_else(
        || state.role(repo, &actor.login),
        |grant| match grant.permissions.get("contents") {
            Some(Grade::Write | Grade::Admin) if grant.repos.contains(&repo.key()) => Role::Write,
            _ => Role::Read,
        },
    );
    shape["permissions"] = json!({
        "admin": role >= Role::Admin, "maintain": role >= Role::Maintain, "push": role >= Role::Write,
        "triage": role >= Role::Triage, "pull": role >= Role::Read,
    });
    if let Some(parent) = repo.fork_of.as_ref().and_then(|key| state.repos.get(key)) {
        shape["parent"] = repository(state, parent);
        shape["source"] = repository(state, parent);
    }
    shape
}
