//! `vso pr close`, `reopen` and `ready`.

use schemars::JsonSchema;
use serde::Serialize;

use super::view::{FORMAT, ProposalView};
use super::{Context, Outcome, out};
use crate::fault::Fault;
use crate::report::json::schema_of;
use crate::sync::propose::{Act, act};

/// What the three have in common.
#[derive(Debug, clap::Args)]
struct Which {
    /// Its number, slice or branch
    #[arg(value_name = "PROPOSAL", required_unless_present = "schema")]
    which: Option<String>,

    /// Print the proposal as JSON
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

/// Say no to a proposal
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It comes back when there is something else to say; the same content is not proposed again.

Keys of --json: format, proposal (as in `vso pr list --json`), notes.

Example:
  vso pr close slice-003-loans --delete-branch")]
pub struct CloseArgs {
    #[command(flatten)]
    which: Which,

    /// Delete its branch too
    #[arg(long)]
    delete_branch: bool,
}

/// Take back the no to a proposal
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Its branch is made again where it was, if it is gone.

Keys of --json: format, proposal (as in `vso pr list --json`), notes.

Example:
  vso pr reopen 3")]
pub struct ReopenArgs {
    #[command(flatten)]
    which: Which,
}

/// Let a draft wait no longer
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Keys of --json: format, proposal (as in `vso pr list --json`), notes.

Example:
  vso pr ready all")]
pub struct ReadyArgs {
    #[command(flatten)]
    which: Which,
}

/// What `--json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this format: 1.
    pub format: u32,
    /// The proposal as it is now.
    pub proposal: ProposalView,
    /// What a person should know besides.
    pub notes: Vec<String>,
}

pub(super) fn close(args: &CloseArgs, context: &Context) -> Result<Outcome, Fault> {
    carry_out(&args.which, Act::Close { delete_branch: args.delete_branch }, "closed", context)
}

pub(super) fn reopen(args: &ReopenArgs, context: &Context) -> Result<Outcome, Fault> {
    carry_out(&args.which, Act::Reopen, "reopened", context)
}

pub(super) fn ready(args: &ReadyArgs, context: &Context) -> Result<Outcome, Fault> {
    carry_out(&args.which, Act::Ready, "ready", context)
}

fn carry_out(args: &Which, what: Act, word: &str, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Report>());
        return Ok(Outcome::Clean);
    }
    let which = args.which.as_deref().unwrap_or_default();
    let (proposal, notes) = act(&context.root, &context.config, which, what, &crate::cli::waiting)?;
    if args.json {
        out::json(&Report { format: FORMAT, proposal: ProposalView::of(&proposal), notes });
    } else {
        out::data(&out::plain(&format!("{word} #{} {}\n", proposal.number, proposal.title)));
        super::notes(&notes);
    }
    Ok(Outcome::Clean)
}
