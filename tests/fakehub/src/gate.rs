//! The way of every request: faults, authentication, limits, handler, log. Git and the control paths have their own doors.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Query, Request};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::access::{self, Actor, Need};
use crate::call::{Answer, Call, Refusal, Reply};
use crate::faults::{Verdict, strike};
use crate::rest::{self, Route};
use crate::state::{Logged, State};
use crate::{auth, control, git, graphql, limits, page, web};

/// The hub as all tasks share it.
#[derive(Clone)]
pub struct Hub(Arc<Mutex<State>>);

impl Hub {
    pub fn new(state: State) -> Self {
        Self(Arc::new(Mutex::new(state)))
    }

    /// The state, for this thread alone; not to be held over an await. A handler that panicked does not end the hub.
    pub fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs something that blocks, with the state locked, beside the runtime.
    pub async fn with<T: Send + 'static>(&self, work: impl FnOnce(&mut State) -> T + Send + 'static) -> T {
        let hub = self.clone();
        match tokio::task::spawn_blocking(move || work(&mut hub.lock())).await {
            Ok(done) => done,
            Err(error) => std::panic::resume_unwind(error.into_panic()),
        }
    }
}

/// All doors of the hub.
pub fn router(hub: Hub) -> Router {
    Router::new().fallback(move |request: Request| enter(hub.clone(), request))
}

/// The first words of official paths that are also served without `/api/v3`, for a validating proxy in front.
const ROOTS: &[&str] = &[
    "repos",
    "repositories",
    "user",
    "users",
    "app",
    "apps",
    "installation",
    "rate_limit",
    "meta",
    "orgs",
    "app-manifests",
    "graphql",
];

async fn enter(hub: Hub, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return respond(Refusal::new(400, "Problems reading the body").answer());
    };
    let path = parts.uri.path().to_owned();
    let method = parts.method.as_str().to_owned();
    if let Some(below) = path.strip_prefix("/api/v3").filter(|below| below.is_empty() || below.starts_with('/')) {
        return api(&hub, method, below.to_owned(), &parts.uri, parts.headers, body).await;
    }
    if path == web::oauth::TOKEN {
        return api(&hub, method, path, &parts.uri, parts.headers, body).await;
    }
    if web::is_door(&path) {
        return web::door(&hub, &parts, &body).await;
    }
    if path == "/api/graphql" {
        return api(&hub, method, "/graphql".to_owned(), &parts.uri, parts.headers, body).await;
    }
    let words: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    if words[0] == "_hub" {
        return control::door(&hub, &method, &path, body).await;
    }
    if words.get(1).is_some_and(|word| word.ends_with(".git")) {
        return git::backend::door(&hub, &parts, body).await;
    }
    if ROOTS.contains(&words[0]) {
        return api(&hub, method, path, &parts.uri, parts.headers, body).await;
    }
    hub.with(move |state| page::show(state, &path)).await
}

async fn api(hub: &Hub, method: String, path: String, uri: &Uri, headers: HeaderMap, body: Bytes) -> Response {
    let start = Instant::now();
    let query = Query::<Vec<(String, String)>>::try_from_uri(uri).map(|query| query.0).unwrap_or_default();
    let mut call =
        Call { method, path, query, headers, body: Value::Null, actor: Actor::default(), params: Vec::new() };
    let passage = limits::Passage::begin(hub, &call, &body).await;
    let verdict = strike(hub, &call.method, &call.path, &body).await;
    let waited = start.elapsed().as_secs_f64();
    match verdict {
        Verdict::Pass => {
            let answer = hub.with(move |state| serve(state, &mut call, &body, waited)).await;
            passage.end(&answer).await;
            respond(answer)
        }
        Verdict::CutAfter => {
            hub.with(move |state| serve(state, &mut call, &body, waited)).await;
            cut()
        }
        Verdict::Answer(mut answer) => {
            let answer = hub.with(move |state| {
                stamp(state, &mut answer);
                fault(state, call, answer.status, waited);
                answer
            });
            let answer = answer.await;
            passage.end(&answer).await;
            respond(answer)
        }
        Verdict::Cut => {
            hub.with(move |state| fault(state, call, 0, waited)).await;
            cut()
        }
        Verdict::Hang => {
            hub.with(move |state| fault(state, call, 0, waited)).await;
            // The task ends when the client goes.
            std::future::pending().await
        }
    }
}

