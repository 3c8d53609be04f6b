//! `vso init`: a project to begin with.

use std::path::PathBuf;

use super::{Outcome, out};
use crate::fault::Fault;
use crate::sync::start::{Started, start};
use crate::worktree::shown;

/// Write a master-spec.md to learn from, a vso.toml, and entries for .gitignore; overwrites nothing
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Works in the current folder, or in the one that --project-root names.

Example:
  mkdir my-system && cd my-system && vso init && vso decompose")]
pub struct Args {}

/// Runs the command.
///
/// # Errors
/// When the files can't be written (exit 3).
pub fn run(_args: &Args, root: Option<PathBuf>) -> Result<Outcome, Fault> {
    let root = match root {
        Some(root) => super::project_root(Some(root))?,
        None => super::here()?,
    };
    let done = start(&root, &super::waiting)?;
    for (path, how) in &done {
        let words = match how {
            Started::Written => "wrote",
            Started::Extended => "added lines to",
            Started::Kept => "kept",
        };
        out::note(&format!("{words} {}", shown(&root.join(path))));
    }
    if done.iter().any(|(_, how)| *how == Started::Written) {
        out::note("\nnext: read master-spec.md, then run `vso items`, `vso lint` and `vso decompose`");
    }
    Ok(Outcome::Clean)
}
