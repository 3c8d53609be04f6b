//! To which component an item belongs, and why: the ladder from the author's tag down to shared words.

mod names;
pub(in crate::slicing) mod stem;

pub(in crate::slicing) use names::Names;

use super::identity::{Known, Lasting};
use super::plan::Subject;
use super::slice::Ground;
use crate::spec::item::RequirementKind;
use crate::spec::lint::Candidate;

/// Where an item goes.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::slicing) struct Place {
    /// The component, by place; none for what binds everyone and for what nobody owns.
    pub(in crate::slicing) owner: Option<usize>,
    /// Why.
    pub(in crate::slicing) ground: Ground,
    /// From 0 to 1.
    pub(in crate::slicing) confidence: f64,
    /// The two best, best first.
    pub(in crate::slicing) candidates: Vec<Candidate>,
    /// Why it came there in the first place: the same as `ground` unless that is [`Ground::Sticky`].
    pub(in crate::slicing) first: Ground,
}

impl Place {
    /// A place that somebody named outright.
    pub(in crate::slicing) fn certain(owner: Option<usize>, ground: Ground) -> Self {
        Self { owner, ground, confidence: 1.0, candidates: Vec::new(), first: ground }
    }

    /// Whether it binds every slice.
    pub(in crate::slicing) fn binds_everyone(&self) -> bool {
        self.first == Ground::Everyone
    }

    /// No place.
    pub(in crate::slicing) fn nowhere(candidates: Vec<Candidate>) -> Self {
        Self { owner: None, ground: Ground::Nothing, confidence: 0.0, candidates, first: Ground::Nothing }
    }
}

/// Where all items went, in the order of the reading, and what follows from it for models.
#[derive(Debug, Default)]
pub(in crate::slicing) struct Placed {
    /// Requirements.
    pub(in crate::slicing) requirements: Vec<Place>,
    /// Endpoints.
    pub(in crate::slicing) endpoints: Vec<Place>,
    /// Models.
    pub(in crate::slicing) models: Vec<Place>,
    /// Stated criteria.
    pub(in crate::slicing) criteria: Vec<Place>,
    /// For each component, the models of others that its items speak of.
    pub(in crate::slicing) foreign: Vec<Vec<usize>>,
}

/// Assigns all items.
pub(in crate::slicing) fn assign(subject: &Subject<'_>, known: &[Known]) -> Placed {
    let reading = subject.reading;
    let requirements = reading.requirements.iter().zip(&subject.items.requirements).map(|(item, lasting)| {
        let place = named(subject, item.tag.as_deref(), item.section.as_deref()).or_else(|| sticky(lasting, known));
        let shared = item.kind == RequirementKind::NonFunctional;
        place
            .unwrap_or_else(|| if shared { Place::certain(None, Ground::Everyone) } else { Place::nowhere(Vec::new()) })
    });
    let place = |tag: &Option<String>, section: &Option<String>| {
        named(subject, tag.as_deref(), section.as_deref()).unwrap_or_else(|| Place::nowhere(Vec::new()))
    };
    Placed {
        requirements: requirements.collect(),
        endpoints: reading.endpoints.iter().map(|item| place(&item.tag, &item.section)).collect(),
        models: reading.models.iter().map(|item| place(&item.tag, &item.section)).collect(),
        criteria: reading.criteria.iter().map(|item| place(&item.tag, &item.section)).collect(),
        foreign: vec![Vec::new(); subject.components.len()],
    }
}

/// The place that the author names: by tag, else by the section it stands in.
fn named(subject: &Subject<'_>, tag: Option<&str>, section: Option<&str>) -> Option<Place> {
    let by = |said: Option<&str>, ground| said.and_then(|said| subject.names.find(said)).map(|owner| (owner, ground));
    let found = by(tag, Ground::Tag).or_else(|| by(section, Ground::Section));
    found.map(|(owner, ground)| Place::certain(Some(owner), ground))
}

/// The place that an item had, when neither its text nor what put it there has changed and the owner is still there.
fn sticky(lasting: &Lasting<'_>, known: &[Known]) -> Option<Place> {
    let before = lasting.before.filter(|_| lasting.is_unchanged())?;
    let first = before.record.ground;
    if before.record.shared || matches!(first, Ground::Tag | Ground::Section | Ground::Nothing | Ground::Everyone) {
        return None;
    }
    let owner = known.iter().position(|known| known.slice == Some(before.slice))?;
    Some(Place { first, ..Place::certain(Some(owner), Ground::Sticky) })
}
