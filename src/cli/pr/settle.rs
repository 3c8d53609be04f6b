//! `vso pr settle`: decide what is open in a proposal, where it is open: on its branch.

use super::{Context, Outcome, out};
use crate::cli::interrupt;
use crate::cli::sync::{logged, notes, proposals};
use crate::fault::Fault;
use crate::report::finding::counted;
use crate::sync::decompose::Settle;
use crate::sync::propose::{settled, to_settle};
use crate::sync::resolve::take;

/// Settle open conflicts of a proposal: take the master's text, the slice's, or the old one
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Writes a commit onto the proposal's branch and touches no file here. The decision stands in the slice's metadata.json \
there and is not asked again while the proposal is open, nor after it is merged. `vso resolve` does the same for the \
files here, before there is a proposal.

Examples:
  vso pr settle 3 --take master
  vso pr settle slice-003-loans --item FR-024 --take slice")]
pub struct Args {
    /// Its number, slice or branch
    #[arg(value_name = "PROPOSAL")]
    which: String,

    /// Only conflicts that speak of this item
    #[arg(long, value_name = "ID")]
    item: Option<String>,

    /// What stands there afterwards
    #[arg(long, value_name = "SIDE", value_parser = ["master", "slice", "base"])]
    take: String,
}

/// Runs the command.
///
/// # Errors
/// When there is no such proposal (exit 2), nothing to settle (exit 1), or git fails (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    let settle = Settle { item: args.item.clone(), take: take(&args.take, None)? };
    let (request, before) = to_settle(&context.root, &args.which, settle.clone())?;
    let done = logged(context, &request, interrupt::listen())?;
    let (count, open) = settled(&before.branch, &settle, &done)?;
    proposals(false, &done);
    notes(&done);
    out::note(&format!("settled {} of #{}, {} left", counted(count, "conflict"), before.number, open.len()));
    Ok(if open.is_empty() { Outcome::Clean } else { Outcome::SaysNo })
}
