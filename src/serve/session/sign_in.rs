//! Signing in with GitHub, in App mode: the browser is sent there with a state and a challenge, comes back with a code,
//! and gets a session of its own when GitHub gives a token for the code. Nothing of either is ever in an answer or the log.

use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::guard::cookie_of;
use super::notice::{self, Door};
use super::refused;
use super::standing::Standing;
use crate::fault::FaultKind;
use crate::serve::problem::Problem;
use crate::serve::state::App;

/// Where GitHub sends the browser back to.
const BACK: &str = "/sign-in/back";

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Wanted {
    /// The page to lead to afterwards.
    to: String,
}

/// What GitHub sends back.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Return {
    code: String,
    state: String,
    error: String,
}

/// `GET /sign-in?to=`: sends the browser to GitHub.
pub(crate) async fn sign_in(State(app): State<App>, Query(wanted): Query<Wanted>, request: Request) -> Response {
    if !app.hosts.is_own_host(request.headers()) {
        return refused("this is not the name that the server is reached by").into_response();
    }
    let Some(sign_in) = &app.sign_in else { return notice::door(&app, &wanted.to, Door::Closed) };
    let former = cookie_of(app.sessions.cookie(), request.headers());
    let former = former.and_then(|secret| app.sessions.seen(secret)).map(|opened| opened.key);
    let begun = match app.sessions.flows.begin(&wanted.to, former) {
        Ok(begun) => begun,
        Err(fault) => return Problem::from(fault).into_response(),
    };
    let url = sign_in.authorize_url(&begun.state, &redirect(&app), &begun.challenge);
    let Ok(url) = HeaderValue::from_str(&url) else {
        return Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "GitHub's address can't be sent").into_response();
    };
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, url);
    add_cookie(&mut response, &app.sessions.flows.set_cookie(Some(&begun.secret)));
    response
}

/// `GET /sign-in/back?code=&state=`: a person comes back from GitHub.
pub(crate) async fn back(State(app): State<App>, Query(back): Query<Return>, request: Request) -> Response {
    if !app.hosts.is_own_host(request.headers()) {
        return refused("this is not the name that the server is reached by").into_response();
    }
    let flow = cookie_of(app.sessions.flows.cookie(), request.headers());
    let flow = flow.and_then(|secret| app.sessions.flows.end(secret, &back.state));
    let (Some(sign_in), Some(flow)) = (app.sign_in.clone(), flow) else {
        tracing::warn!("somebody came back from GitHub with a sign-in that was not begun here, or is over");
        return notice::door(&app, "/", Door::NotBegun);
    };
    if !back.error.is_empty() || back.code.is_empty() {
        return notice::door(&app, &flow.to, Door::Denied(back.error));
    }
    let redirect = redirect(&app);
    let exchanged = app.sessions.ask(move || sign_in.exchange(&back.code, &flow.verifier, &redirect)).await;
    let person = match exchanged {
        Ok(person) => person,
        Err(fault) => {
            tracing::warn!(fault = %fault, "GitHub gave no token for a person's code");
            let is_no = fault.kind() == FaultKind::Refused;
            return notice::door(&app, &flow.to, if is_no { Door::NotTaken } else { Door::Away });
        }
    };
    let login = person.login.clone();
    let secret = match app.sessions.begin(Standing::new(person), flow.former) {
        Ok(secret) => secret,
        Err(fault) => return Problem::from(fault).into_response(),
    };
    tracing::info!(login, open = app.sessions.count(), "a person signed in");
    let mut response = notice::lead_on(&app, &flow.to);
    add_cookie(&mut response, &app.sessions.flows.set_cookie(None));
    add_cookie(&mut response, &app.sessions.set_cookie(Some(&secret)));
    response
}

fn redirect(app: &App) -> String {
    format!("{}{BACK}", app.hosts.url())
}

fn add_cookie(response: &mut Response, cookie: &str) {
    // All of it is letters, digits and signs of our own.
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}
