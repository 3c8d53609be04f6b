//! What the generation history has to know, and what it says: the use case's side of `refs/vso/generated`.

use super::inputs::Inputs;
use super::step::Stand;
use super::survey::Survey;
use super::wanted::Folder;
use crate::fault::Fault;
use crate::git::Repo;
use crate::merge::Tree;
use crate::slicing::registry::{Registry, SliceRecord};

/// The chain of generations.
pub const REF: &str = "refs/vso/generated";

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
    /// The slices that were generated otherwise than their branch has them: id, record, base.
    pub slices: Vec<(String, SliceRecord, Tree)>,
    /// The files that all slices share.
    pub shared: Tree,
}

impl Fresh {
    /// What a survey generated.
    #[must_use]
    pub fn of(survey: &Survey) -> Self {
        let folders = survey.slices.iter().filter_map(|surveyed| match &surveyed.stand {
            Stand::Moved(step) => Some(&step.folder),
            Stand::InStep(_) => None,
        });
        Self::with(&survey.inputs, survey.shared.clone(), folders)
    }

    /// A generation in which these folders are new.
    #[must_use]
    pub fn with<'a>(inputs: &Inputs, shared: Tree, folders: impl Iterator<Item = &'a Folder>) -> Self {
        let slices: Vec<(String, SliceRecord, Tree)> = folders
            .map(|folder| (folder.record.slice_id.clone(), folder.record.clone(), folder.base.clone()))
            .collect();
        let mut registry = inputs.registry.clone();
        for (_, record, _) in &slices {
            registry.slices.retain(|other| other.number != record.number);
            registry.slices.push(record.clone());
        }
        registry.slices.sort_by(|one, other| (one.number, &one.slice_id).cmp(&(other.number, &other.slice_id)));
        Self {
            registry,
            master: inputs.master.document.text().to_owned(),
            settings: settings(inputs),
            templates: inputs.own.clone(),
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
    let Some(tip) = repo.find_ref(REF)? else { return Ok(Registry::default()) };
    let Some(bytes) = repo.file(repo.tree_of(tip)?, "registry.json")? else { return Ok(Registry::default()) };
    serde_json::from_slice(&bytes)
        .map_err(|error| Fault::unfinished(format!("{REF} holds no registry that this vso can read")).because(&error))
}

/// Whether engine, settings and templates are those of the last generation.
///
/// # Errors
/// When the history can't be read.
pub fn same_engine(repo: &Repo, inputs: &Inputs) -> Result<bool, Fault> {
    let Some(tip) = repo.find_ref(REF)? else { return Ok(true) };
    let engine = repo.commit_at(tip)?.trailer("Vso-Engine") == Some(env!("CARGO_PKG_VERSION"));
    let tree = repo.tree_of(tip)?;
    let same_settings = repo.file(tree, "inputs/settings.json")? == Some(settings(inputs).into_bytes());
    let templates = repo.read(tree, "inputs/templates")?;
    let own = inputs.own.iter().map(|(path, text)| (path.clone(), super::inputs::text_entry(text)));
    Ok(engine && same_settings && templates == own.collect::<Tree>())
}
