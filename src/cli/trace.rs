//! `vso trace`.

use super::{Context, Outcome};
use crate::fault::Fault;

/// Not written yet.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// As the command says.
pub fn run(_args: &Args, _context: &Context) -> Result<Outcome, Fault> {
    Err(Fault::unfinished("`vso trace` is not written yet"))
}
