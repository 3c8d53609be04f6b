//! The pages at which a browser passes by on its way somewhere else: signing in to an App, making one from a manifest.
//!
//! Who sits at the browser is what `as=LOGIN` says in the query or the form, else whoever `/_hub/browser` put there; else
//! the page asks, with a button for each person.

mod install;
pub mod manifest;
pub mod oauth;

use std::collections::BTreeMap;

use axum::body::{Body, Bytes};
use axum::http::request::Parts;
use axum::response::Response;
use serde_json::{Value, json};

use crate::call::{Answer, Refusal, Reply};
use crate::gate::Hub;
use crate::page::{escape, html};
use crate::rest::{decode, encode};
use crate::state::State;

/// Who sits at the browser, and what was given out that is not used yet.
#[derive(Debug, Default)]
pub struct Web {
    login: Option<String>,
    /// Whether that person says no.
    denies: bool,
    codes: BTreeMap<String, oauth::Code>,
    manifests: BTreeMap<String, manifest::Pending>,
}

/// The fields of a form or a query.
pub type Fields = BTreeMap<String, String>;

/// Whether a path is one of the pages here.
pub fn is_door(path: &str) -> bool {
    path == oauth::AUTHORIZE || manifest::account(path).is_some() || install::app(path).is_some()
}

/// Answers a browser.
pub async fn door(hub: &Hub, parts: &Parts, body: &Bytes) -> Response {
    let (path, method) = (parts.uri.path().to_owned(), parts.method.as_str().to_owned());
    let query = fields(parts.uri.query().unwrap_or_default());
    let form = fields(&String::from_utf8_lossy(body));
    hub.with(move |state| match (manifest::account(&path), install::app(&path)) {
        (Some(account), _) => manifest::page(state, &method, account, &query, &form),
        (None, Some(slug)) => install::page(state, &method, slug, &form),
        (None, None) => oauth::page(state, &method, &query),
    })
    .await
}

/// `a=b&c=d`, decoded.
pub fn fields(text: &str) -> Fields {
    let pairs = text.split('&').filter(|pair| !pair.is_empty());
    let word = |text: &str| decode(&text.replace('+', " "));
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (word(name), word(value)))
        .collect()
}

/// `/_hub/browser`: who sits there (`login`, null for nobody), and whether they say no (`denies`).
pub fn control(state: &mut State, method: &str, body: &Value) -> Reply {
    if method == "POST" {
        let login = body["login"].as_str().map(|login| person(state, login)).transpose()?;
        state.web.login = login;
        state.web.denies = body["denies"].as_bool().unwrap_or(false);
    }
    Ok(Answer::ok(json!({ "login": state.web.login, "denies": state.web.denies })))
}

fn person(state: &State, login: &str) -> Result<String, Refusal> {
    let known = state.users.get(&login.to_lowercase()).filter(|user| user.kind == "User");
    known.map(|user| user.login.clone()).ok_or_else(|| Refusal::new(422, "no such person"))
}

/// Who sits at the browser.
fn visitor(state: &State, fields: &[&Fields]) -> Option<String> {
    let named = fields.iter().find_map(|fields| fields.get("as")).and_then(|login| person(state, login).ok());
    named.or_else(|| state.web.login.clone())
}

/// A page that asks who sits there: a form that comes back with all that came, and `as`.
fn ask(state: &State, title: &str, method: &str, action: &str, kept: &Fields, more: &str) -> Response {
    let hidden = kept.iter().map(|(name, value)| {
        format!("<input type=\"hidden\" name=\"{}\" value=\"{}\">\n", escape(name), escape(value))
    });
    let people = state.users.values().filter(|user| user.kind == "User" && user.login != "web-flow");
    let buttons = people.map(|user| {
        let login = escape(&user.login);
        format!("<p><button name=\"as\" value=\"{login}\">as {login}</button>\n")
    });
    let page = format!(
        "<h1>{}</h1>\n<form method=\"{method}\" action=\"{}\">\n{}{more}{}</form>\n",
        escape(title),
        escape(action),
        hidden.collect::<String>(),
        buttons.collect::<String>(),
    );
    html(200, &page)
}

/// Sends the browser on, with more in the query.
fn go(to: &str, more: &[(&str, &str)]) -> Response {
    let more: Vec<String> = more.iter().map(|(name, value)| format!("{name}={}", encode(value))).collect();
    let joint = if to.contains('?') { '&' } else { '?' };
    let to = format!("{to}{joint}{}", more.join("&"));
    Response::builder().status(302).header("location", to).body(Body::empty()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::fields;

    #[test]
    fn fields_are_read_as_browsers_write_them() {
        let read = fields("a=1+2&b=%7B%22x%22%3A%3D%7D&&c&d=");
        let expected = [("a", "1 2"), ("b", "{\"x\":=}"), ("c", ""), ("d", "")];
        assert_eq!(read.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect::<Vec<_>>(), expected);
    }
}
