//! After a commit: what was touched since the last look. In the middle of a rebase, nothing.

use super::{Said, after};
use crate::fault::Fault;

/// Runs the hook.
///
/// # Errors
/// When git, the settings or the ledger fail.
pub fn run() -> Result<Said, Fault> {
    if after::is_rebasing() { Ok(Said::default()) } else { after::look() }
}
