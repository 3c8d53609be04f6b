//! `vso app`: the GitHub App that a server speaks as. One file per subcommand.

use super::{Outcome, out};
use crate::fault::Fault;

mod create;
mod doctor;

/// Make the GitHub App that `vso serve --settings` speaks as, and see whether it fits
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The App is the organisation's own: it is made on GitHub from a manifest with the least permissions, and its secrets never \
leave this machine.

Examples:
  vso app create --org acme --url https://vso.example.org --dir /etc/vso
  vso app doctor --dir /etc/vso")]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, clap::Subcommand)]
enum Command {
    Create(create::Args),
    Doctor(doctor::Args),
}

/// Runs the command.
///
/// # Errors
/// Those of the subcommand.
pub fn run(args: &Args) -> Result<Outcome, Fault> {
    match &args.command {
        Command::Create(args) => create::run(args),
        Command::Doctor(args) => doctor::run(args),
    }
}
