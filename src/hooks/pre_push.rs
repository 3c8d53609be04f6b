//! Before a push: errors in the master and unsettled conflicts in the slices that are pushed stop it; stale slices are
//! said. What the remote has already is not looked at again: nobody is held up by what others pushed.
//!
//! vso's own refs go along, as far as that can be done without a word.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{IsTerminal, Read};

use super::project::Project;
use super::{Said, along, check};
use crate::fault::Fault;
use crate::git::{Id, Repo};

/// A branch of the remote with more tips than these is compared with the first ones only.
const TIPS: usize = 50;
/// How many errors are shown.
const SHOWN: usize = 10;

/// One line of what git tells the hook.
#[derive(Debug, PartialEq, Eq)]
struct Pushed {
    /// The branch on the other side, without `refs/heads/`.
    branch: String,
    /// The commit that it shall name.
    commit: Id,
    /// What it names there now, as far as git knows; none for a new one.
    there: Option<Id>,
}

/// Runs the hook: `arguments` are the remote's name and its address.
///
/// # Errors
/// When git or the settings fail.
pub fn run(arguments: &[OsString]) -> Result<Said, Fault> {
    let pushed = branches(&told()?);
    let Some(mut repo) = Repo::from_env()? else { return Ok(Said::default()) };
    let remote = arguments.first().and_then(|name| name.to_str()).unwrap_or_default();
    let mut said = Said::default();
    let mut stale = BTreeSet::new();
    for pushed in &pushed {
        let known = known(&repo, remote, pushed)?;
        let mut found = Vec::new();
        for prefix in Project::folders(&repo)? {
            let project = Project::at(&repo, repo.tree_of(pushed.commit)?, &prefix)?;
            found.extend(errors(&repo, &project, &known, &mut stale)?);
        }
        if !found.is_empty() {
            said.stops = true;
            said.lines.push(format!("vso: {} is not pushed:", pushed.branch));
            let rest = found.len().saturating_sub(SHOWN);
            said.lines.extend(found.iter().take(SHOWN).map(|line| format!("  {line}")));
            said.lines.extend((rest > 0).then(|| format!("  and {rest} more")));
        }
    }
    if said.stops {
        said.lines
            .push("hint: settle them and commit, or push without a look: git push --no-verify, or VSO_SKIP=1".into());
        return Ok(said);
    }
    if !stale.is_empty() {
        let names: Vec<&str> = stale.iter().map(String::as_str).take(SHOWN).collect();
        let rest = stale.len() - names.len();
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        let names = names.join(", ");
        said.lines.push(format!("vso: behind the master: {names}{more}; `vso sync` will propose what follows"));
    }
    if !pushed.is_empty() {
        along::push(&mut repo, remote);
    }
    Ok(said)
}

/// What git tells: on standard input, or where the pre-commit tool stands between, in its variables.
fn told() -> Result<String, Fault> {
    let mut text = Vec::new();
    // Run by a person at a terminal, nobody says anything.
    let mut input = std::io::stdin();
    let read = if input.is_terminal() { Ok(0) } else { input.read_to_end(&mut text) };
    read.map_err(|error| Fault::unfinished("git does not say what is pushed").because(&error))?;
    if !text.is_empty() {
        return Ok(String::from_utf8_lossy(&text).into_owned());
    }
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let (local, remote) = (variable("PRE_COMMIT_LOCAL_BRANCH"), variable("PRE_COMMIT_REMOTE_BRANCH"));
    let (to, from) = (variable("PRE_COMMIT_TO_REF"), variable("PRE_COMMIT_FROM_REF"));
    Ok(if to.is_empty() { String::new() } else { format!("{local} {to} {remote} {from}") })
}

/// The branches among what is pushed. A deleted ref names no commit; a tag names what a branch brought, or will.
fn branches(told: &str) -> Vec<Pushed> {
    let branch = |line: &str| {
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        let (_, commit, name, there) = (words.next()?, words.next()?, words.next()?, words.next());
        let branch = name.strip_prefix("refs/heads/")?.to_owned();
        Some(Pushed { branch, commit: commit.parse().ok()?, there: there.and_then(|id| id.parse().ok()) })
    };
    told.lines().filter_map(branch).collect()
}

/// The trees that the remote has: of the branch itself, or for a new one those of all branches that were seen there.
fn known(repo: &Repo, remote: &str, pushed: &Pushed) -> Result<Vec<Id>, Fault> {
    if let Some(there) = pushed.there.filter(|there| repo.has(*there)) {
        return Ok(vec![repo.tree_of(there)?]);
    }
    let seen = repo.refs(&format!("refs/remotes/{remote}/")).unwrap_or_default();
    Ok(seen.into_iter().take(TIPS).filter_map(|(_, tip)| repo.tree_of(tip).ok()).collect())
}

/// The errors in what is pushed of a project, and the slices that it leaves behind.
fn errors(repo: &Repo, project: &Project, known: &[Id], stale: &mut BTreeSet<String>) -> Result<Vec<String>, Fault> {
    let is_new = |path: &str| -> Result<bool, Fault> {
        let pushed = repo.entry(project.tree, path)?;
        let there = known.iter().map(|tree| repo.entry(*tree, path)).collect::<Result<Vec<_>, Fault>>()?;
        Ok(pushed.is_some() && !there.contains(&pushed))
    };
    let (master, slices) = (project.master(), project.slices());
    let (new_master, new_slices) = (is_new(&master)?, is_new(&slices)?);
    if !new_master && !new_slices {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    let text = repo.file(project.tree, &master)?;
    let registry = project.registry(repo)?;
    if let Some(text) = text.as_deref().filter(|_| new_master) {
        let exists = |path: &str| !matches!(repo.entry(project.tree, path), Ok(None));
        found.extend(check::master(project, &registry, text, &exists));
    }
    if new_slices {
        let from = known.first().copied().unwrap_or_else(crate::git::empty_tree);
        for path in repo.changed_paths(from, project.tree, &[&slices])? {
            if is_new(&path)?
                && let Some(bytes) = repo.file(project.tree, &path)?
            {
                found.extend(check::slice_file(&path, &bytes));
            }
        }
    }
    if let Some(text) = text.filter(|_| found.is_empty()) {
        stale.extend(check::stale(project, &registry, &text));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_branches_that_name_a_commit_are_looked_at() {
        let (one, two, none) = ("1".repeat(40), "2".repeat(40), "0".repeat(40));
        let check = |line: String, expected: Option<(&str, bool)>| {
            let found = branches(&line);
            let found: Vec<_> = found.iter().map(|pushed| (pushed.branch.as_str(), pushed.there.is_some())).collect();
            assert_eq!(found, expected.into_iter().collect::<Vec<_>>(), "{line}");
        };
        check(format!("refs/heads/main {one} refs/heads/main {two}\n"), Some(("main", true)));
        check(format!("HEAD {one} refs/heads/new {none}\n"), Some(("new", false)));
        check(format!("HEAD {one} refs/heads/$(touch${{IFS}}x);'` {none}\n"), Some(("$(touch${IFS}x);'`", false)));
        check(format!("(delete) {none} refs/heads/old {one}\n"), None);
        check(format!("refs/tags/v1 {one} refs/tags/v1 {none}\n"), None);
        check("garbage\n\n \n".into(), None);
    }
}
