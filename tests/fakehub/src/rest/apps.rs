//! Apps, their installations and tokens.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::SignedDuration;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::access::{Actor, Grade, Grant, How, Need, Permissions};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::clock::show;
use crate::rest::{self, Route};
use crate::shape::{node, repo as repository, user};
use crate::state::{App, Installation, State, Token};

pub const ROUTES: &[Route] = &[
    Route::new("GET", "/app", Need::Jwt, app),
    Route::new("GET", "/app/installations", Need::Jwt, installations),
    Route::new("GET", "/app/installations/{installation_id}", Need::Jwt, installation),
    Route::new("POST", "/app/installations/{installation_id}/access_tokens", Need::Jwt, token),
    Route::new("PUT", "/app/installations/{installation_id}/suspended", Need::Jwt, suspend),
    Route::new("DELETE", "/app/installations/{installation_id}/suspended", Need::Jwt, unsuspend),
    Route::new("GET", "/repos/{owner}/{repo}/installation", Need::Jwt, of_repo),
    Route::new("GET", "/installation/repositories", Need::Token, repositories),
];

/// The hours that an installation token lives.
const LIFE: SignedDuration = SignedDuration::from_hours(1);

/// `integration`; none for an unknown app. The Action's App has the id 15368 and no key.
pub fn integration(state: &State, id: u64) -> Option<Value> {
    let app = state.apps.get(&id);
    let slug = app.map(|app| app.slug.as_str()).or((id == ACTIONS_APP).then_some("github-actions"))?;
    let owner = app.map_or("github", |app| app.owner.as_str());
    let created = app.map_or("2018-07-30T09:30:17Z".to_owned(), |app| show(app.created));
    let permissions = app.map(|app| permissions(&app.permissions)).unwrap_or_else(|| json!({}));
    let page = format!("{}/apps/{slug}", state.origin);
    let home = app.and_then(|app| app.url.clone()).unwrap_or_else(|| page.clone());
    let name = app.map_or(slug, |app| app.name.as_str());
    let description = app.map_or("", |app| app.description.as_str());
    Some(json!({
        "id": id, "slug": slug, "node_id": node("A", id), "client_id": app.map_or("Iv1.actions", |app| &app.client_id),
        "owner": user::simple(state, owner), "name": name, "description": description, "external_url": home,
        "html_url": page,
        "created_at": created, "updated_at": created, "permissions": permissions,
        "events": app.map_or(&[][..], |app| &app.events),
        "installations_count": state.installations.values().filter(|installation| installation.app == id).count(),
    }))
}

/// The id of GitHub Actions among the Apps.
pub const ACTIONS_APP: u64 = 15368;

pub fn permissions(permissions: &Permissions) -> Value {
    let mut shown: serde_json::Map<String, Value> =
        permissions.iter().map(|(name, grade)| (name.clone(), grade.name().into())).collect();
    shown.entry("metadata").or_insert_with(|| "read".into());
    shown.into()
}

/// Permissions as a request or a test writes them.
pub fn read_permissions(value: &Value) -> Result<Permissions, Refusal> {
    let mut read = BTreeMap::new();
    for (name, grade) in value.as_object().into_iter().flatten() {
        let grade = match grade.as_str() {
            Some("none") => continue,
            Some(text) => Grade::parse(text),
            None => None,
        };
        let grade = grade.ok_or_else(|| Refusal::new(422, format!("Invalid permission for {name}")))?;
        read.insert(name.clone(), grade);
    }
    Ok(read)
}

fn me<'a>(state: &'a State, call: &Call) -> Result<&'a App, Refusal> {
    match call.actor.how {
        How::Jwt(id) => state.apps.get(&id).ok_or_else(Refusal::not_found),
        _ => Err(Refusal::new(401, "A JSON web token could not be decoded")),
    }
}

fn app(state: &mut State, call: &Call) -> Reply {
    let id = me(state, call)?.id;
    Ok(Answer::ok(integration(state, id).unwrap_or(Value::Null)))
}

fn installations(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let app = me(state, call)?;
    let since = call.query("since").map(|text| text.parse::<jiff::Timestamp>());
    let since = since.transpose().map_err(|_| Refusal::new(422, "Invalid request.\n\nsince is no date."))?;
    let mine = state.installations.values().filter(|one| one.app == app.id);
    let mine: Vec<&Installation> = mine.filter(|one| since.is_none_or(|since| one.created >= since)).collect();
    Ok(rest::page(state, call, &mine, |installation| shape(state, app, installation)))
}

