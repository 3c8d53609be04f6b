//! `vso items`.

use std::path::PathBuf;

use super::{Context, Outcome, out};
use crate::fault::Fault;
use crate::report::items::{self, ItemsReport};
use crate::spec::document::Document;
use crate::spec::read;
use crate::worktree;

/// Shows what vso understands of a specification: each item with its line and how it was found, and what was not read
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  vso items\n  vso items docs/design.md --json | jq '.endpoints[].path'")]
pub struct Args {
    /// The Markdown file; by default the project's master specification
    file: Option<PathBuf>,

    /// Prints JSON instead of a table
    #[arg(long, conflicts_with = "echo")]
    json: bool,

    /// Prints the document back from the parts that it was read into, byte for byte
    #[arg(long)]
    echo: bool,

    /// Prints the JSON schema of `--json` and reads nothing
    #[arg(long, conflicts_with_all = ["echo", "json", "file"])]
    schema: bool,
}

/// Runs the command.
///
/// # Errors
/// When the file can't be read or is no document (exit 2).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::data(&ItemsReport::schema());
        return Ok(Outcome::Clean);
    }
    let path = args.file.clone().unwrap_or_else(|| context.root.join(&context.config.project.master));
    let text = worktree::read_text(&path)?;
    let shown = worktree::shown(&path);
    let document = Document::parse(text).map_err(|error| {
        Fault::usage(format!("can't read {shown}")).because(&error).hint("split the document, or flatten its nesting")
    })?;
    if args.echo {
        out::exact(document.echo().as_bytes());
        return Ok(Outcome::Clean);
    }
    let report = ItemsReport::new(&shown.replace('\\', "/"), read::read(&document));
    if args.json {
        out::data(&report.json());
    } else {
        out::data(&items::human(&report));
    }
    Ok(Outcome::Clean)
}
