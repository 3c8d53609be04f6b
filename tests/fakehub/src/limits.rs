//! Primary and secondary rate limits on the hub's clock, and the record of what a client broke.

use serde_json::json;

use crate::call::{Answer, Call, Refusal, Reply};
use crate::rest::Route;
use crate::state::State;

/// What was used, by caller.
#[derive(Debug, Default)]
pub struct Limits {}

/// What one call costs; the log shows it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Cost {
    pub content: bool,
    pub points: u32,
}

/// Called before each authenticated call; refuses what is over a limit. `route` is none for GraphQL and unknown paths.
pub fn admit(_state: &mut State, _call: &Call, route: Option<&Route>) -> Result<Cost, Refusal> {
    Ok(Cost { content: route.is_some_and(|route| route.creates), points: 0 })
}

/// Called after each call, with its answer: adds the headers, gives back what a 304 does not cost.
pub fn leave(_state: &mut State, _call: &Call, _answer: &mut Answer) {}

/// `GET /_hub/violations`: the limits that a client broke.
pub fn control(_state: &State) -> Reply {
    Ok(Answer::ok(json!([])))
}
