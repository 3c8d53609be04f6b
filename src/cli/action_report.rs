//! `vso action-report`: what the Action says of a run to the runner. Hidden: action.yml calls it.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Outcome, out};
use crate::fault::Fault;
use crate::report::run::Run;

/// Write a run's outputs and summary for GitHub Actions
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What the run was
    #[arg(long, value_name = "COMMAND", default_value = "sync")]
    command: String,

    /// Where later steps find outputs
    #[arg(long, env = "GITHUB_OUTPUT", value_name = "FILE")]
    outputs: Option<PathBuf>,

    /// Where the step's summary goes
    #[arg(long, env = "GITHUB_STEP_SUMMARY", value_name = "FILE")]
    summary: Option<PathBuf>,

    /// What `--json` of that command printed
    #[arg(value_name = "FILE")]
    report: PathBuf,
}

/// Runs the command.
///
/// # Errors
/// When the report is none (exit 2) or a file can't be read or written (exit 3).
pub fn run(args: &Args) -> Result<Outcome, Fault> {
    let unread = |error: &dyn std::error::Error| {
        Fault::unfinished(format!("the report {} can't be read", args.report.display())).because(error)
    };
    let text = std::fs::read(&args.report).map_err(|error| unread(&error))?;
    let report = serde_json::from_slice(&text)
        .map_err(|error| Fault::usage(format!("{} is no report", args.report.display())).because(&error))?;
    let run = Run::of(&report);
    append(args.outputs.as_deref(), &run.outputs())?;
    append(args.summary.as_deref(), &run.summary(&args.command))?;
    out::data(&run.log());
    Ok(Outcome::Clean)
}

fn append(path: Option<&Path>, text: &str) -> Result<(), Fault> {
    let Some(path) = path.filter(|path| !path.as_os_str().is_empty()) else { return Ok(()) };
    let file = std::fs::OpenOptions::new().create(true).append(true).open(path);
    file.and_then(|mut file| file.write_all(text.as_bytes()))
        .map_err(|error| Fault::unfinished(format!("can't write {}", path.display())).because(&error))
}
