//! Finding what vso generated for a slice when its branch last took a generation.
//!
//! It is looked for by the id that `metadata.json` names: in the object database, then at the remote, then by generating
//! again from what the branch's history holds. A tree that was generated again counts only if it has the very id.

use super::Look;
use super::inputs::{Inputs, record as read_record};
use super::memory::Memory;
use super::place::Place;
use super::step::{Base, print};
use crate::config::Config;
use crate::fault::Fault;
use crate::git::{Exchange, History, Id, Reach, Repo};
use crate::merge::Tree;
use crate::scaffold::{Printer, RECORD};
use crate::slicing::Registry;
use crate::slicing::registry::SliceRecord;

/// So many commits of the branch's history are tried for a base that no object holds.
const MOST_COMMITS: usize = 400;

/// Finds the base that a record names.
///
/// # Errors
/// When the repository can't be read (exit 3).
pub fn find(look: &Look<'_>, record: &SliceRecord) -> Result<Base, Fault> {
    let (Some(repo), Some(id)) = (look.repo, record.base.as_deref().and_then(|text| text.parse::<Id>().ok())) else {
        return Ok(Base::Lost);
    };
    if let Some(tree) = stored(look, repo, id)? {
        return Ok(Base::Known(tree));
    }
    Ok(regenerated(repo, look, record, id)?.map_or(Base::Lost, Base::Known))
}

/// The tree with an id, where it can be had; one that nobody can find counts as unknown.
///
/// # Errors
/// When the repository can't be read (exit 3).
pub fn stored_tree(look: &Look<'_>, id: &str) -> Result<Option<Tree>, Fault> {
    let (Some(repo), Ok(id)) = (look.repo, id.parse::<Id>()) else { return Ok(None) };
    stored(look, repo, id)
}

/// A base that is here, or that the remote has; the remote is asked once.
fn stored(look: &Look<'_>, repo: &Repo, id: Id) -> Result<Option<Tree>, Fault> {
    let history = History::open(repo);
    let mut fetch = |reach: Reach| {
        let remote = &look.config.sync.remote;
        if look.asked.get() || remote.is_empty() {
            return Ok(false);
        }
        look.asked.set(reach == Reach::Whole);
        // A remote that can't be reached has nothing.
        Ok(history.fetch(remote, reach).is_ok_and(|came| came == Exchange::Done))
    };
    history.find_base(id, &mut fetch)
}

/// Generates the slice from earlier versions of the branch until one has the id.
fn regenerated(repo: &Repo, look: &Look<'_>, record: &SliceRecord, id: Id) -> Result<Option<Tree>, Fault> {
    let config = look.config;
    let Some(head) = look.regenerate_from.map_or_else(|| repo.head(), |from| Ok(Some(from)))? else { return Ok(None) };
    let mut tried = std::collections::HashSet::new();
    for commit in repo.commits(None, head)?.into_iter().take(MOST_COMMITS) {
        let Some(tree) = repo.project_of(commit)? else { continue };
        let parts = [config.project.master.as_str(), crate::sync::templates::FOLDER, crate::config::FILE];
        let mut inputs = Vec::new();
        for part in parts {
            inputs.push(repo.entry(tree, part)?.map(|(id, _)| id));
        }
        let slice = format!("{}/{}/{RECORD}", config.project.slices, record.slice_id);
        inputs.push(repo.entry(tree, &slice)?.map(|(id, _)| id));
        if !tried.insert(inputs) {
            continue;
        }
        // A version that can't be read has generated nothing either.
        if let Ok(Some(found)) = generated_at(repo, config, tree, record)
            && crate::sync::wanted::base_id(&found)? == id.to_string()
        {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// What one version of the branch makes of a slice.
fn generated_at(repo: &Repo, config: &Config, tree: Id, record: &SliceRecord) -> Result<Option<Tree>, Fault> {
    let place = Place::Commit(repo, Some(tree));
    let inputs = Inputs::read(&place, config, &Registry::default(), &Memory::default())?;
    let mut slicing = inputs.master.slicing(&inputs.registry, config, crate::slicing::Refinements::default())?;
    let Some(slice) = slicing.slices.iter_mut().find(|slice| slice.component == record.component) else {
        return Ok(None);
    };
    // The number and the versions of the slice are those that its record was written with.
    let path = format!("{}/{}/{RECORD}", config.project.slices, record.slice_id);
    let written = match place.text(&path)? {
        Some(text) => read_record(&path, &text)?,
        None => record.clone(),
    };
    slice.number = written.number;
    slice.id.clone_from(&written.slice_id);
    slice.version = written.version.parse().unwrap_or(slice.version.clone());
    slice.master_version.clone_from(&written.master_version);
    slice.status = written.status;
    let slice = slice.clone();
    let printer = Printer::new(&inputs.templates, &inputs.settings).map_err(|error| super::unusable(&error))?;
    print(&printer, &slice).map(Some)
}
