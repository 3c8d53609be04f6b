//! `vso nightly`: what a timer runs each night, and what a person may run at any time.

use std::sync::atomic::AtomicBool;

use super::{Context, Outcome, interrupt, out};
use crate::fault::Fault;
use crate::ledger::Ledger;
use crate::report::json::schema_of;
use crate::sync::plan::{Planned, target};
use crate::sync::work::nightly::{Deed, Done, Night, When, nightly};

/// Find what changed in the master and in the slices and plan it, once a night
#[derive(Debug, clap::Args)]
#[command(after_help = "\
One run at a time: a second one does nothing. With --scheduled a night is served once, and however many nights were \
missed, the next run makes up for them. `vso init --schedule cron|systemd|github` sets it up. What it did is in \
`vso logs nightly`.

Exits with 1 when a person has something to decide.

Keys of --json: format, outcome (clean, undecided, failed, served or taken), night, missed, steps (name, clean, words, \
data).

Examples:
  vso nightly
  vso nightly --scheduled --json | jq .outcome")]
pub struct Args {
    /// For timers: does nothing when this night's run was done
    #[arg(long)]
    scheduled: bool,

    /// Print the report as JSON
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

/// Runs the command.
///
/// # Errors
/// When the master or the settings can't be used (exit 1 or 2), or git, network or disk fail (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Night>());
        return Ok(Outcome::Clean);
    }
    let stop = interrupt::listen();
    let ledger = Ledger::open(&context.root)?;
    let when = if args.scheduled { When::Scheduled } else { When::Now };
    let steps: [(&str, Deed<'_>); 1] = [("plan", Box::new(|end| plan(context, end)))];
    let night = nightly(&context.root, &ledger, when, &steps, stop)?;
    if args.json {
        out::json(&night);
    } else {
        show(&night);
    }
    Ok(if night.outcome == "undecided" { Outcome::SaysNo } else { Outcome::Clean })
}

fn plan(context: &Context, _end: &AtomicBool) -> Result<Done, Fault> {
    let (repo, branch, commit) = target(&context.root, &context.config)?;
    let planned = Planned::make(&repo, &context.config, commit, &branch)?;
    let conflicts = planned.view.conflicts();
    let data = serde_json::json!({ "branch": branch, "reach": planned.view.reach, "conflicts": conflicts });
    let words = if planned.view.is_empty() { "nothing to do".to_owned() } else { planned.view.reach.words.clone() };
    Ok(Done { clean: conflicts == 0, words, data })
}

fn show(night: &Night) {
    for step in &night.steps {
        out::data(&out::plain(&format!("{}: {}\n", step.name, step.words)));
    }
    match night.outcome.as_str() {
        "served" => out::note(&format!("the night of {} was served before", night.night)),
        "taken" => out::note("another nightly run is going on; this one does nothing"),
        _ if night.missed > 0 => out::note(&format!("made up for {} missed too", night.missed)),
        _ => {}
    }
}
