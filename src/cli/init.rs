//! `vso init`: a project to begin with, and how its nightly run is started.

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::{Outcome, out};
use crate::config;
use crate::fault::Fault;
use crate::git::Repo;
use crate::sync::start::{Started, start};
use crate::sync::work::schedule;
use crate::sync::work::workflows::{NIGHTLY, Pinned};
use crate::worktree::shown;

/// Write a master-spec.md to learn from, a vso.toml, and entries for .gitignore; overwrites nothing
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Works in the current folder, or in the one that --project-root names.

--github writes .github/workflows/vso-sync.yml (after each push), vso-check.yml (on each pull request, forks too), \
vso-comment.yml (answers `/vso` in comments) and vso-nightly.yml, and nothing else. They use the action at an exact commit \
and a binary of an exact sum. A vso from a release knows both; any other is told by --action and --sha256.

--schedule sets up `vso nightly` at 02:00 and writes nothing else: cron prints the lines of a crontab; systemd writes a \
service and a timer into .slice-orchestrator/schedule/ and prints the commands that enable them; github writes \
.github/workflows/vso-nightly.yml alone.

Examples:
  mkdir my-system && cd my-system && vso init && vso decompose
  vso init --github
  (crontab -l; vso init --schedule cron) | crontab -")]
pub struct Args {
    /// Set up the nightly run instead
    #[arg(long, value_name = "HOW", conflicts_with = "github")]
    schedule: Option<Schedule>,

    /// Write the workflows for GitHub instead
    #[arg(long)]
    github: bool,

    /// The action that workflows use, at an exact commit
    #[arg(long, value_name = "OWNER/NAME@COMMIT")]
    action: Option<String>,

    /// The sum of the release's binary for Linux on x86-64, on which the workflows run
    #[arg(long, value_name = "SUM")]
    sha256: Option<String>,
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
    let root = match (root, args.schedule, args.github) {
        (None, None, false) => super::here()?,
        (root, ..) => super::project_root(root)?,
    };
    match args.schedule {
        Some(Schedule::Github) => workflows(args, &root, Some(NIGHTLY)),
        Some(how) => scheduled(how, &root),
        None if args.github => workflows(args, &root, None),
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
        // Written with the other workflows.
        Schedule::Github => {}
    }
    Ok(Outcome::Clean)
}

/// Where a vso of a release comes from: `OWNER/NAME@COMMIT`. The release workflow sets it.
const RELEASED: Option<&str> = option_env!("VSO_ACTION");

/// Writes the workflows, all of them or one.
fn workflows(args: &Args, root: &Path, only: Option<&str>) -> Result<Outcome, Fault> {
    let unknown = |what: &str, how: &str| {
        Fault::usage(format!("this vso is of no release, so it does not know {what}")).hint(how.to_owned())
    };
    let action = args.action.as_deref().or(RELEASED);
    let action = action.ok_or_else(|| unknown("its action", "name it: --action OWNER/vso@COMMIT"))?;
    let sum = args.sha256.clone().map_or_else(own_sum, |given| Ok(Some(given)))?;
    let hint = "name it: --sha256 SUM, of vso-x86_64-unknown-linux-musl in the release's SHA256SUMS";
    let sum = sum.ok_or_else(|| unknown("the sum of the release for Linux", hint))?;
    let repo = Repo::at(root)?;
    if let Some(repo) = repo.as_ref().filter(|repo| !repo.prefix().is_empty()) {
        return Err(Fault::usage(format!("{} is not the repository's root, where workflows belong", shown(root)))
            .hint(format!("write them from there and add `working-directory: {}`", repo.prefix())));
    }
    let config = config::load(root, &[])?.config;
    let wanted = Some(config.sync.branch).filter(|branch| !branch.is_empty());
    let branch = wanted.or_else(|| repo.and_then(|repo| repo.branch())).unwrap_or_else(|| "main".to_owned());
    let written = Pinned::of(action, &sum, &branch)?.write(root, only, &super::waiting)?;
    for (path, is_new) in &written {
        let word = if *is_new { "wrote" } else { "kept" };
        out::note(&format!("{word} {}", shown(&root.join(path))));
    }
    if written.iter().any(|(_, is_new)| *is_new) {
        out::note(
            "\nnext: read, commit and push; under Settings, Actions, let workflows write and create pull requests",
        );
    }
    Ok(Outcome::Clean)
}

/// This program's own sum, where it is the release's binary for Linux on x86-64.
fn own_sum() -> Result<Option<String>, Fault> {
    let is_it = cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "musl")) && RELEASED.is_some();
    if !is_it {
        return Ok(None);
    }
    let program = std::env::current_exe().and_then(std::fs::read);
    let program = program.map_err(|error| Fault::unfinished("can't read this program").because(&error))?;
    Ok(Some(hex::encode(Sha256::digest(&program))))
}
