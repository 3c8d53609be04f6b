//! `commit`, `git-commit`, and the commits of a `push` event.

use serde_json::{Value, json};

use crate::git::commits::{Commit, Person};
use crate::shape::{repo as repository, user};
use crate::state::{Repo, State};

fn person(person: &Person) -> Value {
    json!({ "name": person.name, "email": person.email, "date": person.when() })
}

/// The user whose address a commit carries.
fn account(state: &State, person: &Person) -> Value {
    let local = person.email.strip_suffix("@users.noreply.github.com").unwrap_or_default();
    let login = local.split_once('+').map_or(local, |(_, login)| login);
    let login = if person.email == "noreply@github.com" { "web-flow" } else { login };
    if state.users.contains_key(&login.to_lowercase()) { user::simple(state, login) } else { Value::Null }
}

/// What the hub says of a commit's signature: only its own can be checked.
pub fn verification(commit: &Commit) -> Value {
    let Some(signature) = &commit.signature else {
        return json!({ "verified": false, "reason": "unsigned", "signature": null, "payload": null,
                       "verified_at": null });
    };
    let verified = crate::rest::git::signature(&commit.payload) == *signature;
    json!({
        "verified": verified, "reason": if verified { "valid" } else { "unknown_key" },
        "signature": signature, "payload": commit.payload,
        "verified_at": verified.then(|| commit.committer.when()),
    })
}

/// `git-commit`
pub fn git_commit(state: &State, repo: &Repo, commit: &Commit) -> Value {
    let url = repository::url(state, repo);
    let page = repository::page(state, repo);
    let parents = commit.parents.iter().map(|parent| {
        json!({ "sha": parent, "url": format!("{url}/git/commits/{parent}"),
                "html_url": format!("{page}/commit/{parent}") })
    });
    json!({
        "sha": commit.id, "node_id": format!("C_{}", commit.id), "url": format!("{url}/git/commits/{}", commit.id),
        "html_url": format!("{page}/commit/{}", commit.id),
        "author": person(&commit.author), "committer": person(&commit.committer), "message": message(commit),
        "tree": { "sha": commit.tree, "url": format!("{url}/git/trees/{}", commit.tree) },
        "parents": parents.collect::<Vec<_>>(), "verification": verification(commit),
    })
}

/// GitHub shows messages without the last line ends.
fn message(commit: &Commit) -> &str {
    commit.message.trim_end_matches('\n')
}

/// `commit`
pub fn commit(state: &State, repo: &Repo, commit: &Commit) -> Value {
    let url = repository::url(state, repo);
    let page = repository::page(state, repo);
    let parents = commit.parents.iter().map(|parent| {
        json!({ "sha": parent, "url": format!("{url}/commits/{parent}"), "html_url": format!("{page}/commit/{parent}") })
    });
    json!({
        "sha": commit.id, "node_id": format!("C_{}", commit.id),
        "url": format!("{url}/commits/{}", commit.id), "html_url": format!("{page}/commit/{}", commit.id),
        "comments_url": format!("{url}/commits/{}/comments", commit.id),
        "commit": {
            "author": person(&commit.author), "committer": person(&commit.committer), "message": message(commit),
            "tree": { "sha": commit.tree, "url": format!("{url}/git/trees/{}", commit.tree) },
            "url": format!("{url}/git/commits/{}", commit.id), "comment_count": 0,
            "verification": verification(commit),
        },
        "author": account(state, &commit.author), "committer": account(state, &commit.committer),
        "parents": parents.collect::<Vec<_>>(),
    })
}

/// A commit as `push` events hold it; `changed` is what it did to which path.
pub fn pushed(url: &str, commit: &Commit, changed: &[(char, String)]) -> Value {
    let paths = |picks: &[char]| {
        changed.iter().filter(|(letter, _)| picks.contains(letter)).map(|(_, path)| path.clone()).collect::<Vec<_>>()
    };
    let who = |person: &Person| json!({ "name": person.name, "email": person.email, "date": person.when() });
    json!({
        "id": commit.id, "tree_id": commit.tree, "distinct": true, "message": message(commit),
        "timestamp": commit.committer.when(), "url": format!("{url}/commit/{}", commit.id),
        "author": who(&commit.author), "committer": who(&commit.committer), "added": paths(&['A']), "removed": paths(&['D']),
        "modified": paths(&['M', 'T']),
    })
}
