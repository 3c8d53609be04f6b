//! `vso app doctor`: does the App of the environment still fit, and what is to be done where it does not.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::{Outcome, out};
use crate::cli::doctor::line;
use crate::cli::interrupt;
use crate::fault::Fault;
use crate::report::json::schema_of;
use crate::sync::app::doctor::{Diagnosis, diagnose};
use crate::sync::app::{self, FILES};

/// Check the App's key, permissions, events, webhook and installations, and say what to do
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Asks GitHub as the App, and sends one signed ping to its webhook's address from this machine. The variables are those of \
`vso serve --settings`: from --dir DIR, or the environment.

Each line is ok, warn (it works, and something should be done) or fail. Exits with 1 when a line is fail, with 3 when \
GitHub could not be asked for all of it.

Examples:
  vso app doctor --dir /etc/vso
  vso app doctor --json | jq -r '.checks[] | select(.verdict != \"ok\") | .hint'")]
pub struct Args {
    /// The folder with app.env; the environment then says only where GitHub is
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,

    /// Print it as JSON
    #[arg(long)]
    json: bool,

    /// Print the JSON Schema of --json
    #[arg(long)]
    schema: bool,
}

/// Runs the command.
///
/// # Errors
/// When no App is named (exit 2) or Ctrl-C (exit 130); what is wrong is in the answer.
pub fn run(args: &Args) -> Result<Outcome, Fault> {
    if args.schema {
        out::json(&schema_of::<Diagnosis>());
        return Ok(Outcome::Clean);
    }
    let file = args.dir.as_deref().map(read).transpose()?.unwrap_or_default();
    // An App is never put together of two: with a file, the environment says only where GitHub is.
    let is_foreign = |name: &str| args.dir.is_some() && name.starts_with("VSO_") && !name.starts_with("VSO_TEST_");
    let ambient = |name: &str| if is_foreign(name) { None } else { std::env::var(name).ok() };
    let read = |name: &str| file.get(name).cloned().or_else(|| ambient(name));
    let found = diagnose(&read, interrupt::listen(), &|words| out::note(&out::plain(words)))?;
    if args.json {
        out::json(&found);
    } else {
        let width = found.checks.iter().map(|check| check.name.len()).max().unwrap_or(0);
        out::data(&found.checks.iter().map(|check| line(check, width)).collect::<String>());
    }
    Ok(match (found.complete, found.is_ill()) {
        (false, _) => Outcome::Code(3),
        (true, true) => Outcome::SaysNo,
        (true, false) => Outcome::Clean,
    })
}

fn read(dir: &Path) -> Result<BTreeMap<String, String>, Fault> {
    let path = dir.join(FILES[1]);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        Fault::usage(format!("{} can't be read", path.display()))
            .because(&error)
            .hint("`vso app create --dir DIR` writes it, for its owner's eyes alone")
    })?;
    let mut found = app::variables(&text);
    // Beside it is the key, also where the folder was moved.
    let key = dir.join(FILES[0]);
    if key.is_file() {
        found.insert("VSO_APP_PRIVATE_KEY_FILE".to_owned(), key.display().to_string());
    }
    Ok(found)
}
