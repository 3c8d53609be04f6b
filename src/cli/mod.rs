//! How one asks vso at a terminal: one file per command, each with its arguments, its help and its run together.
//!
//! Data goes to stdout, everything else to stderr, both through [`out`], the only file that prints.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, Settings, Source};
use crate::fault::Fault;
use crate::worktree::{self, Recovered};

pub mod action_report;
pub mod app;
pub mod check;
pub mod comment;
pub mod completions;
pub mod decompose;
pub mod demo;
pub mod diff;
pub mod doctor;
pub mod graph;
pub mod hook;
pub mod ids;
pub mod init;
mod interrupt;
pub mod items;
pub mod lint;
pub mod logs;
pub mod merge_driver;
pub mod merge_file;
pub mod nightly;
pub mod out;
pub mod plan;
pub mod pr;
pub mod queue;
pub mod resolve;
pub mod serve;
pub mod status;
pub mod sync;
pub mod trace;

/// Keeps a system's design and its parts in step.
#[derive(Debug, Parser)]
#[command(name = "vso", version, propagate_version = true, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// The project's root; by default the nearest folder upwards with a vso.toml, a master-spec.md or a .git
    #[arg(long, global = true, value_name = "DIR")]
    project_root: Option<PathBuf>,

    /// Sets one key of vso.toml for this run, such as deploy.port=8000; can be repeated
    #[arg(long = "config", global = true, value_name = "KEY=VALUE", value_parser = setting)]
    settings: Vec<(String, String)>,

    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "\
Exit codes: 0 clean; 1 finished and says no (findings, files that differ); 2 the command line, the settings or the \
input can't be used; 3 could not finish (git, network, disk); 130 interrupted.

To begin: `vso demo` shows what vso does, `vso init` writes a master-spec.md to start from.";

#[derive(Debug, Subcommand)]
enum Command {
    Items(items::Args),
    Lint(lint::Args),
    Ids(ids::Args),
    Init(init::Args),
    Decompose(decompose::Args),
    Plan(plan::Args),
    Diff(diff::Args),
    Resolve(resolve::Args),
    Check(check::Args),
    Sync(sync::Args),
    Pr(pr::Args),
    Graph(graph::Args),
    Trace(trace::Args),
    Comment(comment::Args),
    Queue(queue::Args),
    Nightly(nightly::Args),
    Logs(logs::Args),
    Status(status::Args),
    Serve(serve::Args),
    App(app::Args),
    Hook(hook::Args),
    MergeFile(Box<merge_file::Args>),
    #[command(hide = true)]
    ActionReport(action_report::Args),
    #[command(hide = true)]
    MergeDriver(merge_driver::Args),
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
    /// Where each setting came from, by its key; one that is not here has its default.
    pub sources: BTreeMap<String, Source>,
}

/// A setting of the command line: the flag as typed, the key, the value.
type Flag = (&'static str, String, String);

/// How a command that did its work ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit 0.
    Clean,
    /// Exit 1: the work was done and the answer is no.
    SaysNo,
    /// Another code, where git or another program gives it a meaning.
    Code(u8),
}

/// Runs vso for this process's arguments and gives its exit code.
pub fn main() -> ExitCode {
    if let Some(code) = hook::started_as() {
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            let code = error.exit_code();
            // A closed pipe is no error.
            let _ = error.print();
            return ExitCode::from(u8::try_from(code).unwrap_or(2));
        }
    };
    match run(cli).and_then(|outcome| out::arrived().map(|()| outcome)) {
        Ok(Outcome::Clean) => ExitCode::SUCCESS,
        Ok(Outcome::SaysNo) => ExitCode::from(1),
        Ok(Outcome::Code(code)) => ExitCode::from(code),
        Err(fault) => {
            out::fault(&fault);
            ExitCode::from(fault.kind().exit_code())
        }
    }
}

