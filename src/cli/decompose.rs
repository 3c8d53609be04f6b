//! `vso decompose`.

use super::{Context, Flag, Outcome};
use crate::fault::Fault;

/// Not written yet.
#[derive(Debug, clap::Args)]
pub struct Args {}

impl Args {
    /// Settings that this command's own flags give.
    pub(super) fn flags(&self) -> Vec<Flag> {
        Vec::new()
    }
}

/// Runs the command.
///
/// # Errors
/// As the command says.
pub fn run(_args: &Args, _context: &Context) -> Result<Outcome, Fault> {
    Err(Fault::unfinished("`vso decompose` is not written yet"))
}