/// Writes a call down that a fault answered, or did not.
fn fault(state: &mut State, mut call: Call, status: u16, waited: f64) {
    call.actor = auth::actor(state, &call.headers).unwrap_or_default();
    log(state, &call, status, limits::Cost::default(), waited);
}

/// What every answer carries: the hub's time, which clients whose clock is wrong go by, and its version where it is an
/// Enterprise Server.
fn stamp(state: &State, answer: &mut Answer) {
    let now = state.clock.now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer.headers.push(("date".to_owned(), now));
    if state.enterprise {
        answer.headers.push(("x-github-enterprise-version".to_owned(), "3.18.0".to_owned()));
    }
}

/// Ends the connection without an answer: hyper drops it with the task; the panic hook is not asked.
pub fn cut() -> ! {
    std::panic::resume_unwind(Box::new("cut"))
}

fn serve(state: &mut State, call: &mut Call, body: &Bytes, waited: f64) -> Answer {
    let mut cost = limits::Cost::default();
    let reply = judge(state, call, body, &mut cost);
    let mut answer = reply.unwrap_or_else(Refusal::answer);
    tag(call, &mut answer);
    limits::leave(state, call, &mut answer);
    stamp(state, &mut answer);
    log(state, call, answer.status, cost, waited);
    answer
}

/// Authentication, limits, rights, handler.
fn judge(state: &mut State, call: &mut Call, body: &Bytes, cost: &mut limits::Cost) -> Reply {
    call.actor = auth::actor(state, &call.headers)?;
    let found = rest::find(&call.method, &rest::moved::by_name(state, &call.path));
    let route: Option<&'static Route> = found.as_ref().map(|(route, _)| *route);
    *cost = limits::admit(state, call, body, route)?;
    if call.path == web::oauth::TOKEN {
        return web::oauth::exchange(state, call, body);
    }
    if !body.is_empty() {
        call.body = serde_json::from_slice(body).map_err(|_| Refusal::new(400, "Problems parsing JSON"))?;
        if !call.body.is_object() && !call.body.is_array() {
            return Err(Refusal::new(400, "Body should be a JSON object"));
        }
    }
    if call.path == "/graphql" {
        access::check(state, &call.actor, Need::Token, "")?;
        return graphql::run(state, call);
    }
    let (route, params) = found.ok_or_else(Refusal::not_found)?;
    call.params = params;
    if let Some(redirected) = rest::moved::redirect(state, call, route)? {
        return Ok(redirected);
    }
    access::check(state, &call.actor, route.need, &call.repo())?;
    (route.run)(state, call)
}

/// Gives a GET its ETag; 304 when the caller has this answer already.
fn tag(call: &Call, answer: &mut Answer) {
    if call.method != "GET" || answer.status != 200 {
        return;
    }
    // The Link header is part of what a page says.
    let links = answer.headers.iter().find(|(name, _)| name == "link").map_or("", |(_, value)| value);
    let tag = format!("W/\"{}\"", hex::encode(Sha256::digest(format!("{links}{}", answer.body))));
    let plain = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    if call.header("if-none-match").is_some_and(|known| known.split(',').any(|known| plain(known) == plain(&tag))) {
        answer.status = 304;
        answer.body = Value::Null;
    }
    answer.headers.push(("etag".to_owned(), tag));
    answer.headers.push(("cache-control".to_owned(), "private, max-age=60, s-maxage=60".to_owned()));
}

fn log(state: &mut State, call: &Call, status: u16, cost: limits::Cost, waited: f64) {
    state.log.push(Logged {
        at: state.clock.now(),
        method: call.method.clone(),
        path: call.path.clone(),
        status,
        login: call.actor.login.clone(),
        cost,
        waited,
    });
}

/// An answer on the wire.
pub fn respond(answer: Answer) -> Response {
    let mut response = Response::builder().status(answer.status);
    for (name, value) in answer.headers {
        response = response.header(name, value);
    }
    let body = match answer.body {
        Value::Null => Body::empty(),
        // Only a fault says something that is not JSON.
        Value::String(text) => Body::from(text),
        body => {
            response = response.header("content-type", "application/json; charset=utf-8");
            Body::from(body.to_string())
        }
    };
    response.body(body).unwrap_or_else(|_| Response::new(Body::from("the answer has a header that can't be sent")))
}
