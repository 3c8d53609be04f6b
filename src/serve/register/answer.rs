//! What a browser is answered: the form for whoever has the key, and what came of the code that it brings back.

use std::sync::Arc;

use axum::extract::{Query, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use serde::Deserialize;
use subtle::ConstantTimeEq;

use super::{Shared, Shown, page};
use crate::fault::{Fault, FaultKind};
use crate::serve::problem::Problem;

/// Letters of the longest code that is passed on; GitHub's have 40.
const CODE: usize = 200;

#[derive(Debug, Deserialize)]
pub(super) struct Entering {
    #[serde(default)]
    key: String,
}

#[derive(Debug, Deserialize)]
pub(super) struct Back {
    code: Option<String>,
    state: Option<String>,
}

/// The headers of every answer. The form may go to that GitHub and nowhere else.
pub(super) async fn headers(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let is_own = request.headers().get(header::HOST).is_some_and(|host| host.as_bytes() == shared.host.as_bytes());
    let mut response = if is_own {
        next.run(request).await
    } else {
        Problem::new(StatusCode::FORBIDDEN, "this is not the name that the page is reached by").into_response()
    };
    let policy = format!(
        "default-src 'none'; form-action {}; base-uri 'none'; frame-ancestors 'none'",
        shared.registry.origin()
    );
    let headers = response.headers_mut();
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    }
    for (name, value) in [
        ("x-content-type-options", "nosniff"),
        ("x-frame-options", "DENY"),
        ("cache-control", "no-store"),
        // The query of the way back holds the code.
        ("referrer-policy", "origin"),
        ("cross-origin-opener-policy", "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

pub(super) async fn unknown() -> Problem {
    Problem::new(StatusCode::NOT_FOUND, "there is no such page")
}

/// `GET /?key=`: the key becomes a cookie. `GET /`: the form.
pub(super) async fn form(
    State(shared): State<Arc<Shared>>,
    Query(entering): Query<Entering>,
    headers: HeaderMap,
) -> Response {
    if !entering.key.is_empty() && is_key(&shared, &entering.key) {
        let mut response = Redirect::to("/").into_response();
        // Lax, because the way back begins at another site.
        let cookie = format!("{}={}; Path=/; HttpOnly; SameSite=Lax", cookie_name(&shared), shared.key);
        if let Ok(cookie) = HeaderValue::from_str(&cookie) {
            response.headers_mut().insert(header::SET_COOKIE, cookie);
        }
        return response;
    }
    if !is_known(&shared, &headers) {
        return stranger();
    }
    match shared.state() {
        Some(state) => page::form(&shared, &state),
        None => {
            page::said(StatusCode::CONFLICT, "One moment", "A code is being looked at. Load the page again.", &[], None)
        }
    }
}

/// `GET /made?code=&state=`: the way back from GitHub.
pub(super) async fn made(State(shared): State<Arc<Shared>>, Query(back): Query<Back>, headers: HeaderMap) -> Response {
    if !is_known(&shared, &headers) {
        return stranger();
    }
    let refused = |words: &str| {
        (shared.say)(&format!("refused: {words}"));
        let again = Some(("/", "Begin again"));
        page::said(StatusCode::FORBIDDEN, "Refused", &format!("{words}. Nothing was done with it."), &[], again)
    };
    match back.state.as_deref().map(|state| shared.show(state)) {
        Some(Shown::Right) => {}
        Some(Shown::Spent) => return refused("the browser came back with a state that was used already"),
        Some(Shown::Wrong) => return refused("the browser came back with a state that is not the one that went out"),
        None => return refused("the browser came back without a state"),
    }
    let code = back.code.unwrap_or_default();
    let is_code = (1..=CODE).contains(&code.len())
        && code.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let outcome = if is_code {
        let worker = Arc::clone(&shared);
        let done = tokio::task::spawn_blocking(move || worker.fetch(&code)).await;
        done.unwrap_or_else(|_| Err(Fault::unfinished("the App can't be fetched: a defect of vso")))
    } else {
        Err(Fault::refused("the browser came back without a code"))
    };
    came(&shared, outcome)
}

fn came(shared: &Shared, outcome: Result<crate::forge::github::NewApp, Fault>) -> Response {
    match outcome {
        Ok(app) => {
            let words = format!(
                "{} is made, and its secrets are in {}. This page is not needed any more.",
                app.name, shared.folder
            );
            let link = app.install_page();
            let response = page::said(
                StatusCode::OK,
                "The App is there",
                &words,
                &[],
                Some((&link, "Install it on repositories")),
            );
            shared.end(Ok(app));
            response
        }
        // GitHub said no to this code, so there is no App: another one may come.
        Err(fault) if fault.kind() == FaultKind::Refused && shared.inner().keep.is_some() && shared.again().is_ok() => {
            (shared.say)(fault.message());
            let again = Some(("/", "Begin again"));
            page::said(StatusCode::CONFLICT, "There is no App", fault.message(), fault.hints(), again)
        }
        Err(fault) => {
            let response = page::said(StatusCode::BAD_GATEWAY, "It failed", fault.message(), fault.hints(), None);
            shared.end(Err(fault));
            response
        }
    }
}

fn stranger() -> Response {
    let words =
        "This page opens with the link that `vso app create` printed in its terminal, in the browser that opened it.";
    page::said(StatusCode::FORBIDDEN, "There is no key", words, &[], None)
}

fn cookie_name(shared: &Shared) -> String {
    format!("vso-register-{}", shared.host.rsplit(':').next().unwrap_or_default())
}

fn is_key(shared: &Shared, shown: &str) -> bool {
    bool::from(shared.key.as_bytes().ct_eq(shown.as_bytes()))
}

/// Whether the browser is the one that opened the link.
fn is_known(shared: &Shared, headers: &HeaderMap) -> bool {
    let name = cookie_name(shared);
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.any(|(known, value)| known == name && is_key(shared, value))
}
