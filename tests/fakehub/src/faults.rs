//! Faults on demand: what a test asked to go wrong, before or after a call has its effect.

use serde_json::Value;

use crate::call::{Answer, Refusal, Reply};
use crate::gate::Hub;
use crate::state::State;

/// The faults that are waiting.
#[derive(Debug, Default)]
pub struct Faults {}

/// What happens to a call.
pub enum Verdict {
    /// Nothing.
    Pass,
    /// It is answered with this, without an effect.
    #[expect(dead_code, reason = "the faults come next")]
    Answer(Answer),
    /// The connection is cut, without an effect.
    #[expect(dead_code, reason = "the faults come next")]
    Cut,
    /// It has its effect, then the connection is cut.
    #[expect(dead_code, reason = "the faults come next")]
    CutAfter,
}

/// What is to go wrong with this call; waits here for `hang`. `path` is below the API's root.
pub async fn strike(_hub: &Hub, _method: &str, _path: &str) -> Verdict {
    Verdict::Pass
}

/// `POST` and `DELETE /_hub/faults`.
pub fn control(_state: &mut State, _method: &str, _body: &Value) -> Reply {
    Err(Refusal::not_found())
}
