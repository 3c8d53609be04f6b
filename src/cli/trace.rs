//! `vso trace`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Context, Outcome, out};
use crate::fault::Fault;
use crate::report::json::schema_of;
use crate::report::trace::{Run, TestFiles, Trace, csv, html, junit, markdown};
use crate::slicing::{Refinements, Slicing};
use crate::sync::{self, Master};
use crate::worktree;

/// Follows each requirement to its slice, criterion and tests; what nobody covers comes first
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  vso trace\n  vso trace --format html > trace.html\n  vso trace --junit results.xml --strict"
)]
pub struct Args {
    /// The notation
    #[arg(long, value_enum, default_value_t = Format::Md)]
    format: Format,

    /// Test results to read in (JUnit XML, as `pytest --junit-xml=FILE` writes them)
    #[arg(long, value_name = "FILE", num_args = 1..)]
    junit: Vec<PathBuf>,

    /// Exits with 1 when something is not covered or a test failed
    #[arg(long)]
    strict: bool,

    /// Prints the JSON schema of `--format json` and reads nothing
    #[arg(long)]
    schema: bool,
}

/// How the trace is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// Markdown tables
    Md,
    /// For spreadsheets
    Csv,
    /// For scripts
    Json,
    /// A page that any browser shows
    Html,
}

/// Runs the command.
///
/// # Errors
/// When the master can't be read or cut (exit 1 or 2), or records, tests or results can't be read (exit 2 or 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Trace>());
        return Ok(Outcome::Clean);
    }
    let master = Master::read(&context.root, &context.config)?;
    let registry = sync::registry(&context.root, &context.config)?;
    let slicing = master.slicing(&registry, &context.config, Refinements::default())?;
    let files = test_files(&context.root.join(&context.config.project.slices), &slicing)?;
    let mut runs = Vec::new();
    for path in &args.junit {
        runs.extend(results(path)?);
    }
    let trace = Trace::of(&slicing, &master.reading, &files, &runs);
    match args.format {
        Format::Md => out::data(&markdown::render(&trace)),
        Format::Csv => out::data(&csv::render(&trace)),
        Format::Json => out::json(&trace),
        Format::Html => {
            let page = html::render(&trace);
            out::data(&page.map_err(|error| Fault::unfinished("the page can't be rendered").because(&error))?);
        }
    }
    let says_no = args.strict && (trace.counts.gaps > 0 || trace.counts.failed > 0);
    Ok(if says_no { Outcome::SaysNo } else { Outcome::Clean })
}

/// The Python files below each slice's `tests/`, with `/` in their paths.
fn test_files(slices: &Path, slicing: &Slicing) -> Result<BTreeMap<String, TestFiles>, Fault> {
    let mut found = BTreeMap::new();
    for slice in &slicing.slices {
        let folder = slices.join(&slice.id);
        if !folder.join("tests").is_dir() {
            continue;
        }
        let mut files = TestFiles::default();
        for path in worktree::files_below(&folder.join("tests"))? {
            if path.ends_with(".py") {
                files.files.push((format!("tests/{path}"), worktree::read_text(&folder.join("tests").join(&path))?));
            }
        }
        found.insert(slice.id.clone(), files);
    }
    Ok(found)
}

fn results(path: &Path) -> Result<Vec<Run>, Fault> {
    let text = worktree::read_text(path)?;
    junit::read(&path.to_string_lossy(), &text).map_err(|error| {
        let shown = worktree::shown(path);
        Fault::usage(format!("{shown} holds no test results"))
            .because(&error)
            .hint("`pytest --junit-xml=FILE` writes the format that vso reads")
    })
}
