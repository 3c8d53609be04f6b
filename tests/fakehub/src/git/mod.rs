//! The bare repositories, by the git binary in a sealed environment: no configuration but the repository's own.

pub mod backend;
pub mod commits;
pub mod settle;

use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// The id that stands for "no commit".
pub const ZERO: &str = "0000000000000000000000000000000000000000";

/// What git said when it failed.
#[derive(Debug)]
pub struct GitError(pub String);

impl std::fmt::Display for GitError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<std::io::Error> for GitError {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// A git command in a repository that reads no one's configuration and trusts the folder whoever owns it.
pub fn command(path: &Path) -> Command {
    let mut command = Command::new("git");
    command
        .env_clear()
        .envs(["PATH", "SystemRoot", "TMPDIR"].iter().filter_map(|name| Some((*name, std::env::var_os(name)?))))
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_CONFIG_GLOBAL", if cfg!(windows) { "NUL" } else { "/dev/null" })
        .env("GIT_CONFIG_COUNT", "2")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .env("GIT_CONFIG_KEY_1", "gc.auto")
        .env("GIT_CONFIG_VALUE_1", "0")
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("LC_ALL", "C")
        .current_dir(path);
    command
}

/// Runs git with an input; gives back whatever it answered.
pub fn output(mut command: Command, input: &[u8]) -> Result<Output, GitError> {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or_else(|| GitError("no input".to_owned()))?;
    let input = input.to_vec();
    // Beside reading the answer: a full pipe on either side would stop both.
    let feeder = std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    let output = child.wait_with_output()?;
    let _ = feeder.join();
    Ok(output)
}

/// What git prints for these arguments and this input; an error when it fails.
pub fn feed(path: &Path, arguments: &[&str], input: &[u8]) -> Result<Vec<u8>, GitError> {
    let mut git = command(path);
    git.args(arguments);
    let output = output(git, input)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(GitError(format!("git {}: {}", arguments.first().unwrap_or(&""), said.trim())));
    }
    Ok(output.stdout)
}

/// What git prints for these arguments, as text without the last line's end.
pub fn run(path: &Path, arguments: &[&str]) -> Result<String, GitError> {
    let said = feed(path, arguments, b"")?;
    Ok(String::from_utf8_lossy(&said).trim_end_matches('\n').to_owned())
}

/// Whether git succeeds with these arguments.
pub fn holds(path: &Path, arguments: &[&str]) -> bool {
    feed(path, arguments, b"").is_ok()
}

/// A new bare repository, with the hook that refuses what GitHub refuses.
pub fn init(path: &Path, default_branch: &str) -> Result<(), GitError> {
    std::fs::create_dir_all(path)?;
    run(path, &["init", "-q", "--bare", "-b", default_branch])?;
    furnish(path)
}

/// A bare copy of another repository's branches and tags.
pub fn fork(from: &Path, to: &Path, default_branch: &str) -> Result<(), GitError> {
    init(to, default_branch)?;
    let from = from.to_string_lossy();
    run(to, &["fetch", "-q", &from, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]).map(drop)
}

fn furnish(path: &Path) -> Result<(), GitError> {
    run(path, &["config", "http.receivepack", "true"])?;
    run(path, &["config", "receive.hideRefs", "refs/pull"])?;
    run(path, &["config", "receive.autogc", "false"])?;
    // Objects are asked for by id on GitHub too.
    run(path, &["config", "uploadpack.allowAnySHA1InWant", "true"])?;
    let hook = path.join("hooks").join("update");
    std::fs::create_dir_all(path.join("hooks"))?;
    std::fs::write(&hook, include_str!("update.sh"))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&hook, std::fs::Permissions::from_mode(0o755))?;
    }
    Ok(())
}

/// All refs with what they point at.
pub fn refs(path: &Path) -> Result<BTreeMap<String, String>, GitError> {
    let listed = run(path, &["for-each-ref", "--format=%(objectname) %(refname)"])?;
    Ok(listed
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(id, name)| (name.to_owned(), id.to_owned()))
        .collect())
}

/// Sets, moves or deletes (`new` is none) a ref, only when it is where `old` says (when given; [`ZERO`]: not there).
pub fn set_ref(path: &Path, name: &str, new: Option<&str>, old: Option<&str>) -> Result<(), GitError> {
    let mut arguments = vec!["update-ref"];
    match new {
        Some(new) => arguments.extend([name, new]),
        None => arguments.extend(["-d", name]),
    }
    arguments.extend(old);
    run(path, &arguments).map(drop)
}

/// Whether a commit is another one or one of its ancestors.
pub fn is_ancestor(path: &Path, ancestor: &str, of: &str) -> bool {
    ancestor == of || holds(path, &["merge-base", "--is-ancestor", ancestor, of])
}

/// The commit of a name, when there is one.
pub fn resolve(path: &Path, name: &str) -> Option<String> {
    run(path, &["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{name}^{{commit}}")]).ok()
}
