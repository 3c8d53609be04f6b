//! `vso doctor`.

use super::{Flag, Outcome};
use crate::fault::Fault;

/// Not written yet.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// As the command says.
pub fn run(_args: &Args, _root: &std::path::Path, _flags: &[Flag]) -> Result<Outcome, Fault> {
    Err(Fault::unfinished("`vso doctor` is not written yet"))
}
