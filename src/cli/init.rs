//! `vso init`.

use super::Outcome;
use crate::fault::Fault;

/// Not written yet.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// As the command says.
pub fn run(_args: &Args, _root: Option<std::path::PathBuf>) -> Result<Outcome, Fault> {
    Err(Fault::unfinished("`vso init` is not written yet"))
}
