//! After a rebase, and after an amended commit, which `post-commit` has covered already.
//!
//! git's folder still says that a rebase is under way when it calls this, and HEAD is on its branch again.

use super::{Said, after};
use crate::fault::Fault;

/// Runs the hook. What git says of old and new commits is not needed: the look goes from the commit last seen to HEAD.
///
/// # Errors
/// When git, the settings or the ledger fail.
pub fn run() -> Result<Said, Fault> {
    after::look()
}
