//! `vso completions`: tab completion for a shell.

use clap::CommandFactory;

use super::{Outcome, out};
use crate::fault::Fault;

/// Print tab completion for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "Example:\n  vso completions bash > ~/.local/share/bash-completion/completions/vso")]
pub struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: clap_complete::Shell,
}

/// Runs the command.
///
/// # Errors
/// None.
pub fn run(args: &Args) -> Result<Outcome, Fault> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut super::Cli::command(), "vso", &mut script);
    out::data(&String::from_utf8_lossy(&script));
    Ok(Outcome::Clean)
}
