//! Which component of this version is which slice of the one before. A rename keeps the slice's number.

use std::collections::{HashMap, HashSet};

use super::{Lasting, matching, similarity};
use crate::slicing::component::same_name_key;
use crate::slicing::plan::Subject;
use crate::slicing::registry::{Registry, SliceRecord};
use crate::spec::text::{Fingerprint, name_key};

/// How much each likeness of a component and a slice counts. A description that stayed, or items that stayed, speak for
/// a rename even where the names share nothing.
const NAME: f64 = 0.5;
const DESCRIPTION: f64 = 0.5;
const ITEMS: f64 = 0.6;

/// Less than this is another component. The name alone, if all but equal, is just enough.
const LEAST: f64 = 0.4;

/// Beyond this many pairs only those that share an item or a good part of the name are looked at.
const MOST_PAIRS: usize = 40_000;

/// A component with its lasting identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::slicing) struct Known {
    /// Its lasting id, derived from its first-seen name.
    pub(in crate::slicing) component: String,
    /// The slice that it was before, as a place in the registry.
    pub(in crate::slicing) slice: Option<usize>,
}

impl Known {
    /// The record of the slice that it was before.
    pub(in crate::slicing) fn record<'a>(&self, registry: &'a Registry) -> Option<&'a SliceRecord> {
        self.slice.and_then(|slice| registry.slices.get(slice))
    }
}

/// Gives every component its lasting identity: by name, by an alias that is the old name, then by likeness of names,
/// descriptions and items. A retired slice only comes back under the very name that it had.
pub(in crate::slicing) fn components(subject: &Subject<'_>) -> Vec<Known> {
    let slices = &subject.registry.slices;
    let mut found: Vec<Option<usize>> = vec![None; subject.components.len()];
    let mut free: HashMap<String, usize> =
        slices.iter().enumerate().rev().map(|(place, slice)| (same_name_key(&slice.name), place)).collect();
    for (at, component) in subject.components.iter().enumerate() {
        found[at] = free.remove(&same_name_key(&component.name));
    }
    for (at, component) in
        subject.components.iter().enumerate().filter(|(at, _)| found[*at].is_none()).collect::<Vec<_>>()
    {
        let keys = component.aliases.iter().map(|alias| same_name_key(alias));
        let key = keys.into_iter().find(|key| free.get(key).is_some_and(|place| !slices[*place].retired));
        found[at] = key.and_then(|key| free.remove(&key));
    }
    let open: Vec<usize> = (0..found.len()).filter(|at| found[*at].is_none()).collect();
    let mut left: Vec<usize> = free.into_values().filter(|place| !slices[*place].retired).collect();
    left.sort_unstable();
    let pairs = alike(subject, &open, &left);
    for (at, place) in matching::assign(open.len(), left.len(), &pairs).into_iter().enumerate() {
        found[open[at]] = place.map(|place| left[place]);
    }
    name(subject, &found)
}

/// Open components and slices that may be one, as places in the two lists, with what that is worth.
fn alike(subject: &Subject<'_>, open: &[usize], left: &[usize]) -> Vec<(usize, usize, f64)> {
    let kept = kept_items(subject);
    let slices = &subject.registry.slices;
    let all = open.len().saturating_mul(left.len()) <= MOST_PAIRS;
    let mut pairs = Vec::new();
    for (at, component) in open.iter().enumerate() {
        for (place, slice) in left.iter().enumerate() {
            let (now, before) = (&subject.components[*component], &slices[*slice]);
            let items = kept.get(&(*component, *slice)).copied().unwrap_or(0.0);
            if !all && items <= 0.0 {
                continue;
            }
            let names = similarity::degree(&now.name, &before.name);
            let descriptions = similarity::degree(&now.description, &before.description);
            let likeness = NAME * names + DESCRIPTION * descriptions + ITEMS * items;
            if likeness >= LEAST {
                pairs.push((at, place, likeness - LEAST + 0.01));
            }
        }
    }
    pairs
}

/// For component and slice, which part of the slice's items the author now puts there by tag or section.
fn kept_items(subject: &Subject<'_>) -> HashMap<(usize, usize), f64> {
    let mut counts: HashMap<(usize, usize), u32> = HashMap::new();
    let mut add = |said: Option<&String>, lasting: &Lasting<'_>| {
        let component = said.and_then(|said| subject.names.find(said));
        if let (Some(component), Some(before)) = (component, lasting.before) {
            *counts.entry((component, before.slice)).or_default() += 1;
        }
    };
    let (reading, items) = (subject.reading, subject.items);
    for (item, lasting) in reading.requirements.iter().zip(&items.requirements) {
        add(item.tag.as_ref().or(item.section.as_ref()), lasting);
    }
    for (item, lasting) in reading.endpoints.iter().zip(&items.endpoints) {
        add(item.tag.as_ref().or(item.section.as_ref()), lasting);
    }
    for (item, lasting) in reading.models.iter().zip(&items.models) {
        add(item.tag.as_ref().or(item.section.as_ref()), lasting);
    }
    let part = |(pair, count): ((usize, usize), u32)| {
        let own = |item: &&crate::slicing::registry::ItemRecord| !item.shared && !item.is_derived();
        let all = subject.registry.slices[pair.1].items.iter().filter(own).count().max(1);
        (pair, f64::from(count) / f64::from(u32::try_from(all).unwrap_or(u32::MAX)))
    };
    counts.into_iter().map(part).collect()
}

fn name(subject: &Subject<'_>, found: &[Option<usize>]) -> Vec<Known> {
    let mut taken: HashSet<String> = subject.registry.slices.iter().map(|slice| slice.component.clone()).collect();
    let known = subject.components.iter().zip(found).map(|(component, slice)| {
        let id = slice.map(|slice| subject.registry.slices[slice].component.clone());
        Known { component: id.unwrap_or_else(|| fresh(&component.name, &mut taken)), slice: *slice }
    });
    known.collect()
}

/// `component:members`; with digits of the name's hash where that is taken or nothing is left of the name.
fn fresh(name: &str, taken: &mut HashSet<String>) -> String {
    let key = name_key(name);
    let print = Fingerprint::of(&same_name_key(name));
    let short = format!("component:{key}");
    let lengths = [6, 10, 16].map(|length| format!("{short}-{}", &print.as_str()[..length]));
    let numbered = (2..).map(|count| format!("{}-{count}", lengths[2]));
    let plain = Some(short.clone()).filter(|_| !key.is_empty());
    let id = plain.into_iter().chain(lengths.clone()).chain(numbered).find(|id| !taken.contains(id));
    let id = id.expect("the numbers never end");
    taken.insert(id.clone());
    id
}
