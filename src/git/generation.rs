//! One generation as a value, and what it changes in the tree of the one before.

use std::collections::BTreeSet;

use super::Repo;
use super::id::{Id, Kind, Planted, check_name};
use crate::fault::Fault;
use crate::merge::{Entry, Tree};
use crate::slicing::registry::Registry;

/// The name of the shared files among the bases; no slice has it.
pub(super) const SHARED: &str = "shared";

/// A folder that is to be recorded: as a value, or by the name of a tree that is here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// Its files.
    Files(Tree),
    /// The tree that has them.
    Known(Id),
}

/// One slice of a generation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// As in the tip that is recorded upon.
    Same,
    /// As given here.
    New {
        /// Its `metadata.json`.
        metadata: Vec<u8>,
        /// Its generated files without `metadata.json`.
        generated: Part,
        /// Its base, where that is another tree: one with unresolved items at their old base.
        base: Option<Part>,
    },
}

/// Everything that one generation made, and from what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generation {
    /// Who has which number and id.
    pub registry: Registry,
    /// The master's text.
    pub master: String,
    /// The settings that generation depends on, as JSON.
    pub settings: String,
    /// The project's own templates: path below their folder, text.
    pub templates: Vec<(String, String)>,
    /// The folder of the slices from the project's root (`vertical-slices`).
    pub folder: String,
    /// The slices by id. What the tip has and is not named here leaves the tip; the chain still has it.
    pub slices: Vec<(String, Recorded)>,
    /// The files that no slice owns, by their path from the project's root.
    pub shared: Tree,
    /// The engine's version.
    pub engine: String,
}

/// The tree of a generation, grafted onto the one before, and how many slices are new, changed or gone.
pub(super) fn plant(repo: &Repo, before: Id, made: &Generation) -> Result<(Id, usize), Fault> {
    let mut edits = Edits { repo, before, all: Vec::new() };
    let changed = edits.slices(made)?;
    edits.shared(&made.shared)?;
    edits.inputs(made)?;
    Ok((repo.graft(before, &edits.all)?, changed))
}

/// What a generation changes in the tree of the one before.
struct Edits<'r> {
    repo: &'r Repo,
    before: Id,
    all: Vec<(String, Option<Planted>)>,
}

impl Edits<'_> {
    fn put(&mut self, path: String, planted: Planted) {
        self.all.push((path, Some(planted)));
    }

    fn part(&self, part: &Part) -> Result<Id, Fault> {
        match part {
            Part::Files(tree) => self.repo.write(tree),
            Part::Known(id) => Ok(*id),
        }
    }

    /// The slices; gives how many are new, changed or gone.
    fn slices(&mut self, made: &Generation) -> Result<usize, Fault> {
        let had = |edits: &Self, path: &str| edits.repo.entry(edits.before, path);
        let mut changed = 0;
        for (slice, recorded) in &made.slices {
            check_name(slice)?;
            let (place, base_place) = (format!("generated/{}/{slice}", made.folder), format!("bases/{slice}"));
            if slice == SHARED {
                return Err(Fault::unfinished(format!("no slice can be called {SHARED}")));
            }
            let Recorded::New { metadata, generated, base } = recorded else {
                if had(self, &base_place)?.is_none() {
                    return Err(Fault::unfinished(format!("{slice} is not in the generation before")));
                }
                continue;
            };
            let generated = self.part(generated)?;
            let base = base.as_ref().map_or(Ok(generated), |base| self.part(base))?;
            let metadata = (self.repo.write_blob(metadata)?, Kind::File);
            let whole = self.repo.graft(generated, &[("metadata.json".to_owned(), Some(metadata))])?;
            let (whole, base) = ((whole, Kind::Folder), (base, Kind::Folder));
            if had(self, &place)? != Some(whole) || had(self, &base_place)? != Some(base) {
                changed += 1;
                self.put(place, whole);
                self.put(base_place, base);
            }
        }
        Ok(changed + self.gone(made)?)
    }

    /// Takes out the slices that are no longer there.
    fn gone(&mut self, made: &Generation) -> Result<usize, Fault> {
        let Some((bases, Kind::Folder)) = self.repo.entry(self.before, "bases")? else { return Ok(0) };
        let kept: BTreeSet<&[u8]> =
            made.slices.iter().map(|(slice, _)| slice.as_bytes()).chain([SHARED.as_bytes()]).collect();
        let had = self.repo.rows(bases)?;
        let had = had.0.keys().filter(|name| !kept.contains(name.as_slice()));
        let gone: Vec<String> = had.map(|name| String::from_utf8_lossy(name).into_owned()).collect();
        for slice in &gone {
            self.all.push((format!("bases/{slice}"), None));
            self.all.push((format!("generated/{}/{slice}", made.folder), None));
        }
        Ok(gone.len())
    }

    fn shared(&mut self, shared: &Tree) -> Result<(), Fault> {
        let place = format!("bases/{SHARED}");
        let (id, before) = (self.repo.write(shared)?, self.repo.entry(self.before, &place)?);
        if before == Some((id, Kind::Folder)) {
            return Ok(());
        }
        let had = self.repo.read(self.before, &place)?;
        self.all.extend(had.iter().map(|(path, _)| (format!("generated/{path}"), None)));
        for (path, entry) in shared.iter() {
            let blob = self.repo.write_blob(&entry.bytes)?;
            self.put(format!("generated/{path}"), (blob, entry.mode.into()));
        }
        self.all.push((place, Some((id, Kind::Folder)).filter(|_| !shared.is_empty())));
        Ok(())
    }

    fn inputs(&mut self, made: &Generation) -> Result<(), Fault> {
        let registry = serde_json::to_vec(&made.registry)
            .map_err(|error| Fault::unfinished("the registry can't be written").because(&error))?;
        let texts = [
            ("registry.json", registry.as_slice()),
            ("inputs/master-spec.md", made.master.as_bytes()),
            ("inputs/settings.json", made.settings.as_bytes()),
        ];
        for (path, bytes) in texts {
            let blob = self.repo.write_blob(bytes)?;
            self.put(path.to_owned(), (blob, Kind::File));
        }
        let templates = made.templates.iter();
        let templates: Tree = templates.map(|(path, text)| (path.clone(), Entry::file(text.as_bytes()))).collect();
        let planted = if templates.is_empty() { None } else { Some((self.repo.write(&templates)?, Kind::Folder)) };
        self.all.push(("inputs/templates".to_owned(), planted));
        Ok(())
    }
}
