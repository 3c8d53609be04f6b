//! What two trees of a repository differ in, as far as it matters to vso, in words for people.
//!
//! First only the names of objects are compared; nothing is read where they are equal.

use super::project::Project;
use crate::config;
use crate::fault::Fault;
use crate::git::{Id, Repo};

mod items;
mod words;

/// What was touched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// What, in one line.
    pub words: String,
    /// Whether there are slices at all.
    pub is_cut: bool,
    /// Whether slices can be made from the master as it is now.
    pub is_sound: bool,
}

/// What differs between another tree and the project's; none when nothing that matters does.
///
/// # Errors
/// When an object is missing (exit 3).
pub fn between(repo: &Repo, project: &Project, before: Id) -> Result<Option<Touched>, Fault> {
    let places = project.places();
    let mut differs = [false; 4];
    for (place, differs) in places.iter().zip(&mut differs) {
        *differs = repo.entry(before, place)? != repo.entry(project.tree, place)?;
    }
    let [master, slices, settings, templates] = differs;
    if differs == [false; 4] {
        return Ok(None);
    }
    let mut parts = Vec::new();
    let (mut is_cut, mut is_sound) = (!repo.folders(project.tree, &places[1])?.is_empty(), true);
    if master {
        let old = repo.file(before, &places[0])?;
        let new = repo.file(project.tree, &places[0])?;
        let registry = project.registry(repo)?;
        is_cut = !registry.slices.is_empty();
        let change = items::change(&project.config, &registry, old.as_deref(), new.as_deref());
        is_sound = change.is_ok();
        parts.push(words::master(&project.config.project.master, &change));
    }
    if slices {
        let changed = repo.changed_paths(before, project.tree, &[&places[1]])?;
        parts.extend(words::slices(&changed, &places[1]));
    }
    parts.extend(settings.then(|| format!("{} changed", config::FILE)));
    parts.extend(templates.then(|| "the templates changed".to_owned()));
    let prefix = if project.prefix.is_empty() { String::new() } else { format!("{}: ", project.prefix) };
    Ok(Some(Touched { words: prefix + &parts.join("; "), is_cut, is_sound }))
}
