//! GitHub's rate limits on the hub's clock, and a watch over how a client lives with them.
//!
//! The parts below are pure and take the time in milliseconds, so an hour passes when a test says so. The numbers are
//! those of GitHub's documentation ("Rate limits for the REST API", "Best practices").

mod budget;
mod call;
mod watch;

use serde_json::{Value, json};

use crate::access::{Actor, How, Need};
use crate::auth;
use crate::call::{Answer, Call, Refusal, Reply};
use crate::gate::Hub;
use crate::rest::Route;
use crate::state::State;

pub use budget::Policy;

use budget::Budgets;
use watch::{End, Measure, Watch};

/// A second of the hub's clock, in milliseconds.
const SECOND: u64 = 1_000;
/// A minute of the hub's clock, in milliseconds.
const MINUTE: u64 = 60 * SECOND;
/// An hour of the hub's clock, in milliseconds.
const HOUR: u64 = 60 * MINUTE;

pub const ROUTES: &[Route] = &[Route::new("GET", "/rate_limit", Need::Nothing, rate_limit)];

/// What was used, by caller, and what was broken.
#[derive(Debug, Default)]
pub struct Limits {
    pub budgets: Budgets,
    watch: Watch,
}

/// What one call costs; the log shows it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    pub content: bool,
    pub points: u32,
}

/// A call on its way through the hub: it was seen to come, and will be seen to go, with or without an answer.
pub struct Passage {
    hub: Hub,
    call: Option<call::Call>,
}

impl Passage {
    /// A call came in; whether it may is decided later.
    pub async fn begin(hub: &Hub, call: &Call, body: &[u8]) -> Self {
        let (call, body) = (call.clone(), body.to_vec());
        let seen = hub.with(move |state| {
            let actor = auth::actor(state, &call.headers).unwrap_or_default();
            let seen = charged(&actor, &call, &body);
            let measure = Measure::new(state.limits.budgets.policy.concurrent, state.clock.speed());
            let now = millis(state);
            state.limits.watch.came(&seen, now, measure);
            seen
        });
        Self { hub: hub.clone(), call: Some(seen.await) }
    }

    /// It is answered.
    pub async fn end(mut self, answer: &Answer) {
        let Some(call) = self.call.take() else { return };
        let (status, headers, body) = (answer.status, answer.headers.clone(), answer.body.to_string());
        self.hub
            .with(move |state| {
                let now = millis(state);
                state.limits.watch.went(&call, now, End::Answered(status, &headers, body.as_bytes()));
            })
            .await;
    }
}

impl Drop for Passage {
    /// It ended without an answer: the connection was cut, or the client went.
    fn drop(&mut self) {
        let Some(call) = self.call.take() else { return };
        let hub = self.hub.clone();
        // The state may be locked for long; the runtime's own threads must not wait for it.
        tokio::task::spawn_blocking(move || {
            let mut state = hub.lock();
            let now = millis(&state);
            state.limits.watch.went(&call, now, End::Lost);
        });
    }
}

fn millis(state: &State) -> u64 {
    u64::try_from(state.clock.now().as_millisecond()).unwrap_or(0)
}

/// Whose budget it is: of a person all tokens together, of an App each installation for itself.
fn key(actor: &Actor) -> String {
    match &actor.how {
        How::Anonymous => "this address".into(),
        How::Personal | How::User(_) => format!("user {}", actor.login),
        How::Jwt(app) => format!("app {app}"),
        How::Token(grant) => match grant.installation {
            Some(installation) => format!("installation {installation}"),
            None => format!("the workflows of {}", grant.repos.join(", ")),
        },
    }
}

fn charged(actor: &Actor, call: &Call, body: &[u8]) -> call::Call {
    call::Call { login: actor.login.clone(), ..call::Call::new(&key(actor), &call.method, &call.path, body) }
}

/// Called before each authenticated call; refuses what is over a limit. `route` is none for GraphQL and unknown paths.
pub fn admit(state: &mut State, call: &Call, body: &[u8], route: Option<&Route>) -> Result<Cost, Refusal> {
    let is_content = route.is_some_and(|route| route.creates);
    let charged = call::Call { is_content, ..charged(&call.actor, call, body) };
    let now = millis(state);
    let limits = &mut state.limits;
    let at_once = limits.watch.at_once(&charged.actor);
    match limits.budgets.enter(&charged, now, at_once) {
        Ok(()) => Ok(Cost { content: is_content, points: charged.points() }),
        Err(refusal) => {
            let mut told = Refusal::new(refusal.status, refusal.message).header("x-fakehub-limit", refusal.limit);
            told.headers.extend(refusal.headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
            Err(told)
        }
    }
}

/// Called after each call, with its answer: adds the headers, gives back what a 304 does not cost.
pub fn leave(state: &mut State, call: &Call, answer: &mut Answer) {
    let charged = charged(&call.actor, call, b"");
    if answer.status == 304 {
        state.limits.budgets.give_back(&charged);
    }
    let has_said = answer.headers.iter().any(|(name, _)| name == "x-ratelimit-limit");
    if !has_said {
        let headers = state.limits.budgets.headers(&charged, millis(state));
        answer.headers.extend(headers.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
}

/// Limit, used and end of the hour (seconds since 1970) of GraphQL.
pub fn graphql_hour(state: &State, actor: &Actor) -> (u32, u32, u64) {
    state.limits.budgets.hours(&key(actor), millis(state))[1]
}

fn rate_limit(state: &mut State, call: &Call) -> Reply {
    if !state.limits.budgets.policy.enabled {
        return Err(Refusal::new(404, "Rate limiting is not enabled."));
    }
    let shown = |(limit, used, reset): (u32, u32, u64)| json!({ "limit": limit, "used": used, "remaining": limit.saturating_sub(used), "reset": reset });
    let [core, graphql] = state.limits.budgets.hours(&key(&call.actor), millis(state)).map(shown);
    let search = shown((30, 0, millis(state).div_ceil(SECOND) + 60));
    let resources = json!({ "core": core, "graphql": graphql, "search": search });
    Ok(Answer::ok(json!({ "resources": resources, "rate": core })))
}

/// `/_hub/violations`: what was broken so far. `/_hub/limits`: the numbers, and other ones.
pub fn control(state: &mut State, method: &str, what: &str, body: &Value) -> Reply {
    match (method, what) {
        ("GET", "violations") => Ok(Answer::ok(json!(state.limits.watch.violations()))),
        ("GET", "limits") => Ok(Answer::ok(json!(state.limits.budgets.policy))),
        ("POST", "limits") => {
            let policy: Policy = serde_json::from_value(body.clone())
                .map_err(|error| Refusal::new(422, format!("no such limits: {error}")))?;
            state.limits.budgets.policy = policy;
            Ok(Answer::ok(json!(state.limits.budgets.policy)))
        }
        _ => Err(Refusal::not_found()),
    }
}
