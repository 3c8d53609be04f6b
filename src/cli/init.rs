//! `vso init`: a project to begin with, and how its nightly run is started.

use std::path::{Path, PathBuf};

use super::{Outcome, out};
use crate::fault::Fault;
use crate::sync::start::{Started, start};
use crate::sync::work::schedule::{self, WORKFLOW_PATH};
use crate::worktree::shown;

/// Write a master-spec.md to learn from, a vso.toml, and entries for .gitignore; overwrites nothing
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Works in the current folder, or in the one that --project-root names.

--schedule sets up `vso nightly` at 02:00 and writes nothing else: cron prints the lines of a crontab; systemd writes a \
service and a timer into .slice-orchestrator/schedule/ and prints the commands that enable them; github writes \
.github/workflows/vso-nightly.yml, which installs this version of vso on the runner.

Examples:
  mkdir my-system && cd my-system && vso init && vso decompose
  (crontab -l; vso init --schedule cron) | crontab -")]
pub struct Args {
    /// Set up the nightly run instead
    #[arg(long, value_name = "HOW")]
    schedule: Option<Schedule>,
}

/// What starts the nightly run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Schedule {
    /// A crontab
    Cron,
    /// A systemd timer of the user
    Systemd,
    /// A GitHub workflow
    Github,
}

/// Runs the command.
///
/// # Errors
/// When the files can't be written (exit 3).
pub fn run(args: &Args, root: Option<PathBuf>) -> Result<Outcome, Fault> {
    let root = match (root, args.schedule) {
        (None, None) => super::here()?,
        (root, _) => super::project_root(root)?,
    };
    match args.schedule {
        Some(how) => scheduled(how, &root),
        None => started(&root),
    }
}

fn started(root: &Path) -> Result<Outcome, Fault> {
    let done = start(root, &super::waiting)?;
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

fn scheduled(how: Schedule, root: &Path) -> Result<Outcome, Fault> {
    let unknown = |error: &std::io::Error| Fault::unfinished("can't tell where the project or vso lies").because(error);
    let root = root.canonicalize().map_err(|error| unknown(&error))?;
    let command = std::env::current_exe().map_err(|error| unknown(&error))?;
    match how {
        Schedule::Cron => {
            out::data(&out::plain(&schedule::crontab(&root, &command)?));
            out::note("\nnext: add these lines with `crontab -e`");
        }
        Schedule::Systemd => {
            let written = schedule::write_units(&root, &command, &super::waiting)?;
            written.iter().for_each(|path| out::note(&format!("wrote {}", shown(&root.join(path)))));
            out::note("\nnext: these commands enable the timer");
            let paths: Vec<String> = written
                .iter()
                .map(|path| format!("'{}'", root.join(path).display().to_string().replace('\'', r"'\''")))
                .collect();
            out::data(&out::plain(&format!(
                "systemctl --user link {}\nsystemctl --user enable --now vso-nightly.timer\n",
                paths.join(" ")
            )));
        }
        Schedule::Github => {
            let path = shown(&root.join(WORKFLOW_PATH));
            if schedule::write_workflow(&root, &super::waiting)? {
                out::note(&format!("wrote {path}\n\nnext: read it, commit it and push it"));
            } else {
                out::note(&format!("kept {path}"));
            }
        }
    }
    Ok(Outcome::Clean)
}
