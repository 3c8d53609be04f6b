//! Coming in with the printed link, and leaving, however one came in.

use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::guard::cookie;
use super::notice::{Door, door, lead_on};
use super::{Visitor, refused};
use crate::serve::problem::Problem;
use crate::serve::state::App;

#[derive(Debug, Deserialize)]
pub(crate) struct Ticket {
    #[serde(default)]
    token: String,
}

/// `GET /enter?token=`: the token becomes a cookie.
pub(crate) async fn enter(State(app): State<App>, Query(ticket): Query<Ticket>, request: Request) -> Response {
    if !app.hosts.is_own_host(request.headers()) {
        return refused("this is not the name that the server is reached by").into_response();
    }
    // Who is in already and opens the link again (going back, a restored tab) is not sent away.
    if cookie(&app, request.headers()).is_some_and(|secret| app.sessions.seen(secret).is_some()) {
        return lead_on(&app, "/");
    }
    let entered = match app.sessions.open(&ticket.token) {
        Ok(Some(entered)) => entered,
        Ok(None) => {
            tracing::warn!("a link was opened that is not the one that is out");
            return door(&app, "/", Door::Closed);
        }
        Err(fault) => return Problem::from(fault).into_response(),
    };
    (app.announce)(&format!("{}{}", app.hosts.url(), entered.next));
    tracing::info!(open = app.sessions.count(), "a session began");
    let mut response = lead_on(&app, "/");
    set_cookie(&app, &mut response, Some(&entered.secret));
    response
}

/// `GET /session`: what a program needs to change something: the CSRF token, when the session ends if it is not used, and
/// who signed in.
pub(crate) async fn about(Extension(visitor): Extension<Visitor>) -> Json<Value> {
    Json(json!({ "csrf": visitor.csrf, "until": visitor.until, "login": visitor.who.login() }))
}

/// `POST /leave`: the session is over.
pub(crate) async fn leave(State(app): State<App>, request: Request) -> Response {
    if let Some(secret) = cookie(&app, request.headers()) {
        app.sessions.close(secret);
    }
    let mut response = door(&app, "/", Door::Left);
    set_cookie(&app, &mut response, None);
    response
}

fn set_cookie(app: &App, response: &mut Response, value: Option<&str>) {
    // All of it is letters, digits and signs of our own.
    if let Ok(value) = HeaderValue::from_str(&app.sessions.set_cookie(value)) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
}
