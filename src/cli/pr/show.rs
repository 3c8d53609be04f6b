//! `vso pr show`: one proposal, and how to go on.

use super::view::SeenView;
use super::{Context, Outcome, out};
use crate::fault::Fault;
use crate::report::json::schema_of;
use crate::sync::propose::{Seen, settling, show};

/// Show one proposal: what it says, its commits, what is open, how to go on
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Keys of --json: as one of `vso pr list --json`, with the proposal's text as body.

Example:
  vso pr show slice-001-auth")]
pub struct Args {
    /// Its number, slice or branch
    #[arg(value_name = "PROPOSAL", required_unless_present = "schema")]
    which: Option<String>,

    /// Print it as JSON
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

/// What `--json` prints.
#[derive(Debug, serde::Serialize, schemars::JsonSchema)]
pub struct Report {
    /// The version of this format: 1.
    pub format: u32,
    /// The proposal.
    #[serde(flatten)]
    pub seen: SeenView,
    /// Its text, as Markdown.
    pub body: String,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Report>());
        return Ok(Outcome::Clean);
    }
    let seen = show(&context.root, &context.config, args.which.as_deref().unwrap_or_default())?;
    if args.json {
        let body = seen.proposal.body.clone();
        out::json(&Report { format: super::view::FORMAT, seen: SeenView::of(&seen), body });
    } else {
        out::data(&out::plain(&words(&seen)));
    }
    Ok(Outcome::Clean)
}

fn words(seen: &Seen) -> String {
    let proposal = &seen.proposal;
    let mut text = format!(
        "#{} {}\n{}: {} -> {}\n",
        proposal.number, proposal.title, seen.standing, proposal.branch, proposal.target
    );
    if let Some(reason) = &proposal.reason {
        text += &format!("{reason}\n");
    }
    match (&seen.url, proposal.pull) {
        (Some(url), _) => text += &format!("{url}\n"),
        (None, Some(pull)) => text += &format!("pull request {pull}\n"),
        (None, None) => {}
    }
    if !proposal.body.trim().is_empty() {
        text += &format!("\n{}\n", proposal.body.trim());
    }
    if !seen.commits.is_empty() {
        text += "\nCommits:\n";
        for commit in &seen.commits {
            let id: String = commit.id.to_string().chars().take(10).collect();
            text += &format!("  {id}  {}  ({})\n", commit.subject, commit.author);
        }
    }
    if proposal.is_open() && !proposal.conflicts.is_empty() {
        text += "\nOpen conflicts:\n";
        for open in &proposal.conflicts {
            text += &format!("  {}: {}\n", open.path, open.item);
        }
    }
    text + &go_on(seen)
}

/// What a person can do next.
fn go_on(seen: &Seen) -> String {
    let (proposal, number) = (&seen.proposal, seen.proposal.number);
    let mut next = Vec::new();
    if seen.standing == "closed" && proposal.state == crate::forge::State::Closed {
        next.push(format!("vso pr reopen {number}"));
    }
    if seen.standing == "draft" {
        next.push(format!("vso pr ready {number}      # or, for one proposal a slice: vso sync --wide"));
    }
    if matches!(seen.standing.as_str(), "open" | "draft") {
        next.extend(settling(proposal));
        next.push(format!("vso pr diff {number}"));
        next.push(format!("git switch {}      # commits that you make there are kept", proposal.branch));
        if seen.standing == "open" && proposal.conflicts.is_empty() {
            next.push(format!("vso pr merge {number}"));
        }
        next.push(format!("vso pr close {number}"));
    }
    if next.is_empty() { String::new() } else { format!("\nTo go on:\n  {}\n", next.join("\n  ")) }
}
