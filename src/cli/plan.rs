//! `vso plan`: what a sync would do, slice by slice.

use super::{Context, Outcome, out};
use crate::fault::Fault;
use crate::report::json::schema_of;
use crate::report::plan::{Plan, nothing, words};
use crate::sync::plan::{Planned, target};
use crate::sync::quick;

/// Show what a sync would do: which slices change, by which items, and what goes up to the master
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Looks at what is committed on the branch that proposals are made for (sync.branch in vso.toml; by default the one that \
HEAD is on), and touches nothing. Exits with 1 when a person has to decide something.

Keys of --json: format, branch, target, slices (id, name, change, version, items, sources, conflicts, renamed_from, \
files, notes), master (version, edits, index, shared), reach, wide. change is new, update, unchanged, conflict, upstream \
or retired.

Examples:
  vso plan
  vso plan --json | jq -r '.slices[] | select(.change != \"unchanged\") | .id'")]
pub struct Args {
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
/// When there is no repository, the master can't be used (exit 1 or 2), or git fails (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Plan>());
        return Ok(Outcome::Clean);
    }
    let (repo, branch, commit) = target(&context.root, &context.config)?;
    let key = quick::key(&repo, &context.config, commit, &branch)?;
    if let Some(found) = quick::find(&context.root, &key, commit) {
        out::data(&if args.json { found.json } else { nothing(found.slices) });
        return Ok(Outcome::Clean);
    }
    let planned = Planned::make(&repo, &context.config, commit, &branch)?;
    quick::keep(&context.root, &key, &planned.view, commit);
    if args.json {
        out::json(&planned.view);
    } else {
        out::data(&out::plain(&words(&planned.view)));
    }
    Ok(if planned.view.conflicts() == 0 { Outcome::Clean } else { Outcome::SaysNo })
}
