//! Child processes. So far: asking a tool for its version, with a limit on how long that may take.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

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
    fn tools_are_there_missing_or_broken() {
        assert!(matches!(version_of("git", &["--version"]), Said::Version(line) if line.starts_with("git version")));
        assert_eq!(version_of("no-such-program-anywhere", &[]), Said::Missing);
        assert!(matches!(version_of("git", &["no-such-command"]), Said::Failed(_)));
    }
}
