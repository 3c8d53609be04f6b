//! Reads items out of a document, climbing down the ladder: named sections, typed headings and tables, fences,
//! normative sentences. Each file reads one kind of thing and says on which rung it found it.

mod about;
mod code;
mod components;
mod criteria;
mod dependencies;
pub mod diagrams;
mod endpoints;
mod fences;
mod grammar;
pub mod ground;
mod groups;
pub mod lexicon;
pub mod list;
mod models;
mod requirements;
mod sentences;
pub mod table;
mod title;
mod unread;

use super::document::Document;
use super::item::Reading;

pub use ground::{Ground, Part};
pub use lexicon::Topic;
pub use requirements::{LeadingId, leading};

/// Reads all that is understood of a document. Never fails: what can't be read is said in [`Reading::unread`].
#[must_use]
pub fn read(document: &Document) -> Reading {
    let ground = Ground::new(document);
    let diagrams = diagrams::all(&ground);
    let components = components::read(&ground, &diagrams);
    // Requirements take about as long as all the rest, and neither side needs the other.
    let (requirements, (models, endpoints, criteria, dependencies)) = rayon::join(
        || requirements::read(&ground, &components),
        || {
            let models = models::read(&ground, &components);
            let endpoints = endpoints::read(&ground, &components, &models);
            let criteria = criteria::read(&ground, &components);
            (models, endpoints, criteria, dependencies::read(&ground, &diagrams, &components))
        },
    );
    let mut reading = Reading {
        title: about::title(&ground),
        version: about::version(&ground),
        requirements,
        dependencies,
        criteria,
        endpoints,
        models,
        components,
        groups: Vec::new(),
        unread: Vec::new(),
    };
    reading.groups = groups::read(&ground, &reading.requirements);
    reading.unread = unread::read(&ground, &reading);
    reading
}
