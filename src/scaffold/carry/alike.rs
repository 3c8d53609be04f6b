//! Two readings of a master side by side: whether only what was meant to change has changed.

use crate::scaffold::escape::one_line;
use crate::scaffold::notation;
use crate::slicing::slice::ItemKind;
use crate::spec::item::{
    Component, Dependency, Endpoint, Model, Origin, Reading, Requirement, RequirementKind, StatedCriterion,
};

/// What an item shows on a slice's page, part by part.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Shown {
    /// The text or the whole line.
    pub(super) text: String,
    /// The label before it.
    pub(super) category: String,
    /// Details below it.
    pub(super) details: Vec<String>,
}

/// An item of a reading: its kind and its place in the list of that kind.
pub(super) type At = (ItemKind, usize);

/// How an item is printed.
pub(super) fn shown(reading: &Reading, (kind, index): At) -> Option<Shown> {
    let line = |text: &str| Shown { text: one_line(text), ..Shown::default() };
    Some(match kind {
        ItemKind::Requirement => {
            let item = reading.requirements.get(index)?;
            Shown {
                text: one_line(&item.text),
                category: one_line(item.category.as_deref().unwrap_or_default()),
                details: item.details.iter().map(|detail| one_line(detail)).collect(),
            }
        }
        ItemKind::Criterion => line(&criterion(reading.criteria.get(index)?)),
        ItemKind::Endpoint => line(&notation::endpoint(reading.endpoints.get(index)?)),
        ItemKind::Model => line(&notation::model(reading.models.get(index)?)),
    })
}

/// A criterion with its references, as the page has it.
pub(super) fn criterion(item: &StatedCriterion) -> String {
    if item.requirements.is_empty() {
        return item.text.clone();
    }
    let ids: Vec<String> = item.requirements.iter().map(|id| format!("[{id}]")).collect();
    format!("{} ({})", item.text, ids.join(", "))
}

/// What may differ between two readings.
pub(super) struct But<'a> {
    /// These items may have another wording.
    pub(super) items: &'a [At],
    /// Items that quote one of these texts whole may quote the new one: the old and the new text.
    pub(super) quoted: &'a [(String, String)],
}

impl But<'_> {
    fn allows(&self, before: &Reading, after: &Reading, at: At) -> bool {
        let quotes = || {
            let (old, new) = (shown(before, at)?, shown(after, at)?);
            let mut told = old.clone();
            for (one, other) in self.quoted {
                told.text = told.text.replace(one, other);
                told.details.iter_mut().for_each(|detail| *detail = detail.replace(one, other));
            }
            Some(told == new && old != new)
        };
        self.items.contains(&at) || quotes() == Some(true)
    }
}

