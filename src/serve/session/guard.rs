//! What stands before every page and the API: the host's name, the session, and for whatever changes something the
//! origin and the CSRF token.

use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use subtle::ConstantTimeEq;

use super::door::closed;
use super::{Visitor, refused};
use crate::serve::problem::Problem;
use crate::serve::state::App;

/// The most that a form may hold, in bytes: a conflict's text, written anew, and its surroundings.
const FORM: usize = 1 << 20;

const TOKEN: &str = "x-csrf-token";

/// The name of a form's field that holds the CSRF token.
const FIELD: &str = "csrf";

/// Lets a request through, with its [`Visitor`] as an extension, or answers it.
pub(crate) async fn guard(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if !app.hosts.is_own_host(request.headers()) {
        return refused("this is not the name that the server is reached by")
            .hint("open the address that `vso serve` printed")
            .into_response();
    }
    let Some(visitor) = cookie(&app, request.headers()).and_then(|secret| app.sessions.seen(secret)) else {
        return away(&request);
    };
    if !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS) {
        request = match checked(&app, &visitor, request).await {
            Ok(request) => request,
            Err(problem) => return problem.into_response(),
        };
    }
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

/// The session cookie's value; none where it is missing or there are two of them.
pub(super) fn cookie<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut own = pairs.filter(|(name, _)| *name == app.sessions.cookie()).map(|(_, value)| value);
    own.next().filter(|_| own.next().is_none())
}

/// People get a page that says what to do, programs a problem.
fn away(request: &Request) -> Response {
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if accepts.contains("text/html") && !request.uri().path().starts_with("/api/") {
        return closed();
    }
    Problem::new(StatusCode::UNAUTHORIZED, "there is no session")
        .hint("open the link that `vso serve` printed; it works once, and the next one is printed then")
        .into_response()
}

/// A request that changes something, if it comes from a page of our own and shows the session's token.
async fn checked(app: &App, visitor: &Visitor, request: Request) -> Result<Request, Problem> {
    if !app.hosts.is_own_origin(request.headers()) {
        return Err(refused("the request comes from a page of another origin"));
    }
    let is_right = |shown: &[u8]| bool::from(visitor.csrf.as_bytes().ct_eq(shown));
    if let Some(shown) = request.headers().get(TOKEN) {
        return if is_right(shown.as_bytes()) { Ok(request) } else { Err(wrong()) };
    }
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(wrong());
    }
    let (head, body) = request.into_parts();
    let form = to_bytes(body, FORM)
        .await
        .map_err(|_| Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "a form holds at most 1 MiB"))?;
    // Tokens are hexadecimal, so nothing of them is ever written as an escape.
    let mut fields = form.split(|byte| *byte == b'&');
    let prefix = format!("{FIELD}=");
    let shown = fields.find_map(|field| field.strip_prefix(prefix.as_bytes())).unwrap_or_default();
    if is_right(shown) { Ok(Request::from_parts(head, Body::from(form))) } else { Err(wrong()) }
}

fn wrong() -> Problem {
    refused("the request does not show the session's CSRF token")
        .hint("load the page again; programs send it in the header x-csrf-token")
}