fn run(cli: Cli) -> Result<Outcome, Fault> {
    let flags = cli.settings.into_iter().map(|(key, value)| ("--config", key, value)).collect::<Vec<Flag>>();
    let root = cli.project_root;
    match &cli.command {
        Command::Items(args) => items::run(args, &context(root, &flags)?),
        Command::Lint(args) => lint::run(args, &settled(root, &flags)?),
        Command::Ids(args) => ids::run(args, &settled(root, &flags)?),
        Command::Init(args) => init::run(args, root),
        Command::Decompose(args) => decompose::run(args, &settled(root, &[flags, args.flags()].concat())?),
        Command::Plan(args) => plan::run(args, &settled(root, &flags)?),
        Command::Diff(args) => diff::run(args, &settled(root, &flags)?),
        Command::Check(args) => check::run(args, root, &flags),
        Command::Resolve(args) => resolve::run(args, &settled(root, &flags)?),
        Command::Sync(args) => sync::run(args, &settled(root, &flags)?),
        Command::Pr(args) => pr::run(args, &settled(root, &flags)?),
        Command::Graph(args) => graph::run(args, &settled(root, &flags)?),
        Command::Trace(args) => trace::run(args, &settled(root, &flags)?),
        Command::Comment(args) => comment::run(args, &settled(root, &flags)?),
        Command::Queue(args) => queue::run(args, &context(root, &flags)?),
        Command::Nightly(args) => nightly::run(args, &settled(root, &flags)?),
        Command::Logs(args) => logs::run(args, &context(root, &flags)?),
        Command::Serve(args) => serve::run(args, &|| settled(root.clone(), &flags)),
        Command::App(args) => app::run(args),
        Command::Status(args) => status::run(args, &settled(root, &flags)?),
        Command::Hook(args) => hook::run(args, root, &flags),
        Command::MergeFile(args) => merge_file::run(args),
        Command::ActionReport(args) => action_report::run(args),
        Command::MergeDriver(args) => Ok(merge_driver::run(args)),
        Command::Demo(args) => demo::run(args),
        Command::Doctor(args) => doctor::run(args, &project_root(root)?, &flags),
        Command::Completions(args) => completions::run(args),
    }
}

/// Finds the project and reads its settings.
fn context(root: Option<PathBuf>, flags: &[Flag]) -> Result<Context, Fault> {
    let root = project_root(root)?;
    let Settings { config, sources } = crate::config::load(&root, flags)?;
    Ok(Context { root, config, sources })
}

/// The same for commands that look at slices: what a killed run left is finished or undone first.
fn settled(root: Option<PathBuf>, flags: &[Flag]) -> Result<Context, Fault> {
    let context = context(root, flags)?;
    match worktree::recover(&context.root, &waiting)? {
        Some(Recovered::Finished) => out::note("note: finished the writing of an earlier run that was interrupted"),
        Some(Recovered::Undone) => out::note("note: took back the writing of an earlier run that was interrupted"),
        None => {}
    }
    Ok(context)
}

fn waiting() {
    out::note("note: another vso is writing in this project; waiting for it");
}

fn setting(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE, such as deploy.port=8000")?;
    Ok((key.trim().to_owned(), value.to_owned()))
}

/// The given root, else the nearest folder upwards that looks like a project, else the current folder.
fn project_root(given: Option<PathBuf>) -> Result<PathBuf, Fault> {
    if let Some(given) = given {
        return if given.is_dir() {
            Ok(given)
        } else {
            Err(Fault::usage(format!("{} is not a folder", given.display())).hint("--project-root takes a folder"))
        };
    }
    let here = here()?;
    let marks = ["vso.toml", "master-spec.md", ".git"];
    let found = here.ancestors().find(|folder| marks.iter().any(|mark| folder.join(mark).exists()));
    Ok(found.map_or_else(|| here.clone(), PathBuf::from))
}

fn here() -> Result<PathBuf, Fault> {
    std::env::current_dir().map_err(|error| Fault::unfinished("can't tell the current folder").because(&error))
}
