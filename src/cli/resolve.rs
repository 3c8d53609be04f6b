//! `vso resolve`: settle what both sides changed differently.

use super::{Context, Outcome, interrupt, out};
use crate::fault::Fault;
use crate::report::finding::counted;
use crate::sync::decompose::Settle;
use crate::sync::resolve::{resolve, take};
use crate::worktree::Watch;

/// Settle conflicts of a slice: take the master's text, the slice's, the old one, or another
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Works on the files here and commits nothing. The decision stands in the slice's metadata.json and is not asked again. \
With `slice`, `base` and `edit`, the text that the slice has afterwards goes up to the master with the next sync. `edit` \
without --text means that the slice's file already says what it should.

Examples:
  vso resolve slice-003-loans --take master
  vso resolve Loans --item FR-024 --take slice
  vso resolve 3 --item FR-024 --take edit --text '- **FR-024** A member has at most 4 open loans.'")]
pub struct Args {
    /// The slice: its id, number or component's name
    slice: String,

    /// Only conflicts that speak of this item
    #[arg(long, value_name = "ID")]
    item: Option<String>,

    /// What stands there afterwards
    #[arg(long, value_name = "SIDE", value_parser = ["master", "slice", "base", "edit"])]
    take: String,

    /// The text for --take edit
    #[arg(long, value_name = "TEXT", requires = "item", allow_hyphen_values = true)]
    text: Option<String>,
}

/// Runs the command.
///
/// # Errors
/// When there is no such slice (exit 2), nothing to settle (exit 1), or the disk fails (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    let settle = Settle { item: args.item.clone(), take: take(&args.take, args.text.as_deref())? };
    let found = resolve(&context.root, &context.config, &args.slice, &settle)?;
    let (settled, open, files) = (found.settled, found.open, found.files.clone());
    let stop = interrupt::listen();
    found.carry_out(&context.root, Watch { step: &|| (), stop }, &super::waiting)?;
    for path in files {
        out::data(&out::plain(&format!("{path}\n")));
    }
    out::note(&format!("settled {}, {open} left; commit the files to go on", counted(settled, "conflict")));
    Ok(if open == 0 { Outcome::Clean } else { Outcome::SaysNo })
}
