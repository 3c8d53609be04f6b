//! The pages around a session: the door, where people sign in and are told why they could not, and the few words of a
//! page that can't be shown to this visitor. Programs get a problem in place of a page.

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use minijinja::{Value, context};

use super::flow::own_path;
use super::who::{Visitor, Who};
use crate::serve::problem::Problem;
use crate::serve::state::App;

/// The door where no App is served: the link is the only way in.
const CLOSED: &str = include_str!("../../../templates/page/session/closed.html");

/// Seconds after which GitHub is asked again.
const SOON: u32 = 10;

/// Why somebody stands at the door.
#[derive(Debug)]
pub(super) enum Door {
    /// There is no session.
    Closed,
    /// They signed out.
    Left,
    /// GitHub does not take their token any more.
    Over,
    /// They came back from GitHub with a sign-in that this browser did not begin, or too late.
    NotBegun,
    /// GitHub sent them back with an error; its word.
    Denied(String),
    /// GitHub did not take the code.
    NotTaken,
    /// GitHub can't be asked.
    Away,
}

impl Door {
    fn word(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Closed => (StatusCode::UNAUTHORIZED, "closed"),
            Self::Left => (StatusCode::OK, "left"),
            Self::Over => (StatusCode::UNAUTHORIZED, "over"),
            Self::NotBegun => (StatusCode::FORBIDDEN, "not-begun"),
            Self::Denied(error) if error == "access_denied" => (StatusCode::FORBIDDEN, "denied"),
            Self::Denied(error) if error == "redirect_uri_mismatch" => (StatusCode::FORBIDDEN, "callback"),
            Self::Denied(_) => (StatusCode::FORBIDDEN, "failed"),
            Self::NotTaken => (StatusCode::FORBIDDEN, "not-taken"),
            Self::Away => (StatusCode::SERVICE_UNAVAILABLE, "away"),
        }
    }
}

/// The page at which people sign in; `to` is where it leads to then.
pub(super) fn door(app: &App, to: &str, door: Door) -> Response {
    let (status, why) = door.word();
    if app.fleet.is_none() {
        return (status, Html(CLOSED)).into_response();
    }
    let ready = app.sign_in.is_some();
    rendered(app, status, "sign-in.html", context! { why, ready, to => own_path(to) })
}

/// The page that leads on from within. It is a page and no redirect, because a browser that came from elsewhere (GitHub, a
/// web terminal) would follow a redirect without the strict cookie.
pub(super) fn lead_on(app: &App, to: &str) -> Response {
    rendered(app, StatusCode::OK, "entered.html", context! { to => own_path(to) })
}

/// Whoever has no session: people get the door, programs a problem. A browser that comes by a link from elsewhere did not
/// show its strict cookie, so it is led to the same page once more, by a page of the server's own.
pub(super) fn away(app: &App, request: &Request, why: Door) -> Response {
    let here = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if !wants_page(request) {
        let hint = if app.fleet.is_none() {
            "open the link that `vso serve` printed; it works once, and the next one is printed then"
        } else {
            "sign in with a browser; programs show the cookie of such a session"
        };
        return Problem::new(StatusCode::UNAUTHORIZED, "there is no session").hint(hint).into_response();
    }
    let said = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let is_followed = said("sec-fetch-site") == "cross-site" && said("sec-fetch-mode") == "navigate";
    if app.fleet.is_some() && is_followed && request.method() == axum::http::Method::GET {
        return lead_on(app, here);
    }
    door(app, here, why)
}

/// A page that can't be shown to a visitor, and why.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// There is no such repository, or none for this visitor: nobody is told which.
    Missing,
    /// The visitor may only read.
    ReadOnly,
    /// GitHub can't be asked what the visitor may.
    Away,
    /// No repository is shown at all.
    Nothing,
}

/// The page or problem of a refusal.
pub(super) fn refusal(app: &App, page: bool, visitor: Option<&Visitor>, what: Refusal, cause: &str) -> Response {
    let (status, word, words) = match what {
        Refusal::Missing => (StatusCode::NOT_FOUND, "missing", "there is no such repository"),
        Refusal::ReadOnly => (StatusCode::FORBIDDEN, "read-only", "you may read this repository and not change it"),
        Refusal::Away => (StatusCode::SERVICE_UNAVAILABLE, "away", "GitHub can't be asked what you may see"),
        Refusal::Nothing => (StatusCode::NOT_FOUND, "nothing", "no repository is shown"),
    };
    let is_away = what == Refusal::Away;
    if !page || app.fleet.is_none() {
        let problem = Problem::new(status, words);
        return if is_away { problem.hint(cause).retry_after(SOON).into_response() } else { problem.into_response() };
    }
    let leave = visitor.map(|visitor| visitor.csrf.clone());
    let who = visitor.map(|visitor| shown(app, &visitor.who));
    let mut response = rendered(app, status, "notice.html", context! { what => word, who, leave, cause });
    if is_away {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(SOON));
    }
    response
}

/// The first page where there is nothing that the visitor may see.
pub(in crate::serve) fn nothing_to_show(app: &App, visitor: &Visitor) -> Response {
    refusal(app, true, Some(visitor), Refusal::Nothing, "")
}

/// Who is signed in, for the header of pages; nothing where one project is served.
pub(in crate::serve) fn shown(app: &App, who: &Who) -> Value {
    match who {
        _ if app.fleet.is_none() => Value::from(()),
        Who::Link => context! { is_operator => true },
        Who::Person { login, .. } => context! { login },
    }
}

/// Whether a person's browser asks.
pub(super) fn wants_page(request: &Request) -> bool {
    wants_html(request.headers()) && !request.uri().path().starts_with("/api/")
}

fn wants_html(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|kinds| kinds.contains("text/html"))
}

fn rendered(app: &App, status: StatusCode, template: &str, values: Value) -> Response {
    match app.pages.render(template, values) {
        Ok(html) => (status, Html(html)).into_response(),
        Err(fault) => Problem::from(fault).into_response(),
    }
}
