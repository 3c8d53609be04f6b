//! What a generation starts from: the master, the templates, the settings, and who has which number and id.
//!
//! The registry is what the slices' own records say, joined with the one of the generation history: a slice that is
//! only proposed so far keeps its number, and an item that was seen once keeps its id. Where both speak, the records win.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::memory::Memory;
use super::place::{Place, Seen};
use super::step::Here;
use crate::config::Config;
use crate::fault::Fault;
use crate::merge::Entry;
use crate::scaffold::{self, RECORD, Templates};
use crate::slicing::registry::{Registry, SCHEMA, SliceRecord};
use crate::spec::text::name_key;
use crate::sync::master::Master;

/// Everything that a generation starts from.
#[derive(Debug, Clone)]
pub struct Inputs {
    /// The master.
    pub master: Master,
    /// The project's own templates.
    pub own: Vec<(String, String)>,
    /// All templates.
    pub templates: Templates,
    /// What generated files start from.
    pub settings: scaffold::Settings,
    /// Who has which number and id.
    pub registry: Registry,
    /// The slices that stand here, by number.
    pub standing: BTreeMap<u32, Standing>,
}

/// A slice's folder as it stands here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The folder.
    pub seen: Seen,
    /// Its record.
    pub record: SliceRecord,
}

impl Inputs {
    /// Reads them; `history` is the registry of the generation history.
    ///
    /// # Errors
    /// When the master, a template or a record can't be used (exit 1 or 2), or the disk or git fails (exit 3).
    pub fn read(place: &Place<'_>, config: &Config, history: &Registry, memory: &Memory) -> Result<Self, Fault> {
        Self::with(place, config, history, memory, place.templates()?)
    }

    /// The same with templates from elsewhere: a commit of strangers is looked at with the project's own.
    ///
    /// # Errors
    /// As [`Inputs::read`].
    pub fn with(
        place: &Place<'_>,
        config: &Config,
        history: &Registry,
        memory: &Memory,
        own: Vec<(String, String)>,
    ) -> Result<Self, Fault> {
        let master = Master::of(&place.name(&config.project.master), place.master(config)?)?;
        let standing = standing(place, config, history, memory)?;
        let registry = joined(standing.values().map(|standing| &standing.record), history);
        Ok(Self {
            master,
            templates: Templates::embedded().overlaid(own.clone()),
            own,
            settings: settings(config),
            registry,
            standing,
        })
    }

    /// A slice's folder with all that is in it; none where there is nothing.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn here(&self, place: &Place<'_>, config: &Config, number: u32, id: &str) -> Result<Option<Here>, Fault> {
        let slices = &config.project.slices;
        if let Some(Standing { seen, record }) = self.standing.get(&number) {
            let tree = place.read(&format!("{slices}/{}", seen.name))?;
            return Ok(Some(Here { folder: seen.name.clone(), record: Some(record.clone()), tree }));
        }
        // A folder that people made under the very name; what is in it is theirs.
        let tree = place.read(&format!("{slices}/{id}"))?;
        Ok((!tree.is_empty()).then(|| Here { folder: id.to_owned(), record: None, tree }))
    }
}

/// What generated files start from, as the project's settings say.
#[must_use]
pub fn settings(config: &Config) -> scaffold::Settings {
    let deploy = config.deploy.clone();
    scaffold::Settings {
        slices: config.project.slices.clone(),
        repository: deploy.repository,
        reference: deploy.reference,
        location: deploy.location,
        test_server: deploy.test_server,
        production_server: deploy.production_server,
        image: deploy.image,
        port: deploy.port,
    }
}

