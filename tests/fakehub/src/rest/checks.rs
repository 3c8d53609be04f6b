//! Check runs, check suites, commit statuses.

use serde_json::{Value, json};

use crate::rest::Route;

/// What a repository holds of them.
#[derive(Debug, Default)]
pub struct Checks {}

pub const ROUTES: &[Route] = &[];

/// Whether a check or status of this name passed on a commit: `neutral` and `skipped` pass too.
pub fn passed(_checks: &Checks, _commit: &str, _name: &str) -> bool {
    false
}

/// The check runs for `GET /_hub/state`.
pub fn report(_checks: &Checks) -> Value {
    json!([])
}

/// The commit statuses for `GET /_hub/state`.
pub fn report_statuses(_checks: &Checks) -> Value {
    json!([])
}
