//! Signing in to an App: the browser's way to a code, and the code's way to a token. By GitHub's "Generating a user access
//! token for a GitHub App"; errors of the exchange come with status 200.

use axum::body::Bytes;
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::{Fields, ask, fields, go, visitor};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::page::html;
use crate::rest::apps::random;
use crate::rest::encode;
use crate::state::{App, State, Token};

/// Where browsers are sent.
pub const AUTHORIZE: &str = "/login/oauth/authorize";
/// Where the App's server brings the code.
pub const TOKEN: &str = "/login/oauth/access_token";

/// How long a code is good for.
const CODE: SignedDuration = SignedDuration::from_mins(10);
/// How long a person's token is good for.
const LIFE: SignedDuration = SignedDuration::from_hours(8);

/// A code that was given out.
#[derive(Debug)]
pub struct Code {
    app: u64,
    login: String,
    redirect: String,
    /// The SHA-256 that the verifier must have, where the request named one.
    challenge: Option<String>,
    until: Timestamp,
}

/// The page that asks whether the App may know who somebody is.
pub(super) fn page(state: &mut State, method: &str, query: &Fields) -> Response {
    let word = |name: &str| query.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let app = state.apps.values().find(|app| Some(app.client_id.as_str()) == word("client_id"));
    let Some(app) = app.filter(|_| method == "GET") else { return html(404, "<h1>Not found</h1>") };
    let (id, name) = (app.id, app.name.clone());
    let Some(registered) = app.callback_urls.first().cloned() else {
        return html(404, "<h1>The App has no callback URL</h1>");
    };
    let state_word = word("state").unwrap_or_default().to_owned();
    let refuse = |to: &str, error: &str, why: &str| {
        let mut more = vec![("error", error), ("error_description", why)];
        if !state_word.is_empty() {
            more.push(("state", &state_word));
        }
        go(to, &more)
    };
    let redirect = match word("redirect_uri") {
        Some(given) if !app.callback_urls.iter().any(|known| known == given) => {
            let why = "The redirect_uri MUST match the registered callback URL for this application.";
            return refuse(&registered, "redirect_uri_mismatch", why);
        }
        Some(given) => given.to_owned(),
        None => registered,
    };
    let challenge = word("code_challenge").map(str::to_owned);
    if challenge.as_ref().is_some_and(|text| text.len() != 43 || word("code_challenge_method") != Some("S256")) {
        return refuse(&redirect, "invalid_request", "code_challenge_method must be S256");
    }
    let Some(login) = visitor(state, &[query]) else {
        return ask(state, &format!("Sign in to {name}"), "get", AUTHORIZE, query, "");
    };
    if state.web.denies {
        return refuse(&redirect, "access_denied", "The user has denied your application access.");
    }
    let until = state.clock.now().checked_add(CODE).unwrap_or(Timestamp::MAX);
    let text = random()[..20].to_owned();
    state.web.codes.insert(text.clone(), Code { app: id, login, redirect: redirect.clone(), challenge, until });
    let mut more = vec![("code", text.as_str())];
    if !state_word.is_empty() {
        more.push(("state", &state_word));
    }
    go(&redirect, &more)
}

/// The App's server brings a code and gets a token: parameters in the query, a form or JSON, the answer as `Accept` asks.
pub fn exchange(state: &mut State, call: &Call, body: &Bytes) -> Reply {
    if call.method != "POST" {
        return Err(Refusal::not_found());
    }
    let mut given: Fields = call.query.iter().cloned().collect();
    match serde_json::from_slice::<Value>(body) {
        Ok(Value::Object(all)) => {
            given.extend(all.into_iter().filter_map(|(name, value)| Some((name, value.as_str()?.to_owned()))));
        }
        _ => given.extend(fields(&String::from_utf8_lossy(body))),
    }
    let answer = match exchanged(state, &given) {
        Ok(token) => json!({
            "access_token": token, "expires_in": LIFE.as_secs(), "refresh_token": format!("ghr_{}", random()),
            "refresh_token_expires_in": 15_811_200, "token_type": "bearer", "scope": "",
        }),
        Err((error, why)) => {
            let page = "https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors";
            let place = error.replace('_', "-");
            json!({ "error": error, "error_description": why, "error_uri": format!("{page}/#{place}") })
        }
    };
    if call.header("accept").is_some_and(|kinds| kinds.contains("json")) {
        return Ok(Answer::ok(answer));
    }
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let pairs = answer.as_object().into_iter().flatten();
    let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", encode(&text(value)))).collect();
    let kind = "application/x-www-form-urlencoded; charset=utf-8";
    Ok(Answer::ok(Value::String(pairs.join("&"))).header("content-type", kind))
}

fn exchanged(state: &mut State, given: &Fields) -> Result<String, (&'static str, &'static str)> {
    let word = |name: &str| given.get(name).map_or("", String::as_str);
    let knows = |app: &&App| app.client_id == word("client_id") && app.client_secret == word("client_secret");
    let app = state.apps.values().find(knows).map(|app| app.id);
    let app =
        app.ok_or(("incorrect_client_credentials", "The client_id and/or client_secret passed are incorrect."))?;
    const BAD: (&str, &str) = ("bad_verification_code", "The code passed is incorrect or expired.");
    // Whatever comes of it, a code is shown once.
    let code = state.web.codes.remove(word("code")).filter(|code| code.app == app).ok_or(BAD)?;
    if code.until <= state.clock.now() {
        return Err(BAD);
    }
    let redirect = word("redirect_uri");
    if !redirect.is_empty() && redirect != code.redirect {
        let why = "The redirect_uri MUST match the registered callback URL for this application.";
        return Err(("redirect_uri_mismatch", why));
    }
    let is_proven = code.challenge.as_ref().is_none_or(|challenge| {
        let digest = Sha256::digest(word("code_verifier").as_bytes());
        *challenge == URL_SAFE_NO_PAD.encode(digest)
    });
    if !is_proven {
        return Err(BAD);
    }
    user_token(state, &code.login, app).map_err(|_| BAD)
}

/// A token of a person who signed in to an App.
pub fn user_token(state: &mut State, login: &str, app: u64) -> Result<String, Refusal> {
    let user = state.users.get(&login.to_lowercase()).ok_or_else(|| Refusal::new(422, "no such user"))?;
    let login = user.login.clone();
    if !state.apps.contains_key(&app) {
        return Err(Refusal::new(422, "no such App"));
    }
    let expires = state.clock.now().checked_add(LIFE).ok();
    let token = format!("ghu_{}", &random()[..36]);
    state.tokens.insert(token.clone(), Token { login, grant: None, app: Some(app), expires });
    Ok(token)
}
