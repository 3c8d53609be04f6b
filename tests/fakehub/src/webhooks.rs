//! Signed webhook deliveries: log, redelivery, loss, duplication, reordering, delay.

use serde_json::Value;

use crate::call::{Refusal, Reply};
use crate::state::State;

/// Deliveries and how they behave.
#[derive(Debug, Default)]
pub struct Webhooks {}

/// Something happened in a repository (`repo` is its key): `payload` is what GitHub would send, without `installation`.
/// Called with the state locked, on a thread that may block: sending is for another task.
pub fn send(_state: &mut State, _event: &str, _repo: &str, _payload: &Value) {}

/// The paths below `/_hub/webhooks`.
pub fn control(_state: &mut State, _method: &str, _words: &[&str], _body: &Value) -> Reply {
    Err(Refusal::not_found())
}
