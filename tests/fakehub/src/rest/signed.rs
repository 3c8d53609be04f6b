//! What a person who signed in to an App sees: the installations that they have to do with, and the repositories of each.

use serde_json::{Value, json};

use crate::access::{How, Need, Role};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::rest::{self, Route, apps, repos};
use crate::shape::repo as shape;
use crate::state::{Installation, Repo, State};

pub const ROUTES: &[Route] = &[
    Route::new("GET", "/user/installations", Need::Token, installations),
    Route::new("GET", "/user/installations/{installation_id}/repositories", Need::Token, repositories),
];

/// The App that the person signed in to.
fn app(call: &Call) -> Result<u64, Refusal> {
    match call.actor.how {
        How::User(app) => Ok(app),
        _ => Err(Refusal::new(
            403,
            "You must authenticate with an access token authorized to a GitHub App in order to list installations",
        )),
    }
}

/// The repositories of an installation that somebody was given access to by name; that one is public is not enough.
fn explicit<'a>(state: &'a State, installation: &'a Installation, login: &str) -> Vec<&'a Repo> {
    let all = installation.repos.iter().filter_map(|key| state.repos.get(key));
    all.filter(|repo| repo.given_role(login) > Role::None).collect()
}

fn sees(state: &State, installation: &Installation, app: u64, login: &str) -> bool {
    let is_own = installation.account.eq_ignore_ascii_case(login);
    installation.app == app && (is_own || !explicit(state, installation, login).is_empty())
}

fn installations(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let app = app(call)?;
    let all = state.installations.values().filter(|one| sees(state, one, app, &call.actor.login));
    let all: Vec<&Installation> = all.collect();
    let (shown, link) = rest::slice(state, call, &all);
    let shown = shown.iter().filter_map(|one| Some(apps::shape(state, state.apps.get(&one.app)?, one)));
    let answer = json!({ "total_count": all.len(), "installations": shown.collect::<Vec<_>>() });
    Ok(rest::link_header(Answer::ok(answer), link))
}

fn repositories(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let app = app(call)?;
    let login = &call.actor.login;
    let found = state.installations.get(&call.number("installation_id")?);
    let found = found.filter(|one| sees(state, one, app, login)).ok_or_else(Refusal::not_found)?;
    if found.suspended.is_some() {
        return Err(Refusal::new(403, "This installation has been suspended"));
    }
    let all = explicit(state, found, login);
    let (shown, link) = rest::slice(state, call, &all);
    let shown = shown.iter().map(|repo| {
        let mut shown: Value = shape::repository(state, repo);
        shown["permissions"] = repos::permissions(state.role(repo, login));
        shown
    });
    let answer = json!({
        "total_count": all.len(), "repository_selection": "selected", "repositories": shown.collect::<Vec<_>>(),
    });
    Ok(rest::link_header(Answer::ok(answer), link))
}
