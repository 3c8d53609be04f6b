//! vso's own refs go along with a push: the generation history and the proposals.
//!
//! Only forwards, only where the remote is behind, and never in the way of the push itself: what can't be done now is
//! done by the next sync.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use crate::fault::Fault;
use crate::git::{Exchange, Id, Repo, Update};

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

fn try_push(repo: &Repo, remote: &str) -> Result<(), Fault> {
    let mut ours = Vec::new();
    for name in REFS {
        ours.extend(repo.find_ref(name)?.map(|id| (name.to_owned(), id)));
    }
    // Asking the remote takes a second connection: not while nothing has moved since the last time.
    let mut said = remembered(repo);
    if ours.is_empty() || said.get(remote) == Some(&ours) {
        return Ok(());
    }
    let Ok(theirs) = repo.remote_refs(remote, &REFS)? else { return Ok(()) };
    let mut updates = Vec::new();
    for (name, id) in &ours {
        let there = theirs.iter().find(|(other, _)| other == name).map(|(_, id)| *id);
        let forwards = match there {
            Some(there) => there != *id && repo.has(there) && repo.ancestor(there, *id)?,
            None => true,
        };
        if forwards {
            updates.push(Update { name: name.clone(), expected: there, to: Some(*id) });
        }
    }
    if repo.push(remote, &updates)? == Exchange::Done {
        said.insert(remote.to_owned(), ours);
        remember(repo, &said);
    }
    Ok(())
}

/// What each remote was brought to last, by its name. A memory, not a truth: without it the remote is asked.
type Said = BTreeMap<String, Vec<(String, Id)>>;

fn remembered(repo: &Repo) -> Said {
    let text = fs::read(file(repo)).unwrap_or_default();
    serde_json::from_slice(&text).unwrap_or_default()
}

fn remember(repo: &Repo, said: &Said) {
    // What is not remembered is asked again.
    let _ = serde_json::to_vec(said).map(|text| fs::write(file(repo), text));
}

fn file(repo: &Repo) -> PathBuf {
    repo.common_dir().join("vso-pushed")
}
