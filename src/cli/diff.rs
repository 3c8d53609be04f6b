//! `vso diff`: what people changed in slices, what the master changes in them, and where both meet.

use super::{Context, Outcome, out};
use crate::fault::Fault;
use crate::report::diff::{Diff, words};
use crate::report::json::schema_of;
use crate::sync::survey::diff::diff;

/// Show what people changed in slices and what the master changes in them, item by item
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Compares the files here with what vso generated last (the base) and with what the master makes now. An item or a file was \
changed by the slice, by the master, by both (it goes together), or it is a conflict that `vso resolve` settles. Prints \
nothing when there is no difference. Exits with 1 when there is a conflict.

Keys of --json: format, slices (id, name, standing, base, base_lost, items, files, notes); of items: kind, id, part, by, \
base, slice, master; of files: path, by, conflicts, slice_patch, master_patch. Slices without a difference are left out.

Examples:
  vso diff
  vso diff slice-003-loans --patch
  vso diff Loans --json | jq -r '.slices[].items[] | select(.by == \"conflict\") | .id'")]
pub struct Args {
    /// The slices: id, number or component's name; all of them when none is named
    #[arg(value_name = "SLICE")]
    slices: Vec<String>,

    /// Show the changes of each file as unified diffs too
    #[arg(long, short)]
    patch: bool,

    /// Exit with 1 when there is any difference
    #[arg(long)]
    exit_code: bool,

    /// Print it as JSON
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

/// Runs the command.
///
/// # Errors
/// When there is no such slice (exit 2), slices can't be made from the master (exit 1 or 2), or the disk or git fails
/// (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Diff>());
        return Ok(Outcome::Clean);
    }
    let found = diff(&context.root, &context.config, &args.slices, args.patch)?;
    if args.json {
        out::json(&found);
    } else {
        out::data(&words(&found));
    }
    let says_no = found.has_conflict() || (args.exit_code && !found.slices.is_empty());
    Ok(if says_no { Outcome::SaysNo } else { Outcome::Clean })
}
