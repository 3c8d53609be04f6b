//! `vso ids`.

use std::path::PathBuf;

use super::{Context, Outcome, out};
use crate::fault::Fault;
use crate::report::ids::IdsReport;
use crate::sync::ids::ids;

/// Shows the ids of requirements that the text gives none, and writes ids into the text
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Without an id in the text, vso derives one from a requirement's first-seen words and keeps it over rewording. With \
--write the text itself gets ids: in the author's own scheme (letters, digits, marks), never a number that was used \
before; every other byte stays.

Examples:
  vso ids
  vso ids --write")]
pub struct Args {
    /// The Markdown file [default: the project's master]
    file: Option<PathBuf>,
    /// Writes ids into the text for requirements that have none
    #[arg(long)]
    write: bool,
    /// Prints JSON instead of a table
    #[arg(long)]
    json: bool,
    /// Prints the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

/// Runs the command.
///
/// # Errors
/// When the file can't be read (exit 2) or written (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::data(&IdsReport::schema());
        return Ok(Outcome::Clean);
    }
    let path = args.file.clone().unwrap_or_else(|| context.root.join(&context.config.project.master));
    let report = ids(&context.root, &context.config, &path, args.write)?;
    out::data(&if args.json { report.json() } else { report.human() });
    Ok(Outcome::Clean)
}
