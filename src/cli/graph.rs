//! `vso graph`.

use super::{Context, Outcome, out};
use crate::fault::Fault;
use crate::report::graph::Graph;
use crate::report::json::schema_of;
use crate::slicing::Refinements;
use crate::sync::{self, Master};

/// Shows which slice needs which, as a picture or as text for other programs; what is needed comes first
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  vso graph --format mermaid\n  vso graph --format svg > slices.svg")]
pub struct Args {
    /// The notation
    #[arg(long, value_enum, default_value_t = Format::Mermaid)]
    format: Format,

    /// Prints the JSON schema of `--format json` and reads nothing
    #[arg(long)]
    schema: bool,
}

/// How the graph is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// For Markdown on forges and in wikis
    Mermaid,
    /// For Graphviz
    Dot,
    /// For scripts
    Json,
    /// A drawing that any browser shows
    Svg,
}

/// Runs the command.
///
/// # Errors
/// When the master can't be read or cut (exit 1 or 2), or the slices' records can't be read (exit 2).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Graph>());
        return Ok(Outcome::Clean);
    }
    let master = Master::read(&context.root, &context.config)?;
    let registry = sync::registry(&context.root, &context.config)?;
    let slicing = master.slicing(&registry, &context.config, Refinements::default())?;
    let graph = Graph::of(&slicing);
    match args.format {
        Format::Mermaid => out::data(&graph.mermaid()),
        Format::Dot => out::data(&graph.dot()),
        Format::Json => out::json(&graph),
        Format::Svg => {
            let drawn = graph.svg();
            out::data(&drawn.map_err(|error| Fault::unfinished("the graph can't be drawn").because(&error))?);
        }
    }
    Ok(Outcome::Clean)
}
