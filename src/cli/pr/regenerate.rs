//! `vso pr regenerate`: a proposal's slices as vso makes them now, beside what people wrote there.

use super::{Context, Outcome};
use crate::cli::interrupt;
use crate::cli::sync::{logged, notes, proposals};
use crate::fault::Fault;
use crate::sync::propose::to_regenerate;

/// Generate a proposal's slices anew
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Files that are missing on the branch come back. What people wrote there otherwise than vso would stays, and is asked as a \
conflict: `vso pr settle` takes one side or the other. Nothing is lost.

Example:
  vso pr regenerate slice-003-loans")]
pub struct Args {
    /// Its number, slice or branch
    #[arg(value_name = "PROPOSAL")]
    which: String,
}

/// Runs the command.
///
/// # Errors
/// When there is no such proposal (exit 2), it is not open (exit 1), or git fails (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    let (request, before) = to_regenerate(&context.root, &args.which)?;
    let done = logged(context, &request, interrupt::listen())?;
    proposals(false, &done);
    notes(&done);
    let open = done.lines.iter().any(|line| line.number == Some(before.number) && !line.conflicts.is_empty());
    Ok(if open { Outcome::SaysNo } else { Outcome::Clean })
}
