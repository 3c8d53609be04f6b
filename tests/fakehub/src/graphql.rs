//! The GraphQL mutations and queries in use.

use crate::call::{Call, Refusal, Reply};
use crate::state::State;

/// Answers a POST to the GraphQL address; the caller is authenticated.
pub fn run(_state: &mut State, _call: &Call) -> Reply {
    Err(Refusal::not_found())
}
