//! `vso pr`: the proposals, one file per subcommand.

use super::{Context, Outcome, out};
use crate::fault::Fault;

mod act;
mod diff;
mod list;
mod merge;
mod regenerate;
mod settle;
mod show;
pub mod view;

/// See, merge, close and reopen the proposals that `vso sync` makes
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A proposal is a branch and a line in the repository's own refs/vso/proposals: no account is needed, and git alone can read, \
edit and merge it. It is named by its number (3), its slice (slice-001-auth), its branch, `master` or `all`.

Examples:
  vso pr list
  vso pr show slice-001-auth
  vso pr merge 3 --squash")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    List(list::Args),
    Show(show::Args),
    Diff(diff::Args),
    Merge(merge::Args),
    Settle(settle::Args),
    Regenerate(regenerate::Args),
    Close(act::CloseArgs),
    Reopen(act::ReopenArgs),
    Ready(act::ReadyArgs),
}

/// Runs the command.
///
/// # Errors
/// When there is no such proposal (exit 2), it can't be done now (exit 1), or git fails (exit 3).
pub fn run(args: &Args, context: &Context) -> Result<Outcome, Fault> {
    match &args.command {
        Command::List(args) => list::run(args, context),
        Command::Show(args) => show::run(args, context),
        Command::Diff(args) => diff::run(args, context),
        Command::Merge(args) => merge::run(args, context),
        Command::Settle(args) => settle::run(args, context),
        Command::Regenerate(args) => regenerate::run(args, context),
        Command::Close(args) => act::close(args, context),
        Command::Reopen(args) => act::reopen(args, context),
        Command::Ready(args) => act::ready(args, context),
    }
}

fn notes(notes: &[String]) {
    for note in notes {
        out::note(&out::plain(&format!("note: {note}")));
    }
}
