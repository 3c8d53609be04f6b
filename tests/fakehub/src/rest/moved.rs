//! Repositories that were renamed: their old names lead on, by the id that stays.

use serde_json::json;

use crate::access;
use crate::call::{Answer, Call, Refusal};
use crate::rest::Route;
use crate::state::State;

/// A path by a repository's id, `/repositories/12/pulls`, as the path by its name; all others as they are.
pub fn by_name(state: &State, path: &str) -> String {
    let below = path.strip_prefix("/repositories/").unwrap_or_default();
    let (id, rest) = below.split_once('/').map_or((below, String::new()), |(id, rest)| (id, format!("/{rest}")));
    let repo = state.repos.values().find(|repo| id.parse() == Ok(repo.id));
    repo.map_or_else(|| path.to_owned(), |repo| format!("/repos/{}{rest}", repo.full_name()))
}

/// The answer for an old name, to who may see the repository: 301 for reading, 307 for what is to be sent again as it is.
pub fn redirect(state: &State, call: &Call, route: &Route) -> Result<Option<Answer>, Refusal> {
    let Some(repo) = state.moved.get(&call.repo()).and_then(|key| state.repos.get(key)) else { return Ok(None) };
    if state.repos.contains_key(&call.repo()) {
        return Ok(None);
    }
    access::check(state, &call.actor, route.need, &repo.key())?;
    let rest: Vec<&str> = call.path.trim_matches('/').split('/').skip(3).collect();
    let mut url = format!("{}/api/v3/repositories/{}", state.origin, repo.id);
    for part in rest {
        url = format!("{url}/{part}");
    }
    let query: Vec<String> =
        call.query.iter().map(|(name, value)| format!("{}={}", super::encode(name), super::encode(value))).collect();
    if !query.is_empty() {
        url = format!("{url}?{}", query.join("&"));
    }
    let body = json!({ "message": "Moved Permanently", "url": url,
                       "documentation_url": "https://docs.github.com/rest/guides/best-practices-for-using-the-rest-api#follow-redirects" });
    let status = if call.method == "GET" { 301 } else { 307 };
    Ok(Some(Answer::new(status, body).header("location", url)))
}

/// Gives a repository another name; everything that knows it by its key follows.
pub fn rename(state: &mut State, key: &str, name: &str) -> Result<(), Refusal> {
    let mut repo = state.repos.remove(key).ok_or_else(Refusal::not_found)?;
    name.clone_into(&mut repo.name);
    let new = repo.key();
    let taken = state.repos.contains_key(&new);
    if taken {
        repo.name = key.rsplit('/').next().unwrap_or(key).to_owned();
        state.repos.insert(key.to_owned(), repo);
        return Err(Refusal::new(422, "name already exists on this account"));
    }
    state.repos.insert(new.clone(), repo);
    let follow = |known: &mut String| {
        if known == key {
            known.clone_from(&new);
        }
    };
    for repo in state.repos.values_mut() {
        repo.fork_of.iter_mut().for_each(follow);
        repo.issues.values_mut().filter_map(|issue| issue.pull.as_mut()).for_each(|pull| follow(&mut pull.head_repo));
    }
    state.installations.values_mut().flat_map(|installation| &mut installation.repos).for_each(follow);
    state
        .tokens
        .values_mut()
        .filter_map(|token| token.grant.as_mut())
        .flat_map(|grant| &mut grant.repos)
        .for_each(follow);
    state.moved.values_mut().for_each(follow);
    state.moved.remove(&new);
    state.moved.insert(key.to_owned(), new.clone());
    Ok(())
}
