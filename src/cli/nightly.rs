//! `vso nightly`: what a timer runs each night, and what a person may run at any time.

use std::cell::OnceCell;
use std::sync::atomic::AtomicBool;

use jiff::tz::TimeZone;
use serde_json::{Value, json};

use super::sync::{logged, notes, proposals, report};
use super::{Context, Outcome, interrupt, out};
use crate::fault::Fault;
use crate::git::Id;
use crate::hooks::changed;
use crate::ledger::{LastRun, Ledger};
use crate::report::finding::counted;
use crate::report::json::schema_of;
use crate::sync::plan::Planned;
use crate::sync::propose::{Deed as Fate, Line, Request, Synced, aim};
use crate::sync::work::log::is_undecided;
use crate::sync::work::nightly::{Deed, Done, NAME, Night, When, nightly};

/// Find what changed in the master and in the slices, plan it, sync it and report, once a night
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Its steps: detect (what changed since the last night), plan (as `vso plan`), sync (as `vso sync`: proposals), report (what \
is open). One run at a time: a second one does nothing. With --scheduled a night is served once, and however many nights were \
missed, the next run makes up for them. `vso init --schedule cron|systemd|github` sets it up. What it did is in \
`vso logs nightly`.

Exits with 1 when a person has something to decide: a conflict, a draft, a proposal that can't be brought up to date.

Keys of --json: format, outcome (clean, undecided, failed, served or taken), night, missed, steps (name, clean, words, \
data). The data of the step report: proposals (as in `vso sync --json`), open, conflicts, undecided, unreached (nothing \
reached the remote), notes.

Examples:
  vso nightly
  vso nightly --json | jq '.steps[] | select(.name == \"report\") | .data.proposals[] | select(.conflicts != [])'
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
    let ledger = Ledger::open(&context.root)?;
    let when = if args.scheduled { When::Scheduled } else { When::Now };
    let (night, done) = night(context, &ledger, when, interrupt::listen())?;
    if args.json {
        out::json(&night);
    } else {
        show(&night, done.as_ref());
    }
    Ok(if night.outcome == "undecided" { Outcome::SaysNo } else { Outcome::Clean })
}

