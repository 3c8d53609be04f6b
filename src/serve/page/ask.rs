//! A request for a page, and the way from a view to the bytes that are sent: gathered and rendered where blocking is
//! allowed, compressed where the browser takes it.

use std::io::Write as _;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use minijinja::context;
use minijinja::value::{Serde, Value};
use serde::Serialize;

use super::render::Outcome;
use crate::fault::Fault;
use crate::serve::problem::{Problem, SOON};
use crate::serve::session::{Visitor, shown};
use crate::serve::state::{App, Shared};
use crate::serve::view::Project;

/// Below this size compressing costs more than it saves, in bytes.
const SMALL: usize = 1_024;

/// What a page needs to know of a request.
pub(super) struct Ask {
    pub(super) app: App,
    pub(super) visitor: Visitor,
    gzip: bool,
    said: Option<u64>,
    here: String,
    always: bool,
}

/// Which page it is: its template, its title, its place in the navigation.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page(pub(super) &'static str, pub(super) &'static str, pub(super) &'static str);

impl FromRequestParts<App> for Ask {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Problem> {
        let visitor = parts.extensions.get::<Visitor>().cloned();
        let accepts = parts.headers.get(header::ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
        let query = parts.uri.query().unwrap_or_default();
        let said = query.split('&').find_map(|pair| pair.strip_prefix("said=")).and_then(|id| id.parse().ok());
        // Within a nested router the address begins below it; what people see is the whole.
        let whole = parts.extensions.get::<axum::extract::OriginalUri>().map_or(&parts.uri, |whole| &whole.0);
        Ok(Self {
            app: Arc::clone(app),
            visitor: visitor.ok_or_else(|| Problem::new(StatusCode::UNAUTHORIZED, "there is no session"))?,
            gzip: accepts.is_some_and(|text| text.split(',').any(|one| one.trim().starts_with("gzip"))),
            said,
            always: false,
            here: whole.path_and_query().map(|path| without_said(path.as_str())).unwrap_or_default(),
        })
    }
}

/// The address without what was said once.
fn without_said(address: &str) -> String {
    let Some((path, query)) = address.split_once('?') else { return address.to_owned() };
    let rest: Vec<&str> = query.split('&').filter(|pair| !pair.starts_with("said=")).collect();
    if rest.is_empty() { path.to_owned() } else { format!("{path}?{}", rest.join("&")) }
}

impl Ask {
    /// A page that is there also when what it shows is not: the first one, which says what is wrong.
    pub(super) fn always_shown(self) -> Self {
        Self { always: true, ..self }
    }

    /// Gathers a view of a repository and renders it. A view of none is a page that is not there.
    pub(super) async fn page<V: Serialize + Send + 'static>(
        self,
        repository: String,
        page: Page,
        view: impl FnOnce(&Project) -> Result<Option<V>, Fault> + Send + 'static,
    ) -> Response {
        self.with(repository, page, move |project| {
            Ok(view(project)?.map(|view| context! { view => Value::from(Serde(view)) }))
        })
        .await
    }

