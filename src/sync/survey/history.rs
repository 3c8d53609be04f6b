//! What the generation history has to know, and what it says: the use case's side of `refs/vso/generated`.

use std::collections::BTreeMap;

use super::Survey;
use super::inputs::Inputs;
use super::step::Stand;
use crate::fault::Fault;
use crate::git::{Author, Generation, History, Part, Recorded, Repo, Tip};
use crate::merge::Tree;
use crate::slicing::registry::{Registry, SliceRecord};
use crate::sync::wanted::Folder;

/// One generation, as the history keeps it.
#[derive(Debug, Clone)]
pub struct Fresh {
    /// Who has which number and id.
    pub registry: Registry,
    /// The master's text.
    pub master: String,
    /// The settings that generated files start from, as JSON.
    pub settings: String,
    /// The project's own templates.
    pub templates: Vec<(String, String)>,
    /// The folder of the slices from the project's root.
    pub folder: String,
    /// The slices that were generated otherwise than their branch has them: record, generated files, base.
    pub slices: Vec<(SliceRecord, Tree, Tree)>,
    /// The files that all slices share.
    pub shared: Tree,
}

impl Fresh {
    /// What a survey generated.
    #[must_use]
    pub fn of(survey: &Survey) -> Self {
        let folders = survey.slices.iter().filter_map(|surveyed| match &surveyed.stand {
            Stand::Moved(step) => Some(&step.folder),
            Stand::InStep(_) | Stand::Settled => None,
        });
        Self::with(&survey.inputs, survey.shared.clone(), folders)
    }

    /// A generation in which these folders are new.
    #[must_use]
    pub fn with<'a>(inputs: &Inputs, shared: Tree, folders: impl Iterator<Item = &'a Folder>) -> Self {
        let slices: Vec<(SliceRecord, Tree, Tree)> =
            folders.map(|folder| (folder.record.clone(), folder.fresh.clone(), folder.base.clone())).collect();
        let mut registry = inputs.registry.clone();
        for (record, ..) in &slices {
            registry.slices.retain(|other| other.number != record.number);
            registry.slices.push(record.clone());
        }
        registry.slices.sort_by(|one, other| (one.number, &one.slice_id).cmp(&(other.number, &other.slice_id)));
        Self {
            registry,
            master: inputs.master.document.text().to_owned(),
            settings: settings(inputs),
            templates: inputs.own.clone(),
            folder: inputs.settings.slices.clone(),
            slices,
            shared,
        }
    }
}

/// The settings that decide what generated files hold, in a fixed order.
fn settings(inputs: &Inputs) -> String {
    let settings = &inputs.settings;
    let value = serde_json::json!({
        "slices": settings.slices,
        "repository": settings.repository,
        "reference": settings.reference,
        "location": settings.location,
        "test_server": settings.test_server,
        "production_server": settings.production_server,
        "image": settings.image,
        "port": settings.port,
    });
    format!("{value:#}\n")
}

/// The registry of the last generation; an empty one while there is none.
///
/// # Errors
/// When the history can't be read.
pub fn registry(repo: &Repo) -> Result<Registry, Fault> {
    History::open(repo).tip()?.map_or_else(|| Ok(Registry::default()), |tip| tip.registry())
}

/// Whether engine, settings and templates are those of the last generation.
///
/// # Errors
/// When the history can't be read.
pub fn same_engine(repo: &Repo, inputs: &Inputs) -> Result<bool, Fault> {
    let Some(tip) = History::open(repo).tip()? else { return Ok(true) };
    let engine = tip.engine()?.as_deref() == Some(ENGINE);
    let before = tip.inputs()?;
    Ok(engine && before.settings == settings(inputs) && before.templates == inputs.own)
}

/// What came of recording.
pub use crate::git::Recording;

/// The version of the engine that generates.
const ENGINE: &str = env!("CARGO_PKG_VERSION");

/// Records a generation upon the tip as it is now. When somebody else moves the history meanwhile, nothing of this is in
/// it, and the caller plans again.
///
/// # Errors
/// When the history can't be read, or the disk fails (exit 3).
pub fn record(repo: &Repo, fresh: &Fresh) -> Result<Recording, Fault> {
    let history = History::open(repo);
    let tip = history.tip()?;
    let made = upon(tip.as_ref(), fresh)?;
    let seconds = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    let seconds = seconds.map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(i64::MAX));
    history.record(&made, tip.map(|tip| tip.commit), &Author::vso(seconds))
}

/// Whether recording a generation would move the history. Moves nothing.
///
/// # Errors
/// As [`record`].
pub fn is_news(repo: &Repo, fresh: &Fresh) -> Result<bool, Fault> {
    let history = History::open(repo);
    let tip = history.tip()?;
    history.is_news(&upon(tip.as_ref(), fresh)?, tip.map(|tip| tip.commit))
}

/// A generation as it is recorded upon a tip.
fn upon(tip: Option<&Tip<'_>>, fresh: &Fresh) -> Result<Generation, Fault> {
    let mut slices: BTreeMap<String, Recorded> = BTreeMap::new();
    if let Some(tip) = tip {
        slices.extend(tip.slices()?.into_iter().map(|id| (id, Recorded::Same)));
    }
    for (record, generated, base) in &fresh.slices {
        let metadata = crate::scaffold::printed_record(record).map_err(|error| {
            Fault::unfinished(format!("the record of {} can't be written", record.slice_id)).because(&error)
        })?;
        let base = (base != generated).then(|| Part::Files(base.clone()));
        let generated = Part::Files(generated.clone());
        slices.insert(record.slice_id.clone(), Recorded::New { metadata: metadata.into_bytes(), generated, base });
    }
    Ok(Generation {
        registry: fresh.registry.clone(),
        master: fresh.master.clone(),
        settings: fresh.settings.clone(),
        templates: fresh.templates.clone(),
        folder: fresh.folder.clone(),
        slices: slices.into_iter().collect(),
        shared: fresh.shared.clone(),
        engine: ENGINE.to_owned(),
    })
}
