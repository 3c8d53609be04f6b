//! Coming in with the printed link, and leaving.

use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use axum::{Extension, Json};
use serde::Deserialize;
use serde_json::{Value, json};

use super::guard::cookie;
use super::{Visitor, refused};
use crate::serve::problem::Problem;
use crate::serve::state::App;

/// Leads on to the overview. It is a page and no redirect, because a browser that came from elsewhere (a web terminal)
/// would follow a redirect without the strict cookie.
const ENTERED: &str = include_str!("../../../templates/page/session/entered.html");
const CLOSED: &str = include_str!("../../../templates/page/session/closed.html");

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
        return Html(ENTERED).into_response();
    }
    let entered = match app.sessions.open(&ticket.token) {
        Ok(Some(entered)) => entered,
        Ok(None) => {
            tracing::warn!("a link was opened that is not the one that is out");
            return closed();
        }
        Err(fault) => return Problem::from(fault).into_response(),
    };
    (app.announce)(&format!("{}{}", app.hosts.url(), entered.next));
    tracing::info!(open = app.sessions.count(), "a session began");
    let mut response = Html(ENTERED).into_response();
    set_cookie(&app, &mut response, Some(&entered.secret));
    response
}

/// `GET /session`: what a program needs to change something: the CSRF token, and when the session ends if it is not used.
pub(crate) async fn about(Extension(visitor): Extension<Visitor>) -> Json<Value> {
    Json(json!({ "csrf": visitor.csrf, "until": visitor.until }))
}

/// `POST /leave`: the session is over.
pub(crate) async fn leave(State(app): State<App>, request: Request) -> Response {
    if let Some(secret) = cookie(&app, request.headers()) {
        app.sessions.close(secret);
    }
    let mut response = closed();
    *response.status_mut() = StatusCode::OK;
    set_cookie(&app, &mut response, None);
    response
}

/// The page for whoever is not in.
pub(super) fn closed() -> Response {
    (StatusCode::UNAUTHORIZED, Html(CLOSED)).into_response()
}

fn set_cookie(app: &App, response: &mut Response, value: Option<&str>) {
    // All of it is letters, digits and signs of our own.
    if let Ok(value) = HeaderValue::from_str(&app.sessions.set_cookie(value)) {
        response.headers_mut().insert(header::SET_COOKIE, value);
    }
}
