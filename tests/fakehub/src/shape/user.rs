//! `simple-user` and its longer forms.

use serde_json::{Value, json};

use crate::shape::node;
use crate::state::State;

/// `simple-user`; the ghost for a login that nobody has.
pub fn simple(state: &State, login: &str) -> Value {
    let user = state.users.get(&login.to_lowercase());
    let (id, kind) = user.map_or((10137, "User"), |user| (user.id, user.kind.as_str()));
    let login = user.map_or("ghost", |user| user.login.as_str());
    // The brackets of `name[bot]` are escaped, and a bot's page is its App's.
    let escaped = login.replace('[', "%5B").replace(']', "%5D");
    let api = format!("{}/api/v3/users/{escaped}", state.origin);
    let page = login.strip_suffix("[bot]").map_or_else(|| login.to_owned(), |slug| format!("apps/{slug}"));
    json!({
        "login": login, "id": id, "node_id": node("U", id),
        "avatar_url": format!("{}/avatars/{id}", state.origin), "gravatar_id": "",
        "url": api, "html_url": format!("{}/{page}", state.origin),
        "followers_url": format!("{api}/followers"), "following_url": format!("{api}/following{{/other_user}}"),
        "gists_url": format!("{api}/gists{{/gist_id}}"), "starred_url": format!("{api}/starred{{/owner}}{{/repo}}"),
        "subscriptions_url": format!("{api}/subscriptions"), "organizations_url": format!("{api}/orgs"),
        "repos_url": format!("{api}/repos"), "events_url": format!("{api}/events{{/privacy}}"),
        "received_events_url": format!("{api}/received_events"),
        "type": kind, "user_view_type": "public", "site_admin": false,
    })
}

/// `simple-user` or null.
pub fn nullable(state: &State, login: Option<&str>) -> Value {
    login.map_or(Value::Null, |login| simple(state, login))
}

/// `public-user`: what `GET /user` and `GET /users/LOGIN` say.
pub fn public(state: &State, login: &str) -> Value {
    let mut user = simple(state, login);
    let repos = state.repos.values().filter(|repo| repo.owner.eq_ignore_ascii_case(login)).count();
    for field in ["name", "company", "blog", "location", "email", "hireable", "bio", "twitter_username"] {
        user[field] = Value::Null;
    }
    user["public_repos"] = repos.into();
    for field in ["public_gists", "followers", "following"] {
        user[field] = 0.into();
    }
    user["created_at"] = "2020-01-01T00:00:00Z".into();
    user["updated_at"] = "2020-01-01T00:00:00Z".into();
    user
}
