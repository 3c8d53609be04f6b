//! Making an App from a manifest: the form that a browser brings, the person's yes, the code, and what it is good for once.
//! By GitHub's "Registering a GitHub App from a manifest".

use axum::response::Response;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Fields, ask, go, visitor};
use crate::access::{Grade, Need, may};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::page::{escape, html};
use crate::rest::apps::{self, New, integration, random};
use crate::rest::{Route, decode};
use crate::state::State;

pub const ROUTES: &[Route] = &[Route::new("POST", "/app-manifests/{code}/conversions", Need::Nothing, convert)];

/// How long all three steps may take.
const LIFE: SignedDuration = SignedDuration::from_hours(1);

/// The most letters of a name.
const NAME: usize = 34;

/// The permission that an App must ask for to be told of an event; one of them is enough.
const NEEDED: &[(&str, &[&str])] = &[
    ("check_run", &["checks"]),
    ("check_suite", &["checks"]),
    ("create", &["contents"]),
    ("delete", &["contents"]),
    ("issue_comment", &["issues", "pull_requests"]),
    ("issues", &["issues"]),
    ("pull_request", &["pull_requests"]),
    ("pull_request_review", &["pull_requests"]),
    ("push", &["contents"]),
    ("release", &["contents"]),
    ("repository", &["metadata"]),
    ("status", &["statuses"]),
    ("workflow_dispatch", &["contents"]),
    ("workflow_run", &["actions"]),
];

/// The permissions that the hub knows.
const PERMISSIONS: &[&str] = &[
    "actions",
    "administration",
    "checks",
    "contents",
    "deployments",
    "issues",
    "members",
    "metadata",
    "packages",
    "pages",
    "pull_requests",
    "secrets",
    "statuses",
    "workflows",
];

/// An App that somebody said yes to and that is not fetched yet.
#[derive(Debug)]
pub struct Pending {
    manifest: Value,
    name: String,
    owner: String,
    until: Timestamp,
}

/// For which account a page makes an App: the person's own, or an organisation. None: it is another page.
pub(super) fn account(path: &str) -> Option<Option<String>> {
    let words: Vec<&str> = path.trim_matches('/').split('/').collect();
    match words[..] {
        ["settings", "apps", "new"] => Some(None),
        ["organizations", account, "settings", "apps", "new"] => Some(Some(decode(account))),
        _ => None,
    }
}

/// The page that shows what the App would be, and what comes of its button.
pub(super) fn page(
    state: &mut State,
    method: &str,
    account: Option<String>,
    query: &Fields,
    form: &Fields,
) -> Response {
    let organization = account.as_ref().map(|name| state.users.get(&name.to_lowercase()));
    let organization = match organization {
        Some(Some(found)) if found.kind == "Organization" => Some(found.login.clone()),
        Some(_) => return html(404, "<h1>Not found</h1>"),
        None => None,
    };
    let Some(text) = form.get("manifest").filter(|_| method == "POST") else {
        return html(200, "<h1>Register new GitHub App</h1>\n<p>Only from a manifest, here.");
    };
    let manifest: Value = serde_json::from_str(text).unwrap_or(Value::Null);
    if let Err(why) = judge(&manifest) {
        return html(422, &format!("<h1>Invalid GitHub App configuration</h1>\n<p>{}\n", escape(&why)));
    }
    let name = form.get("name").map_or_else(|| manifest["name"].as_str().unwrap_or_default(), String::as_str).trim();
    let Some(login) = visitor(state, &[query, form]) else {
        let (name, manifest) = (escape(name), escape(&format!("{manifest:#}")));
        let more = format!("<p>Name: <input name=\"name\" value=\"{name}\">\n<pre>{manifest}</pre>\n");
        let action = match &organization {
            Some(organization) => format!("/organizations/{organization}/settings/apps/new"),
            None => "/settings/apps/new".to_owned(),
        };
        let word = query.get("state").map(|word| format!("?state={}", crate::rest::encode(word))).unwrap_or_default();
        let kept = [("manifest".to_owned(), text.clone())].into();
        return ask(state, "Create GitHub App", "post", &format!("{action}{word}"), &kept, &more);
    };
    if let Err(why) = free(state, name) {
        return html(422, &format!("<h1>Name {}</h1>\n", escape(why)));
    }
    let code = random()[..40].to_owned();
    let until = state.clock.now().checked_add(LIFE).unwrap_or(Timestamp::MAX);
    let to = manifest["redirect_url"].as_str().unwrap_or_default().to_owned();
    let pending = Pending { name: name.to_owned(), owner: organization.unwrap_or(login), until, manifest };
    state.web.manifests.insert(code.clone(), pending);
    let mut more = vec![("code", code.as_str())];
    if let Some(word) = query.get("state") {
        more.push(("state", word));
    }
    go(&to, &more)
}

