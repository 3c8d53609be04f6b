//! `vso hook`: git's hooks, put in, looked at, taken out and run. Also how a link named `post-commit` is started.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::{Context, Flag, Outcome, out};
use crate::fault::Fault;
use crate::hooks::install::{self, Project, Report, Row, State};
use crate::hooks::{self, Hook};
use crate::report::json::schema_of;
use crate::report::slices::columns;
use crate::worktree::shown;

/// Put vso into git's hooks: what a commit touches is said and queued, and a push is looked at first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
post-commit, post-merge and post-rewrite say which slices were touched and queue a sync; they never fail anything. \
pre-push lints what is pushed and looks for unsettled conflicts; pre-commit (only when asked for) lints what is staged. \
Only errors stop a push or a commit. VSO_SKIP=1 leaves vso out; in CI (CI is set) it stays out unless VSO_HOOKS=1.

Hooks that stand there keep running, and run first. Where husky, lefthook, pre-commit or another tool manages the hooks, \
or core.hooksPath leads out of the repository, the lines to add are printed and nothing is edited (exit 1).

Examples:
  vso hook install
  vso hook install --pre-commit
  vso hook status --json | jq -r '.hooks[] | [.name, .state] | @tsv'
  vso hook uninstall")]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, clap::Subcommand)]
enum What {
    /// Put the hooks and the merge driver in; a second time changes nothing
    #[command(after_help = "Example:\n  vso hook install post-commit pre-push")]
    Install {
        /// The hooks [default: post-commit pre-push post-merge post-rewrite]
        #[arg(value_parser = hook, value_name = "HOOK")]
        hooks: Vec<Hook>,
        /// The pre-commit hook too
        #[arg(long)]
        pre_commit: bool,
        /// Scripts instead of links to this program
        #[arg(long)]
        scripts: bool,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
    /// Take them out again; everything is then as it was
    #[command(after_help = "Example:\n  vso hook uninstall")]
    Uninstall {},
    /// Say how they stand; exits with 1 unless all usual ones run
    #[command(after_help = "Example:\n  vso hook status --json")]
    Status {
        /// Print it as JSON
        #[arg(long)]
        json: bool,
        /// Print the JSON Schema of --json
        #[arg(long)]
        schema: bool,
    },
    /// Run one, as git does
    #[command(after_help = "Example:\n  vso hook run post-commit")]
    Run {
        /// Its name
        #[arg(value_parser = hook, value_name = "HOOK")]
        hook: Hook,
        /// What git gives to it
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, value_name = "ARGUMENT")]
        arguments: Vec<OsString>,
    },
}

/// Runs the hook that this process was started as: through a link of that name, or by `vso hook run NAME`. None when it
/// was started as anything else.
///
/// This comes before the command line is parsed: git waits for it at every commit.
#[must_use]
pub fn started_as() -> Option<ExitCode> {
    let mut arguments = std::env::args_os();
    let program = PathBuf::from(arguments.next()?);
    if let Some(hook) = Path::file_name(&program).and_then(OsStr::to_str).and_then(Hook::of) {
        return Some(run_hook(hook, &arguments.collect::<Vec<_>>()));
    }
    let rest: Vec<OsString> = arguments.collect();
    match rest.as_slice() {
        [one, two, name, rest @ ..] if one == "hook" && two == "run" => {
            name.to_str().and_then(Hook::of).map(|hook| run_hook(hook, rest))
        }
        _ => None,
    }
}

fn run_hook(hook: Hook, arguments: &[OsString]) -> ExitCode {
    let said = hooks::run(hook, arguments);
    for line in &said.lines {
        out::note(&out::plain(line));
    }
    if said.stops { ExitCode::from(1) } else { ExitCode::SUCCESS }
}