fn mine<'a>(state: &'a State, call: &Call) -> Result<(&'a App, &'a Installation), Refusal> {
    let app = me(state, call)?;
    let found = state.installations.get(&call.number("installation_id")?).filter(|found| found.app == app.id);
    Ok((app, found.ok_or_else(Refusal::not_found)?))
}

fn installation(state: &mut State, call: &Call) -> Reply {
    let (app, installation) = mine(state, call)?;
    Ok(Answer::ok(shape(state, app, installation)))
}

fn suspend(state: &mut State, call: &Call) -> Reply {
    let (app, installation) = mine(state, call)?;
    let (by, id) = (app.owner.clone(), installation.id);
    suspended(state, id, Some(&by));
    Ok(Answer::empty())
}

fn unsuspend(state: &mut State, call: &Call) -> Reply {
    let id = mine(state, call)?.1.id;
    suspended(state, id, None);
    Ok(Answer::empty())
}

/// Suspends an installation, or wakes it; its App is told.
pub fn suspended(state: &mut State, id: u64, by: Option<&str>) {
    let now = state.clock.now();
    if let Some(found) = state.installations.get_mut(&id) {
        found.suspended = by.map(|by| (now, by.to_owned()));
    }
    crate::webhooks::suspended(state, id, by.is_some());
}

/// A new App, as its owner fills in the page.
pub struct New {
    pub slug: String,
    pub name: String,
    pub owner: String,
    pub url: Option<String>,
    pub description: String,
    pub callback_urls: Vec<String>,
    pub permissions: Permissions,
    pub events: Vec<String>,
    pub hook_url: Option<String>,
}

/// Makes an App: its id and its private key, which nobody sees again.
pub fn register(state: &mut State, new: New) -> Result<(u64, String), Refusal> {
    let (public_key, pem) = crate::keys::pair()?;
    state.add_user(&new.owner, "User");
    state.add_user(&format!("{}[bot]", new.slug), "Bot");
    let id = state.new_id();
    let app = App {
        id,
        slug: new.slug,
        name: new.name,
        owner: new.owner,
        url: new.url,
        description: new.description,
        client_id: format!("Iv23li{}", &random()[..14]),
        client_secret: random()[..40].to_owned(),
        callback_urls: new.callback_urls,
        public_key,
        permissions: new.permissions,
        events: new.events,
        hook_url: new.hook_url,
        hook_content: "json".to_owned(),
        webhook_secret: random()[..40].to_owned(),
        created: state.clock.now(),
    };
    state.apps.insert(id, app);
    Ok((id, pem))
}

fn of_repo(state: &mut State, call: &Call) -> Reply {
    let app = me(state, call)?;
    let key = call.repo();
    let found = state.installations.values().find(|found| found.app == app.id && found.repos.contains(&key));
    Ok(Answer::ok(shape(state, app, found.ok_or_else(Refusal::not_found)?)))
}

/// `installation`
pub fn shape(state: &State, app: &App, installation: &Installation) -> Value {
    let url = format!("{}/api/v3/app/installations/{}", state.origin, installation.id);
    let account = state.users.get(&installation.account.to_lowercase());
    json!({
        "id": installation.id, "account": user::simple(state, &installation.account),
        "repository_selection": "selected", "access_tokens_url": format!("{url}/access_tokens"),
        "repositories_url": format!("{}/api/v3/installation/repositories", state.origin),
        "html_url": format!("{}/settings/installations/{}", state.origin, installation.id),
        "app_id": app.id, "app_slug": app.slug, "client_id": app.client_id,
        "target_id": account.map_or(0, |user| user.id), "target_type": account.map_or("User", |user| &user.kind),
        "permissions": permissions(&app.permissions), "events": app.events,
        "created_at": show(installation.created), "updated_at": show(installation.created),
        "single_file_name": null, "has_multiple_single_files": false, "single_file_paths": [],
        "suspended_by": installation.suspended.as_ref().map(|(_, by)| user::simple(state, by)),
        "suspended_at": installation.suspended.as_ref().map(|(at, _)| show(*at)),
    })
}

