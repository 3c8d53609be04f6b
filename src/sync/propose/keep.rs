//! A proposal of which nothing is wanted any more, but to which people committed: their commits over the target are what
//! is left of it, and it goes on waiting with them. Ending it would take their words out of everybody's sight.

use crate::fault::Fault;
use crate::forge::Proposal;
use crate::git::{Id, Kind, Repo};
use crate::merge::Entry;
use crate::scaffold::RECORD;
use crate::slicing::registry::SliceRecord;
use crate::sync::wanted::{Folder, Subject, Wanted};

/// What the target has at a proposal's own paths, as something to be wanted; none where it does not have them so that
/// people's commits can be put onto it.
pub(super) fn left(repo: &Repo, proposal: &Proposal, target: Id) -> Result<Option<Wanted>, Fault> {
    let tree = repo.tree_of(target)?;
    let (mut folders, mut files) = (Vec::new(), Vec::new());
    let prefix = if repo.prefix().is_empty() { String::new() } else { format!("{}/", repo.prefix()) };
    let number = |path: &str| -> Option<String> {
        let digits = path.rsplit('/').next()?.strip_prefix("slice-")?.split('-').next()?;
        digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.to_owned())
    };
    for path in &proposal.paths {
        let Some(place) = path.strip_prefix(&prefix) else { return Ok(None) };
        match repo.entry(tree, path)? {
            Some((_, Kind::Folder)) => match folder(repo, tree, path, place)? {
                Some(folder) => folders.push(folder),
                None => return Ok(None),
            },
            Some((id, kind)) => {
                let Some(mode) = kind.mode() else { return Ok(None) };
                files.push((place.to_owned(), Some(Entry { bytes: repo.blob(id)?, mode })));
            }
            // The old name of a slice that has another one, or a slice that the target does not have.
            None => {
                let mut others = proposal.paths.iter().filter(|other| *other != path && number(other) == number(path));
                let is_renamed = number(path).is_some()
                    && others.any(|other| repo.entry(tree, other).is_ok_and(|found| found.is_some()));
                if !is_renamed {
                    return Ok(None);
                }
            }
        }
    }
    Ok(Some(Wanted {
        // Nobody reads it: the proposal keeps its own subject.
        subject: Subject::Master,
        version: proposal.version.clone(),
        title: format!("{}: people's commits", proposal.subject.word()),
        body: "Nothing else of this is wanted any more.\n".to_owned(),
        key: Wanted::key_of(&folders, &files)?,
        folders,
        files,
        conflicts: Vec::new(),
        wide_cause: false,
    }))
}

/// A slice as the target has it; none where its base can't be told.
fn folder(repo: &Repo, tree: Id, path: &str, place: &str) -> Result<Option<Folder>, Fault> {
    let whole = repo.read(tree, path)?;
    let Some(record) = whole.get(RECORD).and_then(|it| serde_json::from_slice::<SliceRecord>(&it.bytes).ok()) else {
        return Ok(None);
    };
    let Some(id) = record.base.as_deref().and_then(|base| base.parse::<Id>().ok()).filter(|id| repo.has(*id)) else {
        return Ok(None);
    };
    let base = repo.read(id, "")?;
    Ok(Some(Folder { path: place.to_owned(), was: None, tree: whole, fresh: base.clone(), base, record }))
}
