//! How one asks vso at a terminal: one file per command, each with its arguments, its help and its run together.
//!
//! Data goes to stdout, everything else to stderr, both through [`out`], the only file that prints.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::fault::Fault;

pub mod completions;
pub mod decompose;
pub mod demo;
pub mod doctor;
pub mod graph;
pub mod ids;
pub mod init;
pub mod items;
pub mod lint;
pub mod out;
pub mod status;
pub mod trace;

/// Keeps a system's design and its parts in step.
#[derive(Debug, Parser)]
#[command(name = "vso", version, propagate_version = true, max_term_width = 100)]
pub struct Cli {
    /// The project's root; by default the nearest folder upwards with a vso.toml, a master-spec.md or a .git
    #[arg(long, global = true, value_name = "DIR")]
    project_root: Option<PathBuf>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Items(items::Args),
    Lint(lint::Args),
    Ids(ids::Args),
    Init(init::Args),
    Decompose(decompose::Args),
    Graph(graph::Args),
    Trace(trace::Args),
    Status(status::Args),
    Demo(demo::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
}

/// What every command gets.
#[derive(Debug)]
pub struct Context {
    /// The project's root.
    pub root: PathBuf,
    /// Its settings.
    pub config: Config,
}

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit 0.
    Clean,
    /// Exit 1: the work was done and the answer is no.
    SaysNo,
}

/// Runs vso for this process's arguments and gives its exit code.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = error.exit_code();
            // A closed pipe is no error.
            let _ = error.print();
            return ExitCode::from(u8::try_from(code).unwrap_or(2));
        }
    };
    match run(cli) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::SaysNo) => ExitCode::from(1),
        Err(fault) => {
            out::fault(&fault);
            ExitCode::from(fault.kind().exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<Outcome, Fault> {
    let root = root(cli.project_root)?;
    let config = crate::config::load(&root)?;
    let context = Context { root, config };
    match &cli.command {
        Command::Items(args) => items::run(args, &context),
        Command::Lint(args) => lint::run(args, &context),
        Command::Ids(args) => ids::run(args, &context),
        Command::Init(args) => init::run(args, &context),
        Command::Decompose(args) => decompose::run(args, &context),
        Command::Graph(args) => graph::run(args, &context),
        Command::Trace(args) => trace::run(args, &context),
        Command::Status(args) => status::run(args, &context),
        Command::Demo(args) => demo::run(args, &context),
        Command::Doctor(args) => doctor::run(args, &context),
        Command::Completions(args) => completions::run(args, &context),
    }
}

/// The given root, else the nearest folder upwards that looks like a project, else the current folder.
fn root(given: Option<PathBuf>) -> Result<PathBuf, Fault> {
    if let Some(given) = given {
        return if given.is_dir() {
            Ok(given)
        } else {
            Err(Fault::usage(format!("{} is not a folder", given.display())).hint("--project-root takes a folder"))
        };
    }
    let here =
        std::env::current_dir().map_err(|error| Fault::unfinished("can't tell the current folder").because(&error))?;
    let marks = ["vso.toml", "master-spec.md", ".git"];
    let found = here.ancestors().find(|folder| marks.iter().any(|mark| folder.join(mark).exists()));
    Ok(found.map_or_else(|| here.clone(), PathBuf::from))
}
