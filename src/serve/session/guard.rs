//! What stands before every page and the API: the host's name, the session, what its visitor may, and for whatever changes
//! something the origin and the CSRF token. Here alone it is decided whether a route's `{repository}` exists for a visitor
//! and may be changed by them: no handler can forget it.

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, RawPathParams, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::json;
use subtle::ConstantTimeEq;

use super::notice::{self, Door, Refusal};
use super::standing::Lapse;
use super::{Holder, Opened, Rights, Visitor, Who, refused};
use crate::fault::Fault;
use crate::serve::problem::Problem;
use crate::serve::state::App;
use crate::serve::view::Project;

/// The most that a form may hold, in bytes: a conflict's text, written anew, and its surroundings.
const FORM: usize = 1 << 20;

const TOKEN: &str = "x-csrf-token";

/// The name of a form's field that holds the CSRF token.
const FIELD: &str = "csrf";

/// Where people leave.
const LEAVE: &str = "/leave";

/// What routes call the part of the address that names a repository.
const REPOSITORY: &str = "repository";

/// What stands before it.
const BASES: [&str; 2] = ["/r/", "/api/v1/repositories/"];

/// What is posted below it and changes nothing.
const PREVIEW: &str = "conflicts/preview";

/// Lets a request through, with its [`Visitor`] as an extension, or answers it.
pub(crate) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    if !app.hosts.is_own_host(request.headers()) {
        return refused("this is not the name that the server is reached by")
            .hint("open the address that `vso serve` printed")
            .into_response();
    }
    let Some(opened) = cookie(&app, request.headers()).and_then(|secret| app.sessions.seen(secret)) else {
        return notice::away(&app, &request, Door::Closed);
    };
    // Whoever leaves needs no rights: they may, also while GitHub is away.
    let leaves = request.uri().path() == LEAVE;
    let visitor = match visitor(&app, opened, !leaves).await {
        Ok(visitor) => visitor,
        Err((_, Lapse::Over)) => return notice::away(&app, &request, Door::Over),
        Err((visitor, Lapse::Away(cause))) => {
            return notice::refusal(&app, notice::wants_page(&request), Some(&visitor), Refusal::Away, &cause);
        }
    };
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    let request = match if changes { checked(&app, &visitor, request).await } else { Ok(request) } {
        Ok(request) => request,
        Err(problem) => return problem.into_response(),
    };
    let (mut request, repository) = repository(request).await;
    if let Some(repository) = repository {
        let project = app.pages.projects.get(&repository, &visitor.may);
        let what = match &project {
            None => Some(Refusal::Missing),
            Some(project) if changes && !visitor.may.may_write(project.id) => Some(Refusal::ReadOnly),
            Some(_) => None,
        };
        if let Some(what) = what {
            return notice::refusal(&app, notice::wants_page(&request), Some(&visitor), what, "");
        }
        if let Some(project) = project.filter(|_| changes && app.fleet.is_some())
            && let Err(fault) = written_down(&app, project, &visitor, request.uri().path()).await
        {
            return Problem::from(fault).into_response();
        }
    }
    request.extensions_mut().insert(visitor);
    next.run(request).await
}

/// Writes into the repository's ledger who asks an App for what, before it is done: what can't be written down is not done.
async fn written_down(app: &App, project: Arc<Project>, visitor: &Visitor, path: &str) -> Result<(), Fault> {
    let below = BASES.iter().find_map(|base| path.strip_prefix(base)).and_then(|rest| rest.split_once('/'));
    let what = below.map_or("", |(_, what)| what).to_owned();
    if what == PREVIEW {
        return Ok(());
    }
    let data = match &visitor.who {
        Who::Person { login, id } => json!({ "by": login, "account": id }),
        Who::Link => json!({ "by": null, "operator": true }),
    };
    app.blocking(move |_| project.ledger().event("deed.asked", &what, &data).map(|_| ())).await
}

/// What the route calls `{repository}`; none where it has no such part, or it is no text, which no handler takes either.
async fn repository(request: Request) -> (Request, Option<String>) {
    let (mut parts, body) = request.into_parts();
    let named = RawPathParams::from_request_parts(&mut parts, &()).await.ok();
    let repository = named.and_then(|named| {
        let mut found = named.iter().filter(|(name, _)| *name == REPOSITORY);
        found.next().map(|(_, value)| value.to_owned())
    });
    (Request::from_parts(parts, body), repository)
}

/// The visitor of an open session. Without rights where GitHub does not say which; the session ends where it does not take
/// the person's token any more.
async fn visitor(app: &App, opened: Opened, with_rights: bool) -> Result<Visitor, (Visitor, Lapse)> {
    let Opened { key, csrf, until, holder } = opened;
    let visitor = Visitor { csrf, until, who: holder.who(), may: Rights::none(), session: key };
    let asked = match &holder {
        Holder::Link => Ok(Rights::all()),
        Holder::Person(_) if !with_rights => Ok(Rights::none()),
        Holder::Person(standing) => standing.rights(app).await,
    };
    match asked {
        Ok(may) => Ok(Visitor { may, ..visitor }),
        Err(lapse) => {
            if matches!(lapse, Lapse::Over) {
                tracing::info!(login = visitor.who.login(), "GitHub does not take a person's token any more");
                app.sessions.end(key);
            }
            Err((visitor, lapse))
        }
    }
}

/// The same visitor as they are now, for answers that go on and on; none when the session is over or there is nobody to
/// say what they may. Their idle time does not begin anew.
pub(in crate::serve) async fn visitor_again(app: &App, before: &Visitor) -> Option<Visitor> {
    visitor(app, app.sessions.still(before.session)?, true).await.ok()
}

/// The session cookie's value; none where it is missing or there are two of them.
pub(super) fn cookie<'a>(app: &App, headers: &'a HeaderMap) -> Option<&'a str> {
    cookie_of(app.sessions.cookie(), headers)
}

/// The value of the cookie of a name; none where it is missing or there are two of them.
pub(super) fn cookie_of<'a>(name: &str, headers: &'a HeaderMap) -> Option<&'a str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let pairs = all.flat_map(|text| text.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let mut own = pairs.filter(|(other, _)| *other == name).map(|(_, value)| value);
    own.next().filter(|_| own.next().is_none())
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
