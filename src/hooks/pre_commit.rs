//! Before a commit, where somebody asked for it: lint of the specifications that are staged, as they are staged.

use super::project::Project;
use super::{Said, check};
use crate::fault::Fault;
use crate::git::{self, Repo, empty_tree};
use crate::slicing::registry::Registry;

/// Runs the hook.
///
/// # Errors
/// When git or the settings fail.
pub fn run() -> Result<Said, Fault> {
    let Some(repo) = Repo::from_env()? else { return Ok(Said::default()) };
    let staged = git::staged()?;
    if staged.is_empty() {
        return Ok(Said::default());
    }
    // Settings and records are taken as they were committed last: they only say what things are called.
    let tree = repo.head()?.map_or_else(|| Ok(empty_tree()), |head| repo.tree_of(head))?;
    let mut said = Said::default();
    for prefix in Project::folders(&repo)? {
        let project = Project::at(&repo, tree, &prefix)?;
        let (master, slices) = (project.master(), project.slices() + "/");
        for path in staged.iter().filter(|path| **path == master || path.starts_with(&slices)) {
            let Some(bytes) = git::staged_file(path)? else { continue };
            if *path == master {
                let registry = project.registry(&repo).unwrap_or_else(|_| Registry::default());
                // What is linked to may be added by the same commit, or stand outside of git.
                said.lines.extend(check::master(&project, &registry, &bytes, &|_| true));
            } else {
                said.lines.extend(check::slice_file(path, &bytes));
            }
        }
    }
    if !said.lines.is_empty() {
        said.stops = true;
        said.lines.insert(0, "vso: not committed:".to_owned());
        said.lines
            .push("hint: mend and stage them, or commit without a look: git commit --no-verify, or VSO_SKIP=1".into());
    }
    Ok(said)
}
