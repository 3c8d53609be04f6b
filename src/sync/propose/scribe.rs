//! Who makes vso's commits: git here, or GitHub where an App signs in and `[github] verified` wants it, so that people see
//! them as verified. The same tree and parents either way; a commit of GitHub's is written here too, byte for byte.

use crate::fault::{Fault, FaultKind};
use crate::forge::github::{Change, Hub, NewCommit};
use crate::git::{Author, Id, Repo};
use crate::merge::Entry;

/// Makes a commit: its tree, its parents and its message.
pub(super) type Commits<'a> = dyn Fn(Id, &[Id], &str) -> Result<Id, Fault> + 'a;

/// Makes it through the API, and otherwise here; then the note says why.
///
/// # Errors
/// When git fails (exit 3), or the person interrupts (exit 130).
pub(super) fn verified(
    hub: &Hub<'_>,
    (repo, author): (&Repo, &Author),
    tree: Id,
    parents: &[Id],
    message: &str,
) -> Result<(Id, Option<String>), Fault> {
    let plain = |why: &str| {
        let made = repo.commit(tree, parents, message, author)?;
        Ok((made, Some(format!("commits are not verified: {why}"))))
    };
    let Some(new) = new_commit(repo, tree, parents, message)? else {
        return plain("one has something else than files, which the API does not take");
    };
    match hub.commit(&new) {
        Ok(made) => {
            let payload = made.payload.as_deref();
            let is_here = payload.map(|payload| repo.write_commit_object(payload, made.signature.as_deref(), made.id));
            match is_here.transpose()? {
                Some(true) => Ok((made.id, None)),
                _ => plain("GitHub did not sign one"),
            }
        }
        Err(fault) if fault.kind() == FaultKind::Interrupted => Err(fault),
        Err(fault) => plain(fault.message()),
    }
}

/// What a commit changes in its first parent's tree; none where a submodule does.
fn new_commit(repo: &Repo, tree: Id, parents: &[Id], message: &str) -> Result<Option<NewCommit>, Fault> {
    let Some(first) = parents.first() else { return Ok(None) };
    let base = repo.tree_of(*first)?;
    let mut changes = Vec::new();
    for path in repo.changed_paths(base, tree, &[])? {
        let entry = match repo.entry(tree, &path)? {
            None => None,
            Some((id, kind)) => {
                let Some(mode) = kind.mode() else { return Ok(None) };
                Some(Entry { bytes: repo.blob(id)?, mode })
            }
        };
        changes.push(Change { path, entry });
    }
    Ok(Some(NewCommit { parents: parents.to_vec(), base_tree: Some(base), changes, tree, message: message.to_owned() }))
}
