//! Child processes: asking a tool for its version, with a limit on how long that may take, and running one to its end.

use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::fault::Fault;

/// How long a tool may take to say its version. The slowest one measured (a Python tool, cold) takes 2 seconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// What came of asking a tool.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// The first line that it printed.
    Version(String),
    /// There is no such program.
    Missing,
    /// It failed or took too long, in a few words.
    Failed(String),
}

/// Runs a program that is expected to print its version and end.
#[must_use]
pub fn version_of(program: &str, arguments: &[&str]) -> Said {
    let mut command = Command::new(program);
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    // Terraform asks its makers for news otherwise.
    command.env("CHECKPOINT_DISABLE", "1");
    match command.spawn() {
        Ok(child) => wait(child),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Said::Missing,
        Err(error) => Said::Failed(error.to_string()),
    }
}

/// What a program printed, and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// The exit code; none when a signal ended it.
    pub code: Option<i32>,
    /// What it said on its standard output.
    pub out: String,
    /// What it said on its standard error.
    pub err: String,
}

/// Runs a program in a folder to its end, with variables besides those that this one has.
///
/// # Errors
/// When it can't be started (exit 3).
pub fn run(program: &Path, arguments: &[&str], folder: &Path, variables: &[(String, String)]) -> Result<Ended, Fault> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command.envs(variables.iter().map(|(name, value)| (name, value)));
    let ended = command
        .output()
        .map_err(|error| Fault::unfinished(format!("{} can't be started", program.display())).because(&error))?;
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Ok(Ended { code: ended.status.code(), out: text(&ended.stdout), err: text(&ended.stderr) })
}

fn wait(mut child: Child) -> Said {
    let begun = Instant::now();
    let ended = loop {
        match child.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) if begun.elapsed() < PATIENCE => sleep(PAUSE),
            Ok(None) => {
                // Whether it could be killed changes nothing for the one who asked.
                let _ = child.kill().and_then(|()| child.wait());
                return Said::Failed(format!("it did not answer within {} s", PATIENCE.as_secs()));
            }
            Err(error) => return Said::Failed(error.to_string()),
        }
    };
    let mut printed = String::new();
    let read = child.stdout.take().map(|mut pipe| pipe.read_to_string(&mut printed));
    match (ended.success(), read, printed.lines().next()) {
        (true, Some(Ok(_)), Some(line)) if !line.trim().is_empty() => Said::Version(line.trim().to_owned()),
        (true, ..) => Said::Failed("it printed nothing".to_owned()),
        _ => Said::Failed(format!("it ended with {ended}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_is_run_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let variables =
            [("GIT_AUTHOR_NAME".to_owned(), "A".to_owned()), ("GIT_AUTHOR_EMAIL".to_owned(), "a@b".to_owned())];
        let ended = run(Path::new("git"), &["var", "GIT_AUTHOR_IDENT"], folder.path(), &variables).unwrap();
        assert!(ended.code == Some(0) && ended.out.starts_with("A <a@b> "), "{ended:?}");
        let ended = run(Path::new("git"), &["no-such-command"], folder.path(), &[]).unwrap();
        assert!(ended.code == Some(1) && ended.err.contains("no-such-command"), "{ended:?}");
        assert!(run(Path::new("no-such-program-anywhere"), &[], folder.path(), &[]).is_err());
    }

    #[test]
    fn tools_are_there_missing_or_broken() {
        assert!(matches!(version_of("git", &["--version"]), Said::Version(line) if line.starts_with("git version")));
        assert_eq!(version_of("no-such-program-anywhere", &[]), Said::Missing);
        assert!(matches!(version_of("git", &["no-such-command"]), Said::Failed(_)));
    }
}
