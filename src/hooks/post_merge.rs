//! After a merge or a pull, also one that only moved the branch forwards. A squashed one has not moved HEAD.

use super::{Said, after};
use crate::fault::Fault;

/// Runs the hook.
///
/// # Errors
/// When git, the settings or the ledger fail.
pub fn run() -> Result<Said, Fault> {
    if after::is_rebasing() { Ok(Said::default()) } else { after::look() }
}
