//! `vso status`: the slices, and how they stand to the master.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Context, Outcome, out};
use crate::fault::Fault;
use crate::report::finding::counted;
use crate::report::json::schema_of;
use crate::report::slices::{SliceView, columns};
use crate::sync::plan::{Planned, target};
use crate::sync::status::{Status, Step, status};
use crate::sync::work::state::State;

/// Show the slices with version, status and platform, and whether they are in step with the master
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each slice is in-step, new (not written yet), stale (the master, a template or a setting changed since), edited (people \
changed its files) or retired (the master no longer makes it). Exits with 1 unless all are in step or edited.

Keys of --json: format, title, master_version, slices (as in `vso decompose --json`, with step and differs), retired, \
version, master_spec, deployments, conflicts, nightly_last_run, last_updated, queue.

--write-state writes .slice-orchestrator/state.json for programs that read that file. It is a view: vso never reads it.

Examples:
  vso status --json | jq -r '.slices[] | select(.step == \"stale\") | .id'
  vso status --write-state && jq .nightly_last_run .slice-orchestrator/state.json")]
pub struct Args {
    /// Print it as JSON
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,

    /// Write .slice-orchestrator/state.json too
    #[arg(long)]
    write_state: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this format: 1.
    pub format: u32,
    /// The system's name.
    pub title: String,
    /// The master's version.
    pub master_version: String,
    /// The slices, dependencies first.
    pub slices: Vec<SliceStatus>,
    /// Slices on disk that the master no longer makes, by id.
    pub retired: Vec<String>,
    /// What else is known of the project.
    #[serde(flatten)]
    pub state: State,
}

/// One slice and how it stands.
#[derive(Debug, Serialize, JsonSchema)]
pub struct SliceStatus {
    /// What is said of it.
    #[serde(flatten)]
    pub slice: SliceView,
    /// `in-step`, `new`, `stale` or `edited`.
    pub step: String,
    /// Files that differ from what the master makes, or are missing.
    pub differs: Vec<String>,
}

/// Runs the command.
///
/// # Errors
/// When slices can't be made from the master (exit 1 or 2), or the disk fails (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Report>());
        return Ok(Outcome::Clean);
    }
    let found = status(&context.root, &context.config)?;
    if !args.json && !args.write_state {
        show(&found);
        return Ok(ended(&found));
    }
    let state = State::of(&context.root, &context.config, &found, conflicts(context))?;
    if args.write_state {
        state.write(&context.root, &context.config, &found, &super::waiting)?;
    }
    if args.json {
        out::json(&report(&found, state));
    } else {
        show(&found);
    }
    Ok(ended(&found))
}

fn ended(found: &Status) -> Outcome {
    let behind = found.steps.iter().any(|(step, _)| matches!(step, Step::New | Step::Stale));
    if behind || !found.survey.retired.is_empty() { Outcome::SaysNo } else { Outcome::Clean }
}

/// Slices with a conflict in what is committed; none, with a note, where that can't be told.
fn conflicts(context: &Context) -> Vec<String> {
    let planned = target(&context.root, &context.config)
        .and_then(|(repo, branch, commit)| Planned::make(&repo, &context.config, commit, &branch));
    match planned {
        Ok(planned) => {
            let slices = planned.view.slices.into_iter().filter(|slice| !slice.conflicts.is_empty());
            slices.map(|slice| slice.id).collect()
        }
        Err(fault) => {
            out::note(&out::plain(&format!("note: conflicts are not known: {}", fault.message())));
            Vec::new()
        }
    }
}

fn show(found: &Status) {
    let slicing = &found.survey.slicing;
    out::data(&out::plain(&format!("{} {}\n\n", slicing.title, slicing.master_version)));
    let mut rows = Vec::new();
    for (slice, (step, differs)) in slicing.slices.iter().zip(&found.steps) {
        let view = SliceView::of(slice);
        let stands = match step {
            Step::Stale | Step::Edited => format!("{} ({})", step.word(), counted(differs.len(), "file")),
            _ => step.word().to_owned(),
        };
        rows.push(vec![view.id, view.version, view.status, view.platform, view.counts.words(), stands]);
    }
    rows.extend(found.retired().map(|id| {
        let blank = String::new;
        vec![id.to_owned(), blank(), blank(), blank(), blank(), Step::Retired.word().to_owned()]
    }));
    out::data(&columns(&rows));
    let count = |wanted| found.steps.iter().filter(|(step, _)| *step == wanted).count();
    if count(Step::New) + count(Step::Stale) > 0 {
        out::note("\nhint: `vso decompose --dry-run` shows what it would write");
    }
}

fn report(found: &Status, state: State) -> Report {
    let slicing = &found.survey.slicing;
    let slices = slicing.slices.iter().zip(&found.steps).map(|(slice, (step, differs))| SliceStatus {
        slice: SliceView::of(slice),
        step: step.word().to_owned(),
        differs: differs.clone(),
    });
    Report {
        format: 1,
        title: slicing.title.clone(),
        master_version: slicing.master_version.clone(),
        slices: slices.collect(),
        retired: found.retired().map(str::to_owned).collect(),
        state,
    }
}
