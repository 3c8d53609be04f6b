//! `vso logs`: what vso wrote down about its work, also while it goes on.

use std::sync::atomic::Ordering;
use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

use super::{Context, Outcome, interrupt, out};
use crate::fault::Fault;
use crate::report::json::schema_of;
use crate::worktree::log::{Follow, Line, Log, last};

/// How often a follower looks.
const PAUSE: Duration = Duration::from_millis(100);

/// Show the logs of vso's work: all of them in the order of time, or one
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The logs are .slice-orchestrator/logs/NAME.log: decomposition, sync, deployment, orchestration, testing, nightly, hooks, \
queue. Times are UTC; credentials are hidden. Full files are set aside as NAME.log.1 to NAME.log.5.

Keys of --json, one object a line: at, log, level (info, warning or error), text.

Examples:
  vso logs nightly --lines 20
  vso logs --follow --json | jq -r 'select(.level == \"error\") | .text'")]
pub struct Args {
    /// The log; by default all of them
    #[arg(value_parser = log)]
    name: Option<Log>,

    /// Goes on with what is added, until Ctrl-C
    #[arg(long, short)]
    follow: bool,

    /// How many of the last lines
    #[arg(long, short = 'n', default_value_t = 50, value_name = "N")]
    lines: usize,

    /// Prints each line as a JSON object
    #[arg(long)]
    json: bool,

    /// Prints the JSON Schema of a line of --json
    #[arg(long)]
    schema: bool,
}

/// One line of `--json`.
#[derive(Debug, Serialize, JsonSchema)]
struct LineView<'a> {
    /// When, as RFC 3339 in UTC; empty for a line that is none of vso's.
    at: &'a str,
    /// The log's name.
    log: &'a str,
    /// `info`, `warning` or `error`.
    level: &'a str,
    /// What.
    text: &'a str,
}

/// Runs the command.
///
/// # Errors
/// When a log can't be read (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<LineView<'_>>());
        return Ok(Outcome::Clean);
    }
    let logs = args.name.map_or_else(|| Log::ALL.to_vec(), |log| vec![log]);
    let print = |log: Log, line: &Line| show(args, log, line);
    if !args.follow {
        let found = last(&context.root, &logs, args.lines)?;
        if found.is_empty() {
            out::note("nothing is logged");
        }
        found.iter().for_each(|(log, line)| print(*log, line));
        return Ok(Outcome::Clean);
    }
    let stop = interrupt::listen();
    // Begun before the last lines are read: a line that comes between is shown twice rather than never.
    let mut follow = Follow::from_end(&context.root, &logs)?;
    last(&context.root, &logs, args.lines)?.iter().for_each(|(log, line)| print(*log, line));
    while !stop.load(Ordering::Relaxed) && !out::is_closed() {
        let more = follow.more()?;
        more.iter().for_each(|(log, line)| print(*log, line));
        if more.is_empty() {
            std::thread::sleep(PAUSE);
        }
    }
    Ok(Outcome::Clean)
}

fn show(args: &Args, log: Log, line: &Line) {
    let Line { at, level, text } = line;
    if args.json {
        let view = LineView { at, log: log.name(), level, text };
        out::exact(format!("{}\n", serde_json::json!(view)).as_bytes());
    } else if args.name.is_some() {
        out::data(&out::plain(&format!("{at} {level} {text}\n")));
    } else {
        out::data(&out::plain(&format!("{at} {} {level} {text}\n", log.name())));
    }
}

fn log(text: &str) -> Result<Log, String> {
    let names = Log::ALL.map(Log::name).join(", ");
    Log::of(text).ok_or_else(|| format!("expected one of {names}"))
}