/// What is wrong with a manifest.
fn judge(manifest: &Value) -> Result<(), String> {
    if !manifest.is_object() {
        return Err("The manifest is no JSON object".into());
    }
    let is_url = |value: &Value| {
        value.as_str().is_some_and(|text| ["http://", "https://"].iter().any(|start| text.starts_with(start)))
    };
    if !is_url(&manifest["url"]) {
        return Err("\"url\" wasn't supplied or is no URL".into());
    }
    for field in ["redirect_url", "setup_url"] {
        if !manifest[field].is_null() && !is_url(&manifest[field]) {
            return Err(format!("\"{field}\" is no URL"));
        }
    }
    let hook = &manifest["hook_attributes"];
    if !hook.is_null() && !is_url(&hook["url"]) {
        return Err("Hook url is no URL".into());
    }
    let callbacks = manifest["callback_urls"].as_array().cloned().unwrap_or_default();
    if callbacks.len() > 10 || !callbacks.iter().all(is_url) {
        return Err("\"callback_urls\" are at most 10 URLs".into());
    }
    let asked = &manifest["default_permissions"];
    let asked = apps::read_permissions(asked).map_err(|refusal| refusal.message)?;
    if let Some(unknown) = asked.keys().find(|name| !PERMISSIONS.contains(&name.as_str())) {
        return Err(format!("Default permission records resource is not included in the list: {unknown}"));
    }
    let events = manifest["default_events"].as_array().cloned().unwrap_or_default();
    let is_supported = |event: &str| {
        let needed = NEEDED.iter().find(|(name, _)| *name == event).map(|(_, names)| *names);
        needed.is_some_and(|names| names.iter().any(|name| may(&asked, name, Grade::Read)))
    };
    let wrong = events.iter().find(|event| !event.as_str().is_some_and(is_supported));
    wrong.map_or(Ok(()), |event| Err(format!("Default events unsupported: {event}")))
}

/// Why a name can't be taken.
fn free(state: &State, name: &str) -> Result<(), &'static str> {
    let lower = name.to_lowercase();
    if slug(name).is_empty() || name.chars().count() > NAME {
        return Err("is too short or too long (34 letters)");
    }
    if ["github", "gist"].iter().any(|start| lower.starts_with(start)) {
        return Err("can't begin with that word");
    }
    let is_taken = state.apps.values().any(|app| app.name.to_lowercase() == lower || app.slug == slug(name));
    if is_taken || state.users.contains_key(&slug(name)) { Err("is already taken") } else { Ok(()) }
}

/// The name in addresses.
fn slug(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| if letter.is_ascii_alphanumeric() { letter.to_ascii_lowercase() } else { '-' })
        .collect();
    plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// The App behind a code, with all that is secret of it, once.
fn convert(state: &mut State, call: &Call) -> Reply {
    let pending = state.web.manifests.remove(call.param("code")).ok_or_else(Refusal::not_found)?;
    if pending.until <= state.clock.now() {
        return Err(Refusal::not_found());
    }
    free(state, &pending.name).map_err(|why| Refusal::invalid("Integration", "custom", "name", why))?;
    let Pending { manifest, name, owner, .. } = pending;
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let texts = |value: &Value| value.as_array().into_iter().flatten().filter_map(text).collect::<Vec<_>>();
    let is_active = manifest["hook_attributes"]["active"].as_bool() != Some(false);
    let new = New {
        slug: slug(&name),
        name,
        owner,
        url: text(&manifest["url"]),
        description: text(&manifest["description"]).unwrap_or_default(),
        callback_urls: texts(&manifest["callback_urls"]),
        permissions: apps::read_permissions(&manifest["default_permissions"])?,
        events: texts(&manifest["default_events"]),
        hook_url: text(&manifest["hook_attributes"]["url"]).filter(|_| is_active),
    };
    let (id, pem) = apps::register(state, new)?;
    let mut shown = integration(state, id).unwrap_or_default();
    let app = state.apps.get(&id).ok_or_else(Refusal::not_found)?;
    let secrets = json!({
        "client_secret": app.client_secret, "webhook_secret": app.webhook_secret, "pem": pem,
    });
    for (name, value) in secrets.as_object().into_iter().flatten() {
        shown[name] = value.clone();
    }
    Ok(Answer::created(shown))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(manifest: Value, wrong: Option<&str>) {
        let said = judge(&manifest).err();
        assert_eq!(said.is_some(), wrong.is_some(), "{manifest} {said:?}");
        assert!(wrong.is_none_or(|word| said.is_some_and(|said| said.contains(word))), "{manifest}");
    }

    #[test]
    fn a_manifest_is_judged() {
        let url = "https://example.org";
        check(json!({ "url": url }), None);
        check(json!({ "name": "x" }), Some("url"));
        check(json!([]), Some("object"));
        check(json!({ "url": url, "hook_attributes": { "active": true } }), Some("Hook"));
        check(json!({ "url": url, "callback_urls": ["nowhere"] }), Some("callback_urls"));
        check(json!({ "url": url, "default_permissions": { "wishes": "write" } }), Some("wishes"));
        check(json!({ "url": url, "default_permissions": { "issues": "much" } }), Some("issues"));
        let events = |events: Value| json!({ "url": url, "default_permissions": { "issues": "write" }, "default_events": events });
        check(events(json!(["issue_comment", "repository"])), None);
        for wrong in ["push", "installation", "no_such"] {
            check(events(json!([wrong])), Some(wrong));
        }
    }

    #[test]
    fn names_become_slugs() {
        assert_eq!([slug("Octo App"), slug(" vso (acme) "), slug("ä!")], ["octo-app", "vso-acme", ""]);
    }
}