/// Makes an installation token, narrowed to the repositories and permissions that are asked for.
fn token(state: &mut State, call: &Call) -> Reply {
    let (app, installation) = mine(state, call)?;
    if installation.suspended.is_some() {
        return Err(Refusal::new(403, "This installation has been suspended"));
    }
    let repos = narrowed_repos(state, installation, call)?;
    let mut granted = app.permissions.clone();
    if let Some(wanted) = call.body.get("permissions").filter(|wanted| !wanted.is_null()) {
        let wanted = read_permissions(wanted)?;
        if wanted.iter().any(|(name, grade)| !crate::access::may(&granted, name, *grade)) {
            return Err(Refusal::new(422, "The permissions requested are not granted to this installation."));
        }
        granted = wanted;
    }
    let is_narrowed = call.body.get("repositories").or(call.body.get("repository_ids")).is_some();
    let (app, installation, login) = (app.id, installation.id, format!("{}[bot]", app.slug));
    let expires = state.clock.now().checked_add(LIFE).unwrap_or(state.clock.now());
    let grant = Grant {
        app,
        installation: Some(installation),
        repos: repos.clone(),
        permissions: granted.clone(),
        is_action: false,
    };
    let text = long_token(state, app, installation);
    state.tokens.insert(text.clone(), Token { login, grant: Some(grant), app: None, expires: Some(expires) });
    let mut shown = json!({
        "token": text, "expires_at": show(expires), "permissions": permissions(&granted),
        "repository_selection": "selected",
    });
    if is_narrowed {
        let known = repos.iter().filter_map(|key| state.repos.get(key));
        shown["repositories"] = known.map(|repo| repository::repository(state, repo)).collect();
    }
    Ok(Answer::created(shown))
}

fn narrowed_repos(state: &State, installation: &Installation, call: &Call) -> Result<Vec<String>, Refusal> {
    let refused = || {
        Refusal::new(
            422,
            "There is at least one repository that does not exist or is not accessible to the parent \
                           installation.",
        )
    };
    let all = || installation.repos.iter().filter_map(|key| state.repos.get(key));
    let mut repos = Vec::new();
    for name in call.texts("repositories")?.into_iter().flatten() {
        let found = all().find(|repo| repo.name.eq_ignore_ascii_case(&name)).ok_or_else(refused)?;
        repos.push(found.key());
    }
    for id in call.body.get("repository_ids").and_then(Value::as_array).into_iter().flatten() {
        let found = all().find(|repo| Some(repo.id) == id.as_u64()).ok_or_else(refused)?;
        repos.push(found.key());
    }
    Ok(if repos.is_empty() { installation.repos.clone() } else { repos })
}

/// A token in the format of 2026, `ghs_<APPID>_<JWT>`, about 520 characters. Nobody can check its signature but the hub,
/// which looks the token up.
fn long_token(state: &mut State, app: u64, installation: u64) -> String {
    let serial = state.new_id();
    let head = URL_SAFE_NO_PAD.encode(json!({ "alg": "RS256", "typ": "JWT" }).to_string());
    let claims = json!({ "aud": "api", "iss": "hub", "sub": installation, "jti": random(), "serial": serial });
    let claims = URL_SAFE_NO_PAD.encode(claims.to_string());
    let signature: Vec<u8> = (0..8u8).flat_map(|_| Sha256::digest(random().as_bytes()).to_vec()).collect();
    format!("ghs_{app}_{head}.{claims}.{}", URL_SAFE_NO_PAD.encode(signature))
}

/// 64 hexadecimal digits that nobody guesses.
pub fn random() -> String {
    let mut bytes = [0; 32];
    // It fails only when the system has no randomness at all.
    aws_lc_rs::rand::fill(&mut bytes).expect("the system gives random bytes");
    hex::encode(bytes)
}

fn repositories(state: &mut State, call: &Call) -> Reply {
    let state = &*state;
    let Actor { how: How::Token(grant), .. } = &call.actor else {
        return Err(Refusal::new(
            403,
            "You must authenticate with an installation access token in order to list \
                                      repositories for an installation.",
        ));
    };
    let repos: Vec<_> = grant.repos.iter().filter_map(|key| state.repos.get(key)).collect();
    let (shown, link) = rest::slice(state, call, &repos);
    let shown: Vec<Value> = shown.iter().map(|repo| repository::repository(state, repo)).collect();
    let answer = json!({ "total_count": repos.len(), "repository_selection": "selected", "repositories": shown });
    Ok(rest::link_header(Answer::ok(answer), link))
}