/// The slices that stand here. Two of one number can come together when two clones gave it out and both were merged:
/// the one that the history knows under it keeps it, the other one gets the next that is free.
fn standing(
    place: &Place<'_>,
    config: &Config,
    history: &Registry,
    memory: &Memory,
) -> Result<BTreeMap<u32, Standing>, Fault> {
    let slices = &config.project.slices;
    let remembered: HashMap<&str, &SliceRecord> =
        history.slices.iter().map(|record| (record.slice_id.as_str(), record)).collect();
    let read = |seen: Seen| -> Result<Option<Standing>, Fault> {
        if let (true, Some(record)) = (memory.knows(&seen.name, seen.id), remembered.get(seen.name.as_str())) {
            return Ok(Some(Standing { seen, record: (*record).clone() }));
        }
        let path = format!("{slices}/{}/{RECORD}", seen.name);
        let Some(text) = place.text(&path)? else { return Ok(None) };
        Ok(Some(Standing { seen, record: record(&path, &text)? }))
    };
    let found: Result<Vec<Option<Standing>>, Fault> = place.folders(slices)?.into_iter().map(read).collect();
    let mut found: Vec<Standing> = found?.into_iter().flatten().collect();
    let known: HashSet<(u32, &str)> =
        history.slices.iter().map(|record| (record.number, record.component.as_str())).collect();
    found.sort_by_key(|standing| {
        let record = &standing.record;
        let is_known = known.contains(&(record.number, record.component.as_str()));
        (record.number, !is_known, record.retired, record.slice_id.clone())
    });
    check_copies(&found)?;
    let mut next = found.iter().map(|standing| standing.record.number);
    let mut next = next.by_ref().chain(history.slices.iter().map(|record| record.number)).max().unwrap_or(0) + 1;
    let mut numbered = BTreeMap::new();
    for mut standing in found {
        if numbered.contains_key(&standing.record.number) {
            standing.record.number = next;
            next += 1;
        }
        numbered.insert(standing.record.number, standing);
    }
    Ok(numbered)
}

/// Two records of one component are a copy that somebody made by hand; vso can't know which of them is meant.
fn check_copies(found: &[Standing]) -> Result<(), Fault> {
    let mut seen = BTreeMap::new();
    for standing in found.iter().filter(|standing| !standing.record.retired) {
        if let Some(other) = seen.insert(standing.record.component.clone(), &standing.seen.name) {
            let one = &standing.seen.name;
            return Err(Fault::usage(format!("{other} and {one} are records of the same component")).hint(format!(
                "if one of them is a copy or an old name of the other, take its {RECORD} out of the way"
            )));
        }
    }
    Ok(())
}

/// Reads one record.
///
/// # Errors
/// When it can't be understood (exit 2), with file, line and hint.
pub fn record(path: &str, text: &str) -> Result<SliceRecord, Fault> {
    let record: SliceRecord = serde_json::from_str(text).map_err(|error| {
        let fault = Fault::usage(format!("{path}:{}: this is no record of a slice", error.line()));
        fault.because(&error).hint("vso writes this file; take the last good version of it from git")
    })?;
    if record.schema > SCHEMA {
        return Err(Fault::usage(format!("{path}: schema {} is newer than this vso knows", record.schema))
            .hint("use the vso that wrote it, or a newer one"));
    }
    Ok(record)
}

/// Records joined with the history's registry.
fn joined<'a>(here: impl Iterator<Item = &'a SliceRecord>, history: &Registry) -> Registry {
    let mut slices: Vec<SliceRecord> = here.cloned().collect();
    let components: BTreeSet<String> = slices.iter().map(|record| record.component.clone()).collect();
    let names: BTreeSet<String> = slices.iter().map(|record| name_key(&record.name)).collect();
    let numbers: BTreeSet<u32> = slices.iter().map(|record| record.number).collect();
    for record in &mut slices {
        let Some(remembered) = history.slices.iter().find(|other| other.component == record.component) else {
            continue;
        };
        let known: HashSet<_> = record.items.iter().map(|item| (item.kind, item.id.clone())).collect();
        let more = remembered.items.iter().filter(|item| !known.contains(&(item.kind, item.id.clone())));
        let more: Vec<_> = more.cloned().collect();
        record.items.extend(more);
    }
    let only_there = history.slices.iter().filter(|record| {
        !components.contains(&record.component)
            && !numbers.contains(&record.number)
            && !names.contains(&name_key(&record.name))
    });
    slices.extend(only_there.cloned());
    slices.sort_by(|one, other| (one.number, &one.slice_id).cmp(&(other.number, &other.slice_id)));
    Registry { slices }
}

/// A file's text as an entry.
#[must_use]
pub fn text_entry(text: &str) -> Entry {
    Entry::file(text.as_bytes().to_vec())
}
