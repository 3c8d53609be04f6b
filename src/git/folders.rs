//! What stands directly in a folder of a tree, and what the index holds that HEAD does not.

use std::process::{Command, Stdio};

use super::id::{Id, Kind};
use super::{Repo, failed};
use crate::fault::Fault;

impl Repo {
    /// The names of the folders directly in a folder of a tree, in git's order, each with its tree. Names that are not
    /// UTF-8 are left out.
    ///
    /// # Errors
    /// When a tree is missing or broken (exit 3).
    pub fn folders(&self, tree: Id, path: &str) -> Result<Vec<(String, Id)>, Fault> {
        let Some((id, Kind::Folder)) = self.entry(tree, path)? else { return Ok(Vec::new()) };
        if id == super::empty_tree() {
            return Ok(Vec::new());
        }
        let tree = self.inner.find_tree(id.0).map_err(|error| failed("a folder can't be read", &error))?;
        let folders = tree.iter().filter(|row| row.kind() == Some(git2::ObjectType::Tree));
        let named =
            folders.filter_map(|row| Some((std::str::from_utf8(row.name_bytes()).ok()?.to_owned(), Id(row.id()))));
        Ok(named.collect())
    }
}

/// The files that are staged with another content than HEAD's, from the root of the work tree. Asks the git binary, which
/// knows every form of the index; the variables with which git starts a hook say which index.
///
/// # Errors
/// When git can't be started or says no (exit 3).
pub fn staged() -> Result<Vec<String>, Fault> {
    let listed = ask(&["diff", "--cached", "--name-only", "-z", "--no-renames", "--diff-filter=AMT"])?;
    Ok(listed.split(|byte| *byte == 0).filter_map(|name| Some(std::str::from_utf8(name).ok()?.to_owned())).collect())
}

/// The staged content of a file; none when it is not in the index.
///
/// # Errors
/// When git can't be started (exit 3).
pub fn staged_file(path: &str) -> Result<Option<Vec<u8>>, Fault> {
    let output =
        git().arg("cat-file").arg("blob").arg(format!(":0:{path}")).output().map_err(|error| no_git(&error))?;
    Ok(output.status.success().then_some(output.stdout))
}

fn ask(arguments: &[&str]) -> Result<Vec<u8>, Fault> {
    let output = git().args(arguments).output().map_err(|error| no_git(&error))?;
    if output.status.success() {
        return Ok(output.stdout);
    }
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(Fault::unfinished(format!("git says: {}", complaint.lines().next().unwrap_or("no reason given"))))
}

fn git() -> Command {
    let mut git = Command::new("git");
    git.stdin(Stdio::null()).env("LC_ALL", "C");
    git
}

fn no_git(error: &std::io::Error) -> Fault {
    Fault::unfinished("git can't be started").because(error)
}