/// Runs the night's steps; what was synced is there when the night was not served before or taken.
pub(super) fn night(
    context: &Context,
    ledger: &Ledger,
    when: When,
    stop: &AtomicBool,
) -> Result<(Night, Option<Synced>), Fault> {
    let before = ledger.last_run(NAME)?.as_ref().and_then(looked_at);
    let done = OnceCell::new();
    let steps: [(&str, Deed<'_>); 4] = [
        ("detect", Box::new(|_| detect(context, before))),
        ("plan", Box::new(|_| plan(context))),
        (
            "sync",
            Box::new(|end| {
                let fresh = logged(context, &Request::default(), end)?;
                Ok(synced(done.get_or_init(|| fresh)))
            }),
        ),
        ("report", Box::new(|_| done.get().map(told).ok_or_else(|| Fault::unfinished("nothing was synced")))),
    ];
    let zone = context.config.nightly.time_zone().unwrap_or_else(TimeZone::system);
    let night = nightly(&context.root, ledger, (when, &zone), &steps, stop)?;
    drop(steps);
    Ok((night, done.into_inner()))
}

/// The commit up to which earlier nights have seen everything through: a night that failed has not.
fn looked_at(last: &LastRun) -> Option<Id> {
    let steps = last.report["steps"].as_array()?;
    let data = &steps.iter().find(|step| step["name"] == "detect")?["data"];
    let key = if last.outcome.as_deref() == Some("failed") { "since" } else { "commit" };
    data[key].as_str()?.parse().ok()
}

/// What changed since the last night. Only said: what there is to do comes from the plan, whatever was seen before.
fn detect(context: &Context, before: Option<Id>) -> Result<Done, Fault> {
    let (repo, branch, commit) = aim(&context.root, &context.config)?;
    // A commit of a history that was rewritten may be gone.
    let since = before.filter(|before| repo.has(*before));
    let found = match (since, commit) {
        (Some(since), Some(commit)) => changed(&repo, &context.config, since, commit)?,
        _ => None,
    };
    let short = |id: Id| id.to_string().chars().take(10).collect::<String>();
    let words = match (&found, since) {
        (Some(found), Some(since)) => format!("since {}: {found}", short(since)),
        (None, Some(since)) => format!("nothing that matters to vso changed since {}", short(since)),
        _ => "looked at for the first time".to_owned(),
    };
    let at = commit.map_or_else(|| "has no commit".to_owned(), |commit| format!("at {}", short(commit)));
    let id = |id: Option<Id>| id.map(|id| id.to_string());
    let data = json!({ "branch": branch, "commit": id(commit), "since": id(since), "changed": found });
    Ok(Done { clean: true, words: format!("{branch} {at}; {words}"), data })
}

fn plan(context: &Context) -> Result<Done, Fault> {
    let (repo, branch, commit) = aim(&context.root, &context.config)?;
    let planned = Planned::make(&repo, &context.config, commit, &branch)?;
    let conflicts = planned.view.conflicts();
    let data = json!({ "branch": branch, "reach": planned.view.reach, "conflicts": conflicts });
    let words = if planned.view.is_empty() { "nothing to do".to_owned() } else { planned.view.reach.words.clone() };
    Ok(Done { clean: conflicts == 0, words, data })
}

fn synced(done: &Synced) -> Done {
    let words: Vec<String> = [Fate::Opened, Fate::Updated, Fate::Merged, Fate::Closed, Fate::Superseded, Fate::Blocked]
        .into_iter()
        .filter_map(|fate| {
            let count = done.lines.iter().filter(|line| line.deed == fate).count();
            (count > 0).then(|| format!("{count} {}", fate.word()))
        })
        .collect();
    let words = if words.is_empty() { "nothing new".to_owned() } else { words.join(", ") };
    let travels = if done.unreached { "; the remote was not reached" } else { "" };
    let data = json!({ "branch": done.branch, "target": done.target.to_string(), "unreached": done.unreached });
    Done { clean: !done.lines.iter().any(is_undecided), words: format!("{words}{travels}"), data }
}

/// What waits for people now.
fn told(done: &Synced) -> Done {
    let is_open = |line: &&Line| !matches!(line.deed, Fate::Merged | Fate::Closed | Fate::Superseded | Fate::Refused);
    let open = done.lines.iter().filter(is_open).count();
    let conflicts: usize = done.lines.iter().map(|line| line.conflicts.len()).sum();
    let undecided = done.lines.iter().filter(|line| is_undecided(line)).count();
    let mut words = vec![format!("{} open", counted(open, "proposal"))];
    words.extend((conflicts > 0).then(|| counted(conflicts, "conflict")));
    words.extend((undecided > 0).then(|| format!("{} for a person to decide", counted(undecided, "proposal"))));
    let listed: Value = json!(report(false, done).proposals);
    let data = json!({ "proposals": listed, "open": open, "conflicts": conflicts, "undecided": undecided,
        "unreached": done.unreached, "notes": done.notes });
    Done { clean: undecided == 0, words: words.join(", "), data }
}

fn show(night: &Night, done: Option<&Synced>) {
    for step in &night.steps {
        out::data(&out::plain(&format!("{}: {}\n", step.name, step.words)));
    }
    if let Some(done) = done {
        proposals(false, done);
        notes(done);
    }
    match night.outcome.as_str() {
        "served" => out::note(&format!("the night of {} was served before", night.night)),
        "taken" => out::note("another nightly run is going on; this one does nothing"),
        "undecided" => out::note("hint: `vso pr show NUMBER` says how open conflicts are settled"),
        _ => {}
    }
    if night.missed > 0 && !matches!(night.outcome.as_str(), "served" | "taken") {
        out::note(&format!("made up for {} missed too", night.missed));
    }
}
