//! `vso pr list`: the proposals, a line each.

use schemars::JsonSchema;
use serde::Serialize;

use super::view::{FORMAT, SeenView};
use super::{Context, Outcome, out};
use crate::fault::Fault;
use crate::report::finding::counted;
use crate::report::json::schema_of;
use crate::report::slices::columns;
use crate::sync::propose::{Seen, list};

/// List the open proposals
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Keys of --json: format, proposals (number, state, draft, kind, slice, title, version, branch, target, conflicts, opened_at, \
reason, merged, pull, standing, head, url, commits).

Example:
  vso pr list --json | jq -r '.proposals[] | select(.conflicts == []) | .number'")]
pub struct Args {
    /// Also those that are merged, closed or superseded
    #[arg(long)]
    all: bool,

    /// Print it as JSON
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
    /// The proposals, by number.
    pub proposals: Vec<SeenView>,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Report>());
        return Ok(Outcome::Clean);
    }
    let (mut seen, notes) = list(&context.root, &context.config)?;
    seen.retain(|seen| args.all || seen.proposal.is_open());
    if args.json {
        out::json(&Report { format: FORMAT, proposals: seen.iter().map(SeenView::of).collect() });
    } else {
        let rows: Vec<Vec<String>> = seen.iter().map(row).collect();
        out::data(&out::plain(&columns(&rows)));
        if seen.is_empty() {
            out::note("no proposals are open; `vso sync` makes those that are wanted");
        }
    }
    super::notes(&notes);
    Ok(Outcome::Clean)
}

fn row(seen: &Seen) -> Vec<String> {
    let proposal = &seen.proposal;
    let people = seen.commits.iter().filter(|commit| !commit.is_vso).count();
    let mut more = Vec::new();
    if !proposal.conflicts.is_empty() && proposal.is_open() {
        more.push(counted(proposal.conflicts.len(), "conflict"));
    }
    if people > 0 && proposal.is_open() {
        more.push(format!("{} of people", counted(people, "commit")));
    }
    more.extend(proposal.pull.map(|pull| format!("pull request {pull}")));
    let number = format!("#{}", proposal.number);
    vec![number, seen.standing.clone(), proposal.branch.clone(), proposal.title.clone(), more.join(", ")]
}
