//! vso's own refs go along with a push: the generation history and the proposals.
//!
//! Only forwards, only where the remote is behind, and never in the way of the push itself: what can't be done now is
//! done by the next sync.

use std::time::Duration;

use crate::fault::Fault;
use crate::git::{Exchange, Repo, Update};

/// The refs.
const REFS: [&str; 2] = ["refs/vso/generated", "refs/vso/proposals"];
/// How long a push of a person may be held up by this.
const PATIENCE: Duration = Duration::from_secs(15);

/// Pushes them where they are ahead of the remote's. `git push` is told to start no hook, so this never calls itself.
pub fn push(repo: &mut Repo, remote: &str) {
    repo.set_patience(PATIENCE);
    // A sync says what is wrong; here it would only stand in the way.
    let _ = try_push(repo, remote);
}

fn try_push(repo: &Repo, remote: &str) -> Result<Option<Exchange>, Fault> {
    let mut ours = Vec::new();
    for name in REFS {
        ours.extend(repo.find_ref(name)?.map(|id| (name, id)));
    }
    if ours.is_empty() {
        return Ok(None);
    }
    let Ok(theirs) = repo.remote_refs(remote, &REFS)? else { return Ok(None) };
    let mut updates = Vec::new();
    for (name, id) in ours {
        let there = theirs.iter().find(|(other, _)| other == name).map(|(_, id)| *id);
        let forwards = match there {
            Some(there) => there != id && repo.has(there) && repo.ancestor(there, id)?,
            None => true,
        };
        if forwards {
            updates.push(Update { name: name.to_owned(), expected: there, to: Some(id) });
        }
    }
    if updates.is_empty() { Ok(None) } else { repo.push(remote, &updates).map(Some) }
}
