//! `vso pr merge`: a proposal into its target branch.

use schemars::JsonSchema;
use serde::Serialize;

use super::view::{FORMAT, ProposalView};
use super::{Context, Outcome, out};
use crate::cli::interrupt;
use crate::fault::Fault;
use crate::report::json::schema_of;
use crate::sync::propose::{MergeRequest, Style, merge};

/// Merge a proposal into its target branch
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It is brought up to date first, as `vso sync` does. Where the target branch is checked out, files and index follow as with \
`git merge`, and local changes to the same files stop it before anything moves. The branch is deleted afterwards.

Keys of --json: format, commit, proposal (as in `vso pr list --json`), notes.

Examples:
  vso pr merge 3
  vso pr merge slice-001-auth --squash --keep-branch")]
pub struct Args {
    /// Its number, slice or branch
    #[arg(value_name = "PROPOSAL", required_unless_present = "schema")]
    which: Option<String>,

    /// By a commit with two parents (the default)
    #[arg(long, group = "style")]
    merge: bool,

    /// As one commit
    #[arg(long, group = "style")]
    squash: bool,

    /// Its commits one by one on top of the target
    #[arg(long, group = "style")]
    rebase: bool,

    /// Leave the branch
    #[arg(long)]
    keep_branch: bool,

    /// Print what was done as JSON
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this format: 1.
    pub format: u32,
    /// Where the target is now.
    pub commit: String,
    /// The proposal as it is now.
    pub proposal: ProposalView,
    /// What a person should know besides.
    pub notes: Vec<String>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Report>());
        return Ok(Outcome::Clean);
    }
    let style = match (args.squash, args.rebase) {
        (true, _) => Style::Squash,
        (_, true) => Style::Rebase,
        _ => Style::Merge,
    };
    let which = args.which.clone().unwrap_or_default();
    let request = MergeRequest { which, style, keep_branch: args.keep_branch, asked_by: None };
    let done = merge(&context.root, &context.config, &request, interrupt::listen(), &crate::cli::waiting)?;
    let commit = done.commit.to_string();
    if args.json {
        let proposal = ProposalView::of(&done.proposal);
        out::json(&Report { format: FORMAT, commit, proposal, notes: done.notes });
        return Ok(Outcome::Clean);
    }
    let short: String = commit.chars().take(10).collect();
    let proposal = &done.proposal;
    out::data(&out::plain(&format!(
        "merged #{} {} into {}: {short}\n",
        proposal.number, proposal.branch, proposal.target
    )));
    super::notes(&done.notes);
    Ok(Outcome::Clean)
}