/// Runs the command.
///
/// # Errors
/// When there is no repository (exit 2), or git or the disk fails (exit 3).
pub fn run(args: &Args, root: Option<PathBuf>, flags: &[Flag]) -> Result<Outcome, Fault> {
    match &args.what {
        What::Install { hooks, pre_commit, scripts, json } => {
            let context = super::context(root, flags)?;
            let mut wanted = if hooks.is_empty() { Hook::USUAL.to_vec() } else { hooks.clone() };
            wanted.extend(pre_commit.then_some(Hook::PreCommit));
            wanted.sort_unstable();
            wanted.dedup();
            install(&context, &wanted, *scripts, *json)
        }
        What::Uninstall {} => uninstall(&super::project_root(root)?),
        What::Status { schema: true, .. } => {
            out::json(&schema_of::<Report>());
            Ok(Outcome::Clean)
        }
        What::Status { json, .. } => status(&super::project_root(root)?, *json),
        // The short way, before the command line is parsed, comes here only with settings between the words.
        What::Run { hook, arguments } => {
            let said = hooks::run(*hook, arguments);
            said.lines.iter().for_each(|line| out::note(&out::plain(line)));
            Ok(if said.stops { Outcome::SaysNo } else { Outcome::Clean })
        }
    }
}

fn install(context: &Context, wanted: &[Hook], scripts: bool, json: bool) -> Result<Outcome, Fault> {
    let place = install::place(&context.root)?;
    let settings = &context.config.project;
    let project = Project { master: settings.master.clone(), slices: settings.slices.clone() };
    let report = install::install(&place, wanted, &project, scripts)?;
    show(&report, json);
    if !json && report.hooks.iter().any(|row| row.state == State::Linked || row.state == State::Shim) {
        out::note(
            "\nnote: merges of slices and the master go through vso here too; `vso hook uninstall` undoes all this",
        );
    }
    let runs = report.hooks.iter().all(|row| row.state.runs());
    Ok(if runs { Outcome::Clean } else { Outcome::SaysNo })
}

fn status(root: &Path, json: bool) -> Result<Outcome, Fault> {
    let place = install::place(root)?;
    let report = install::report(&place, Hook::ALL)?;
    show(&report, json);
    let usual = |row: &&Row| Hook::of(&row.name).is_some_and(|hook| Hook::USUAL.contains(&hook));
    let runs = report.hooks.iter().filter(usual).all(|row| row.state.runs());
    if !runs && !json {
        out::note("\nhint: `vso hook install` puts in what is missing");
    }
    Ok(if runs && report.merge_driver && report.attributes { Outcome::Clean } else { Outcome::SaysNo })
}

fn uninstall(root: &Path) -> Result<Outcome, Fault> {
    let place = install::place(root)?;
    let left = install::uninstall(&place)?;
    for row in &left {
        out::note(&out::plain(&format!("{} still runs vso {}: take that line out", row.name, row.detail)));
    }
    if left.is_empty() {
        out::note(&format!("no hook in {} runs vso", out::plain(&shown(&place.folder))));
    }
    Ok(if left.is_empty() { Outcome::Clean } else { Outcome::SaysNo })
}

fn show(report: &Report, json: bool) {
    if json {
        return out::json(report);
    }
    let yes = |there: bool| if there { "registered" } else { "absent" }.to_owned();
    let mut rows: Vec<Vec<String>> = report.hooks.iter().map(cells).collect();
    let files = if report.attributes { "the slices and the master are merged item by item" } else { "" };
    rows.push(vec!["merge driver".to_owned(), yes(report.merge_driver && report.attributes), files.to_owned()]);
    out::data(&out::plain(&columns(&rows)));
    for (row, add) in report.hooks.iter().filter_map(|row| Some((row, row.add.as_ref()?))) {
        let lines = add.lines.lines().map(|line| format!("    {line}\n")).collect::<String>();
        out::data(&out::plain(&format!("\n{}: add to {}:\n{lines}", row.name, add.to)));
    }
}

fn cells(row: &Row) -> Vec<String> {
    vec![row.name.clone(), row.state.word().to_owned(), row.detail.clone()]
}

fn hook(name: &str) -> Result<Hook, String> {
    let known = || Hook::ALL.iter().map(|hook| hook.name()).collect::<Vec<_>>().join(", ");
    Hook::of(name).ok_or_else(|| format!("vso has nothing to do in {name:?}; it knows {}", known()))
}
