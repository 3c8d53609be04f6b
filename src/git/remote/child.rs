//! The git binary as a child: for what libgit2 does not do here (fetch and push, with the person's own credentials,
//! proxies and ssh).
//!
//! A child never asks, never runs the repository's hooks, never reads this process's own git variables, and ends when
//! its time is up, with everything that it started. Its words are cleaned of passwords.

use std::io::{ErrorKind, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{sleep, spawn};
use std::time::{Duration, Instant};

use super::super::Repo;
use crate::fault::Fault;

/// Variables by which git tells its hooks where they are; a child that should look elsewhere must not see them.
const INHERITED: &[&str] = &[
    "GIT_DIR",
    "GIT_INDEX_FILE",
    "GIT_WORK_TREE",
    "GIT_PREFIX",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
];

/// What git has no business to know.
const SECRETS: &[&str] = &["VSO_APP_PRIVATE_KEY"];

/// Settings of a child: no hooks, and no collection that goes on in the background.
const SETTINGS: &[&str] = &[
    "core.hooksPath=/dev/null",
    "gc.auto=0",
    "maintenance.auto=false",
    "push.gpgSign=false",
    "advice.pushUpdateRejected=false",
];

/// What is kept of each of a child's outputs, in bytes (1 MiB). The rest is read and forgotten.
const KEPT: usize = 1 << 20;

/// Time between two looks at a child.
const PAUSE: Duration = Duration::from_millis(2);

/// How long the outputs of an ended child are waited for; something that it left behind may hold them open.
const AFTERMATH: Duration = Duration::from_secs(1);

/// How a child ended.
#[derive(Debug)]
pub(in crate::git) enum Ended {
    /// By itself.
    Said {
        /// Whether it succeeded.
        success: bool,
        /// What it printed.
        out: String,
        /// What it complained of, without passwords.
        complaint: String,
    },
    /// It had to be killed: the time was up.
    Late,
}

impl Repo {
    /// Runs git on this repository.
    ///
    /// # Errors
    /// When there is no git, or it can't be waited for (exit 3).
    pub(in crate::git) fn run_git(&self, arguments: &[String], patience: Duration) -> Result<Ended, Fault> {
        let mut command = Command::new("git");
        command.arg(format!("--git-dir={}", self.git_dir().display()));
        command.args(SETTINGS.iter().flat_map(|setting| ["-c", setting])).args(arguments);
        command.current_dir(self.worktree().unwrap_or_else(|| self.git_dir()));
        self.environment(&mut command);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let child = child.map_err(|error| {
            let fault = Fault::unfinished("git can't be started").because(&error);
            if error.kind() == ErrorKind::NotFound {
                fault.hint("install git: https://git-scm.com/downloads")
            } else {
                fault
            }
        })?;
        let ended = wait(child, patience).map_err(|error| Fault::unfinished("git can't be waited for").because(&error));
        Ok(match (ended?, &self.credentials) {
            // git does not repeat it; a server or a helper might.
            (Ended::Said { success, out, complaint }, Some(credentials)) => {
                Ended::Said { success, out, complaint: complaint.replace(&credentials.token, "***") }
            }
            (ended, _) => ended,
        })
    }

    fn environment(&self, command: &mut Command) {
        for name in INHERITED.iter().chain(SECRETS) {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0").env("GCM_INTERACTIVE", "never");
        // Hooks that a setting names (git 2.54) run in spite of `core.hooksPath`; vso's own ones then do nothing.
        command.env("VSO_SKIP", "1");
        if std::env::var_os("GIT_ASKPASS").is_none() {
            // Empty, not absent: it also stands before core.askPass and SSH_ASKPASS.
            command.env("GIT_ASKPASS", "");
        }
        if let Some(credentials) = &self.credentials {
            credentials.hand_to(command);
        }
        let has_own_ssh = ["GIT_SSH", "GIT_SSH_COMMAND"].iter().any(|name| std::env::var_os(name).is_some());
        if !has_own_ssh && matches!(self.setting("core.sshcommand"), Ok(None)) {
            command.env("GIT_SSH_COMMAND", "ssh -o BatchMode=yes");
        }
        #[cfg(unix)]
        {
            use std::os::unix::process::CommandExt;
            command.process_group(0);
        }
    }
}

fn wait(mut child: Child, patience: Duration) -> std::io::Result<Ended> {
    let begun = Instant::now();
    let out = child.stdout.take().map(reading);
    let complaint = child.stderr.take().map(reading);
    let status: ExitStatus = loop {
        if let Some(status) = child.try_wait()? {
            break status;
        }
        if begun.elapsed() >= patience {
            kill(&mut child);
            return Ok(Ended::Late);
        }
        sleep(PAUSE);
    };
    let text = |pipe: Option<Receiver<Vec<u8>>>| {
        let bytes = pipe.and_then(|pipe| pipe.recv_timeout(AFTERMATH).ok()).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    };
    let (out, complaint) = (text(out), without_passwords(&text(complaint)));
    Ok(Ended::Said { success: status.success(), out, complaint })
}

/// Reads a pipe to its end beside everything else, so that a talkative child is never stuck.
fn reading(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (done, when_done) = channel();
    spawn(move || {
        let mut kept = Vec::new();
        let mut part = [0; 8192];
        while let Ok(count) = pipe.read(&mut part) {
            if count == 0 {
                break;
            }
            let room = KEPT.saturating_sub(kept.len()).min(count);
            kept.extend_from_slice(&part[..room]);
        }
        // Nobody waits any longer: then nobody needs it.
        let _ = done.send(kept);
    });
    when_done
}

/// Ends a child and what it started (git's own helpers: ssh, remote-https). The group carries the child's number; no
/// safe call of the standard library ends a group, so the shell that git needs anyway does it.
fn kill(child: &mut Child) {
    #[cfg(unix)]
    {
        let group = child.id().to_string();
        let ended = Command::new("sh").args(["-c", "kill -KILL \"-$0\"", &group]).stderr(Stdio::null()).status();
        // The child itself is ended below in any case.
        let _ = ended;
    }
    let _ = child.kill().and_then(|()| child.wait());
}

/// A text with the names and passwords in its URLs replaced.
pub(in crate::git) fn without_passwords(text: &str) -> String {
    let mut clean = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("://") {
        clean.push_str(before);
        clean.push_str("://");
        let end = after.find(|letter: char| letter.is_whitespace() || matches!(letter, '/' | '\'' | '"' | '<' | '>'));
        let host = &after[..end.unwrap_or(after.len())];
        rest = match host.rfind('@') {
            Some(at) => {
                clean.push_str("***");
                &after[at..]
            }
            None => after,
        };
    }
    clean + rest
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::git::sample::Sample;

    #[test]
    fn passwords_are_not_repeated() {
        let check = |text: &str, expected: &str| assert_eq!(without_passwords(text), expected);
        check("fatal: no 'https://u:p@ss@h/x' here", "fatal: no 'https://***@h/x' here");
        check("ssh://git@h https://tok@i/@x a://b://c:d@e", "ssh://***@h https://***@i/@x a://b://***@e");
        check("nothing: git@host:x", "nothing: git@host:x");
    }

    #[cfg(unix)]
    #[test]
    fn a_child_that_hangs_is_ended_with_what_it_started() {
        let sample = Sample::new();
        // Whoever adopts an orphan may leave it unburied, so its number says nothing; what it does counts.
        let ticks = sample.path("ticks");
        let alias = format!("alias.hang=!(while :; do echo >>{}; sleep 0.02; done); true", ticks.display());
        let begun = Instant::now();
        let arguments = ["-c".to_owned(), alias, "hang".to_owned()];
        let ended = sample.repo().run_git(&arguments, Duration::from_millis(300)).unwrap();
        assert!(matches!(ended, Ended::Late) && begun.elapsed() < Duration::from_secs(5));
        let count = || std::fs::metadata(&ticks).unwrap().len();
        sleep(Duration::from_millis(100));
        let before = count();
        sleep(Duration::from_millis(300));
        assert!(before > 0 && count() == before, "what the child had started still runs");
    }

    #[test]
    fn much_talk_is_cut_and_what_stays_behind_is_not_waited_for() {
        let sample = Sample::new();
        let run = |alias: &str| {
            let arguments = ["-c".to_owned(), format!("alias.talk=!{alias}"), "talk".to_owned()];
            sample.repo().run_git(&arguments, Duration::from_secs(60)).unwrap()
        };
        let Ended::Said { success: true, out, .. } = run("yes | head -c 4000000") else { panic!("it failed") };
        assert_eq!(out.len(), KEPT);
        let begun = Instant::now();
        let Ended::Said { success: true, .. } = run("sleep 5 & true") else { panic!("it failed") };
        assert!(begun.elapsed() < Duration::from_secs(4));
    }
}