/// The first thing that reads differently in two readings, other than what may; `None` when there is none. Of items with
/// another wording all else must be the same too. Where items stand does not count.
pub(super) fn difference(before: &Reading, after: &Reading, but: &But<'_>) -> Option<String> {
    let told = |kind: ItemKind, index: usize| but.allows(before, after, (kind, index));
    let requirements = pairs(&before.requirements, &after.requirements, |index, one, other| {
        let mut one = Requirement { origin: other.origin, ..one.clone() };
        if one != *other && told(ItemKind::Requirement, index) {
            (one.text, one.category) = (other.text.clone(), other.category.clone());
            (one.targets, one.details) = (other.targets.clone(), other.details.clone());
        }
        one == *other
    });
    let criteria = pairs(&before.criteria, &after.criteria, |index, one, other| {
        let mut one = StatedCriterion { origin: other.origin, ..one.clone() };
        if one != *other && told(ItemKind::Criterion, index) {
            (one.text, one.requirements) = (other.text.clone(), other.requirements.clone());
        }
        one == *other
    });
    let endpoints = pairs(&before.endpoints, &after.endpoints, |index, one, other| {
        let moved = Endpoint { origin: other.origin, ..one.clone() };
        let held = (&one.id, &one.tag, &one.section) == (&other.id, &other.tag, &other.section);
        moved == *other || held && told(ItemKind::Endpoint, index)
    });
    let models = pairs(&before.models, &after.models, |index, one, other| {
        let moved = Model { origin: other.origin, ..one.clone() };
        moved == *other || (&one.tag, &one.section) == (&other.tag, &other.section) && told(ItemKind::Model, index)
    });
    let components = pairs(&before.components, &after.components, |_, one, other| {
        Component { origin: other.origin, body: other.body.clone(), ..one.clone() } == *other
    });
    let dependencies = pairs(&before.dependencies, &after.dependencies, |_, one, other| {
        Dependency { origin: other.origin, ..one.clone() } == *other
    });
    let named = |what: &str, name: Option<String>| match name {
        Some(name) => format!("{what} {name}"),
        None => format!("one {what} more or less"),
    };
    let name = |found: Option<usize>, name: &dyn Fn(usize) -> Option<String>| found.map(name);
    let checks: [(&str, Option<Option<String>>); 6] = [
        ("component", name(components, &|at| Some(before.components.get(at)?.name.clone()))),
        (
            "requirement",
            name(requirements, &|at| {
                let item = before.requirements.get(at)?;
                Some(item.id.clone().unwrap_or_else(|| item.text.clone()))
            }),
        ),
        ("criterion", name(criteria, &|at| Some(before.criteria.get(at)?.text.clone()))),
        ("endpoint", name(endpoints, &|at| Some(notation::call(before.endpoints.get(at)?)))),
        ("model", name(models, &|at| Some(before.models.get(at)?.name.clone()))),
        ("dependency", name(dependencies, &|at| Some(before.dependencies.get(at)?.from.clone()))),
    ];
    checks.into_iter().find_map(|(what, found)| found.map(|name| named(what, name)))
}

/// The first place at which two lists differ; past the end where one is longer.
fn pairs<T>(before: &[T], after: &[T], same: impl Fn(usize, &T, &T) -> bool) -> Option<usize> {
    if before.len() != after.len() {
        return Some(usize::MAX);
    }
    before.iter().zip(after).enumerate().find(|(index, (one, other))| !same(*index, one, other)).map(|(index, _)| index)
}

/// A reading without its item at a place, for comparing after something was added.
pub(super) fn without(reading: &Reading, (kind, index): At) -> Reading {
    let mut reading = reading.clone();
    match kind {
        ItemKind::Requirement => drop(reading.requirements.remove(index)),
        ItemKind::Criterion => drop(reading.criteria.remove(index)),
        ItemKind::Endpoint => drop(reading.endpoints.remove(index)),
        ItemKind::Model => drop(reading.models.remove(index)),
    }
    reading
}

/// Where an item stands.
pub(super) fn origin(reading: &Reading, (kind, index): At) -> Option<Origin> {
    match kind {
        ItemKind::Requirement => reading.requirements.get(index).map(|item| item.origin),
        ItemKind::Criterion => reading.criteria.get(index).map(|item| item.origin),
        ItemKind::Endpoint => reading.endpoints.get(index).map(|item| item.origin),
        ItemKind::Model => reading.models.get(index).map(|item| item.origin),
    }
}

/// How many items of a kind there are.
pub(super) fn count(reading: &Reading, kind: ItemKind) -> usize {
    match kind {
        ItemKind::Requirement => reading.requirements.len(),
        ItemKind::Criterion => reading.criteria.len(),
        ItemKind::Endpoint => reading.endpoints.len(),
        ItemKind::Model => reading.models.len(),
    }
}

/// The kind of requirement that an item is taken for afterwards, where that is another one than before.
pub(super) fn other_kind(before: &Reading, after: &Reading, (kind, index): At) -> Option<&'static str> {
    let kind_of = |reading: &Reading| reading.requirements.get(index).map(|item| item.kind);
    let now = kind_of(after).filter(|now| kind == ItemKind::Requirement && kind_of(before) != Some(*now))?;
    Some(match now {
        RequirementKind::Functional => "functional",
        RequirementKind::NonFunctional => "non-functional",
    })
}
