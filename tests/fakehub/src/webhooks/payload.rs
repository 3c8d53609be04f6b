//! What is the same in all payloads, and where events differ from the API's own shapes.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::rest::apps;
use crate::shape::{node, user};
use crate::state::State;

/// A payload with `installation`, and what only this event has.
pub fn finish(state: &State, event: &str, repo: &str, installation: u64, mut payload: Value) -> Value {
    payload["installation"] = json!({ "id": installation, "node_id": node_id(installation) });
    let Some(known) = state.repos.get(repo) else { return payload };
    if state.users.get(&known.owner.to_lowercase()).is_some_and(|user| user.kind == "Organization") {
        payload["organization"] = organization(state, &known.owner);
    }
    if event == "push" {
        // In push events alone moments of the repository are numbers, and its owner has a name.
        let repository = &mut payload["repository"];
        repository["created_at"] = known.created.as_second().into();
        repository["pushed_at"] = known.pushed.as_second().into();
        repository["url"] = repository["html_url"].clone();
        repository["owner"]["name"] = known.owner.as_str().into();
        repository["owner"]["email"] = format!("{}@users.noreply.github.com", known.owner).into();
        repository["stargazers"] = 0.into();
        repository["master_branch"] = known.default_branch.as_str().into();
    }
    payload
}

fn node_id(installation: u64) -> String {
    STANDARD.encode(format!("23:IntegrationInstallation{installation}"))
}

fn organization(state: &State, login: &str) -> Value {
    let user = user::simple(state, login);
    let url = format!("{}/api/v3/orgs/{login}", state.origin);
    json!({
        "login": user["login"], "id": user["id"], "node_id": user["node_id"], "url": url,
        "repos_url": format!("{url}/repos"), "events_url": format!("{url}/events"), "hooks_url": format!("{url}/hooks"),
        "issues_url": format!("{url}/issues"), "members_url": format!("{url}/members{{/member}}"),
        "public_members_url": format!("{url}/public_members{{/member}}"), "avatar_url": user["avatar_url"],
        "description": null,
    })
}

/// The payload of `installation` and `installation_repositories`: there alone the installation is whole.
pub fn installation(state: &State, id: u64, account: &str, action: &str, more: Value) -> Value {
    let found = state.installations.get(&id);
    let mut shown = found.and_then(|one| Some(apps::shape(state, state.apps.get(&one.app)?, one)));
    if let (Some(found), Some(shown)) = (found, &mut shown) {
        // In these payloads moments are numbers.
        for moment in ["created_at", "updated_at"] {
            shown[moment] = found.created.as_second().into();
        }
    }
    let mut payload = json!({ "action": action, "installation": shown, "sender": user::simple(state, account) });
    if let (Some(fields), Value::Object(more)) = (payload.as_object_mut(), more) {
        fields.extend(more);
    }
    payload
}

/// Repositories as these events list them.
pub fn repositories(state: &State, keys: &[String]) -> Value {
    let found = keys.iter().filter_map(|key| state.repos.get(key));
    let shown = found.map(|repo| {
        json!({ "id": repo.id, "node_id": node("R", repo.id), "name": repo.name, "full_name": repo.full_name(),
                "private": repo.private })
    });
    shown.collect()
}