    /// The same with more than one value for the template.
    pub(super) async fn with(
        self,
        repository: String,
        page: Page,
        values: impl FnOnce(&Project) -> Result<Option<Value>, Fault> + Send + 'static,
    ) -> Response {
        let app = Arc::clone(&self.app);
        let done = app.blocking(move |shared| {
            let pages = &shared.pages;
            let Some(project) = pages.projects.get(&repository, &self.visitor.may) else { return Ok(None) };
            let (status, values, page) = match values(&project) {
                Ok(Some(values)) => (StatusCode::OK, values, page),
                Ok(None) => (
                    StatusCode::NOT_FOUND,
                    failed("There is no such page here.", &[]),
                    Page("error.html", "Not found", page.2),
                ),
                Err(fault) => {
                    let problem = Problem::from(fault);
                    let values = failed(&problem.words(), problem.hints());
                    let is_coming = problem.status() == StatusCode::SERVICE_UNAVAILABLE;
                    let title = if is_coming { "One moment" } else { "This can't be shown" };
                    (problem.status(), values, Page("error.html", title, page.2))
                }
            };
            let said: Option<Outcome> = self.said.and_then(|id| pages.said(self.visitor.session, id));
            let who = shown(&self.app, &self.visitor.who);
            let around = context! {
                outside => false,
                base => format!("/r/{}", project.key),
                repository => project.name.clone(),
                several => pages.projects.seen(&self.visitor.may).len() > 1,
                title => page.1,
                active => page.2,
                here => self.here,
                // Whoever may not change anything gets no token, and where there is none no form is shown.
                csrf => self.visitor.may.may_write(project.id).then(|| self.visitor.csrf.clone()),
                leave => self.visitor.csrf,
                who,
                said => Value::from(Serde(said)),
                ..values
            };
            let html = pages.render(page.0, around)?;
            let is_shown = self.always && status != StatusCode::SERVICE_UNAVAILABLE;
            let status = if is_shown { StatusCode::OK } else { status };
            Ok(Some((status, packed(html, self.gzip))))
        });
        match done.await {
            Ok(Some((status, (bytes, is_packed)))) => answer(status, bytes, is_packed),
            Ok(None) => Problem::new(StatusCode::NOT_FOUND, "there is no such repository").into_response(),
            Err(fault) => Problem::from(fault).into_response(),
        }
    }
}

impl Ask {
    /// A page of the server itself, about no repository or about several. A view of none is a page that is not there.
    pub(super) async fn outside(
        self,
        page: Page,
        values: impl FnOnce(&Shared, &Visitor) -> Result<Option<Value>, Fault> + Send + 'static,
    ) -> Response {
        let app = Arc::clone(&self.app);
        let done = app.blocking(move |shared| {
            let (status, values, page) = match values(shared, &self.visitor)? {
                Some(values) => (StatusCode::OK, values, page),
                None => {
                    let values = failed("There is no such page here.", &[]);
                    (StatusCode::NOT_FOUND, values, Page("error.html", "Not found", page.2))
                }
            };
            let around = context! {
                outside => true,
                base => "/",
                repository => "vso",
                several => false,
                title => page.1,
                active => page.2,
                here => self.here,
                csrf => self.visitor.csrf.clone(),
                leave => self.visitor.csrf,
                who => shown(&self.app, &self.visitor.who),
                said => Value::from(()),
                ..values
            };
            Ok((status, packed(shared.pages.render(page.0, around)?, self.gzip)))
        });
        match done.await {
            Ok((status, (bytes, is_packed))) => answer(status, bytes, is_packed),
            Err(fault) => Problem::from(fault).into_response(),
        }
    }
}

fn failed(words: &str, hints: &[String]) -> Value {
    context! { words, hints => hints.to_vec() }
}

/// The bytes, and whether they are compressed.
fn packed(html: String, gzip: bool) -> (Vec<u8>, bool) {
    let bytes = html.into_bytes();
    if !gzip || bytes.len() < SMALL {
        return (bytes, false);
    }
    let mut encoder = GzEncoder::new(Vec::with_capacity(bytes.len() / 4), Compression::fast());
    // Writing to memory does not fail; should it, the plain bytes go.
    match encoder.write_all(&bytes).and_then(|()| encoder.finish()) {
        Ok(small) => (small, true),
        Err(_) => (bytes, false),
    }
}

fn answer(status: StatusCode, bytes: Vec<u8>, is_packed: bool) -> Response {
    let mut response = (status, Body::from(bytes)).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if status == StatusCode::SERVICE_UNAVAILABLE {
        // The page asks again by itself, without a script.
        headers.insert(header::REFRESH, HeaderValue::from(SOON));
        headers.insert(header::RETRY_AFTER, HeaderValue::from(SOON));
    }
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if is_packed {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
    }
    response
}
