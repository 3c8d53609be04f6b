//! `vso doctor`: is everything there, and where does each setting come from.

use std::path::Path;

use super::{Flag, Outcome, out};
use crate::fault::Fault;
use crate::report::json::schema_of;
use crate::report::slices::columns;
use crate::sync::doctor::{Check, Diagnosis, Verdict, diagnose};

/// Check the tools, the repository, the settings and the master, and say what to do
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each line is ok, warn (something optional is missing) or fail. Exits with 1 when a line is fail. Settings that are not \
the default are listed with where they come from; --json lists all.

Examples:
  vso doctor
  vso doctor --json | jq -r '.settings[] | [.key, .value, .source] | @tsv'")]
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
/// None: what is wrong is in the answer.
pub fn run(args: &Args, root: &Path, flags: &[Flag]) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Diagnosis>());
        return Ok(Outcome::Clean);
    }
    let diagnosis = diagnose(root, flags);
    if args.json {
        out::json(&diagnosis);
    } else {
        out::data(&shown(&diagnosis));
    }
    let failed = diagnosis.checks.iter().any(|check| check.verdict == Verdict::Fail);
    Ok(if failed { Outcome::SaysNo } else { Outcome::Clean })
}

fn shown(diagnosis: &Diagnosis) -> String {
    let width = diagnosis.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
    let mut text: String = diagnosis.checks.iter().map(|check| line(check, width)).collect();
    let own = diagnosis.settings.iter().filter(|row| row.source != "default");
    let rows: Vec<_> = own.map(|row| vec![format!("  {}", row.key), row.value.clone(), row.source.clone()]).collect();
    if !rows.is_empty() {
        text.push_str("\nsettings that are not the default:\n");
        text.push_str(&out::plain(&columns(&rows)));
    }
    text
}

/// One check as people read it; `width` is that of the widest name.
pub(super) fn line(check: &Check, width: usize) -> String {
    let (word, colour) = match check.verdict {
        Verdict::Ok => ("ok  ", "\u{1b}[32m"),
        Verdict::Warn => ("warn", "\u{1b}[33m"),
        Verdict::Fail => ("fail", "\u{1b}[1;31m"),
    };
    let indent = " ".repeat(width + 8);
    let message = out::plain(&check.message).replace('\n', &format!("\n{indent}"));
    let hint = check.hint.as_ref().map(|hint| format!("{indent}→ {}\n", out::plain(hint))).unwrap_or_default();
    format!("{colour}{word}\u{1b}[0m  {:width$}  {message}\n{hint}", check.name)
}
